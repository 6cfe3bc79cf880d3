// Windows by themselves, fed with the user's own columns: the classes that the pipeline uses.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/rows.hpp"
#include "analysis/python/waiting.hpp"
#include "analysis/python/window_text.hpp"
#include "engine/event_time/window/pane_operator.hpp"

namespace wrackline::python {

namespace {

namespace window = event_time::window;
using event_time::TimestampMs;

py::tuple assign(const std::string& text, const std::optional<std::string>& zone, const Times& event_ms) {
  const window::WindowDefinition definition = window_definition(text, zone);
  if (!definition.by_timestamp())
    throw py::value_error("which " + text +
                          " windows a record is in depends on other records: aggregate them");
  const window::TimeWindows windows{definition};
  const auto events = span_of(event_ms);
  if (static_cast<double>(events.size()) * static_cast<double>(windows.most_windows()) > 1e9)
    throw py::value_error("more than 1e9 windows of records: assign the rows in parts");
  for (const std::int64_t event : events) check_time(event, "event_ms");
  std::vector<std::int64_t> record;
  std::vector<std::int64_t> start;
  std::vector<std::int64_t> end;
  interruptible([&](const std::atomic<bool>& stop) {
    std::vector<event_time::Window> of_one;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i % kLookEvery == 0 && stop) return;
      windows.assign(events[i], of_one);
      for (const event_time::Window& one : of_one) {
        record.push_back(static_cast<std::int64_t>(i));
        start.push_back(one.start_ms);
        end.push_back(one.end_ms);
      }
    }
  });
  return py::make_tuple(owned(std::move(record)), owned(std::move(start)), owned(std::move(end)));
}

class WindowOperator {
 public:
  WindowOperator(const std::string& text, const std::optional<std::string>& zone, const py::dict& options)
      : operator_{spec_of(text, zone, options)} {}

  py::dict feed(const Times& event_ms, const Times& watermark_ms, const std::optional<Keys>& key,
                const std::optional<Times>& value, const std::optional<Times>& arrival_ms) {
    TraceArrays{event_ms, watermark_ms, key, value}.check();
    const auto events = span_of(event_ms);
    const auto watermarks = span_of(watermark_ms);
    const auto keys = span_of(key);
    const auto values = span_of(value);
    const auto arrivals = span_of(arrival_ms);
    if (arrival_ms && arrivals.size() != events.size()) throw py::value_error("the columns differ in length");
    if (!arrival_ms &&
        (operator_.spec().panes.early_every_ms > 0 || operator_.spec().panes.late_every_ms > 0))
      throw py::value_error("panes by the clock need arrival_ms");
    check_rows(events, arrivals, clock_ms_);
    window::ResultPanes fired;
    std::vector<std::int64_t> at_record;
    std::vector<std::uint8_t> fates(events.size());
    interruptible([&](const std::atomic<bool>& stop) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (i % kLookEvery == 0 && stop) return;
        if (!arrivals.empty()) {
          clock_ms_ = arrivals[i];
          operator_.advance_processing_time(clock_ms_, fired);
        }
        const std::int64_t one = values.empty() ? 1 : values[i];
        fates[i] = static_cast<std::uint8_t>(operator_.add(0, keys.empty() ? 0 : keys[i], events[i],
                                                           sim::EventId{0, next_record_++}, one,
                                                           arrivals.empty() ? 0 : clock_ms_, fired));
        operator_.advance_watermark(watermarks[i], fired);
        at_record.resize(fired.panes.size(), static_cast<std::int64_t>(i));
      }
    });
    py::dict out = columns_of(fired);
    out["at_record"] = owned(std::move(at_record));
    out["fates"] = owned(std::move(fates));
    return out;
  }
  py::dict advance(std::int64_t watermark_ms) {
    window::ResultPanes fired;
    interruptible([&](const std::atomic<bool>&) { operator_.advance_watermark(watermark_ms, fired); });
    py::dict out = columns_of(fired);
    out["at_record"] = owned(std::vector<std::int64_t>(fired.panes.size(), -1));
    out["fates"] = owned(std::vector<std::uint8_t>{});
    return out;
  }

  TimestampMs watermark() const { return operator_.watermark(); }
  py::dict costs() const {
    const window::WindowCosts& costs = operator_.costs();
    py::dict out;
    out["records"] = costs.records;
    out["late_dropped"] = costs.late_dropped;
    out["updates"] = costs.updates;
    out["combines"] = costs.combines;
    out["windows"] = costs.windows;
    out["slices"] = costs.slices;
    out["merges"] = costs.merges;
    out["panes"] = costs.panes;
    out["retractions"] = costs.retractions;
    out["open_windows"] = operator_.open_windows();
    out["slices_held"] = operator_.slices_held();
    out["state_bytes"] = operator_.state_bytes();
    return out;
  }

 private:
  static window::WindowedAggregation spec_of(const std::string& text, const std::optional<std::string>& zone,
                                             const py::dict& options) {
    window::WindowedAggregation spec;
    spec.lineage = false;
    spec.windows = window_definition(text, zone);
    std::vector<std::string> problems;
    const auto function = options["aggregate"].cast<std::string>();
    std::string known;
    bool found = false;
    for (const window::AggregateName& one : window::aggregate_names()) {
      known += (known.empty() ? "" : ", ") + std::string{one.name};
      if (one.name != function) continue;
      spec.aggregate.function = one.function;
      found = true;
    }
    if (!found) problems.push_back("aggregate: '" + function + "' is none of " + known);
    spec.aggregate.quantile = options["quantile"].cast<double>();
    window::PanePolicy& panes = spec.panes;
    panes.allowed_lateness_ms = options["allowed_lateness_ms"].cast<std::int64_t>();
    panes.early_every_ms = options["early_every_ms"].cast<std::int64_t>();
    panes.early_every_records = options["early_every_records"].cast<std::int64_t>();
    panes.late_every_ms = options["late_every_ms"].cast<std::int64_t>();
    panes.late_every_records = options["late_every_records"].cast<std::int64_t>();
    panes.accumulation = accumulation_of(options["accumulation"].cast<std::string>(), problems);
    for (std::string& problem : spec.problems()) problems.push_back(std::move(problem));
    refuse(problems);
    return spec;
  }

  static py::dict columns_of(const window::ResultPanes& fired) {
    const std::size_t rows = fired.panes.size();
    std::vector<std::int64_t> start(rows), end(rows), index(rows), count(rows), sum(rows), min(rows),
        max(rows), value(rows);
    std::vector<std::uint32_t> key(rows);
    std::vector<std::uint8_t> kind(rows), retraction(rows);
    std::vector<double> real(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const window::ResultPane& pane = fired.panes[i];
      start[i] = pane.window.start_ms;
      end[i] = pane.window.end_ms;
      key[i] = pane.key;
      index[i] = pane.index;
      kind[i] = static_cast<std::uint8_t>(pane.kind);
      retraction[i] = pane.retraction ? 1 : 0;
      count[i] = pane.basic.count;
      sum[i] = pane.basic.sum;
      min[i] = pane.basic.min;
      max[i] = pane.basic.max;
      value[i] = pane.result.value;
      real[i] = pane.result.real;
    }
    py::dict out;
    out["start_ms"] = owned(std::move(start));
    out["end_ms"] = owned(std::move(end));
    out["key"] = owned(std::move(key));
    out["index"] = owned(std::move(index));
    out["pane_code"] = owned(std::move(kind));
    out["retraction"] = owned(std::move(retraction));
    out["count"] = owned(std::move(count));
    out["sum"] = owned(std::move(sum));
    out["min"] = owned(std::move(min));
    out["max"] = owned(std::move(max));
    out["value"] = owned(std::move(value));
    out["real"] = owned(std::move(real));
    return out;
  }

  window::PaneOperator operator_;
  std::int64_t clock_ms_ = event_time::kMinTimestamp;
  std::uint64_t next_record_ = 0;
};

}  // namespace

void bind_windows(py::module_& module) {
  module.def("aggregates", [] {
    py::list all;
    for (const window::AggregateName& one : window::aggregate_names())
      all.append(py::make_tuple(std::string{one.name}, std::string{one.doc}));
    return all;
  });
  module.def("assign_windows", assign, py::arg("window"), py::arg("zone").none(true), py::arg("event_ms"));
  module.def(
      "check_windows",
      [](const std::string& text, const std::optional<std::string>& zone) {
        return window_definition(text, zone).by_timestamp();
      },
      py::arg("window"), py::arg("zone").none(true));
  py::class_<WindowOperator>(module, "WindowOperator")
      .def(py::init<const std::string&, const std::optional<std::string>&, const py::dict&>(),
           py::arg("window"), py::arg("zone").none(true), py::arg("options"))
      .def("feed", &WindowOperator::feed, py::arg("event_ms"), py::arg("watermark_ms"),
           py::arg("key").none(true), py::arg("value").none(true), py::arg("arrival_ms").none(true))
      .def("advance", &WindowOperator::advance, py::arg("watermark_ms"))
      .def_property_readonly("watermark_ms", &WindowOperator::watermark)
      .def("costs", &WindowOperator::costs);
}

}  // namespace wrackline::python

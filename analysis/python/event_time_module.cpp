// Watermark strategies and windows by themselves, fed with the user's own columns: the classes that replay
// and pipeline use.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/waiting.hpp"
#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/strategy/perfect.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/event_time/window/pane_operator.hpp"
#include "engine/replay/columns.hpp"
#include "engine/replay/window_spec.hpp"

namespace wrackline::python {

namespace {

namespace strategy = event_time::strategy;
namespace window = event_time::window;
using event_time::TimestampMs;

constexpr std::size_t kLookEvery = 65'536;

py::list strategy_table() {
  py::list all;
  for (const strategy::StrategyType* type : strategy::catalogue()) {
    py::list parameters;
    for (const strategy::Parameter& parameter : type->parameters) {
      py::list choices;
      for (const std::string_view choice : parameter.choices) choices.append(std::string{choice});
      py::dict one;
      one["name"] = std::string{parameter.name};
      one["type"] = std::string{strategy::to_string(parameter.type)};
      one["default"] = std::string{parameter.default_text};
      one["min"] = parameter.min;
      one["max"] = parameter.max;
      one["doc"] = std::string{parameter.doc};
      one["choices"] = choices;
      parameters.append(one);
    }
    py::dict one;
    one["name"] = std::string{type->name};
    one["id"] = std::string{type->id};
    one["doc"] = std::string{type->doc};
    one["source"] = std::string{type->source};
    one["adaptive"] = type->adaptive;
    one["uses_clock"] = type->uses_clock;
    one["uses_values"] = type->uses_values;
    one["needs_trace"] = type->needs_trace;
    one["parameters"] = parameters;
    all.append(one);
  }
  return all;
}

void check_time(std::int64_t ms, const char* what) {
  if (ms > replay::kLargestTimeMs || ms < -replay::kLargestTimeMs)
    throw std::invalid_argument(std::string{what} + " " + std::to_string(ms) +
                                " lies beyond the year 9999: times are milliseconds");
}

std::string at_row(std::size_t row) { return " (row " + std::to_string(row) + ")"; }

/// Watermarks of one strategy for one stream, as the strategy says them: no partitions, no idleness.
class Watermark {
 public:
  Watermark(const std::string& text, bool json) {
    const strategy::ParsedBlock parsed =
        json ? strategy::parse_json(nlohmann::json::parse(text)) : strategy::parse_text(text);
    refuse(parsed.errors);
    block_ = *parsed.block;
    std::vector<std::string> problems = strategy::problems(block_.spec);
    strategy::Options ours;
    ours.emission = block_.options.emission;
    ours.interval_ms = block_.options.interval_ms;
    ours.marker_every = block_.options.marker_every;
    ours.scope = block_.options.scope;
    if (!(ours == block_.options))
      problems.push_back("idleness, alignment and combination are between partitions; this is one stream");
    refuse(problems);
    if (!block_.spec.type->needs_trace) generator_ = strategy::make(block_.spec);
  }

  strategy::Generator& generator() const {
    if (generator_ == nullptr)
      throw std::invalid_argument(std::string{block_.spec.type->name} +
                                  " needs the whole trace beforehand: use run()");
    return *generator_;
  }
  const strategy::Block& block() const { return block_; }

  TimestampMs on_record(std::int64_t event_ms, std::int64_t arrival_ms, std::uint32_t key,
                        std::int64_t value) {
    strategy::Generator& mine = generator();
    check_time(event_ms, "event_ms");
    clock(arrival_ms);
    mine.on_record({event_ms, arrival_ms, key, value});
    return mine.watermark();
  }
  TimestampMs on_periodic(std::int64_t now_ms) {
    strategy::Generator& mine = generator();
    clock(now_ms);
    mine.on_periodic(now_ms);
    return mine.watermark();
  }
  TimestampMs on_batch_end(std::int64_t now_ms) {
    strategy::Generator& mine = generator();
    clock(now_ms);
    mine.on_batch_end(now_ms);
    return mine.watermark();
  }

  /// What was emitted by the time that each record had been taken in. With `interval_ms` > 0 that is what a
  /// timer, first one interval after the first arrival, heard last; otherwise what the strategy says after
  /// the record.
  py::array run(const Times& event_ms, const Times& arrival_ms, const std::optional<Keys>& key,
                const std::optional<Times>& value, std::int64_t interval_ms) {
    const TraceArrays arrays{event_ms, arrival_ms, key, value};
    arrays.check();
    const auto events = span_of(event_ms);
    const auto arrivals = span_of(arrival_ms);
    const auto keys = span_of(key);
    const auto values = span_of(value);
    for (std::size_t i = 0; i < events.size(); ++i) {
      check_time(events[i], "event_ms");
      check_time(arrivals[i], "arrival_ms");
      if (arrivals[i] < (i == 0 ? clock_ms_ : arrivals[i - 1]))
        throw py::value_error("arrival_ms falls" + at_row(i) + ": records come in order of arrival");
    }
    std::unique_ptr<strategy::Generator> perfect;
    if (block_.spec.type->needs_trace) perfect = std::make_unique<strategy::Perfect>(events);
    strategy::Generator& mine = perfect ? *perfect : generator();
    std::vector<TimestampMs> said(events.size());
    if (perfect) emitted_ms_ = event_time::kMinTimestamp;
    interruptible([&](const std::atomic<bool>& stop) {
      const std::int64_t timer_ms = interval_ms > 0 ? interval_ms : block_.options.interval_ms;
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (i % kLookEvery == 0 && stop) return;
        if (next_ms_ == event_time::kMinTimestamp) next_ms_ = arrivals[i] + timer_ms;
        for (std::size_t fired = 1; next_ms_ <= arrivals[i]; next_ms_ += timer_ms, ++fired) {
          mine.on_periodic(next_ms_);
          if (interval_ms > 0) emitted_ms_ = mine.watermark();
          if (fired % kLookEvery == 0 && stop) return;
        }
        mine.on_record({events[i], arrivals[i], keys.empty() ? 0 : keys[i], values.empty() ? 0 : values[i]});
        if (interval_ms <= 0) emitted_ms_ = mine.watermark();
        said[i] = emitted_ms_;
      }
    });
    if (perfect) {
      next_ms_ = event_time::kMinTimestamp;
    } else if (!arrivals.empty()) {
      clock_ms_ = arrivals.back();
    }
    return owned(std::move(said));
  }

 private:
  void clock(std::int64_t now_ms) {
    check_time(now_ms, "the clock");
    if (now_ms < clock_ms_) throw std::invalid_argument("the clock of arrivals never falls");
    clock_ms_ = now_ms;
  }

  strategy::Block block_;
  std::unique_ptr<strategy::Generator> generator_;
  std::int64_t clock_ms_ = event_time::kMinTimestamp;
  std::int64_t next_ms_ = event_time::kMinTimestamp;
  TimestampMs emitted_ms_ = event_time::kMinTimestamp;
};

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The windows of a replay, and sliding=D, count=N, count=N/M, global.
window::WindowDefinition definition_of(const std::string& text, const std::optional<std::string>& zone) {
  window::WindowDefinition made;
  const auto after = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (!std::string_view{text}.starts_with(prefix)) return std::nullopt;
    return std::string_view{text}.substr(prefix.size());
  };
  if (text == "global") {
    made = window::WindowDefinition::global();
  } else if (const auto difference = after("sliding=")) {
    const auto ms = strategy::parse_duration_ms(*difference);
    if (!ms) throw py::value_error("window: \"" + text + "\": sliding=D takes a duration, like sliding=10s");
    made = window::WindowDefinition::sliding(*ms);
  } else if (const auto counted = after("count=")) {
    const std::size_t slash = counted->find('/');
    const auto records = whole(counted->substr(0, slash));
    const auto every = slash == std::string_view::npos ? records : whole(counted->substr(slash + 1));
    if (!records || !every || *records < 1 || *every < 1)
      throw py::value_error("window: \"" + text +
                            "\": write count=N, or count=N/M for the last N every M records");
    made = window::WindowDefinition::count(*records, *every);
  } else if (const auto ms = strategy::parse_duration_ms(text)) {
    made = window::WindowDefinition::tumbling(*ms);
  } else {
    const replay::ParsedWindow parsed = replay::parse_window(text);
    if (!parsed.window)
      throw py::value_error("window: " + parsed.error + "; and here sliding=D, count=N, count=N/M, global");
    const replay::WindowSpec& spec = *parsed.window;
    switch (spec.kind) {
      case replay::WindowKind::tumbling:
        made = window::WindowDefinition::tumbling(spec.size_ms, spec.offset_ms);
        break;
      case replay::WindowKind::hopping:
        made = window::WindowDefinition::hopping(spec.size_ms, spec.step_ms, spec.offset_ms);
        break;
      case replay::WindowKind::cumulate:
        made = window::WindowDefinition::cumulate(spec.size_ms, spec.step_ms, spec.offset_ms);
        break;
      case replay::WindowKind::session:
        made = window::WindowDefinition::session(spec.size_ms);
        break;
    }
  }
  if (zone) {
    window::TimeZone::Loaded loaded = window::TimeZone::load(*zone);
    if (!loaded.zone) throw py::value_error(loaded.problem);
    made = made.in(std::move(loaded.zone));
  }
  refuse(made.problems());
  return made;
}

py::tuple assign(const std::string& text, const std::optional<std::string>& zone, const Times& event_ms) {
  const window::WindowDefinition definition = definition_of(text, zone);
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
    for (std::size_t i = 0; i < events.size(); ++i) {
      check_time(events[i], "event_ms");
      if (arrivals.empty()) continue;
      check_time(arrivals[i], "arrival_ms");
      if (arrivals[i] < (i == 0 ? clock_ms_ : arrivals[i - 1]))
        throw py::value_error("arrival_ms falls" + at_row(i) + ": records come in order of arrival");
    }
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
    using Accumulation = window::PanePolicy::Accumulation;
    window::WindowedAggregation spec;
    spec.lineage = false;
    spec.windows = definition_of(text, zone);
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
    const auto accumulation = options["accumulation"].cast<std::string>();
    if (accumulation == "discarding") {
      panes.accumulation = Accumulation::discarding;
    } else if (accumulation == "retracting") {
      panes.accumulation = Accumulation::retracting;
    } else if (accumulation != "accumulating") {
      problems.push_back("accumulation: '" + accumulation +
                         "' is none of accumulating, discarding, retracting");
    }
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

void bind_event_time(py::module_& module) {
  module.def("strategies", strategy_table);
  module.def("aggregates", [] {
    py::list all;
    for (const window::AggregateName& one : window::aggregate_names())
      all.append(py::make_tuple(std::string{one.name}, std::string{one.doc}));
    return all;
  });
  py::class_<Watermark>(module, "Watermark")
      .def(py::init<const std::string&, bool>(), py::arg("text"), py::arg("json"))
      .def("on_record", &Watermark::on_record, py::arg("event_ms"), py::arg("arrival_ms"), py::arg("key"),
           py::arg("value"))
      .def("on_periodic", &Watermark::on_periodic, py::arg("now_ms"))
      .def("on_batch_end", &Watermark::on_batch_end, py::arg("now_ms"))
      .def("run", &Watermark::run, py::arg("event_ms"), py::arg("arrival_ms"), py::arg("key").none(true),
           py::arg("value").none(true), py::arg("interval_ms"))
      .def_property_readonly("text", [](const Watermark& mine) { return strategy::to_text(mine.block()); })
      .def_property_readonly("needs_trace",
                             [](const Watermark& mine) { return mine.block().spec.type->needs_trace; })
      .def_property_readonly("watermark_ms",
                             [](const Watermark& mine) { return mine.generator().watermark(); })
      .def_property_readonly("slack_ms", [](const Watermark& mine) { return mine.generator().slack_ms(); })
      .def_property_readonly("state_bytes",
                             [](const Watermark& mine) { return mine.generator().state_bytes(); })
      .def_property_readonly("counters", [](const Watermark& mine) {
        const strategy::Counters& counters = mine.generator().counters();
        py::dict out;
        out["adaptations"] = counters.adaptations;
        out["suppressed_regressions"] = counters.suppressed_regressions;
        out["fallbacks"] = counters.fallbacks;
        return out;
      });
  module.def("assign_windows", assign, py::arg("window"), py::arg("zone").none(true), py::arg("event_ms"));
  module.def(
      "check_windows",
      [](const std::string& text, const std::optional<std::string>& zone) {
        return definition_of(text, zone).by_timestamp();
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

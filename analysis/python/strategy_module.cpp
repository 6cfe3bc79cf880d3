// Watermark strategies by themselves, fed with the user's own columns: the classes that replay and pipeline
// use.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/rows.hpp"
#include "analysis/python/waiting.hpp"
#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/event_time/strategy/perfect.hpp"
#include "engine/event_time/strategy/text.hpp"

namespace wrackline::python {

namespace {

namespace strategy = event_time::strategy;
using event_time::TimestampMs;

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
    check_rows(events, arrivals, clock_ms_);
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

}  // namespace

void bind_strategies(py::module_& module) {
  module.def("strategies", strategy_table);
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
}

}  // namespace wrackline::python

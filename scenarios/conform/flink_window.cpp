// flink.window: the DataStream window operator, with the assigner, trigger, evictor and lateness of the case.
#include <algorithm>
#include <tuple>

#include "engine/event_time/flink/status_watermark_valve.hpp"
#include "engine/event_time/flink/window_operator.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::Evictor;
using flink::model::FireCause;
using flink::model::TriggerLayer;
using flink::model::WindowAssigner;
using flink::model::WindowElement;
using flink::model::WindowOperator;
using flink::model::WindowOperatorConfig;
using flink::model::WindowResult;
using flink::model::WindowResults;

WindowAssigner assigner_of(const Json& config) {
  const Json& in = config.at("assigner");
  flink::only(in, "assigner's", {"type", "size", "slide", "offset", "gap"});
  static const std::map<std::string, WindowAssigner::Kind> kKinds{
      {"tumbling", WindowAssigner::Kind::tumbling},
      {"sliding", WindowAssigner::Kind::sliding},
      {"session", WindowAssigner::Kind::session},
      {"dynamic_session", WindowAssigner::Kind::dynamic_session},
      {"global", WindowAssigner::Kind::global},
      {"global_end_of_stream", WindowAssigner::Kind::global_end_of_stream}};
  const auto kind = kKinds.find(in.at("type"));
  if (kind == kKinds.end()) throw NotModelledError{"assigner " + in.at("type").dump()};
  WindowAssigner assigner{.kind = kind->second};
  const std::string time = config.value("time", "event");
  if (time != "event" && time != "processing") throw NotModelledError{"time " + time};
  assigner.processing_time = time == "processing" && !assigner.is_global();
  assigner.size_ms = in.value("size", std::int64_t{0});
  assigner.slide_ms = in.value("slide", std::int64_t{0});
  assigner.offset_ms = in.value("offset", std::int64_t{0});
  assigner.gap_ms = in.value("gap", std::int64_t{0});
  return assigner;
}

std::vector<TriggerLayer> trigger_of(const Json& config) {
  if (!config.contains("trigger") || config.at("trigger") == "default") return {};
  static const std::map<std::string, TriggerLayer::Kind> kKinds{
      {"event_time", TriggerLayer::Kind::event_time},
      {"processing_time", TriggerLayer::Kind::processing_time},
      {"count", TriggerLayer::Kind::count},
      {"continuous_event_time", TriggerLayer::Kind::continuous_event_time},
      {"continuous_processing_time", TriggerLayer::Kind::continuous_processing_time},
      {"delta", TriggerLayer::Kind::delta},
      {"purging", TriggerLayer::Kind::purging},
      {"processing_timeout", TriggerLayer::Kind::processing_timeout}};
  std::vector<TriggerLayer> layers;
  const Json* in = &config.at("trigger");
  while (true) {
    flink::only(*in, "trigger's",
                {"type", "n", "interval", "threshold", "inner", "timeout", "reset_timer_on_new_record",
                 "clear_on_timeout"});
    const auto kind = kKinds.find(in->at("type"));
    if (kind == kKinds.end()) throw NotModelledError{"trigger " + in->at("type").dump()};
    TriggerLayer layer{.kind = kind->second};
    layer.n = in->value("n", std::int64_t{1});
    layer.interval_ms = in->value("interval", in->value("timeout", std::int64_t{0}));
    const bool continuous = layer.kind == TriggerLayer::Kind::continuous_event_time ||
                            layer.kind == TriggerLayer::Kind::continuous_processing_time;
    if (continuous && layer.interval_ms <= 0)
      throw NotModelledError{"a continuous trigger without an interval"};
    layer.threshold = in->value("threshold", 0.0);
    layer.reset_timer_on_new_record = in->value("reset_timer_on_new_record", false);
    layer.clear_on_timeout = in->value("clear_on_timeout", true);
    layers.push_back(layer);
    if (!layer.wraps()) return layers;
    in = &in->at("inner");
  }
}

std::optional<Evictor> evictor_of(const Json& config) {
  if (!config.contains("evictor")) return std::nullopt;
  const Json& in = config.at("evictor");
  flink::only(in, "evictor's", {"type", "n", "size", "threshold", "evict_after"});
  static const std::map<std::string, Evictor::Kind> kKinds{
      {"count", Evictor::Kind::count}, {"time", Evictor::Kind::time}, {"delta", Evictor::Kind::delta}};
  const auto kind = kKinds.find(in.at("type"));
  if (kind == kKinds.end()) throw NotModelledError{"evictor " + in.at("type").dump()};
  Evictor evictor{.kind = kind->second};
  evictor.n = in.value("n", std::int64_t{0});
  evictor.size_ms = in.value("size", std::int64_t{0});
  evictor.threshold = in.value("threshold", 0.0);
  evictor.evict_after = in.value("evict_after", false);
  return evictor;
}

WindowOperatorConfig config_of(const Json& recorded_case) {
  const Json& in = recorded_case.at("config");
  flink::only(in, "setting",
              {"assigner", "time", "allowed_lateness", "late_side_output", "trigger", "evictor", "function",
               "through_valve"});
  WindowOperatorConfig config;
  config.assigner = assigner_of(in);
  config.trigger = trigger_of(in);
  config.evictor = evictor_of(in);
  config.allowed_lateness_ms = in.value("allowed_lateness", std::int64_t{0});
  if (in.contains("function") && in.at("function") != "reduce")
    throw NotModelledError{"function " + in.at("function").dump()};
  config.reduce = in.contains("function");
  config.version = flink::version_of(recorded_case);
  return config;
}

class Steps {
 public:
  Steps(const WindowOperatorConfig& config, bool late_side_output, bool through_valve)
      : config_{config}, late_side_output_{late_side_output}, through_valve_{through_valve}, op_{config} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"element", "watermark", "processing_time", "restore"});
    events_ = Json::array();
    late_ = Json::array();
    results_.clear();
    if (!step(in)) return failed();
    flush();
    for (const Json& late : late_) events_.push_back(late);
    return {{"events", events_},
            {"dropped", dropped_},
            {"timers", {op_.event_timers(), op_.processing_timers()}},
            {"state", op_.state_entries()}};
  }

 private:
  bool step(const Json& in) {
    if (in.contains("element")) return add(in.at("element"));
    if (in.contains("watermark")) return watermark(in.at("watermark"));
    std::int64_t now_ms = op_.processing_time();
    if (in.contains("processing_time")) now_ms = in.at("processing_time");
    if (in.contains("restore")) {
      op_.restore();
      op_.set_processing_time(now_ms);
      valve_ = flink::model::StatusWatermarkValve{1};
      dropped_ = 0;
    }
    return op_.advance_processing_time(now_ms, results_);
  }

  bool add(const Json& in) {
    constexpr std::int64_t kMostWindows = 1'000'000;
    const WindowAssigner& assigner = config_.assigner;
    if (assigner.kind == WindowAssigner::Kind::sliding && assigner.size_ms / assigner.slide_ms > kMostWindows)
      throw NotModelledError{"more than a million windows for one element"};
    WindowElement element{.value = in.at("value")};
    element.has_timestamp = in.contains("ts");
    if (element.has_timestamp) element.timestamp = in.at("ts");
    element.gap_ms = in.value("gap", std::int64_t{0});
    switch (op_.add(keys_.id(in.at("key")), element, results_)) {
      case WindowOperator::Verdict::failed:
        return false;
      case WindowOperator::Verdict::late:
        if (late_side_output_) {
          late_.push_back(
              {{"type", "late"}, {"key", in.at("key")}, {"value", element.value}, {"ts", element.timestamp}});
        } else {
          ++dropped_;
        }
        return true;
      case WindowOperator::Verdict::accepted:
      case WindowOperator::Verdict::vanished:
        return true;
    }
    return true;
  }

  bool watermark(std::int64_t timestamp) {
    flink::model::WatermarkEvents passed{flink::model::WatermarkEvent::watermark(timestamp)};
    if (through_valve_) {
      passed.clear();
      valve_.input_watermark(0, timestamp, passed);
    }
    for (const auto& event : passed) {
      if (!op_.advance_watermark(event.timestamp, results_)) return false;
      flush();
      events_.push_back(flink::event(event));
    }
    return true;
  }

  Json failed() {
    flush();
    const WindowOperator::Failure& failure = *op_.failure();
    if (failure.endless) throw NotModelledError{"a trigger that never ends: " + failure.message};
    events_.push_back(flink::error(failure.exception, failure.message));
    return {{"events", events_}};
  }

  /// Results of timers of one time have no defined order: the recordings sort them by key and window.
  void flush() {
    std::vector<WindowResult>& results = results_.results;
    for (auto from = results.begin(); from != results.end();) {
      const auto to = std::find_if(from, results.end(), [&](const WindowResult& r) {
        return r.cause.by != from->cause.by || r.cause.time != from->cause.time;
      });
      if (from->cause.by != FireCause::By::element) {
        std::sort(from, to, [&](const WindowResult& a, const WindowResult& b) {
          return std::tie(keys_.name(a.key), a.window) < std::tie(keys_.name(b.key), b.window);
        });
      }
      from = to;
    }
    for (const WindowResult& result : results) events_.push_back(json(result));
    results_.clear();
  }

  Json json(const WindowResult& result) const {
    Json cause{{"by", result.cause.by == FireCause::By::element       ? "element"
                      : result.cause.by == FireCause::By::event_timer ? "event_timer"
                                                                      : "processing_timer"}};
    if (result.cause.by != FireCause::By::element) cause["time"] = result.cause.time;
    Json out{{"type", "result"},
             {"key", keys_.name(result.key)},
             {"sum", result.sum},
             {"cause", cause},
             {"ts", result.timestamp}};
    if (result.window != flink::model::kGlobalWindow) {
      out["start"] = result.window.start;
      out["end"] = result.window.end;
    }
    if (!config_.reduce) {
      const auto first = results_.values.begin() + static_cast<std::ptrdiff_t>(result.first_value);
      std::vector<std::int64_t> values{first, first + static_cast<std::ptrdiff_t>(result.count)};
      if (config_.assigner.is_merging()) std::sort(values.begin(), values.end());
      out["count"] = result.count;
      out["values"] = values;
    }
    return out;
  }

  WindowOperatorConfig config_;
  bool late_side_output_;
  bool through_valve_;
  WindowOperator op_;
  flink::model::StatusWatermarkValve valve_{1};
  flink::Names keys_;
  WindowResults results_;
  Json events_;
  Json late_;
  std::int64_t dropped_ = 0;
};

}  // namespace

Session open_flink_window(const Json& recorded_case) {
  const WindowOperatorConfig config = config_of(recorded_case);
  if (const auto refusal = config.refusal()) return {flink::error(refusal->exception, refusal->message), {}};
  const Json& in = recorded_case.at("config");
  return {{}, steps_of<Steps>(config, in.value("late_side_output", false), in.value("through_valve", false))};
}

}  // namespace wrackline::conform

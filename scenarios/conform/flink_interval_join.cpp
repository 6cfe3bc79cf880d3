// flink.interval_join: IntervalJoinOperator between two keyed inputs.
#include <algorithm>
#include <tuple>

#include "engine/event_time/flink/combined_watermark_status.hpp"
#include "engine/event_time/flink/interval_join.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::IntervalJoin;
using flink::model::JoinPair;
using flink::model::JoinSide;

class Steps {
 public:
  Steps(const flink::model::IntervalJoinConfig& config, bool late_side_outputs, flink::model::Version version)
      : join_{config}, late_side_outputs_{late_side_outputs}, version_{version}, inputs_{2, version} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation",
                {"left", "right", "watermark", "watermark1", "watermark2", "status1", "status2", "restore"});
    events_ = Json::array();
    if (in.contains("left") && !add(JoinSide::left, in.at("left"))) return {{"events", events_}};
    if (in.contains("right") && !add(JoinSide::right, in.at("right"))) return {{"events", events_}};
    for (const char* name : {"watermark", "watermark1"})
      if (in.contains(name)) inputs_.on_watermark(0, in.at(name), said_);
    for (const char* name : {"watermark", "watermark2"})
      if (in.contains(name)) inputs_.on_watermark(1, in.at(name), said_);
    if (in.contains("status1")) inputs_.on_status(0, flink::status_of(in.at("status1")), said_);
    if (in.contains("status2")) inputs_.on_status(1, flink::status_of(in.at("status2")), said_);
    for (const auto& event : said_) {
      if (event.kind == flink::model::WatermarkEvent::Kind::watermark)
        join_.advance_watermark(event.timestamp);
      events_.push_back(flink::event(event));
    }
    said_.clear();
    if (in.contains("restore")) {
      join_.restore();
      inputs_ = flink::model::OperatorInputs{2, version_};
    }
    return {{"events", events_}, {"timers", join_.timers()}, {"buckets", join_.buffers()}};
  }

 private:
  bool add(JoinSide side, const Json& element) {
    const bool left = side == JoinSide::left;
    const std::uint64_t id = element.at("id");
    const std::int64_t ts = element.value("ts", event_time::kMinTimestamp);
    pairs_.clear();
    switch (join_.add(side, keys_.id(element.at("key")), id, ts, pairs_)) {
      case IntervalJoin::Verdict::no_timestamp:
        events_.push_back(
            flink::error("org.apache.flink.util.FlinkException",
                         "Long.MIN_VALUE timestamp: Elements used in interval stream joins need to "
                         "have timestamps meaningful timestamps."));
        return false;
      case IntervalJoin::Verdict::late:
        if (late_side_outputs_)
          events_.push_back({{"type", left ? "late_left" : "late_right"},
                             {"key", element.at("key")},
                             {"id", id},
                             {"ts", ts}});
        return true;
      case IntervalJoin::Verdict::joined:
        break;
    }
    std::sort(pairs_.begin(), pairs_.end(), [left](const JoinPair& a, const JoinPair& b) {
      return left ? std::tie(a.right_ts, a.right) < std::tie(b.right_ts, b.right)
                  : std::tie(a.left_ts, a.left) < std::tie(b.left_ts, b.left);
    });
    for (const JoinPair& pair : pairs_)
      events_.push_back({{"type", "pair"},
                         {"key", element.at("key")},
                         {"left", pair.left},
                         {"right", pair.right},
                         {"left_ts", pair.left_ts},
                         {"right_ts", pair.right_ts},
                         {"ts", pair.timestamp}});
    return true;
  }

  IntervalJoin join_;
  bool late_side_outputs_;
  flink::model::Version version_;
  flink::model::OperatorInputs inputs_;
  flink::Names keys_;
  Json events_;
  std::vector<JoinPair> pairs_;
  flink::model::WatermarkEvents said_;
};

}  // namespace

Session open_flink_interval_join(const Json& recorded_case) {
  const Json& config = recorded_case.at("config");
  flink::only(
      config, "setting",
      {"lower_bound", "upper_bound", "lower_bound_inclusive", "upper_bound_inclusive", "late_side_outputs"});
  const flink::model::IntervalJoinConfig join{config.at("lower_bound"), config.at("upper_bound"),
                                              config.at("lower_bound_inclusive"),
                                              config.at("upper_bound_inclusive")};
  for (const std::string& problem : join.problems())
    return {flink::error("java.lang.IllegalArgumentException", problem), {}};
  return {
      {},
      steps_of<Steps>(join, config.at("late_side_outputs").get<bool>(), flink::version_of(recorded_case))};
}

}  // namespace wrackline::conform

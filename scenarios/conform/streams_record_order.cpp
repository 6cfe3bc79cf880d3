// Driver of streams.record_order: PartitionGroup, stepped as the recording stepped the real one.
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/streams/partition_group.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/streams_steps.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::streams;
using event_time::TimestampMs;

class Group {
 public:
  explicit Group(const Json& config)
      : partitions_(config.at("partitions").get<std::vector<std::string>>()),
        lags_(partitions_.size()),
        group_(partitions_.size(), settings(config)) {}

  Json operator()(const Json& in) {
    try {
      return answer(in);
    } catch (const StreamsError&) {
      return {{"error", {{"class", "StreamsException"}}}};
    }
  }

 private:
  static PartitionGroup::Settings settings(const Json& config) {
    Json properties = config.at("properties");
    PartitionGroup::Settings made;
    if (const auto idle = properties.find("max.task.idle.ms"); idle != properties.end()) {
      made.max_task_idle_ms = idle->get<std::int64_t>();
      properties.erase(idle);
    }
    made.extractor = streams_properties({{"properties", properties}}).extractor;
    return made;
  }
  std::size_t partition(const Json& in) const {
    const auto name = in.at("partition").get<std::string>();
    for (std::size_t at = 0; at < partitions_.size(); ++at) {
      if (partitions_[at] == name) return at;
    }
    throw NotModelledError{"unknown partition " + name};
  }

  Json answer(const Json& in) {
    const auto op = in.at("op").get<std::string>();
    Drops drops;
    if (op == "add") {
      const auto held =
          group_.add_raw_records(partition(in), in.at("ts").get<std::vector<TimestampMs>>(), drops);
      return {{"queue_size", held}, {"all_buffered", group_.all_buffered()}};
    }
    if (op == "lag") {
      lags_[partition(in)] =
          in.at("lag").is_null() ? std::nullopt : std::optional(in.at("lag").get<std::int64_t>());
      return {{"ok", true}};
    }
    if (op == "update_lags") {
      for (std::size_t at = 0; at < lags_.size(); ++at) group_.update_lag(at, lags_[at]);
      return {{"ok", true}};
    }
    if (op == "ready") {
      const auto readiness = group_.ready_to_process(in.at("wall").get<std::int64_t>());
      return {{"ready", readiness.ready}, {"enforced", readiness.enforced}};
    }
    if (op == "next") {
      const auto taken = group_.next_record(drops);
      Json out{{"record", nullptr},
               {"stream_time", group_.stream_time_ms()},
               {"num_buffered", group_.num_buffered()}};
      if (taken) {
        out["record"] = {{"partition", partitions_[taken->partition]},
                         {"offset", taken->offset},
                         {"ts", taken->timestamp_ms}};
        out["partition_time"] = group_.partition_time_ms(taken->partition);
      }
      return out;
    }
    if (op == "set_partition_time") {
      group_.set_partition_time(partition(in), in.at("time").get<TimestampMs>());
      return {{"stream_time", group_.stream_time_ms()}};
    }
    if (op == "clear") {
      group_.clear();
      return {{"stream_time", group_.stream_time_ms()}};
    }
    throw NotModelledError{"op " + op};
  }

  std::vector<std::string> partitions_;
  std::vector<std::optional<std::int64_t>> lags_;
  PartitionGroup group_;
};

}  // namespace

Session open_streams_record_order(const Json& recorded_case) {
  return {{}, steps_of<Group>(recorded_case.at("config"))};
}

}  // namespace wrackline::conform

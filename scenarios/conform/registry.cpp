#include <algorithm>
#include <array>

#include "scenarios/conform/sessions.hpp"

namespace wrackline::conform {

// One line per kind, by name; those that can be opened are in sessions.hpp.
Outcome kafka_assignor(const Json& recorded_case);
Outcome kafka_compaction(const Json& recorded_case);
Outcome kafka_consumer_fetch(const Json& recorded_case);
Outcome kafka_group(const Json& recorded_case);
Outcome kafka_log(const Json& recorded_case);
Outcome kafka_membership(const Json& recorded_case);
Outcome kafka_partition(const Json& recorded_case);
Outcome kafka_partitioner(const Json& recorded_case);
Outcome kafka_replica(const Json& recorded_case);
Outcome kafka_sender(const Json& recorded_case);
Outcome spark_query(const Json& recorded_case);
Outcome spark_trigger(const Json& recorded_case);

namespace {

/// Kinds that need no more of a recording than its configuration and steps.
template <Open open>
Outcome judged(const Json& recorded_case) {
  return judge(recorded_case, open);
}

constexpr std::array kKinds{
    Kind{"flink.alignment", judged<open_flink_alignment>},
    Kind{"flink.combined", judged<open_flink_combined>},
    Kind{"flink.generator", judged<open_flink_generator>},
    Kind{"flink.interval_join", judged<open_flink_interval_join>},
    Kind{"flink.multiplexer", judged<open_flink_multiplexer>},
    Kind{"flink.sql_window", judged<open_flink_sql_window>},
    Kind{"flink.valve", judged<open_flink_valve>},
    Kind{"flink.window", judged<open_flink_window>},
    Kind{"kafka.assignor", kafka_assignor},
    Kind{"kafka.compaction", kafka_compaction},
    Kind{"kafka.consumer_fetch", kafka_consumer_fetch},
    Kind{"kafka.group", kafka_group},
    Kind{"kafka.log", kafka_log},
    Kind{"kafka.membership", kafka_membership},
    Kind{"kafka.partition", kafka_partition},
    Kind{"kafka.partitioner", kafka_partitioner},
    Kind{"kafka.replica", kafka_replica},
    Kind{"kafka.sender", kafka_sender},
    Kind{"spark.chained", spark_query},
    Kind{"spark.dedup", spark_query},
    Kind{"spark.join", spark_query},
    Kind{"spark.join_static", spark_query},
    Kind{"spark.state", spark_query},
    Kind{"spark.trigger", spark_trigger},
    Kind{"spark.watermark", spark_query},
    Kind{"streams.join", judged<open_streams_join>},
    Kind{"streams.record_order", judged<open_streams_record_order>},
    Kind{"streams.table", judged<open_streams_table>},
    Kind{"streams.window", judged<open_streams_window>},
};

}  // namespace

std::span<const Kind> kinds() { return kKinds; }

const Kind* find_kind(std::string_view name) {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace wrackline::conform

#include <algorithm>
#include <array>

#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

// One line per kind, by name.
Outcome flink_alignment(const Json& recorded_case);
Outcome flink_combined(const Json& recorded_case);
Outcome flink_generator(const Json& recorded_case);
Outcome flink_interval_join(const Json& recorded_case);
Outcome flink_multiplexer(const Json& recorded_case);
Outcome flink_sql_window(const Json& recorded_case);
Outcome flink_valve(const Json& recorded_case);
Outcome flink_window(const Json& recorded_case);
Outcome kafka_assignor(const Json& recorded_case);
Outcome kafka_consumer_fetch(const Json& recorded_case);
Outcome kafka_group(const Json& recorded_case);
Outcome kafka_log(const Json& recorded_case);
Outcome kafka_membership(const Json& recorded_case);
Outcome kafka_partition(const Json& recorded_case);
Outcome kafka_partitioner(const Json& recorded_case);
Outcome kafka_replica(const Json& recorded_case);
Outcome kafka_sender(const Json& recorded_case);
Outcome spark_chained(const Json& recorded_case);
Outcome spark_dedup(const Json& recorded_case);
Outcome spark_join(const Json& recorded_case);
Outcome spark_join_static(const Json& recorded_case);
Outcome spark_state(const Json& recorded_case);
Outcome spark_trigger(const Json& recorded_case);
Outcome spark_watermark(const Json& recorded_case);
Outcome streams_join(const Json& recorded_case);
Outcome streams_record_order(const Json& recorded_case);
Outcome streams_table(const Json& recorded_case);
Outcome streams_window(const Json& recorded_case);

namespace {

constexpr std::array kKinds{
    Kind{"flink.alignment", flink_alignment},
    Kind{"flink.combined", flink_combined},
    Kind{"flink.generator", flink_generator},
    Kind{"flink.interval_join", flink_interval_join},
    Kind{"flink.multiplexer", flink_multiplexer},
    Kind{"flink.sql_window", flink_sql_window},
    Kind{"flink.valve", flink_valve},
    Kind{"flink.window", flink_window},
    Kind{"kafka.assignor", kafka_assignor},
    Kind{"kafka.consumer_fetch", kafka_consumer_fetch},
    Kind{"kafka.group", kafka_group},
    Kind{"kafka.log", kafka_log},
    Kind{"kafka.membership", kafka_membership},
    Kind{"kafka.partition", kafka_partition},
    Kind{"kafka.partitioner", kafka_partitioner},
    Kind{"kafka.replica", kafka_replica},
    Kind{"kafka.sender", kafka_sender},
    Kind{"spark.chained", spark_chained},
    Kind{"spark.dedup", spark_dedup},
    Kind{"spark.join", spark_join},
    Kind{"spark.join_static", spark_join_static},
    Kind{"spark.state", spark_state},
    Kind{"spark.trigger", spark_trigger},
    Kind{"spark.watermark", spark_watermark},
    Kind{"streams.join", streams_join},
    Kind{"streams.record_order", streams_record_order},
    Kind{"streams.table", streams_table},
    Kind{"streams.window", streams_window},
};

}  // namespace

std::span<const Kind> kinds() { return kKinds; }

const Kind* find_kind(std::string_view name) {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace wrackline::conform

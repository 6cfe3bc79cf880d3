// The kinds that can be opened, a function each: the engines' operators of event time.
#pragma once

#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

Session open_flink_alignment(const Json& recorded_case);
Session open_flink_combined(const Json& recorded_case);
Session open_flink_generator(const Json& recorded_case);
Session open_flink_interval_join(const Json& recorded_case);
Session open_flink_multiplexer(const Json& recorded_case);
Session open_flink_sql_window(const Json& recorded_case);
Session open_flink_valve(const Json& recorded_case);
Session open_flink_window(const Json& recorded_case);
Session open_spark_query(const Json& recorded_case);
Session open_spark_trigger(const Json& recorded_case);
Session open_streams_join(const Json& recorded_case);
Session open_streams_record_order(const Json& recorded_case);
Session open_streams_table(const Json& recorded_case);
Session open_streams_window(const Json& recorded_case);

}  // namespace wrackline::conform

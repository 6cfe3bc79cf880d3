// The kinds that can be opened: the engines' operators of event time.
#include <algorithm>
#include <array>

#include "scenarios/conform/sessions.hpp"

namespace wrackline::conform {

namespace {

struct OpenKind {
  std::string_view name;
  Open open;
};

// One line per kind, by name.
constexpr std::array kOpenKinds{
    OpenKind{"flink.alignment", open_flink_alignment},
    OpenKind{"flink.combined", open_flink_combined},
    OpenKind{"flink.generator", open_flink_generator},
    OpenKind{"flink.interval_join", open_flink_interval_join},
    OpenKind{"flink.multiplexer", open_flink_multiplexer},
    OpenKind{"flink.sql_window", open_flink_sql_window},
    OpenKind{"flink.valve", open_flink_valve},
    OpenKind{"flink.window", open_flink_window},
    OpenKind{"spark.chained", open_spark_query},
    OpenKind{"spark.dedup", open_spark_query},
    OpenKind{"spark.join", open_spark_query},
    OpenKind{"spark.join_static", open_spark_query},
    OpenKind{"spark.state", open_spark_query},
    OpenKind{"spark.trigger", open_spark_trigger},
    OpenKind{"spark.watermark", open_spark_query},
    OpenKind{"streams.join", open_streams_join},
    OpenKind{"streams.record_order", open_streams_record_order},
    OpenKind{"streams.table", open_streams_table},
    OpenKind{"streams.window", open_streams_window},
};

}  // namespace

Open find_open(std::string_view kind) {
  const auto* const found =
      std::find_if(kOpenKinds.begin(), kOpenKinds.end(), [&](const OpenKind& k) { return k.name == kind; });
  return found == kOpenKinds.end() ? nullptr : found->open;
}

Outcome judge(const Json& recorded_case, Open open) {
  try {
    const Session session = open(recorded_case);
    const Json expected = recorded_case.value("open", Json());
    if (session.refusal != expected) return Differs{0, expected, session.refusal};
    if (!session.refusal.is_null()) return Agree{};
    return replay(recorded_case, session.step);
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

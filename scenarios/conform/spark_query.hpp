// Recorded Spark queries and rows, as the model's plans and values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/event_time/spark/micro_batch_execution.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

/// Strings of a case by number; the engine's classes compare the numbers only.
class SparkStrings {
 public:
  std::int64_t id(const std::string& text);
  const std::string& text(std::int64_t id) const { return texts_[static_cast<std::size_t>(id)]; }

 private:
  std::map<std::string, std::int64_t> ids_;
  std::vector<std::string> texts_;
};

struct SparkSource {
  std::string name;
  std::uint32_t partitions = 1;
};

/// What `config` says. Throws NotModelledError for what is not built.
struct SparkQuery {
  event_time::spark::PlanPtr plan;
  std::vector<SparkSource> sources;
  std::map<std::string, std::unique_ptr<event_time::spark::StaticRelation>> statics;
};

/// ts, key, value, gap: the columns of every source.
event_time::spark::Schema spark_source_schema();

SparkQuery read_spark_query(const Json& config, SparkStrings& strings);

/// Rows of a source: [ts, key, value, gap?].
event_time::spark::RowBatch read_spark_rows(const Json& rows, SparkStrings& strings);
/// Rows of a static side: [s_key, s_value].
event_time::spark::RowBatch read_static_rows(const Json& rows, SparkStrings& strings);

/// Rows as the sink got them, in the order of the recordings: null < numbers < strings < arrays, value by
/// value.
Json spark_rows(const event_time::spark::RowBatch& rows, const SparkStrings& strings);
void sort_spark_rows(Json& rows);

}  // namespace wrackline::conform

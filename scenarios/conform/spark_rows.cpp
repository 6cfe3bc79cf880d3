// Rows, times and strings of the recorded Spark cases.
#include <algorithm>
#include <cmath>

#include "scenarios/conform/spark_query.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::spark;

constexpr std::int64_t kUsPerMs = 1000;

Value read_time(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_number_integer()) return Value::timestamp(json.get<std::int64_t>() * kUsPerMs);
  return Value::timestamp(std::llround(json.get<double>() * 1000.0));
}
Value read_number(const Json& json) {
  return json.is_null() ? Value{} : Value::bigint(json.get<std::int64_t>());
}

Json time_json(std::int64_t us) {
  if (us % kUsPerMs == 0) return us / kUsPerMs;
  return static_cast<double>(us) / 1000.0;
}

Json value_json(const Value& value, const SparkStrings& strings) {
  switch (value.kind) {
    case Value::Kind::null:
      return nullptr;
    case Value::Kind::bigint:
      return value.a;
    case Value::Kind::timestamp:
      return time_json(value.a);
    case Value::Kind::string:
      return strings.text(value.a);
    case Value::Kind::window:
      return Json::array({time_json(value.a), time_json(value.b)});
  }
  return nullptr;
}

int rank(const Json& json) {
  if (json.is_null()) return 0;
  if (json.is_number()) return 1;
  return json.is_string() ? 2 : 3;
}

bool before(const Json& a, const Json& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (!a.is_array()) return a < b;
  return std::ranges::lexicographical_compare(a, b, before);
}

}  // namespace

std::int64_t SparkStrings::id(const std::string& text) {
  const auto [at, added] = ids_.try_emplace(text, static_cast<std::int64_t>(texts_.size()));
  if (added) texts_.push_back(text);
  return at->second;
}

Schema spark_source_schema() {
  return {{"ts", Value::Kind::timestamp},
          {"key", Value::Kind::string},
          {"value", Value::Kind::bigint},
          {"gap", Value::Kind::bigint}};
}

RowBatch read_spark_rows(const Json& rows, SparkStrings& strings) {
  RowBatch batch{spark_source_schema().size()};
  for (const Json& row : rows) {
    const auto out = batch.append();
    out[0] = read_time(row.at(0));
    if (!row.at(1).is_null()) out[1] = Value::string(strings.id(row.at(1)));
    out[2] = read_number(row.at(2));
    if (row.size() > 3) out[3] = read_number(row.at(3));
  }
  return batch;
}

RowBatch read_static_rows(const Json& rows, SparkStrings& strings) {
  RowBatch batch{2};
  for (const Json& row : rows) {
    const auto out = batch.append();
    if (!row.at(0).is_null()) out[0] = Value::string(strings.id(row.at(0)));
    out[1] = read_number(row.at(1));
  }
  return batch;
}

Json spark_rows(const RowBatch& rows, const SparkStrings& strings) {
  Json out = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json row = Json::array();
    for (const Value& value : rows.row(i)) row.push_back(value_json(value, strings));
    out.push_back(std::move(row));
  }
  sort_spark_rows(out);
  return out;
}

void sort_spark_rows(Json& rows) { std::sort(rows.begin(), rows.end(), before); }

}  // namespace wrackline::conform

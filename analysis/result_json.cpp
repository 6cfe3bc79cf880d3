#include "analysis/result_json.hpp"

#include <algorithm>
#include <array>

#include "analysis/metrics.hpp"

namespace wrackline::analysis {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<const char*, Quantile>, 4> kQuantiles{
    {{"p50", kP50}, {"p95", kP95}, {"p99", kP99}, {"p99.9", Quantile{9990}}}};

template <class Enum, std::size_t N>
json counts(const std::array<std::uint64_t, N>& values) {
  json out = json::object();
  for (std::size_t i = 0; i < N; ++i) out[std::string{name_of(static_cast<Enum>(i))}] = values[i];
  return out;
}

json join_json(const JoinBooks& join) {
  return {{"expected", join.expected},
          {"delivered", join.delivered},
          {"late", {{"left", join.late_left}, {"right", join.late_right}}},
          {"refused", join.refused},
          {"lost_at", counts<LossHop>(join.lost_at)},
          {"pending", join.pending},
          {"duplicates", join.duplicates},
          {"nulls", join.nulls},
          {"stale", join.stale},
          {"unmatched", {{"left", join.unmatched_left}, {"right", join.unmatched_right}}}};
}

json books_json(const Books& books) {
  json lost_by = json::object();
  for (std::size_t told = 0; told < kLossTold; ++told) {
    lost_by[std::string{name_of(static_cast<LossTold>(told))}] = counts<LossHop>(books.lost_by[told]);
  }
  json out{{"produced", books.produced},
           {"fates", counts<Fate>(books.fates)},
           {"lost_by", lost_by},
           {"duplicates", counts<DuplicateHop>(books.duplicates)},
           {"duplicated_events", counts<DuplicateHop>(books.duplicated_events)},
           {"late_in_some_windows", books.late_in_some_windows},
           {"lost_in_some_windows", books.lost_in_some_windows},
           {"late_drop_rate", {books[Fate::late_dropped], books.produced}}};
  if (books.join) out["join"] = join_json(*books.join);
  return out;
}

json latency_json(const LatencyStat& stat) {
  json out{{"count", stat.seen.count()}, {"missing", stat.missing}, {"negative", stat.seen.negative()}};
  const auto optional = [](std::optional<std::int64_t> value) {
    return value ? json(*value) : json(nullptr);
  };
  out["mean"] = stat.seen.empty() ? json(nullptr) : json(stat.seen.mean());
  out["min"] = optional(stat.seen.least());
  out["max"] = optional(stat.seen.greatest());
  for (const auto& [name, q] : kQuantiles) out[name] = optional(stat.seen.quantile(q));
  json buckets = json::array();
  for (const Histogram::Bucket& bucket : stat.seen.buckets()) buckets.push_back({bucket.from, bucket.count});
  out["histogram"] = std::move(buckets);
  return out;
}

json anomalies_json(const RunResult& cell) {
  const AnomalySet permitted = permitted_by(cell.guarantee);
  json out = json::object();
  for (const AnomalyInfo& info : anomalies()) {
    const std::uint64_t count = cell.anomalies.count_of(info.anomaly);
    if (count == 0) continue;
    json examples = json::array();
    for (const AnomalyExample& example : cell.anomalies.examples_of(info.anomaly)) {
      examples.push_back({{"seed", example.seed}, {"at_ns", example.at_ns}, {"what", example.what}});
    }
    out[std::string{info.name}] = {{"count", count},
                                   {"unit", info.unit},
                                   {"permitted", permitted.test(static_cast<std::size_t>(info.anomaly))},
                                   {"examples", std::move(examples)}};
  }
  return out;
}

json faults_json(const RunResult& cell) {
  json out = json::array();
  for (const FaultReport& fault : cell.faults) {
    json effects = json::object();
    for (const auto& [name, n] : fault.effects) effects[name] = n;
    json strikes = json::array();
    for (const FaultReport::Strike& strike : fault.first_strikes) {
      strikes.push_back({{"seed", strike.seed},
                         {"at_ns", strike.at_ns},
                         {"until_ns", strike.until_ns < 0 ? json(nullptr) : json(strike.until_ns)},
                         {"what", strike.what}});
    }
    out.push_back({{"id", fault.id},
                   {"do", fault.action},
                   {"strikes", fault.strikes},
                   {"runs", fault.runs},
                   {"runs_struck", fault.runs_struck},
                   {"effects", std::move(effects)},
                   {"first_strikes", std::move(strikes)}});
  }
  return out;
}

// ---- the schema, in the order of the output

json integer() { return {{"type", "integer"}, {"minimum", 0}}; }
json signed_or_null() { return {{"type", {"integer", "null"}}}; }
json text() { return {{"type", "string"}}; }
json array_of(json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

/// An object with exactly these members.
json record(json properties) {
  json required = json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

template <class Enum, std::size_t N>
json counts_schema() {
  json properties = json::object();
  for (std::size_t i = 0; i < N; ++i) properties[std::string{name_of(static_cast<Enum>(i))}] = integer();
  return record(std::move(properties));
}

json phases(const json& schema) { return record({{"all", schema}, {"steady", schema}}); }

json outcome_schema() { return {{"enum", {"pass", "inconclusive", "fail"}}}; }

json join_schema() {
  const json sides = record({{"left", integer()}, {"right", integer()}});
  return record({{"expected", integer()},
                 {"delivered", integer()},
                 {"late", sides},
                 {"refused", integer()},
                 {"lost_at", counts_schema<LossHop, kLossHops>()},
                 {"pending", integer()},
                 {"duplicates", integer()},
                 {"nulls", integer()},
                 {"stale", integer()},
                 {"unmatched", sides}});
}

json books_schema() {
  json lost_by = json::object();
  for (std::size_t told = 0; told < kLossTold; ++told) {
    lost_by[std::string{name_of(static_cast<LossTold>(told))}] = counts_schema<LossHop, kLossHops>();
  }
  json schema = record({{"produced", integer()},
                        {"fates", counts_schema<Fate, kFates>()},
                        {"lost_by", record(std::move(lost_by))},
                        {"duplicates", counts_schema<DuplicateHop, kDuplicateHops>()},
                        {"duplicated_events", counts_schema<DuplicateHop, kDuplicateHops>()},
                        {"late_in_some_windows", integer()},
                        {"lost_in_some_windows", integer()},
                        {"late_drop_rate", array_of(integer())}});
  schema["properties"]["join"] = join_schema();  // of jobs that join
  return schema;
}

json latency_schema(const LatencyInfo& info) {
  json properties{{"count", integer()},
                  {"missing", integer()},
                  {"negative", integer()},
                  {"mean", signed_or_null()},
                  {"min", signed_or_null()},
                  {"max", signed_or_null()},
                  {"histogram", array_of(array_of(integer()))}};
  for (const auto& [name, q] : kQuantiles) properties[name] = signed_or_null();
  json schema = record(std::move(properties));
  schema["description"] = std::string{info.doc} + " In " +
                          (info.unit == Unit::duration ? "nanoseconds" : std::string{name_of(info.unit)}) +
                          "; missing: " + std::string{info.missing} + ".";
  return phases(schema);
}

json cell_schema() {
  json latency_properties = json::object();
  for (const LatencyInfo& info : latencies())
    latency_properties[std::string{info.name}] = latency_schema(info);
  json anomaly_names = json::array();
  for (const AnomalyInfo& info : anomalies()) anomaly_names.push_back(info.name);
  json guarantee_names = json::array();
  for (const GuaranteeInfo& info : guarantees()) guarantee_names.push_back(info.name);
  const json example = record({{"seed", integer()}, {"at_ns", integer()}, {"what", text()}});
  const json strike =
      record({{"seed", integer()}, {"at_ns", integer()}, {"until_ns", signed_or_null()}, {"what", text()}});
  return record(
      {{"scenario", text()},
       {"cell", array_of(record({{"axis", text()}, {"value", text()}}))},
       {"job", text()},
       {"guarantee", {{"enum", guarantee_names}}},
       {"model_version", text()},
       {"virtual_ns", integer()},
       {"reproduce", text()},
       {"seeds", array_of(record({{"seed", integer()},
                                  {"run_id", text()},
                                  {"hash", text()},
                                  {"virtual_ns", integer()},
                                  {"outcome", outcome_schema()}}))},
       {"books", phases(books_schema())},
       {"latencies", record(std::move(latency_properties))},
       {"anomalies",
        {{"type", "object"},
         {"propertyNames", {{"enum", anomaly_names}}},
         {"additionalProperties", record({{"count", integer()},
                                          {"unit", text()},
                                          {"permitted", {{"type", "boolean"}}},
                                          {"examples", array_of(example)}})}}},
       {"faults", array_of(record({{"id", text()},
                                   {"do", text()},
                                   {"strikes", integer()},
                                   {"runs", integer()},
                                   {"runs_struck", integer()},
                                   {"effects", {{"type", "object"}, {"additionalProperties", integer()}}},
                                   {"first_strikes", array_of(strike)}}))},
       {"moments", {{"type", "object"}, {"additionalProperties", integer()}}},
       {"expectations", array_of(record({{"text", text()},
                                         {"measured", text()},
                                         {"seed", integer()},
                                         {"outcome", outcome_schema()},
                                         {"runs", integer()},
                                         {"runs_not_passed", integer()}}))},
       {"violations", integer()},
       {"broken_promises", integer()},
       {"watermark", record({{"adaptations", integer()}, {"fallbacks", integer()}})},
       {"verdict", record({{"outcome", outcome_schema()},
                           {"reasons", array_of(record({{"outcome", outcome_schema()},
                                                        {"code", text()},
                                                        {"text", text()},
                                                        {"runs", integer()}}))}})}});
}

}  // namespace

json to_json(const RunResult& cell) {
  json axes = json::array();
  for (const auto& [axis, value] : cell.cell) axes.push_back({{"axis", axis}, {"value", value}});
  json seeds = json::array();
  for (const SeedOutcome& seed : cell.seeds) {
    seeds.push_back({{"seed", seed.seed},
                     {"run_id", seed.run_id},
                     {"hash", seed.hash},
                     {"virtual_ns", seed.virtual_ns},
                     {"outcome", name_of(seed.outcome)}});
  }
  json measured = json::object();
  for (const LatencyInfo& info : latencies()) {
    measured[std::string{info.name}] = {{"all", latency_json(cell.latency(info.latency, Phase::all))},
                                        {"steady", latency_json(cell.latency(info.latency, Phase::steady))}};
  }
  json moments = json::object();
  for (const MomentCount& moment : cell.moments) moments[moment.name] = moment.times;
  json expectations = json::array();
  for (const ExpectationResult& one : cell.expectations) {
    expectations.push_back({{"text", one.text},
                            {"measured", one.measured},
                            {"seed", one.seed},
                            {"outcome", name_of(one.outcome)},
                            {"runs", one.runs},
                            {"runs_not_passed", one.runs_not_passed}});
  }
  json reasons = json::array();
  for (const Reason& reason : cell.verdict.reasons) {
    reasons.push_back({{"outcome", name_of(reason.outcome)},
                       {"code", reason.code},
                       {"text", reason.text},
                       {"runs", reason.runs}});
  }
  json watermark{{"adaptations", cell.watermark_adaptations}, {"fallbacks", cell.watermark_fallbacks}};
  return {{"scenario", cell.scenario},
          {"cell", std::move(axes)},
          {"job", cell.job},
          {"guarantee", name_of(cell.guarantee)},
          {"model_version", cell.model_version},
          {"virtual_ns", cell.virtual_ns()},
          {"reproduce", cell.reproduce},
          {"seeds", std::move(seeds)},
          {"books", {{"all", books_json(cell.books)}, {"steady", books_json(cell.steady_books)}}},
          {"latencies", std::move(measured)},
          {"anomalies", anomalies_json(cell)},
          {"faults", faults_json(cell)},
          {"moments", std::move(moments)},
          {"expectations", std::move(expectations)},
          {"violations", violations(cell)},
          {"broken_promises", cell.broken_promises},
          {"watermark", std::move(watermark)},
          {"verdict", {{"outcome", name_of(cell.verdict.outcome)}, {"reasons", std::move(reasons)}}}};
}

json to_json(std::span<const RunResult> cells) {
  json all = json::array();
  for (const RunResult& cell : cells) all.push_back(to_json(cell));
  return {{"format", "wrackline-result"}, {"version", 1}, {"cells", std::move(all)}};
}

namespace {

/// Arrays of numbers, and arrays of such arrays, on one line; everything else indented.
void write(const json& value, std::size_t depth, std::string& out) {
  const auto plain = [](const json& item) {
    return !item.is_structured() || (item.is_array() && item.size() <= 2);
  };
  const bool one_line = value.empty() || (value.is_array() && std::all_of(value.begin(), value.end(), plain));
  if (!value.is_structured() || one_line) {
    out += value.dump();
    return;
  }
  const std::string indent(2 * (depth + 1), ' ');
  out += value.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    out += (first ? "\n" : ",\n") + indent;
    first = false;
    if (value.is_object()) out += json(key).dump() + ": ";
    write(item, depth + 1, out);
  }
  out += "\n" + std::string(2 * depth, ' ') + (value.is_array() ? "]" : "}");
}

}  // namespace

std::string to_json_text(std::span<const RunResult> cells) {
  std::string out;
  write(to_json(cells), 0, out);
  return out + "\n";
}

json result_schema() {
  json schema = record({{"format", {{"const", "wrackline-result"}}},
                        {"version", {{"const", 1}}},
                        {"cells", array_of(cell_schema())}});
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Result of wrackline run --json";
  return schema;
}

}  // namespace wrackline::analysis

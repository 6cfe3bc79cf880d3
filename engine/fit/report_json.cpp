#include "engine/fit/report_json.hpp"

#include <nlohmann/json.hpp>

#include "engine/fit/delay_block.hpp"

namespace wrackline::fit {

using Json = nlohmann::json;

namespace {

Json law_json(const Law& law) {
  Json json{{"family", name_of(law.family)}, {"text", law.describe()}};
  if (!law.knots.empty()) {
    Json knots = Json::array();
    for (const Knot& knot : law.knots) knots.push_back({knot.p, knot.ms});
    json["knots"] = std::move(knots);
  }
  return json;
}

}  // namespace

Json to_json(const Report& r, const SourceName& source_of) {
  Json knots = Json::array();
  for (const Knot& knot : r.knots) knots.push_back({knot.p, knot.ms});
  Json candidates = Json::array();
  for (const Candidate& candidate : r.choice.candidates) {
    Json json = law_json(candidate.law);
    json["log_score"] = candidate.score;
    json["ks"] = candidate.ks;
    json["p99_ratio"] = candidate.p99_ratio;
    json["aic"] = candidate.aic;
    json["fits"] = candidate.fits;
    candidates.push_back(std::move(json));
  }
  Json troubles = Json::array();
  for (const Trouble& trouble : r.troubles)
    troubles.push_back({{"kind", name_of(trouble.kind)},
                        {"source", source_of(trouble.key)},
                        {"amount", trouble.amount},
                        {"rows", trouble.rows},
                        {"text", trouble.text}});
  Json sources = Json::array();
  for (const SourceSummary& source : r.sources)
    sources.push_back({{"source", source_of(source.key)},
                       {"rows", source.counts.rows},
                       {"negative", source.counts.negative},
                       {"behind", source.counts.behind},
                       {"repeats", source.counts.repeats},
                       {"p50_ms", source.p50_ms},
                       {"p95_ms", source.p95_ms},
                       {"p99_ms", source.p99_ms}});
  return {{"rows", r.rows},
          {"sources", std::move(sources)},
          {"sample_stride", r.stride},
          {"delay",
           {{"min_ms", r.smallest_delay_ms},
            {"mean_ms", r.mean_delay_ms},
            {"p50_ms", r.p50_ms},
            {"p90_ms", r.p90_ms},
            {"p95_ms", r.p95_ms},
            {"p99_ms", r.p99_ms},
            {"p999_ms", r.p999_ms},
            {"max_ms", r.largest_delay_ms},
            {"negative", r.negative},
            {"knots", std::move(knots)}}},
          {"arrivals", {{"mean_gap_ms", r.mean_gap_ms}, {"cv", r.gap_cv}}},
          {"disorder", {{"behind", r.behind}, {"largest_lateness_ms", r.largest_lateness_ms}}},
          {"lag1_log_delay", r.lag1},
          {"hill_index", r.hill_index},
          {"repeats", r.repeats},
          {"laws", std::move(candidates)},
          {"ks_of_halves", r.choice.ks_of_halves},
          {"chosen", law_json(r.choice.law)},
          {"parametric", r.choice.parametric},
          {"reason", r.choice.reason},
          {"dependence", name_of(r.dependence)},
          {"clock_trouble", std::move(troubles)},
          {"clock_offset_ms", r.choice.shift_ms},
          {"block", delay_block(r)}};
}

}  // namespace wrackline::fit

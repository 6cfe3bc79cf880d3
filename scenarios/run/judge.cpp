#include <fmt/format.h>

#include <algorithm>

#include "analysis/metrics.hpp"
#include "scenarios/run/campaign.hpp"

namespace wrackline::scenarios {

namespace {

std::uint64_t times_reached(const analysis::RunResult& result, std::string_view moment) {
  const auto found = std::find_if(result.moments.begin(), result.moments.end(),
                                  [&](const auto& m) { return m.name == moment; });
  return found == result.moments.end() ? 0 : found->times;
}

}  // namespace

void judge_expectations(std::span<const ExpectSpec> expectations, analysis::RunResult& result) {
  for (const ExpectSpec& expect : expectations) {
    std::string measured;
    const auto value_of = [&](const analysis::MetricRef& metric,
                              analysis::Phase phase) -> std::optional<double> {
      const auto value = analysis::evaluate(result, metric, phase);
      const std::string text =
          fmt::format("{} = {}", analysis::to_string(metric), value ? analysis::to_text(*value) : "nothing");
      if (measured.find(text) == std::string::npos) measured += (measured.empty() ? "" : ", ") + text;
      if (!value) return std::nullopt;
      return static_cast<double>(value->value) / static_cast<double>(value->denominator);
    };
    analysis::ExpectationResult judged;
    judged.outcome =
        judge(expect, value_of, [&](std::string_view moment) { return times_reached(result, moment); });
    if (expect.kind == ExpectSpec::Kind::kSometimes) {
      judged.text = fmt::format("sometimes {}", expect.text);
      measured = fmt::format("reached {} times", times_reached(result, expect.text));
    } else {
      judged.text = expect.window == "steady" ? fmt::format("{} (steady)", expect.text) : expect.text;
    }
    judged.measured = std::move(measured);
    judged.seed = result.seeds.empty() ? 0 : result.seeds.front().seed;
    judged.runs = std::max<std::uint64_t>(1, result.runs());
    judged.runs_not_passed = judged.outcome == analysis::Outcome::pass ? 0 : judged.runs;
    result.expectations.push_back(std::move(judged));
  }
}

}  // namespace wrackline::scenarios

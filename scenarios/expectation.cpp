#include "scenarios/expectation.hpp"

#include <fmt/format.h>

#include <cassert>

#include "engine/properties.hpp"
#include "scenarios/catalog.hpp"

namespace wrackline::scenarios {

namespace {

class MetricNames : public Names {
 public:
  MetricNames(const MetricLookup* values, analysis::Phase phase) : values_(values), phase_(phase) {}

  std::optional<Quantity> lookup(const Expression& name, Diagnostics& diagnostics) const override {
    const auto metric = analysis::parse_metric(name.text);
    if (!metric) {
      report_unknown(name, diagnostics);
      return std::nullopt;
    }
    Quantity result;
    result.kind =
        metric->unit == analysis::Unit::duration ? Quantity::Kind::kDuration : Quantity::Kind::kNumber;
    result.known = false;
    if (values_ == nullptr) return result;
    if (const auto value = (*values_)(*metric, phase_)) {
      result.known = true;
      result.number = *value;
    }
    return result;
  }

 private:
  static void report_unknown(const Expression& name, Diagnostics& diagnostics) {
    const std::vector<std::string> names = analysis::metric_names();
    std::vector<std::string_view> known(names.begin(), names.end());
    if (name.kind == Expression::Kind::kName && analysis::find_latency(name.text)) {
      diagnostics.report("WL1602", name.at, fmt::format("\"{}\" has many values; say which", name.text),
                         fmt::format("p99({})", name.text));
      return;
    }
    diagnostics.report("WL1602", name.at, fmt::format("there is no metric \"{}\"", name.text),
                       std::string(nearest_name(name.text, known).value_or("")));
  }

  const MetricLookup* values_;
  analysis::Phase phase_;
};

analysis::Phase phase_of(const ExpectSpec& expect) {
  return analysis::find_phase(expect.window).value_or(analysis::Phase::all);
}

}  // namespace

bool check_expectation(const ExpectSpec& expect, Diagnostics& diagnostics) {
  if (expect.kind == ExpectSpec::Kind::kSometimes) {
    if (find_moment(expect.text) != nullptr) return true;
    diagnostics.report("WL1505", expect.where, fmt::format("there is no moment \"{}\"", expect.text),
                       nearest_moment(expect.text));
    return false;
  }
  const auto expression = parse_expression(expect.text, expect.where, diagnostics);
  if (!expression) return false;
  const auto value = evaluate(*expression, MetricNames(nullptr, phase_of(expect)), diagnostics);
  if (value && value->kind != Quantity::Kind::kBool) {
    diagnostics.report(
        "WL1603", expression->at,
        fmt::format("an expectation must be true or false, this is {}", to_string(value->kind)));
    return false;
  }
  return value.has_value();
}

Outcome judge(const ExpectSpec& expect, const MetricLookup& metrics, const MomentCount& moments) {
  if (expect.kind == ExpectSpec::Kind::kSometimes) {
    return moments(expect.text) > 0 ? Outcome::pass : Outcome::inconclusive;
  }
  Diagnostics none;
  const auto expression = parse_expression(expect.text, expect.where, none);
  assert(expression && "only expectations that were accepted are judged");
  const auto value = evaluate(*expression, MetricNames(&metrics, phase_of(expect)), none);
  assert(value);
  if (!value->known) return Outcome::inconclusive;
  return value->truth ? Outcome::pass : Outcome::fail;
}

}  // namespace wrackline::scenarios

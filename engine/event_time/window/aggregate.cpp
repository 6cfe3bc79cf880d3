#include "engine/event_time/window/aggregate.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "engine/event_time/sketch/rank.hpp"
#include "sim/math.hpp"

namespace wrackline::event_time::window {

namespace {

using Function = AggregateSpec::Function;
constexpr std::size_t kBins = 2048;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

AggregateResult whole(std::int64_t value) { return {value, static_cast<double>(value)}; }
AggregateResult rounded(double real) { return {sim::math::round_to_int(real), real}; }

}  // namespace

const std::vector<AggregateName>& aggregate_names() {
  static const std::vector<AggregateName> names{
      {Function::count, "count", "number of records"},
      {Function::sum, "sum", "sum of their values; wraps like Java's long"},
      {Function::min, "min", "least value"},
      {Function::max, "max", "greatest value"},
      {Function::mean, "mean", "mean of their values, cut towards zero"},
      {Function::distinct, "distinct", "number of different values"},
      {Function::distinct_sketch, "distinct_sketch", "the same by HyperLogLog, within about 1.6 %"},
      {Function::quantile, "quantile", "a quantile of the values; keeps them all"},
      {Function::quantile_sketch, "quantile_sketch", "the same by DDSketch, within 1 % of the value"},
      {Function::quantile_t_digest, "quantile_t_digest", "the same by t-digest, finest at the ends"},
  };
  return names;
}

std::vector<std::string> AggregateSpec::problems() const {
  std::vector<std::string> found;
  if (!(quantile >= 0 && quantile <= 1))
    found.push_back(fmt::format("a quantile is between 0 and 1, not {}", quantile));
  if (precision < sketch::HyperLogLog::kLeastPrecision || precision > sketch::HyperLogLog::kGreatestPrecision)
    found.push_back(fmt::format("the precision of a HyperLogLog is 4 to 18, not {}", precision));
  if (!(alpha > 0 && alpha < 1)) found.push_back(fmt::format("alpha is between 0 and 1, not {}", alpha));
  if (!(compression >= 10))
    found.push_back(fmt::format("the compression is 10 or more, not {}", compression));
  return found;
}

void Accumulator::Different::add(std::int64_t value) {
  values.push_back(value);
  if (values.size() > 64 + 2 * tidied) tidy();
}
void Accumulator::Different::tidy() {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  tidied = values.size();
}

Accumulator::Accumulator(const AggregateSpec& spec) {
  switch (spec.function) {
    case Function::count:
    case Function::sum:
    case Function::min:
    case Function::max:
    case Function::mean:
      break;
    case Function::distinct:
      detail_.emplace<Different>();
      break;
    case Function::distinct_sketch:
      detail_.emplace<sketch::HyperLogLog>(spec.precision);
      break;
    case Function::quantile:
      detail_.emplace<Values>();
      break;
    case Function::quantile_sketch:
      detail_.emplace<sketch::DDSketch>(spec.alpha, kBins);
      break;
    case Function::quantile_t_digest:
      detail_.emplace<sketch::TDigest>(spec.compression);
      break;
  }
}

void Accumulator::add_detail(std::int64_t value) {
  std::visit(Overloaded{[](std::monostate) {}, [&](Values& values) { values.push_back(value); },
                        [&](auto& detail) { detail.add(value); }},
             detail_);
}

void Accumulator::merge(const Accumulator& other) {
  if (other.empty()) return;
  basic_.merge(other.basic_);
  assert(detail_.index() == other.detail_.index());
  std::visit(Overloaded{[](std::monostate) {},
                        [&](Values& values) {
                          const auto& more = std::get<Values>(other.detail_);
                          values.insert(values.end(), more.begin(), more.end());
                        },
                        [&](Different& different) {
                          for (const std::int64_t value : std::get<Different>(other.detail_).values)
                            different.add(value);
                        },
                        [&]<class Sketch>(Sketch& mine) { mine.merge(std::get<Sketch>(other.detail_)); }},
             detail_);
}

AggregateResult Accumulator::result(const AggregateSpec& spec) const {
  assert(!empty());
  switch (spec.function) {
    case Function::count:
      return whole(basic_.count);
    case Function::sum:
      return whole(basic_.sum);
    case Function::min:
      return whole(basic_.min);
    case Function::max:
      return whole(basic_.max);
    case Function::mean:
      return {basic_.sum / basic_.count, static_cast<double>(basic_.sum) / static_cast<double>(basic_.count)};
    case Function::distinct: {
      Different different = std::get<Different>(detail_);
      different.tidy();
      return whole(static_cast<std::int64_t>(different.values.size()));
    }
    case Function::quantile: {
      Values values = std::get<Values>(detail_);
      const auto at =
          values.begin() + static_cast<std::ptrdiff_t>(sketch::rank_of(spec.quantile, values.size()) - 1);
      std::nth_element(values.begin(), at, values.end());
      return whole(*at);
    }
    case Function::distinct_sketch:
      return rounded(std::get<sketch::HyperLogLog>(detail_).estimate());
    case Function::quantile_sketch:
      return rounded(std::get<sketch::DDSketch>(detail_).quantile(spec.quantile));
    case Function::quantile_t_digest: {
      sketch::TDigest digest = std::get<sketch::TDigest>(detail_);
      return rounded(digest.quantile(spec.quantile));
    }
  }
  return {};
}

std::size_t Accumulator::size_bytes() const {
  constexpr std::size_t kBasic = 40;
  return kBasic +
         std::visit(Overloaded{[](std::monostate) { return std::size_t{0}; },
                               [](const Values& values) { return values.size() * 8; },
                               [](const Different& different) { return different.values.size() * 8; },
                               [](const sketch::HyperLogLog& hll) { return hll.size_bytes(); },
                               [](const auto& detail) { return detail.bytes(); }},
                    detail_);
}

}  // namespace wrackline::event_time::window

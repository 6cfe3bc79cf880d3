#include "analysis/metrics.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace wrackline::analysis {

namespace {

MetricValue events(std::uint64_t n) { return {Unit::events, static_cast<std::int64_t>(n), 1, 0}; }

std::optional<MetricValue> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return MetricValue{Unit::ratio, static_cast<std::int64_t>(part), static_cast<std::int64_t>(whole), 0};
}

/// The counts of the books by name, in the words of the metric table.
std::optional<std::uint64_t> book_count(const Books& books, std::string_view name) {
  if (name == "produced") return books.produced;
  for (std::size_t i = 0; i < kFates; ++i) {
    if (name == name_of(static_cast<Fate>(i))) return books.fates[i];
  }
  const auto suffix = [&](std::string_view prefix) {
    return name.starts_with(prefix) ? std::optional{name.substr(prefix.size())} : std::nullopt;
  };
  if (const auto hop = suffix("lost.at_")) {
    for (std::size_t i = 0; i < kLossHops; ++i) {
      if (*hop == name_of(static_cast<LossHop>(i))) return books.lost_at(static_cast<LossHop>(i));
    }
  }
  if (name == "rejected.by_guard") return books.rejected_by_guard;
  if (name == "produced.reported_again") return books.reported_again;
  if (name == "lost.in_some_windows") return books.lost_in_some_windows;
  if (name == "late.in_some_windows") return books.late_in_some_windows;
  if (const auto told = suffix("lost.")) {
    for (std::size_t i = 0; i < kLossTold; ++i) {
      if (*told == name_of(static_cast<LossTold>(i))) return books.lost_told(static_cast<LossTold>(i));
    }
  }
  for (std::size_t i = 0; i < kDuplicateHops; ++i) {
    const std::string_view hop = name_of(static_cast<DuplicateHop>(i));
    if (suffix("duplicated.") == hop) return books.duplicates[i];
    if (suffix("duplicated_events.") == hop) return books.duplicated_events[i];
  }
  return std::nullopt;
}

std::optional<std::uint64_t> join_count(const JoinBooks& join, std::string_view name) {
  const std::pair<std::string_view, std::uint64_t> counts[] = {{"expected", join.expected},
                                                               {"delivered", join.delivered},
                                                               {"late.left", join.late_left},
                                                               {"late.right", join.late_right},
                                                               {"refused", join.refused},
                                                               {"lost", join.lost()},
                                                               {"pending", join.pending},
                                                               {"duplicates", join.duplicates},
                                                               {"nulls", join.nulls},
                                                               {"stale", join.stale},
                                                               {"unmatched.left", join.unmatched_left},
                                                               {"unmatched.right", join.unmatched_right}};
  for (const auto& [known, count] : counts)
    if (known == name) return count;
  return std::nullopt;
}

std::uint64_t runs_with(const RunResult& result, Outcome outcome) {
  return static_cast<std::uint64_t>(
      std::count_if(result.seeds.begin(), result.seeds.end(),
                    [&](const SeedOutcome& seed) { return seed.outcome == outcome; }));
}

/// Three significant digits, at most two of them behind the point: "1.23", "12.3", "123", "1234".
std::string three_digits(unsigned __int128 numerator, unsigned __int128 denominator) {
  // Below 9.995 two decimals still make three digits after rounding; below 99.95 one does.
  const int decimals = numerator * 1000 < denominator * 9995  ? 2
                       : numerator * 100 < denominator * 9995 ? 1
                                                              : 0;
  for (int i = 0; i < decimals; ++i) numerator *= 10;
  const auto rounded = static_cast<std::uint64_t>((numerator * 2 + denominator) / (denominator * 2));
  std::uint64_t power = 1;
  for (int i = 0; i < decimals; ++i) power *= 10;
  std::string text = std::to_string(rounded / power);
  if (decimals != 0) {
    std::string fraction = std::to_string(rounded % power);
    fraction.insert(0, static_cast<std::size_t>(decimals) - fraction.size(), '0');
    text += "." + fraction;
  }
  return text;
}

}  // namespace

std::optional<MetricValue> evaluate(const RunResult& result, const MetricRef& ref, Phase phase) {
  if (ref.metric.empty()) {
    const LatencyStat& stat = result.latency(ref.latency, phase);
    MetricValue value{ref.unit, 0, 1, stat.missing};
    std::optional<std::int64_t> figure;
    switch (ref.statistic.kind) {
      case Statistic::Kind::quantile:
        figure = stat.seen.quantile({ref.statistic.per_10000});
        break;
      case Statistic::Kind::mean:
        if (!stat.seen.empty()) figure = stat.seen.mean();
        break;
      case Statistic::Kind::min:
        figure = stat.seen.least();
        break;
      case Statistic::Kind::max:
        figure = stat.seen.greatest();
        break;
      case Statistic::Kind::count:
        figure = static_cast<std::int64_t>(stat.seen.count());
        break;
      case Statistic::Kind::missing:
        figure = static_cast<std::int64_t>(stat.missing);
        break;
    }
    if (!figure) return std::nullopt;
    value.value = *figure;
    return value;
  }
  const Books& books = result.books_of(phase);
  const std::string_view name = ref.metric;
  if (name == "late_drop_rate") return ratio(books[Fate::late_dropped], books.produced);
  if (name == "loss_rate") return ratio(books[Fate::lost], books.produced);
  if (name == "duplicate_rate") return ratio(books.duplicated(DuplicateHop::sink), books.produced);
  if (name == "delivered_rate") return ratio(books[Fate::delivered], books.produced);
  if (name == "watermark.adaptations") return events(result.watermark_adaptations);
  if (name == "watermark.fallbacks") return events(result.watermark_fallbacks);
  constexpr std::string_view kJoin = "join.";
  if (name.starts_with(kJoin)) {
    if (!books.join) return std::nullopt;
    if (name == "join.completeness") return ratio(books.join->delivered, books.join->expected);
    const auto count = join_count(*books.join, name.substr(kJoin.size()));
    assert(count && "every metric of the table has a value");
    return events(*count);
  }
  if (name == "violations") return events(violations(result));
  if (name == "runs") return MetricValue{Unit::runs, static_cast<std::int64_t>(result.runs()), 1, 0};
  if (name == "runs.failed") {
    return MetricValue{Unit::runs, static_cast<std::int64_t>(runs_with(result, Outcome::fail)), 1, 0};
  }
  if (name == "runs.inconclusive") {
    return MetricValue{Unit::runs, static_cast<std::int64_t>(runs_with(result, Outcome::inconclusive)), 1, 0};
  }
  constexpr std::string_view kAnomaly = "anomaly.";
  if (name.starts_with(kAnomaly)) {
    const auto anomaly = find_anomaly(name.substr(kAnomaly.size()));
    assert(anomaly && "a metric is named after an anomaly that exists");
    return events(result.anomalies.count_of(*anomaly));
  }
  const auto count = book_count(books, name);
  assert(count && "every metric of the table has a value");
  return events(*count);
}

std::optional<MetricValue> evaluate(const RunResult& result, std::string_view name, Phase phase) {
  const auto ref = parse_metric(name);
  assert(ref && "the metric exists");
  return evaluate(result, *ref, phase);
}

std::strong_ordering compare(const MetricValue& value, std::int64_t number, std::int64_t denominator) {
  return static_cast<__int128>(value.value) * denominator <=>
         static_cast<__int128>(number) * value.denominator;
}

std::string count_text(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, " ");
  return digits;
}

std::string duration_text(std::int64_t ns) {
  if (ns < 0) return "-" + duration_text(-ns);
  struct Step {
    std::int64_t ns;
    std::string_view unit;
  };
  // A value is shown in the largest unit of which it has at least one - after rounding to three digits, so
  // that no "1000 ms" appears.
  constexpr std::array<Step, 4> kSteps{
      {{1'000'000'000, " s"}, {1'000'000, " ms"}, {1'000, " µs"}, {1, " ns"}}};
  if (ns >= 600'000'000'000) return std::to_string((ns + 500'000'000) / 1'000'000'000) + " s";
  for (const Step& step : kSteps) {
    if (ns * 2000 >= step.ns * 1999 || step.ns == 1) {
      return three_digits(static_cast<unsigned __int128>(ns), static_cast<unsigned __int128>(step.ns)) +
             std::string{step.unit};
    }
  }
  return {};
}

std::string ratio_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == 0) return "0 %";
  // Never round something to nothing.
  if (static_cast<unsigned __int128>(part) * 10'000 < whole) return "<0.01 %";
  return three_digits(static_cast<unsigned __int128>(part) * 100, whole) + " %";
}

std::string to_text(const MetricValue& value) {
  switch (value.unit) {
    case Unit::duration:
      return duration_text(value.value);
    case Unit::ratio:
      return ratio_text(static_cast<std::uint64_t>(value.value),
                        static_cast<std::uint64_t>(value.denominator));
    default:
      return count_text(static_cast<std::uint64_t>(value.value));
  }
}

}  // namespace wrackline::analysis

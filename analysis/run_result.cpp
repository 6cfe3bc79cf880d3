#include "analysis/run_result.hpp"

#include <algorithm>
#include <numeric>

namespace wrackline::analysis {

namespace {

/// Merges two lists that are sorted by a name; equal names are combined.
template <class Item, class NameOf, class Combine>
void merge_by_name(std::vector<Item>& to, const std::vector<Item>& from, NameOf&& name, Combine&& combine) {
  for (const Item& item : from) {
    const auto at = std::lower_bound(to.begin(), to.end(), item,
                                     [&](const Item& a, const Item& b) { return name(a) < name(b); });
    if (at != to.end() && name(*at) == name(item)) {
      combine(*at, item);
    } else {
      to.insert(at, item);
    }
  }
}

template <class Item>
void keep_first(std::vector<Item>& items, std::size_t most) {
  std::sort(items.begin(), items.end());
  if (items.size() > most) items.resize(most);
}

}  // namespace

void FaultReport::add_effect(std::string_view name, std::uint64_t n) {
  merge_by_name(
      effects, {{std::string{name}, n}}, [](const auto& e) -> const std::string& { return e.first; },
      [](auto& a, const auto& b) { a.second += b.second; });
}

void FaultReport::add_strike(Strike strike) {
  first_strikes.push_back(std::move(strike));
  keep_first(first_strikes, kStrikes);
}

void FaultReport::merge(const FaultReport& other) {
  strikes += other.strikes;
  runs_struck += other.runs_struck;
  runs += other.runs;
  merge_by_name(
      effects, other.effects, [](const auto& e) -> const std::string& { return e.first; },
      [](auto& a, const auto& b) { a.second += b.second; });
  first_strikes.insert(first_strikes.end(), other.first_strikes.begin(), other.first_strikes.end());
  keep_first(first_strikes, kStrikes);
}

std::int64_t RunResult::virtual_ns() const {
  return std::accumulate(seeds.begin(), seeds.end(), std::int64_t{0},
                         [](std::int64_t sum, const SeedOutcome& seed) { return sum + seed.virtual_ns; });
}

void RunResult::merge(const RunResult& other) {
  if (seeds.empty()) {
    *this = other;
    return;
  }
  // The command is that of the first seed that did not pass, else of the first: the same in whatever order we
  // merge.
  const auto leading = [](const RunResult& result) {
    const auto worst = std::min_element(result.seeds.begin(), result.seeds.end(),
                                        [](const SeedOutcome& a, const SeedOutcome& b) {
                                          return std::pair{a.outcome == Outcome::pass, a.seed} <
                                                 std::pair{b.outcome == Outcome::pass, b.seed};
                                        });
    return worst == result.seeds.end() ? std::pair{true, ~std::uint64_t{0}}
                                       : std::pair{worst->outcome == Outcome::pass, worst->seed};
  };
  if (leading(other) < leading(*this)) reproduce = other.reproduce;
  seeds.insert(seeds.end(), other.seeds.begin(), other.seeds.end());
  std::sort(seeds.begin(), seeds.end());
  books += other.books;
  steady_books += other.steady_books;
  for (std::size_t kind = 0; kind < kLatencies; ++kind) {
    for (std::size_t phase = 0; phase < 2; ++phase)
      latencies[kind][phase].merge(other.latencies[kind][phase]);
  }
  anomalies.merge(other.anomalies);
  merge_by_name(
      faults, other.faults, [](const FaultReport& f) -> const std::string& { return f.id; },
      [](FaultReport& a, const FaultReport& b) { a.merge(b); });
  merge_by_name(
      moments, other.moments, [](const MomentCount& m) -> const std::string& { return m.name; },
      [](MomentCount& a, const MomentCount& b) { a.times += b.times; });
  merge_by_name(
      expectations, other.expectations,
      [](const ExpectationResult& e) -> const std::string& { return e.text; },
      [](ExpectationResult& a, const ExpectationResult& b) {
        // The figure shown is that of the first seed with the worst outcome.
        if (std::pair{b.outcome, a.seed} > std::pair{a.outcome, b.seed}) {
          a.measured = b.measured;
          a.seed = b.seed;
        }
        a.outcome = std::max(a.outcome, b.outcome);
        a.runs += b.runs;
        a.runs_not_passed += b.runs_not_passed;
      });
  broken_promises += other.broken_promises;
  watermark_adaptations += other.watermark_adaptations;
  watermark_fallbacks += other.watermark_fallbacks;
  verdict.merge(other.verdict);
}

std::uint64_t violations(const RunResult& result) {
  const AnomalySet permitted = permitted_by(result.guarantee);
  std::uint64_t sum = 0;
  for (const AnomalyInfo& info : anomalies()) {
    if (!permitted.test(static_cast<std::size_t>(info.anomaly)))
      sum += result.anomalies.count_of(info.anomaly);
  }
  return sum;
}

void judge_expectations(RunResult& result) {
  std::sort(result.expectations.begin(), result.expectations.end(),
            [](const ExpectationResult& a, const ExpectationResult& b) { return a.text < b.text; });
  for (const ExpectationResult& expectation : result.expectations) {
    if (expectation.outcome == Outcome::pass) continue;
    result.verdict.add(expectation.outcome, "expectation", expectation.text);
  }
  for (SeedOutcome& seed : result.seeds) seed.outcome = result.verdict.outcome;
}

void judge(RunResult& result) {
  const GuaranteeInfo& guarantee = info_of(result.guarantee);
  const std::string promised{guarantee.name};
  const AnomalySet permitted = permitted_by(result.guarantee);
  Verdict& verdict = result.verdict;
  // Sorted by name from here on, so that merging is order-free.
  const auto by = [](auto member) {
    return [member](const auto& a, const auto& b) { return a.*member < b.*member; };
  };
  std::sort(result.faults.begin(), result.faults.end(), by(&FaultReport::id));
  std::sort(result.moments.begin(), result.moments.end(), by(&MomentCount::name));
  for (const AnomalyInfo& info : anomalies()) {
    if (result.anomalies.count_of(info.anomaly) == 0 ||
        permitted.test(static_cast<std::size_t>(info.anomaly))) {
      continue;
    }
    verdict.add(Outcome::fail, "violation", promised + " does not permit " + std::string{info.name});
  }
  if (!guarantee.permits_acknowledged_loss && result.books.lost_told(LossTold::acknowledged) != 0) {
    verdict.add(Outcome::fail, "violation", promised + " does not permit the loss of acknowledged events");
  }
  if (!guarantee.permits_sink_duplicates && result.books.duplicated(DuplicateHop::sink) != 0) {
    verdict.add(Outcome::fail, "violation", promised + " does not permit duplicates at the sink");
  }
  if (!result.books.closes() || !result.steady_books.closes()) {
    verdict.add(Outcome::fail, "books", "the books do not close");
  }
  if (result.broken_promises != 0) {
    verdict.add(Outcome::inconclusive, "promises",
                "the ledger was told something that it could not judge exactly");
  }
  for (const FaultReport& fault : result.faults) {
    if (fault.strikes == 0) {
      verdict.add(Outcome::inconclusive, "fault_never_struck", "fault '" + fault.id + "' never struck");
    } else if (fault.runs_struck == 0) {
      verdict.add(Outcome::inconclusive, "fault_met_nothing", "fault '" + fault.id + "' met nothing");
    }
  }
  if (result.books.produced == 0)
    verdict.add(Outcome::inconclusive, "nothing_produced", "no event was produced");
  judge_expectations(result);
}

}  // namespace wrackline::analysis

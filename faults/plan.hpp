// What is going to go wrong in a run, and when: the `faults` of a scenario, and the plan that they become.
//
//   FaultSpec   as the user wrote it: one entry of "faults", checked against the vocabulary
//   FaultPlan   resolved for one seed: absolute times, defaults filled in. It is printed by `wrackline plan`,
//   and the
//               injector executes it and nothing else.
//
// Timing, exactly one of: `at` (a time), `when` (a moment, its nth announcement and as many further ones as
// `times` says, optionally only those whose attributes match), `rate` (a Poisson process between `from` and
// `until`, drawn at resolution).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "faults/vocabulary.hpp"
#include "sim/time.hpp"

namespace wrackline::faults {

struct At {
  sim::Duration after_start{};
};
struct When {
  std::string moment;
  std::uint64_t nth = 1;    ///< the first announcement that is struck, counting those that match
  std::uint64_t times = 1;  ///< how many, from the nth on
  std::map<std::string, std::int64_t> where;  ///< attributes that must have these values
};
struct Rate {
  double per_second = 0;
  sim::Duration from{0};
  std::optional<sim::Duration> until;  ///< default: when all faults heal
};

struct FaultSpec {
  std::string id;
  std::string what;    ///< `do`
  std::string target;  ///< selector, or a name for levers; empty for faults without target
  std::variant<At, When, Rate> timing;
  std::optional<sim::Distribution> lasts;         ///< `for`, in ns
  sim::Ratio probability = sim::Ratio::always();  ///< of each strike
  Settings params;
};

struct Problem {
  std::size_t fault = 0;  ///< index of the spec
  std::string field;      ///< "do", "target", "for", "at", "rate", a parameter's name
  std::string message;
};
/// Everything that is wrong with the specs as far as it can be known before there is a world: names, kinds,
/// ranges, doubles.
std::vector<Problem> check(const std::vector<FaultSpec>& specs);

struct PlannedStrike {
  sim::Time at{};
  std::uint64_t number = 0;  ///< of this fault, from 0: what its draws are a function of
};

struct PlannedFault {
  const FaultType* type = nullptr;
  std::string id;
  std::string target;
  Settings params;  ///< complete
  std::optional<sim::Distribution> lasts;
  sim::Ratio probability = sim::Ratio::always();
  std::vector<PlannedStrike>
      strikes;  ///< of `at` and `rate`; those the probability spared are left out already
  std::optional<When> when;
  /// Of zero intensity: it does nothing, on purpose.
  bool idle = false;
};

struct FaultPlan {
  std::uint64_t seed = 0;
  sim::Time heal_at = sim::kNever;
  std::vector<PlannedFault> faults;
  /// One line per strike and fault.
  std::string describe() const;
};

/// Strikes of one `rate`: more are a mistake in the rate.
inline constexpr std::size_t kMostStrikes = 100'000;

/// The specs are free of problems. All faults heal at `heal_at`; nothing strikes at or after it.
FaultPlan resolve(const std::vector<FaultSpec>& specs, std::uint64_t seed, sim::Time heal_at);

}  // namespace wrackline::faults

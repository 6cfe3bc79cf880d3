// Events that are reported twice: two gateways hear the same frame, a device repeats what was not
// acknowledged. The second report is a record of its own with the key, the value and the event time of the
// first, and another arrival (science.md 0.6: the same uplink reported twice by one gateway).
//
// A pure function of the ordinal, so that anybody can recompute it: an odd record can be the second report of
// the even one before it. For a share s of the events that is so in 2 s / (1 + s) of the pairs. Not modelled:
// third reports.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/random.hpp"

namespace wrackline::workload {

class SecondReports {
 public:
  /// `share` of the events, from the first record on.
  SecondReports(sim::Ratio share, std::uint64_t key) : decider_{key} {
    if (!share.is_zero()) spans_.push_back({0, of_pairs(share)});
  }

  /// From this record on another share; from the next pair on, if this one is the second of a pair.
  void set(std::uint64_t ordinal, sim::Ratio share) {
    spans_.push_back({ordinal + ordinal % 2, of_pairs(share)});
  }
  bool any() const { return !spans_.empty(); }
  /// The record is the second report of the one before it.
  bool marks(std::uint64_t ordinal) const {
    if (spans_.empty() || ordinal % 2 == 0) return false;
    return marks_slowly(ordinal);
  }
  /// The record that was reported first.
  std::uint64_t first_of(std::uint64_t ordinal) const { return marks(ordinal) ? ordinal - 1 : ordinal; }

 private:
  struct Span {
    std::uint64_t from = 0;
    sim::Ratio of_pairs;
  };
  static sim::Ratio of_pairs(sim::Ratio share) {
    return {2 * share.numerator, share.denominator + share.numerator};
  }
  bool marks_slowly(std::uint64_t ordinal) const {
    // Few: one for each time that a fault began or ended.
    for (auto span = spans_.rbegin(); span != spans_.rend(); ++span) {
      if (span->from <= ordinal) return decider_.chance(ordinal, span->of_pairs);
    }
    return false;
  }

  std::vector<Span> spans_;
  sim::Decider decider_;
};

}  // namespace wrackline::workload

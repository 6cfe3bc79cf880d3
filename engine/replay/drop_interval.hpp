// How sure is a drop rate? The interval in which the rate of the next stretch of the trace is expected.
//
// Late records come in clusters - behind one stall, dozens - so the binomial spread is too small: science.md
// 4.2 measures 1.3 to 1.5 times that for independent delays, stalls make it far more. The clustering is
// measured: phi = variance / mean of the drops by block, for blocks of a 100th, a 50th, a 20th and a 10th of
// the stretch, the largest of them, and at least 1.4 squared. Then k drops in n records stand for k / phi
// independent events of a Poisson law whose rate is not known better than that (Jeffreys' prior), and the
// number in the next m records is negative binomial. So zero drops do not promise zero drops.
//
// What it can not know: a stall of a kind that the stretch has not seen. Stated level: two-sided.
#pragma once

#include <cstdint>

#include "engine/replay/drop_blocks.hpp"

namespace wrackline::replay {

struct DropInterval {
  double low = 0;  ///< of the rate in the next stretch
  double high = 0;
  double phi = 1;  ///< the clustering found
};

/// The clustering alone; kLeastPhi if there were no drops.
inline constexpr double kLeastPhi = 1.4 * 1.4;
double clustering(const DropBlocks& drops, std::uint64_t records);

/// So few drops say nothing about how they cluster: give the clustering of a configuration that drops more.
inline constexpr std::uint64_t kTellingDrops = 5;

/// `level` two-sided, e.g. 0.95. `next_records` is the length of the stretch that is spoken about.
DropInterval predict_drops(const DropBlocks& drops, std::uint64_t dropped, std::uint64_t records,
                           std::uint64_t next_records, double level, double least_phi = kLeastPhi);

}  // namespace wrackline::replay

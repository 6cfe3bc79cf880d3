// What a trace says about its delays: how long they are, which law describes them, how they hang together,
// and which clocks are not to be trusted.
//
//   statistics.hpp     one pass over the rows: exact counts, and a bounded sample
//   families.hpp       the laws, fitted to values; choose.hpp picks one on held-back data
//   clock_trouble.hpp  offsets, drift, steps, standstills, wraps, repeats, per source
//   delay_block.hpp    the answer as a block for a scenario
//
//   fit::Fitter fitter;
//   while (reader.read(chunk, 65536)) { fitter.add(columns of chunk); chunk.clear(); }
//   const fit::Report report = fitter.finish();
//
// Not done: laws that change over time (the halves are compared and their distance is told), laws per source
// (fit the rows of one source by themselves), dependence other than of neighbours.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/fit/choose.hpp"
#include "engine/fit/clock_trouble.hpp"
#include "engine/fit/statistics.hpp"

namespace wrackline::fit {

/// How delays of neighbours hang together, as the block models it.
enum class Dependence : std::uint8_t {
  independent,
  stalls,          ///< flows, and stalls that hold everything
  batches,         ///< held until the next upload
  autoregressive,  ///< each like the one before it
};
std::string_view name_of(Dependence dependence);

struct Report {
  std::uint64_t rows = 0;
  std::uint64_t negative = 0;
  std::uint64_t stride = 1;  ///< of the sample; 1: everything is exact
  std::int64_t first_arrival_ms = 0;
  std::int64_t last_arrival_ms = 0;
  std::int64_t smallest_delay_ms = 0;
  std::int64_t largest_delay_ms = 0;
  double mean_delay_ms = 0;
  double p50_ms = 0, p90_ms = 0, p95_ms = 0, p99_ms = 0, p999_ms = 0;
  std::vector<Knot> knots;  ///< at workload::profile_shares(), of the delays as they are
  double mean_gap_ms = 0;
  double gap_cv = 0;
  std::uint64_t behind = 0;
  std::int64_t largest_lateness_ms = 0;
  double lag1 = 0;        ///< of log delay, in order of arrival
  double hill_index = 0;  ///< of the largest hundredth; 0: can not be said
  std::uint64_t repeats = 0;
  Choice choice;
  Dependence dependence = Dependence::independent;
  std::vector<Trouble> troubles;
  std::vector<SourceSummary> sources;
};

class Fitter {
 public:
  void add(const Columns& columns) { statistics_.add(columns); }
  const Statistics& statistics() const { return statistics_; }
  /// Of what was added so far; at least one row.
  Report finish() const;

 private:
  Statistics statistics_;
};

}  // namespace wrackline::fit

// The books of a join: of the rows that all events together should make, how many a reader sees, and why not
// the others.
//
//   expected = delivered + late_left + late_right + refused + lost + pending
//
// Expected is what a batch join makes of everything that the sources emitted, nothing lost and nothing late;
// with one exception: what a stream-table join should show depends on the order of arrival, so it is expected
// of the left records that were processed, with the versions that had been processed by then. A row that is
// not there has the first cause that holds, the left record's before the right one's:
//
//   late      the record was dropped as late (of the two, on which side)
//   refused   it was expired, rejected, dead-lettered, shed or refused by a guard
//   lost      it was lost on its way to the join, by hop; or the join had both and the row is lost at the
//             processor or the sink
//   pending   it is on its way, or waits in the join
//
// Beside them, of the rows that are there: `duplicates`, extra copies; `nulls`, padded rows for records whose
// partner was emitted, but late or lost (an outer join says "no partner" when it should say "none came in
// time"); `stale`, rows with another version of the table than was valid at the record's event time: because
// that one was late or lost, or because a stream-table join goes by arrival.
#pragma once

#include <array>
#include <cstdint>

namespace wrackline::analysis {

struct JoinBooks {
  static constexpr std::size_t kHops = 5;  ///< as LossHop counts them

  std::uint64_t expected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t late_left = 0;
  std::uint64_t late_right = 0;
  std::uint64_t refused = 0;
  std::array<std::uint64_t, kHops> lost_at{};
  std::uint64_t pending = 0;

  std::uint64_t duplicates = 0;
  std::uint64_t nulls = 0;
  std::uint64_t stale = 0;
  std::uint64_t unmatched_left = 0;   ///< accepted, and no row was owed to them
  std::uint64_t unmatched_right = 0;  ///< of a table: versions that no row shows

  std::uint64_t lost() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t at : lost_at) sum += at;
    return sum;
  }
  bool closes() const { return expected == delivered + late_left + late_right + refused + lost() + pending; }
  JoinBooks& operator+=(const JoinBooks& other) {
    expected += other.expected;
    delivered += other.delivered;
    late_left += other.late_left;
    late_right += other.late_right;
    refused += other.refused;
    for (std::size_t hop = 0; hop < kHops; ++hop) lost_at[hop] += other.lost_at[hop];
    pending += other.pending;
    duplicates += other.duplicates;
    nulls += other.nulls;
    stale += other.stale;
    unmatched_left += other.unmatched_left;
    unmatched_right += other.unmatched_right;
    return *this;
  }
  friend bool operator==(const JoinBooks&, const JoinBooks&) = default;
};

}  // namespace wrackline::analysis

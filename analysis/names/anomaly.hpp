// The names of what can go wrong, and where they are written down.
//
// The first group bears the names of Jepsen's Kafka workload (tests/kafka.clj), the second is ours. An
// anomaly is a fact, not a verdict: which of them a guarantee permits is a table of its own
// (names/guarantee.hpp). Counts are exact; the examples that are kept are the first few in (seed, time)
// order, so merging runs in any order gives the same ones.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/event_id.hpp"
#include "sim/time.hpp"

namespace wrackline::analysis {

enum class Anomaly : std::uint8_t {
  lost_write,            ///< acknowledged, and in no committed log at the end
  unseen,                ///< in the committed log, never returned by any poll
  duplicate,             ///< two or more committed copies of one record in the log
  aborted_read,          ///< the application was told "failed", and a consumer read the record
  inconsistent_offsets,  ///< two different records were seen at one offset of one partition
  nonmonotonic_poll,     ///< a consumer was given an offset it had already passed, without a new assignment
  poll_skip,             ///< a consumer was given an offset beyond the next one, without a new assignment
  nonmonotonic_send,     ///< one source's records stand in a partition in another order than they were handed
                         ///< over
  vanished_read,         ///< a record was read and afterwards vanished from the committed log
  late_dropped,          ///< dropped as late, by the rule
  wrongly_late,  ///< dropped as late although its window was still open, by the rule or for any honest clock
  premature_fire,  ///< a result before the watermark, or before true time, had reached the end of its window
  double_fire,     ///< the same pane of the same (job, key, window) again
  window_gap,      ///< a (key, window) that accepted records, and no row for it
  missing_contribution,  ///< a row that lacks a record which was accepted into its window
  double_counted,        ///< a row that holds one record more than once
  sink_duplicate,        ///< one record in more than one row that a reader counts
  wrong_result,          ///< digest, count, key or window of a row do not fit the records it names
  lost_result,           ///< a record without windows was processed, and its result never became visible; a
                         ///< join had both records of a row, and it never became visible
  premature_null,        ///< an outer join said of a record that it has no partner, though it had
  orphan_commit,         ///< the group's offset was committed beyond a record that nobody ever processed
  zombie_write,          ///< a row from a writer of an older generation, after the newer one had started
  watermark_regression,  ///< a watermark moved backwards
  sink_order_inversion,  ///< of one key, an older window became visible for the first time after a younger
                         ///< one
  stuck,                 ///< after all faults had healed, the pipeline did not drain within its bound
};
inline constexpr std::size_t kAnomalies = 25;

struct AnomalyInfo {
  Anomaly anomaly;
  std::string_view name;
  std::string_view unit;  ///< what one count is
  std::string_view doc;
};
std::span<const AnomalyInfo> anomalies();
std::string_view name_of(Anomaly anomaly);
std::optional<Anomaly> find_anomaly(std::string_view name);

/// One occurrence, with the evidence.
struct AnomalyExample {
  std::uint64_t seed = 0;
  std::int64_t at_ns = 0;
  std::string what;
  friend auto operator<=>(const AnomalyExample&, const AnomalyExample&) = default;
};

/// Counts of all anomalies and a few examples of each. Checkers write here.
class AnomalyLog {
 public:
  static constexpr std::size_t kExamples = 8;

  /// `what` is only called while examples are still wanted.
  template <class What>
  void report(Anomaly anomaly, sim::Time at, What&& what) {
    Entry& entry = entries_[static_cast<std::size_t>(anomaly)];
    ++entry.count;
    if (entry.examples.size() < kExamples) entry.examples.push_back({0, sim::to_ns(at), what()});
  }
  /// An example of something that is counted elsewhere.
  template <class What>
  void example(Anomaly anomaly, sim::Time at, What&& what) {
    Entry& entry = entries_[static_cast<std::size_t>(anomaly)];
    if (entry.examples.size() < kExamples) entry.examples.push_back({0, sim::to_ns(at), what()});
  }
  void count(Anomaly anomaly, std::uint64_t times) {
    entries_[static_cast<std::size_t>(anomaly)].count += times;
  }
  bool wants_example(Anomaly anomaly) const {
    return entries_[static_cast<std::size_t>(anomaly)].examples.size() < kExamples;
  }

  std::uint64_t count_of(Anomaly anomaly) const { return entries_[static_cast<std::size_t>(anomaly)].count; }
  const std::vector<AnomalyExample>& examples_of(Anomaly anomaly) const {
    return entries_[static_cast<std::size_t>(anomaly)].examples;
  }

  /// Stamps the examples of a single run with its seed and brings them in order; once, at the end of the run.
  void seal(std::uint64_t seed);
  void merge(const AnomalyLog& other);
  friend bool operator==(const AnomalyLog&, const AnomalyLog&) = default;

 private:
  struct Entry {
    std::uint64_t count = 0;
    std::vector<AnomalyExample> examples;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::array<Entry, kAnomalies> entries_;
};

/// "3#17": how every message names an event, source index and ordinal.
std::string to_string(sim::EventId id);

}  // namespace wrackline::analysis

#include "analysis/names/anomaly.hpp"

#include <algorithm>

namespace wrackline::analysis {

namespace {

using A = Anomaly;
constexpr std::array<AnomalyInfo, kAnomalies> kTable{{
    {A::lost_write, "lost-write", "events", "Acknowledged, and in no committed log at the end."},
    {A::unseen, "unseen", "events", "In the committed log, never returned by any poll."},
    {A::duplicate, "duplicate", "extra copies", "More than one committed copy of a record in the log."},
    {A::aborted_read, "aborted-read", "events",
     "The application was told that the send failed; a consumer read it."},
    {A::inconsistent_offsets, "inconsistent-offsets", "records",
     "Two different records were seen at one offset of one partition."},
    {A::nonmonotonic_poll, "nonmonotonic-poll", "polls",
     "A consumer got an offset that it had already passed, without a new assignment."},
    {A::poll_skip, "poll-skip", "polls",
     "A consumer got an offset beyond the next one, without a new assignment."},
    {A::nonmonotonic_send, "nonmonotonic-send", "records",
     "One source's records stand in a partition in another order than they were handed to the producer."},
    {A::vanished_read, "vanished-read", "records",
     "A record was read and then vanished from the committed log."},
    {A::late_dropped, "late_dropped", "events", "Dropped as late, as the watermark's rule says."},
    {A::wrongly_late, "wrongly_late", "events",
     "Dropped as late although its window was open: the rule was broken, or a clock that is wrong moved the "
     "watermark "
     "or stamped the record."},
    {A::premature_fire, "premature_fire", "rows",
     "A result was visible before the watermark, or before true time, had reached the end of its window."},
    {A::double_fire, "double_fire", "rows",
     "The same pane of the same (job, key, window) became visible again."},
    {A::window_gap, "window_gap", "windows", "A (key, window) that had accepted records has no row."},
    {A::missing_contribution, "missing_contribution", "events",
     "A row lacks a record that had been accepted into its window."},
    {A::double_counted, "double_counted", "contributions", "A row holds a record more than once."},
    {A::sink_duplicate, "sink_duplicate", "contributions",
     "A record stands in more than one row that a reader counts."},
    {A::wrong_result, "wrong_result", "rows",
     "The digest, count, key or window of a row do not fit the records that it names."},
    {A::lost_result, "lost_result", "events",
     "A record of a job without windows was processed and its result never became visible; or a join had "
     "both records of a row, and it never became visible."},
    {A::premature_null, "premature_null", "rows",
     "An outer join padded a record with nothing although its partner had been accepted, or stands beside it "
     "in another row."},
    {A::orphan_commit, "orphan_commit", "records",
     "The group's offset was committed beyond a record that nobody ever processed."},
    {A::zombie_write, "zombie_write", "rows",
     "A row came from a writer of an older generation after the newer one had started."},
    {A::watermark_regression, "watermark_regression", "moves", "A watermark moved backwards."},
    {A::sink_order_inversion, "sink_order_inversion", "rows",
     "Of one key, an older window became visible for the first time after a younger one."},
    {A::stuck, "stuck", "runs", "After all faults had healed, the pipeline did not drain within its bound."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].anomaly) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const AnomalyInfo> anomalies() { return kTable; }

std::string_view name_of(Anomaly anomaly) { return kTable[static_cast<std::size_t>(anomaly)].name; }

std::optional<Anomaly> find_anomaly(std::string_view name) {
  for (const AnomalyInfo& info : kTable) {
    if (info.name == name) return info.anomaly;
  }
  return std::nullopt;
}

void AnomalyLog::seal(std::uint64_t seed) {
  for (Entry& entry : entries_) {
    for (AnomalyExample& example : entry.examples) example.seed = seed;
    std::sort(entry.examples.begin(), entry.examples.end());
  }
}

void AnomalyLog::merge(const AnomalyLog& other) {
  for (std::size_t i = 0; i < kAnomalies; ++i) {
    Entry& to = entries_[i];
    const Entry& from = other.entries_[i];
    to.count += from.count;
    to.examples.insert(to.examples.end(), from.examples.begin(), from.examples.end());
    // The few smallest of a union are the few smallest of the parts' few smallest: order-free.
    std::sort(to.examples.begin(), to.examples.end());
    if (to.examples.size() > kExamples) to.examples.resize(kExamples);
  }
}

std::string to_string(sim::EventId id) {
  return std::to_string(id.source()) + "#" + std::to_string(id.ordinal());
}

}  // namespace wrackline::analysis

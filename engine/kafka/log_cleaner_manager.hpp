// Which compacted log is to be cleaned next, and which part of it (L-48).
//
// Modelled: the range between the checkpoint of the last pass and what may not be cleaned yet (the active
// segment, what lies at or above the last stable offset, segments younger than min.compaction.lag.ms; whole
// segments only), the dirty ratio, the pass that max.compaction.lag.ms forces, checkpoints that do not fit
// the log any more, and the choice of the dirtiest log. Not modelled: several cleaner threads, partitions
// marked as uncleanable, log directories. A segment that was cleaned empty has no timestamp; the real class
// takes the time of its file, this one holds it for young. From: LogCleanerManager, LogToClean
// (org.apache.kafka.storage.internals.log).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kafka/unified_log.hpp"

namespace wrackline::kafka {

struct OffsetsToClean {
  Offset first_dirty = 0;
  Offset first_uncleanable = 0;
  bool force_update_checkpoint = false;  ///< the checkpoint did not fit the log
};

/// From where to where `log` may be cleaned now. `last_clean`: the checkpoint of the last pass.
OffsetsToClean cleanable_offsets(const UnifiedLog& log, std::optional<Offset> last_clean,
                                 std::int64_t now_ms);
/// By how much the oldest dirty segment is older than max.compaction.lag.ms allows; 0: it is not.
std::int64_t max_compaction_delay_ms(const UnifiedLog& log, Offset first_dirty, std::int64_t now_ms);

/// A range of a log, in whole segments.
struct LogToClean {
  LogToClean(const UnifiedLog& log, Offset first_dirty, Offset uncleanable, bool need_compaction_now);

  Offset first_dirty_offset;
  Offset first_uncleanable_offset;  ///< base of the first segment that is not cleaned
  std::int64_t clean_bytes = 0;     ///< before the dirty part
  std::int64_t cleanable_bytes = 0;
  bool need_compaction_now;

  std::int64_t total_bytes() const { return clean_bytes + cleanable_bytes; }
  double cleanable_ratio() const {
    return total_bytes() == 0 ? 0 : static_cast<double>(cleanable_bytes) / static_cast<double>(total_bytes());
  }
};

/// The logs of one broker, by numbers of the caller's.
class LogCleanerManager {
 public:
  struct Candidate {
    std::size_t number = 0;
    const UnifiedLog* log = nullptr;
  };
  struct Grabbed {
    std::size_t number = 0;
    LogToClean to_clean;
  };
  /// The log with the greatest dirty share of those that are dirty enough; the first of equals.
  std::optional<Grabbed> grab_filthiest(std::span<const Candidate> logs, std::int64_t now_ms);
  void done_cleaning(std::size_t number, Offset end_offset) { set_checkpoint(number, end_offset); }
  /// The log was truncated: what comes in the place of that has to be cleaned again.
  void maybe_truncate_checkpoint(std::size_t number, Offset offset);
  std::optional<Offset> checkpoint(std::size_t number) const {
    return number < checkpoints_.size() ? checkpoints_[number] : std::nullopt;
  }

 private:
  void set_checkpoint(std::size_t number, Offset offset);
  std::vector<std::optional<Offset>> checkpoints_;
};

}  // namespace wrackline::kafka

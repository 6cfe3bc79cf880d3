// What a log is told: its topic's settings, and which version's rules it follows where versions differ.
#pragma once

#include <cstdint>
#include <limits>

namespace wrackline::kafka {

/// Rules that differ between recorded versions. Each can be switched alone.
struct LogRules {
  /// 4.1: an offset that is looked up (high watermark, first unstable offset, fetch offset) and lies inside
  /// of a batch becomes that batch's base offset, so a high watermark can fall back at a fetch. 3.9: it stays
  /// what it was.
  bool offset_metadata_names_batch_base = true;
  /// 4.x (KIP-890 part 2): a verification knows whether the client bumps its epoch with each transaction;
  /// such a client must begin at sequence 0, and a stale epoch is refused when its verification starts.
  bool verification_knows_epoch_bump = true;
  /// 4.x: the cleaner keeps the last batch of what it has cleaned, empty if need be, so that
  /// the offset up to which the log was written is not lost.
  bool cleaner_keeps_last_batch = true;

  static constexpr LogRules v3_9() { return {false, false, false}; }
  static constexpr LogRules v4_1() { return {}; }
};

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

struct LogConfig {
  LogRules rules{};
  std::int64_t segment_bytes = 1 << 30;                ///< segment.bytes
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;    ///< segment.ms
  std::int64_t index_interval_bytes = 4096;            ///< index.interval.bytes
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;  ///< retention.ms, -1 = unlimited
  std::int64_t retention_bytes = -1;                   ///< retention.bytes, -1 = unlimited
  std::int64_t max_message_bytes = 1'048'588;          ///< max.message.bytes
  std::int64_t timestamp_before_max_ms = kUnlimited;   ///< message.timestamp.before.max.ms
  std::int64_t timestamp_after_max_ms = 3'600'000;     ///< message.timestamp.after.max.ms; unlimited in 3.9
  std::int64_t producer_id_expiration_ms = 24LL * 3600 * 1000;  ///< producer.id.expiration.ms
  std::int64_t transaction_max_timeout_ms = 900'000;            ///< transaction.max.timeout.ms
  std::int64_t delete_retention_ms = 24LL * 3600 * 1000;        ///< delete.retention.ms
  std::int64_t min_compaction_lag_ms = 0;                       ///< min.compaction.lag.ms
  std::int64_t max_compaction_lag_ms = kUnlimited;              ///< max.compaction.lag.ms
  double min_cleanable_dirty_ratio = 0.5;                       ///< min.cleanable.dirty.ratio
  bool log_append_time = false;                                 ///< message.timestamp.type = LogAppendTime
  bool compacted = false;                                       ///< cleanup.policy contains compact
  bool deleted = true;                                          ///< cleanup.policy contains delete
  bool verify_transactions = true;                              ///< transaction.partition.verification.enable

  /// Segments of a compacted log are closed in time for max.compaction.lag.ms (LogConfig.maxSegmentMs).
  std::int64_t max_segment_ms() const {
    const bool sooner = compacted && max_compaction_lag_ms > 0 && max_compaction_lag_ms < segment_ms;
    return sooner ? max_compaction_lag_ms : segment_ms;
  }

  static LogConfig v3_9() {
    LogConfig config;
    config.rules = LogRules::v3_9();
    config.timestamp_after_max_ms = kUnlimited;
    return config;
  }
  static LogConfig v4_1() { return {}; }
};

}  // namespace wrackline::kafka

// Offsets, epochs, reads, truncation, retention, recovery of a log: L-1 to L-49.
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

std::vector<EpochEntry> epochs_of(const UnifiedLog& log) {
  return {log.epochs().entries().begin(), log.epochs().entries().end()};
}

}  // namespace

SCENARIO("L-2: the leader assigns consecutive offsets and stamps its epoch") {
  UnifiedLog log{quiet_config(), 1000};
  CHECK(log.append_as_leader(plain(3), 4, 1000).base_offset == 0);
  const AppendInfo second = log.append_as_leader(plain(2), 4, 1000);
  CHECK(second.base_offset == 3);
  CHECK(second.last_offset == 4);
  CHECK(log.batches().back().leader_epoch == 4);
}

SCENARIO("L-2: a follower takes offsets as they are, and none below its end") {
  UnifiedLog log{quiet_config(), 1000};
  const RecordBatch first = at(10, 2, plain(3));
  CHECK(log.append_as_follower({&first, 1}, 2, 1000).error == Errors::none);
  CHECK(log.log_end_offset() == 13);
  const RecordBatch below = at(12, 2, plain(3));
  CHECK(log.append_as_follower({&below, 1}, 2, 1000).fault == AppendFault::unexpected_append_offset);
  const RecordBatch newer = at(13, 3, plain(1));
  CHECK(log.append_as_follower({&newer, 1}, 2, 1000).error == Errors::none);
  CHECK(log.log_end_offset() == 13);
}

SCENARIO("L-3: a marker takes one offset") {
  UnifiedLog log{quiet_config(), 1000};
  const AppendInfo marker = log.append_marker(1, 0, ControlType::commit, 0, 0, 1000);
  CHECK(marker.base_offset == 0);
  CHECK(log.log_end_offset() == 1);
}

SCENARIO("L-18, L-19: the epoch cache answers with the largest epoch at or below the question") {
  GIVEN("epochs 1, 3 and 6") {
    UnifiedLog log{quiet_config(), 1000};
    log.append_as_leader(plain(5), 1, 1000);
    log.append_as_leader(plain(5), 3, 1000);
    log.assign_epoch_start_offset(6, 10);
    THEN("their ends are told") {
      CHECK(log.end_offset_for_epoch(1) == EpochEndOffset{1, 5});
      CHECK(log.end_offset_for_epoch(2) == EpochEndOffset{1, 5});
      CHECK(log.end_offset_for_epoch(5) == EpochEndOffset{3, 10});
      CHECK(log.end_offset_for_epoch(6) == EpochEndOffset{6, 10});
      CHECK(log.end_offset_for_epoch(0) == EpochEndOffset{0, 0});
      CHECK_FALSE(log.end_offset_for_epoch(7));
      CHECK_FALSE(log.end_offset_for_epoch(kNoLeaderEpoch));
    }
    THEN("truncation takes the epochs that start at or above the new end") {
      log.truncate_to(10, 1000);
      CHECK(epochs_of(log) == std::vector<EpochEntry>{{1, 0}, {3, 5}});
      log.truncate_to(4, 1000);
      CHECK(epochs_of(log) == std::vector<EpochEntry>{{1, 0}});
    }
  }
  GIVEN("a refused batch of a new epoch") {
    UnifiedLog log{quiet_config(), 1000};
    log.append_as_leader(from(1, 0, 2), 1, 1000);
    CHECK(log.append_as_leader(from(1, 9), 2, 1000).error == Errors::out_of_order_sequence_number);
    THEN("it leaves its epoch behind") { CHECK(epochs_of(log) == std::vector<EpochEntry>{{1, 0}, {2, 2}}); }
  }
}

SCENARIO("L-8: a high watermark inside of a batch falls back in 4.1 and stays in 3.9") {
  for (const LogConfig& config : {LogConfig::v4_1(), LogConfig::v3_9()}) {
    UnifiedLog log{config, 1000};
    log.append_as_leader(plain(5), 0, 1000);
    log.update_high_watermark(3);
    CHECK(log.read(0, FetchIsolation::high_watermark).batches.empty());
    CHECK(log.high_watermark() == (config.rules.offset_metadata_names_batch_base ? 0 : 3));
  }
}

SCENARIO("L-25, L-43: reads end where the isolation ends; beyond the log is an error") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(plain(3), 0, 1000);
  log.append_as_leader(plain(2), 0, 1000);
  log.append_as_leader(plain(4), 0, 1000);
  log.update_high_watermark(5);
  CHECK(log.read(0, FetchIsolation::log_end).batches.size() == 3);
  CHECK(log.read(4, FetchIsolation::high_watermark).batches.size() == 1);
  CHECK(log.read(7, FetchIsolation::high_watermark).error == Errors::none);
  CHECK(log.read(7, FetchIsolation::high_watermark).batches.empty());
  CHECK(log.read(10, FetchIsolation::high_watermark).error == Errors::offset_out_of_range);
  CHECK(log.read(-1, FetchIsolation::log_end).error == Errors::offset_out_of_range);
}

SCENARIO("L-44: whole batches within the limit, the first in any case") {
  UnifiedLog log{quiet_config(), 1000};
  for (int i = 0; i < 4; ++i) log.append_as_leader(plain(1), 0, 1000);  // 71 bytes each
  CHECK(log.read(0, FetchIsolation::log_end, 141).batches.size() == 1);
  CHECK(log.read(0, FetchIsolation::log_end, 142).batches.size() == 2);
  CHECK(log.read(0, FetchIsolation::log_end, 1).batches.size() == 1);
  CHECK(log.read(0, FetchIsolation::log_end, 1, false).batches.empty());
}

SCENARIO("L-49, KIP-937: a timestamp two hours ahead is refused by 4.x and accepted by 3.9") {
  const std::int64_t ahead = 1000 + 2 * 3'600'000;
  UnifiedLog now{LogConfig::v4_1(), 1000};
  CHECK(now.append_as_leader(plain(1, ahead), 0, 1000).error == Errors::invalid_timestamp);
  UnifiedLog before{LogConfig::v3_9(), 1000};
  CHECK(before.append_as_leader(plain(1, ahead), 0, 1000).error == Errors::none);
  GIVEN("LogAppendTime") {
    LogConfig config = LogConfig::v4_1();
    config.log_append_time = true;
    UnifiedLog stamped{config, 1000};
    const AppendInfo info = stamped.append_as_leader(plain(1, ahead), 0, 1000);
    CHECK(info.error == Errors::none);
    CHECK(info.log_append_time_ms == 1000);
    CHECK(stamped.offset_by_timestamp(kMaxTimestamp)->timestamp_ms == 1000);
  }
}

SCENARIO("offsets by timestamp") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(plain(2, 100), 0, 1000);
  log.append_as_leader(plain(2, 300), 1, 1000);
  log.append_as_leader(plain(2, 200), 1, 1000);
  CHECK(log.offset_by_timestamp(101)->offset == 2);
  CHECK_FALSE(log.offset_by_timestamp(301));
  CHECK(log.offset_by_timestamp(kMaxTimestamp)->offset == 2);
  CHECK(log.offset_by_timestamp(kEarliestTimestamp)->offset == 0);
  CHECK(log.offset_by_timestamp(kLatestTimestamp)->offset == 6);
}

SCENARIO("L-47: retention takes whole segments below the high watermark, oldest first") {
  LogConfig config = quiet_config();
  config.retention_ms = 100;
  UnifiedLog log{config, 1000};
  log.append_as_leader(plain(2, 1000), 0, 1000);
  log.roll(1000);
  log.append_as_leader(plain(2, 1050), 0, 1050);
  GIVEN("a high watermark below their end (conformance 27)") {
    log.update_high_watermark(1);
    THEN("old age alone does not delete them") { CHECK(log.delete_old_segments(9000) == 0); }
  }
  GIVEN("everything replicated") {
    log.update_high_watermark(4);
    THEN("the first goes when it is older than retention.ms") {
      CHECK(log.delete_old_segments(1100) == 0);
      CHECK(log.delete_old_segments(1101) == 1);
      CHECK(log.log_start_offset() == 2);
      CHECK(log.read(1, FetchIsolation::log_end).error == Errors::offset_out_of_range);
    }
    THEN("the active one is rolled before it goes") {
      CHECK(log.delete_old_segments(1151) == 2);
      CHECK(log.segment_count() == 1);
      CHECK(log.log_start_offset() == 4);
      CHECK(log.log_end_offset() == 4);
    }
  }
}

SCENARIO("segment.ms is measured with the timestamps of the records") {
  LogConfig config = quiet_config();
  config.segment_ms = 50;
  UnifiedLog log{config, 0};
  log.append_as_leader(plain(1, 1000), 0, 1000);
  CHECK_FALSE(log.append_as_leader(plain(1, 1050), 0, 9000).rolled);
  CHECK(log.append_as_leader(plain(1, 1051), 0, 9000).rolled);
}

SCENARIO("L-40, L-41, conformance 23: what a stop leaves") {
  GIVEN("ten batches of ten records, flushed up to 70") {
    UnifiedLog log{quiet_config(), 1000};
    for (int i = 0; i < 10; ++i) log.append_as_leader(plain(10), 0, 1000);
    log.update_high_watermark(100);
    log.mark_flushed(70);
    WHEN("the process is killed") {
      log.reopen({.clean = false, .recovery_point = log.recovery_point()}, 2000);
      THEN("the log end is unchanged and the watermark starts from the log start") {
        CHECK(log.log_end_offset() == 100);
        CHECK(log.high_watermark() == 0);
        CHECK(log.update_high_watermark(95) == 95);
      }
    }
    WHEN("power is lost and a suffix above the flush point with it") {
      log.reopen({.clean = false, .recovery_point = log.recovery_point(), .lost_from_offset = 85}, 2000);
      THEN("the log ends at a batch boundary") { CHECK(log.log_end_offset() == 80); }
    }
    WHEN("the last batch is torn") {
      log.reopen({.clean = false, .recovery_point = 70, .lost_bytes_at_end = 1}, 2000);
      THEN("it is cut off") { CHECK(log.log_end_offset() == 90); }
    }
  }
}

SCENARIO("L-21: truncation rebuilds the producers from what is left") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(from(1, 0, 2), 0, 1000);
  log.append_as_leader(in_transaction(from(2, 0, 2)), 0, 1000);
  log.append_as_leader(from(1, 2, 2), 0, 1000);
  CHECK(log.truncate_to(4, 1000));
  CHECK(log.producers().last_entry(1)->last_sequence() == 1);
  CHECK(log.producers().last_entry(2)->in_transaction());
  CHECK(log.truncate_to(2, 1000));
  CHECK(log.producers().last_entry(2) == nullptr);
  CHECK_FALSE(log.truncate_to(2, 1000));
}

SCENARIO("DeleteRecords moves the log start up to the high watermark, and epochs with it") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(plain(10), 1, 1000);
  log.append_as_leader(plain(10), 2, 1000);
  log.update_high_watermark(15);
  CHECK(log.maybe_increment_log_start_offset(16).error == Errors::offset_out_of_range);
  CHECK(log.maybe_increment_log_start_offset(12).moved);
  CHECK_FALSE(log.maybe_increment_log_start_offset(12).moved);
  CHECK(epochs_of(log) == std::vector<EpochEntry>{{2, 12}});
}

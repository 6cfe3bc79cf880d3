// The log cleaner: which part of a log it takes, and what it leaves of it (L-48).
#include "engine/kafka/log_cleaner.hpp"

#include <map>

#include "tests/kafka_log/compacted.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::kafka {

SCENARIO("L-48: the last record of each key stays, at its offset") {
  Compacted at;
  at.append(keyed({{1}, {2}, {1}}));
  at.append(keyed({{3}}));
  at.append(keyed({{2}, {4}}));
  at.roll();
  REQUIRE(at.clean());
  CHECK(at.shown() == "0-2:2 3-3:3 4-5:4,5");
  THEN("log end, first and last offsets of batches are as before, the bytes are fewer") {
    CHECK(at.log.log_end_offset() == 6);
    CHECK(at.log.size_bytes() == 3 * kBatchOverheadBytes + 4 * record_bytes(0, 0, 10, 20));
  }
  THEN("a reader finds the next record where one is missing") {
    const FetchDataInfo read = at.log.read(0, FetchIsolation::log_end);
    REQUIRE_FALSE(read.batches.empty());
    CHECK(read.batches.front().base_offset == 0);
    CHECK(at.log.offset_by_timestamp(1000)->offset == 2);
  }
  THEN("without new data there is no second pass") { CHECK_FALSE(at.clean()); }
}

SCENARIO("L-48: a batch that loses all of its records goes; neither offsets nor numbers behind it move") {
  Compacted at;
  at.append(keyed({{1}}));
  at.append(keyed({{2}}));
  at.append(keyed({{1}}));
  at.roll();
  at.append(keyed({{2}}));
  at.append(keyed({{3}}));
  at.log.update_high_watermark(4);
  const auto before = at.log.read(3, FetchIsolation::high_watermark);
  REQUIRE(before.batches.size() == 1);
  const LogOffsetMetadata where = before.fetch_offset;
  REQUIRE(at.clean());
  CHECK(at.shown() == "1-1:1 2-2:2 3-3:3 4-4:4");
  const auto after = at.log.read(3, FetchIsolation::high_watermark);
  CHECK(after.batches.size() == 1);
  CHECK(after.fetch_offset == where);
  CHECK(at.log.read(0, FetchIsolation::high_watermark).batches.size() == 2);
}

SCENARIO("L-48: the active segment is not cleaned, and says nothing about those before it") {
  Compacted at;
  at.append(keyed({{1}, {2}}));
  at.roll();
  at.append(keyed({{1}}));
  at.log.update_high_watermark(3);
  REQUIRE(at.clean());
  CHECK(at.shown() == "0-1:0,1 2-2:2");
}

SCENARIO("L-48: nothing at or above the last stable offset, in whole segments") {
  GIVEN("a high watermark inside of a segment") {
    Compacted at;
    at.append(keyed({{1}, {1}}));
    at.log.roll(at.now_ms);
    at.append(keyed({{1}, {1}}));
    at.log.roll(at.now_ms);
    at.log.update_high_watermark(3);
    REQUIRE(at.clean());
    CHECK(at.shown() == "0-1:1 2-3:2,3");
    CHECK(at.manager.checkpoint(0) == 2);
    THEN("it goes on when that has moved") {
      at.log.update_high_watermark(4);
      REQUIRE(at.clean());
      CHECK(at.shown() == "2-3:3");
    }
  }
  GIVEN("an open transaction") {
    Compacted at;
    at.append(keyed({{1}, {1}}));
    at.roll();
    at.append(by(7, 0, keyed({{1}}), true));
    at.roll();
    at.append(keyed({{1}}));
    at.roll();
    REQUIRE(at.clean());
    CHECK(at.manager.checkpoint(0) == 2);
    CHECK(at.shown() == "0-1:1 2-2:2 3-3:3");
  }
}

SCENARIO("L-48, min.compaction.lag.ms: a segment is left alone until its youngest record is that old") {
  LogConfig config = compacted_config();
  config.min_compaction_lag_ms = 10'000;
  Compacted at{config};
  at.append(keyed({{1}, {1}}));
  at.roll();
  at.now_ms = 10'999;
  CHECK_FALSE(at.clean());
  at.now_ms = 11'000;
  CHECK(at.clean());
}

SCENARIO("L-48, min.cleanable.dirty.ratio: dirty bytes by all bytes have to be more than that") {
  LogConfig config = compacted_config();
  config.min_cleanable_dirty_ratio = 0.5;
  Compacted at{config};
  at.append(keyed({{1}}));
  at.roll();
  REQUIRE(at.clean());
  at.append(keyed({{2}}));
  at.roll();
  WHEN("half of it is dirty") { CHECK_FALSE(at.clean()); }
  WHEN("more than half is") {
    at.append(keyed({{2}}));
    at.roll();
    CHECK(at.clean());
    CHECK(at.shown() == "0-0:0 2-2:2");
  }
}

SCENARIO("L-48, max.compaction.lag.ms: the oldest dirty record forces a pass, and closes its segment") {
  LogConfig config = compacted_config();
  config.min_cleanable_dirty_ratio = 1;
  config.max_compaction_lag_ms = 5000;
  Compacted at{config};
  at.append(keyed({{1}, {1}}));
  at.roll();
  at.now_ms = 6000;
  CHECK_FALSE(at.clean());
  at.now_ms = 6001;
  CHECK(at.clean());
  at.append(keyed({{2}}, 6001));
  at.append(keyed({{2}}, 11'002));
  CHECK(at.segments() == "0 2 3");
}

SCENARIO("L-48: a tombstone stays delete.retention.ms after the pass that found it") {
  Compacted at;
  at.append(keyed({{1}, gone(1), {2}}));
  at.roll();
  REQUIRE(at.clean());
  REQUIRE(at.shown() == "0-2:1,2");
  CHECK(at.log.batches().front().delete_horizon_ms() == 2000);
  const std::int32_t with_horizon =
      kBatchOverheadBytes + record_bytes(1000 - 2000, 1, 10, -1) + record_bytes(1000 - 2000, 2, 10, 20);
  CHECK(at.log.batches().front().size_bytes == with_horizon);
  WHEN("there is a pass before that") {
    at.now_ms = 1999;
    at.clean_again(9);
    THEN("it is kept, and its horizon does not move") {
      CHECK(at.shown() == "0-2:1,2 3-3:3");
      CHECK(at.log.batches().front().delete_horizon_ms() == 2000);
    }
  }
  WHEN("there is a pass at that time") {
    at.now_ms = 2000;
    at.clean_again(9);
    THEN("it goes") { CHECK(at.shown() == "0-2:2 3-3:3"); }
  }
  WHEN("time passes without new data (surprise 7)") {
    at.now_ms = 100'000;
    CHECK_FALSE(at.clean());
    CHECK(at.shown() == "0-2:1,2");
  }
}

SCENARIO(
    "L-48: records of aborted transactions go; a marker goes after its data, delete.retention.ms later") {
  Compacted at;
  at.append(by(7, 0, keyed({{1}}), true));
  at.end_transaction(7, ControlType::abort);
  at.append(by(7, 1, keyed({{2}}), true));
  at.end_transaction(7, ControlType::commit);
  at.append(by(7, 2, keyed({{2}}), true));
  at.end_transaction(7, ControlType::commit);
  at.roll();
  at.log.read(0, FetchIsolation::txn_committed);
  REQUIRE(at.clean());
  // The data of the first two is gone; that of the first was still seen, so its marker and entry stay.
  REQUIRE(at.shown() == "1-1:A 3-3:C 4-4:4 5-5:C");
  std::vector<AbortedTxn> aborted;
  at.log.collect_aborted(0, 6, aborted);
  CHECK(aborted.size() == 1);
  WHEN("a second pass finds no data of it") {
    at.clean_again(8);
    THEN("the marker has its horizon, and leaves the index") {
      CHECK(at.shown() == "1-1:A 3-3:C 4-4:4 5-5:C 6-6:6");
      CHECK(at.log.batches().front().delete_horizon_ms() == 2000);
      aborted.clear();
      at.log.collect_aborted(0, 6, aborted);
      CHECK(aborted.empty());
    }
    at.now_ms = 2000;
    at.clean_again(9);
    THEN("after the horizon it goes, that of the other too; the one with data stays") {
      CHECK(at.shown() == "4-4:4 5-5:C 6-6:6 7-7:7");
    }
  }
}

SCENARIO("L-48: the batch with an active producer's last sequence stays, empty if need be") {
  Compacted at;
  at.append(by(7, 0, keyed({{1}})));
  at.append(by(7, 1, keyed({{1}})));
  at.append(keyed({{1}}));
  at.roll();
  REQUIRE(at.clean());
  CHECK(at.shown() == "1-1: 2-2:2");
  CHECK(at.log.batches().front().size_bytes == kBatchOverheadBytes);
  THEN("a restart that scans the log still knows the sequence") {
    at.log.reopen({.clean = false, .snapshots_lost = true}, at.now_ms);
    REQUIRE(at.log.producers().last_entry(7) != nullptr);
    CHECK(at.log.producers().last_entry(7)->last_sequence() == 1);
  }
  THEN("of a producer that has expired nothing is kept") {
    at.now_ms = 1000 + at.log.config().producer_id_expiration_ms;
    at.log.remove_expired_producers(at.now_ms);
    at.clean_again(9);
    CHECK(at.shown() == "2-2:2 3-3:3");
  }
}

SCENARIO("L-48: a producer that has only a marker keeps that, empty in the end, and it means nothing then") {
  Compacted at;
  at.end_transaction(7, ControlType::commit);
  at.roll();
  REQUIRE(at.clean());
  at.now_ms = 2000;
  at.clean_again(9);
  CHECK(at.shown() == "0-0: 1-1:1");
  at.clean_again(9);
  CHECK(at.shown() == "0-0: 2-2:2");
  at.log.reopen({.clean = false, .snapshots_lost = true}, at.now_ms);
  REQUIRE(at.log.producers().last_entry(7) != nullptr);
  CHECK(at.log.producers().last_entry(7)->producer_epoch == kNoProducerEpoch);
}

SCENARIO("L-48: 4.x keeps the last batch of what was cleaned, empty; 3.9 does not") {
  for (const LogConfig& rules : {LogConfig::v4_1(), LogConfig::v3_9()}) {
    Compacted at{compacted_config(rules)};
    at.append(keyed({{1}, gone(1)}));
    at.roll();
    REQUIRE(at.clean());
    at.now_ms = 2000;
    at.append(keyed({gone(2)}, at.now_ms));
    at.roll();
    REQUIRE(at.clean());
    at.now_ms = 3000;
    at.append(keyed({gone(2)}, 500));
    at.roll();
    REQUIRE(at.clean());
    const auto whole = LogToClean{at.log, 0, at.log.log_end_offset(), true};
    at.now_ms = 9000;
    replace_cleaned(at.log, at.cleaner.clean(at.log, whole, at.now_ms));
    CHECK(at.shown() == (rules.rules.cleaner_keeps_last_batch ? "3-3:" : ""));
    CHECK(at.log.log_end_offset() == 4);
  }
}

SCENARIO("L-48: segments that have become small are put together, up to segment.bytes") {
  LogConfig config = compacted_config();
  const std::int32_t one = keyed({{1}}).size_bytes;
  config.segment_bytes = 2 * one;
  Compacted at{config};
  for (std::uint32_t key = 0; key < 5; ++key) {
    at.append(keyed({{key}}));
    at.roll();
  }
  REQUIRE(at.segments() == "0 1 2 3 4 5");
  REQUIRE(at.clean());
  CHECK(at.segments() == "0 2 4 5");
  CHECK(at.log.segment(0).size_bytes == 2 * one);
  THEN("each offset is found in its segment still") {
    for (Offset offset = 0; offset < 5; ++offset) {
      const auto read = at.log.read(offset, FetchIsolation::log_end);
      REQUIRE_FALSE(read.batches.empty());
      CHECK(read.batches.front().base_offset == offset);
      CHECK(read.segment_base == offset / 2 * 2);
    }
  }
}

SCENARIO("L-48: the checkpoint follows the log") {
  Compacted at;
  at.append(keyed({{1}, {1}}));
  at.roll();
  REQUIRE(at.clean());
  REQUIRE(at.manager.checkpoint(0) == 2);
  WHEN("the log is truncated into what was clean") {
    at.log.truncate_to(1, at.now_ms);
    at.manager.maybe_truncate_checkpoint(0, 1);
    at.append(keyed({{1}}));
    at.roll();
    THEN("what comes in its place is dirty") {
      REQUIRE(at.clean());
      CHECK(at.manager.checkpoint(0) == 2);
    }
  }
  WHEN("it is cut off behind the checkpoint") {
    at.manager.maybe_truncate_checkpoint(0, 5);
    CHECK(at.manager.checkpoint(0) == 2);
  }
  WHEN("the log's end lies before the checkpoint") {
    at.manager.done_cleaning(0, 100);
    THEN("everything is dirty again") {
      const OffsetsToClean range = cleanable_offsets(at.log, at.manager.checkpoint(0), at.now_ms);
      CHECK(range.first_dirty == 0);
      CHECK(range.force_update_checkpoint);
    }
  }
}

SCENARIO("L-48: a map that is full ends the dirty part early") {
  Compacted at;
  at.cleaner = Cleaner{{.dedupe_buffer_bytes = 2 * OffsetMap::kBytesPerKey, .dedupe_buffer_load_factor = 1}};
  at.append(keyed({{1}}));
  at.append(keyed({{2}}));
  at.append(keyed({{1}, {3}}));
  at.roll();
  REQUIRE(at.clean());
  CHECK(at.manager.checkpoint(0) == 2);
  CHECK(at.shown() == "0-0:0 1-1:1 2-3:2,3");
  REQUIRE(at.clean());
  CHECK(at.manager.checkpoint(0) == 4);
  CHECK(at.shown() == "1-1:1 2-3:2,3");
}

SCENARIO("L-48: what lies behind a full map stays as it is, a tombstone past its horizon too") {
  Compacted at;
  at.cleaner = Cleaner{{.dedupe_buffer_bytes = OffsetMap::kBytesPerKey, .dedupe_buffer_load_factor = 1}};
  at.append(keyed({{1}}));
  at.append(keyed({{2}}));
  at.append(keyed({gone(3)}));
  at.roll();
  REQUIRE(at.clean());
  CHECK(at.log.batches().back().delete_horizon_ms() == 2000);
  at.now_ms = 2000;
  REQUIRE(at.clean());
  CHECK(at.shown() == "0-0:0 1-1:1 2-2:2");
  REQUIRE(at.clean());
  CHECK(at.shown() == "0-0:0 1-1:1 2-2:");
}

SCENARIO("L-48: of several logs the one with the greatest dirty share is next") {
  Compacted clean;
  Compacted dirty;
  Compacted dirtier;
  LogCleanerManager manager;
  for (Compacted* at : {&clean, &dirty, &dirtier}) {
    at->append(keyed({{1}}));
    at->roll();
  }
  manager.done_cleaning(0, 1);
  manager.done_cleaning(1, 1);
  dirty.append(keyed({{1}}));
  dirty.roll();
  const std::vector<LogCleanerManager::Candidate> logs{{0, &clean.log}, {1, &dirty.log}, {2, &dirtier.log}};
  const auto first = manager.grab_filthiest(logs, 1000);
  REQUIRE(first);
  CHECK(first->number == 2);
  manager.done_cleaning(2, 1);
  const auto second = manager.grab_filthiest(logs, 1000);
  REQUIRE(second);
  CHECK(second->number == 1);
  manager.done_cleaning(1, 2);
  CHECK_FALSE(manager.grab_filthiest(logs, 1000));
}

namespace {

/// What a reader of the whole log knows in the end: the last record of each key, by its offset; nothing where
/// that is a tombstone.
std::map<std::uint32_t, Offset> table_of(const UnifiedLog& log) {
  std::map<std::uint32_t, Offset> table;
  for (const RecordBatch& batch : log.batches()) {
    const auto& shapes = batch.records->compaction->shapes;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      table.erase(batch.records->keys[i]);
      if (shapes[i].value_bytes >= 0)
        table[batch.records->keys[i]] = batch.base_offset + shapes[i].offset_delta;
    }
  }
  return table;
}

}  // namespace

TEST_CASE("L-48: a cleaned log says of each key what the whole log says, whenever it is cleaned") {
  std::uint64_t state = 48;
  const auto roll = [&](std::uint64_t below) {
    state = sim::mix(state);
    return state % below;
  };
  for (int run = 0; run < 200; ++run) {
    LogConfig config = compacted_config(run % 2 == 0 ? LogConfig::v4_1() : LogConfig::v3_9());
    config.segment_bytes = 300 + static_cast<std::int64_t>(roll(1000));
    Compacted cleaned{config};
    Compacted whole{config};
    cleaned.now_ms = whole.now_ms = 1000 + static_cast<std::int64_t>(roll(3000));
    for (int i = 0; i < 80; ++i) {
      CAPTURE(run, i);
      const std::uint64_t what = roll(12);
      if (what < 7) {
        std::vector<Keyed> records;
        for (std::uint64_t n = 0; n <= roll(4); ++n)
          records.push_back({static_cast<std::uint32_t>(roll(6)), roll(4) == 0});
        cleaned.append(keyed(records, cleaned.now_ms));
        whole.append(keyed(records, whole.now_ms));
      } else if (what < 8) {
        const auto hw = static_cast<Offset>(roll(static_cast<std::uint64_t>(whole.log.log_end_offset()) + 1));
        cleaned.log.maybe_increment_high_watermark(hw);
        whole.log.maybe_increment_high_watermark(hw);
      } else if (what < 9) {
        cleaned.now_ms = whole.now_ms += static_cast<std::int64_t>(roll(1500));
      } else if (what < 11) {
        cleaned.clean();
      } else {
        const bool clean_stop = roll(2) == 0;
        const Offset hw = whole.log.high_watermark();
        for (Compacted* at : {&cleaned, &whole}) {
          at->log.reopen({.clean = clean_stop}, at->now_ms);
          at->log.update_high_watermark(hw);
        }
      }
      REQUIRE(table_of(cleaned.log) == table_of(whole.log));
      REQUIRE(cleaned.log.log_end_offset() == whole.log.log_end_offset());
      for (std::size_t segment = 0; segment < cleaned.log.segment_count(); ++segment) {
        std::int64_t bytes = 0;
        for (const RecordBatch& batch : cleaned.log.segment_batches(segment)) {
          bytes += batch.size_bytes;
          REQUIRE(batch.base_offset >= cleaned.log.segment_base(segment));
          const FetchDataInfo read = cleaned.log.read(batch.base_offset, FetchIsolation::log_end);
          REQUIRE(read.segment_base == cleaned.log.segment_base(segment));
          REQUIRE(read.batches.front().base_offset == batch.base_offset);
        }
        REQUIRE(bytes == cleaned.log.segment(segment).size_bytes);
      }
    }
  }
}

}  // namespace wrackline::kafka

// A log that forgets payloads comes out of everything else as one that keeps them.
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

/// A small generator of its own: the order of steps must be the same everywhere.
struct Dice {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t limit) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % limit;
  }
};

void require_same(UnifiedLog& keeps, UnifiedLog& forgets) {
  REQUIRE(keeps.log_end_offset() == forgets.log_end_offset());
  REQUIRE(keeps.high_watermark() == forgets.high_watermark());
  REQUIRE(keeps.last_stable_offset() == forgets.last_stable_offset());
  REQUIRE(keeps.log_start_offset() == forgets.log_start_offset());
  REQUIRE(keeps.size_bytes() == forgets.size_bytes());
  for (const Offset point : {keeps.log_start_offset(), keeps.recovery_point(), keeps.log_end_offset()})
    REQUIRE(keeps.bytes_to_recover(point) == forgets.bytes_to_recover(point));
  const auto known = keeps.producers().producers();
  const auto kept = forgets.producers().producers();
  REQUIRE(std::vector(known.begin(), known.end()) == std::vector(kept.begin(), kept.end()));
  const auto epochs = keeps.epochs().entries();
  const auto same = forgets.epochs().entries();
  REQUIRE(std::vector(epochs.begin(), epochs.end()) == std::vector(same.begin(), same.end()));
  const Offset from = std::max(forgets.forgotten_below(), keeps.log_start_offset());
  const auto all = keeps.read(from, FetchIsolation::log_end).batches;
  const auto left = forgets.read(from, FetchIsolation::log_end).batches;
  REQUIRE(all.size() == left.size());
}

}  // namespace

SCENARIO(
    "forgetting changes no decision: producers, epochs, offsets, recovery and truncation come out the same") {
  const auto seed = GENERATE(range(1U, 41U));
  Dice dice{seed};
  UnifiedLog keeps{quiet_config(), 1000};
  UnifiedLog forgets{quiet_config(), 1000};
  const auto both = [&](auto&& step) {
    step(keeps);
    step(forgets);
  };
  std::int64_t now_ms = 1000;
  LeaderEpoch epoch = 0;
  for (int step = 0; step < 300; ++step) {
    now_ms += static_cast<std::int64_t>(dice.below(5));
    const auto pid = static_cast<std::int64_t>(dice.below(4));
    const auto count = static_cast<std::int64_t>(1 + dice.below(5));
    const auto choice = dice.below(100);
    if (choice < 15) {
      both([&](UnifiedLog& log) { log.append_as_leader(plain(count, now_ms), epoch, now_ms); });
    } else if (choice < 65) {
      const ProducerStateEntry* const known = keeps.producers().last_entry(pid);
      const std::int32_t next = known != nullptr ? known->last_sequence() + 1 : 0;
      const bool transactional = pid < 2;
      const std::int16_t producer_epoch = known != nullptr ? known->producer_epoch : std::int16_t{0};
      both([&](UnifiedLog& log) {
        RecordBatch batch = from(pid, next, count, producer_epoch, now_ms);
        batch.transactional = transactional;
        log.append_as_leader(batch, epoch, now_ms);
      });
    } else if (choice < 75) {
      const ControlType outcome = dice.below(2) == 0 ? ControlType::abort : ControlType::commit;
      both([&](UnifiedLog& log) { log.append_marker(pid % 2, 0, outcome, 0, epoch, now_ms); });
    } else if (choice < 82) {
      both([&](UnifiedLog& log) { log.update_high_watermark(log.log_end_offset()); });
    } else if (choice < 86) {
      both([&](UnifiedLog& log) { log.roll(now_ms); });
    } else if (choice < 88) {
      ++epoch;
    } else if (choice < 91) {
      const Offset room = forgets.log_end_offset() - forgets.forgotten_below();
      if (room > 0) {
        const Offset target =
            forgets.log_end_offset() - static_cast<Offset>(dice.below(static_cast<std::uint64_t>(room)));
        both([&](UnifiedLog& log) { log.truncate_to(target, now_ms); });
      }
    } else if (choice < 94) {
      const bool clean = dice.below(2) == 0;
      const auto recovery_point =
          static_cast<Offset>(dice.below(static_cast<std::uint64_t>(keeps.log_end_offset()) + 1));
      both([&](UnifiedLog& log) {
        const Offset high_watermark = log.high_watermark();
        log.reopen({.clean = clean, .recovery_point = recovery_point}, now_ms);
        log.update_high_watermark(high_watermark);
      });
    } else {
      const auto cut =
          static_cast<Offset>(dice.below(static_cast<std::uint64_t>(keeps.log_end_offset()) + 1));
      forgets.forget_below(cut);
    }
    require_same(keeps, forgets);
  }
  REQUIRE(forgets.batches().size() < keeps.batches().size());
}

SCENARIO("L-41: recovery reads whole segments from the recovery point on, forgotten or not") {
  UnifiedLog log{quiet_config(), 1000};
  for (int segment = 0; segment < 3; ++segment) {
    for (int i = 0; i < 4; ++i) log.append_as_leader(plain(1), 0, 1000);  // 71 bytes each
    if (segment < 2) log.roll(1000);
  }
  CHECK(log.bytes_to_recover(0) == 12 * 71);
  CHECK(log.bytes_to_recover(4) == 8 * 71);
  CHECK(log.bytes_to_recover(6) == 8 * 71);
  CHECK(log.bytes_to_recover(12) == 4 * 71);
  log.forget_below(10);
  CHECK(log.bytes_to_recover(0) == 12 * 71);
  CHECK(log.bytes_to_recover(6) == 8 * 71);
  CHECK(log.bytes_to_recover(12) == 4 * 71);
}

SCENARIO("memory is flat in the number of records when readers keep up") {
  LogConfig config = quiet_config();
  config.segment_bytes = 1'000'000;
  config.retention_bytes = 5'000'000;
  UnifiedLog log{config, 1000};
  std::size_t most_batches = 0;
  std::size_t most_segments = 0;
  for (std::int32_t i = 0; i < 200'000; ++i) {
    log.append_as_leader(from(i % 8, (i / 8) * 10, 10), 0, 1000);
    log.update_high_watermark(log.log_end_offset());
    if (i % 100 != 99) continue;
    log.forget_below(log.log_end_offset() - 500);
    if (i % 10'000 == 9'999) log.delete_old_segments(1000);
    most_batches = std::max(most_batches, log.batches().size());
    most_segments = std::max(most_segments, log.segment_count());
  }
  CHECK(log.log_end_offset() == 2'000'000);
  CHECK(most_batches <= 50);
  CHECK(most_segments <= 12);
}

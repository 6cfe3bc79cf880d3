// Settling is invisible: whatever is told before and after, the books and anomalies are those of a ledger
// that never settles - and the memory does not grow.
#include <random>

#include "tests/analysis/script.hpp"
#include "tests/analysis/twins.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using testing::at_ms;
using testing::event;
using testing::events;
using testing::range;
using testing::Script;
using testing::Twins;

LedgerConfig config_of(Reading reading, std::int64_t size_ms, std::int64_t slide_ms) {
  LedgerConfig config;
  config.window = {size_ms, slide_ms, 0, 0};
  config.reading = reading;
  config.steady_from = at_ms(3000);
  config.steady_until = at_ms(9000);
  return config;
}

/// Events at one per millisecond, keys in turn; every kind of trouble with small probability; rows are
/// written when their window has ended, some of them again, some of them long after it was settled.
void random_story(Twins& twins, std::uint32_t seed, const WindowShape& shape, Reading reading, bool late_rows,
                  bool folds_only = false) {
  std::mt19937 random{seed};
  const auto chance = [&](unsigned per_mille) { return random() % 1000 < per_mille; };
  constexpr std::uint64_t kEvents = 12'000;
  constexpr std::uint32_t kKeys = 5;
  std::int64_t offset = 0;
  std::vector<std::vector<sim::EventId>> windows;  // by (window number, key)
  const auto cell = [&](std::int64_t window, std::uint32_t key) -> std::vector<sim::EventId>& {
    const std::size_t at = static_cast<std::size_t>(window) * kKeys + key;
    if (at >= windows.size()) windows.resize(at + 1);
    return windows[at];
  };
  std::vector<bool> shown(kEvents);
  const auto show = [&](std::int64_t window, std::uint32_t key, std::int64_t ms, bool overwrites) {
    auto ids = cell(window, key);
    if (chance(30) && !ids.empty()) ids.pop_back();              // a contribution is missing
    if (chance(30) && !ids.empty()) ids.push_back(ids.front());  // one is counted twice
    if (ids.empty()) return;
    const std::int64_t start = window * shape.slide_ms;
    twins.both([&](Ledger& ledger) {
      ledger.visible(Script::row(key, start, start + shape.size_ms, ids, overwrites), at_ms(ms));
    });
  };
  std::int64_t next_window = 0;
  for (std::uint64_t n = 0; n < kEvents; ++n) {
    const auto ms = static_cast<std::int64_t>(n);
    const sim::EventId id = event(n);
    const std::uint32_t key = static_cast<std::uint32_t>(n) % kKeys;
    const sim::CreatedRecord record{id, key, ms, at_ms(ms), at_ms(ms)};
    const std::vector<sim::EventId> one{id};
    twins.both([&](Ledger& ledger) { ledger.created({&record, 1}); });
    const bool acknowledged = !chance(20);
    const bool stored = acknowledged ? !chance(10) : chance(500);
    if (chance(5)) {
      const auto why = chance(500) ? sim::SendRefusal::expired : sim::SendRefusal::rejected;
      twins.both([&](Ledger& ledger) { ledger.refused(why, one, at_ms(ms)); });
    } else if (chance(995)) {
      twins.both([&](Ledger& ledger) {
        ledger.told(acknowledged ? sim::Told::acknowledged : sim::Told::outcome_unknown, one, at_ms(ms));
      });
    }
    if (stored) {
      const int copies = chance(20) ? 2 : 1;
      for (int copy = 0; copy < copies; ++copy) {
        twins.both([&](Ledger& ledger) {
          ledger.appended({}, offset, one, at_ms(ms));
          ledger.committed({}, offset, one, at_ms(ms));
          ledger.polled(0, {}, offset, one, at_ms(ms));
        });
        ++offset;
      }
      if (chance(990)) {
        const int times = chance(20) ? 2 : 1;
        for (int i = 0; i < times; ++i)
          twins.both([&](Ledger& ledger) { ledger.processed(0, one, at_ms(ms)); });
        if (chance(30)) {
          twins.both([&](Ledger& ledger) { ledger.dropped(sim::DropReason::late, 0, one, at_ms(ms)); });
        } else {
          for (std::int64_t start = shape.last_start(ms); start > ms - shape.size_ms && start >= 0;
               start -= shape.slide_ms) {
            if (shape.slide_ms < shape.size_ms && chance(40)) {
              twins.both([&](Ledger& ledger) { ledger.late_for_window(0, start, one, at_ms(ms)); });
            } else {
              cell(start / shape.slide_ms, key).push_back(id);
            }
          }
        }
      }
    }
    while (next_window * shape.slide_ms + shape.size_ms + 50 <= ms) {
      for (std::uint32_t k = 0; k < kKeys; ++k) {
        if (chance(20)) continue;  // the row is never written
        show(next_window, k, ms, false);
        if (chance(50)) show(next_window, k, ms + 1, reading == Reading::upsert);
      }
      ++next_window;
      const std::int64_t settled = (next_window - 1) * shape.slide_ms;
      folds_only ? twins.settling.fold_before(settled) : twins.settling.settle_before(settled);
      // A zombie appends a row of a window that was settled long ago.
      if (late_rows && next_window > 6 && chance(300)) {
        const auto old = static_cast<std::int64_t>(random() % static_cast<unsigned>(next_window - 5));
        show(old, static_cast<std::uint32_t>(random() % kKeys), ms + 2, reading == Reading::upsert);
      }
      // A straggling answer about an event that was settled long ago.
      if (next_window > 6 && chance(300)) {
        const auto who = event(random() % static_cast<unsigned>(settled));
        const std::vector<sim::EventId> straggler{who};
        const bool copy = chance(500);
        twins.both([&](Ledger& ledger) {
          ledger.told(sim::Told::failed, straggler, at_ms(ms));
          if (copy) ledger.committed({}, 1'000'000, straggler, at_ms(ms));
        });
      }
    }
  }
}

}  // namespace

TEST_CASE("settling: the books do not depend on it") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    for (const Reading reading : {Reading::every_row, Reading::upsert}) {
      INFO("seed " << seed << " reading " << static_cast<int>(reading));
      SECTION("tumbling " + std::to_string(seed) + std::to_string(static_cast<int>(reading))) {
        const LedgerConfig config = config_of(reading, 200, 200);
        Twins twins{config};
        random_story(twins, seed, config.window, reading, reading == Reading::every_row);
        twins.close_and_compare();
      }
      SECTION("hopping " + std::to_string(seed) + std::to_string(static_cast<int>(reading))) {
        const LedgerConfig config = config_of(reading, 300, 100);
        Twins twins{config};
        random_story(twins, seed, config.window, reading, reading == Reading::every_row);
        twins.close_and_compare();
      }
    }
  }
}

TEST_CASE("folding promises nothing: final rows may be written again, and replaced") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const LedgerConfig config = config_of(Reading::upsert, 200, 200);
    Twins twins{config};
    random_story(twins, seed, config.window, Reading::upsert, true, true);
    twins.close_and_compare();
  }
}

TEST_CASE("settling: a second effect of a settled event is still a duplicate, a first one still a delivery") {
  Twins twins{config_of(Reading::every_row, 1000, 1000)};
  for (std::uint64_t n = 0; n < 5000; ++n) {
    const auto ms = static_cast<std::int64_t>(n);
    const sim::CreatedRecord record{event(n), 0, ms, at_ms(ms), at_ms(ms)};
    twins.both([&](Ledger& ledger) { ledger.created({&record, 1}); });
  }
  twins.both([](Ledger& ledger) {
    Script script{ledger};
    script.flow(range(0, 5000), 5000);
    script.show(0, 0, 1000, range(1, 1000), 5100);
    for (std::int64_t w = 1; w < 5; ++w) {
      const auto first = static_cast<std::uint64_t>(w) * 1000;
      script.show(0, w * 1000, w * 1000 + 1000, range(first, first + 1000), 5100);
    }
  });
  twins.settling.settle_before(4000);
  twins.both([](Ledger& ledger) {
    Script script{ledger};
    script.show(0, 0, 1000, events({0, 1, 2}), 9000);
  });
  twins.close_and_compare();
  REQUIRE(twins.settling.books(Phase::all).duplicated(DuplicateHop::sink) == 2);
  REQUIRE(twins.settling.books(Phase::all)[Fate::delivered] == 5000);
}

TEST_CASE("settling: replacing a final row, or naming a forgotten event, breaks a promise and is said") {
  AnomalyLog log;
  Ledger ledger{config_of(Reading::upsert, 1000, 1000), log};
  Script script{ledger};
  for (int i = 0; i < 4096; ++i) script.create(i);
  script.flow(range(0, 4096), 5000);
  for (std::uint64_t w = 0; w < 4; ++w) {
    const auto start = static_cast<std::int64_t>(w) * 1000;
    script.show(0, start, start + 1000, range(w * 1000, w * 1000 + 1000), 5100);
  }
  ledger.settle_before(3000);
  REQUIRE(ledger.broken_promises() == 0);
  SECTION("a final row is replaced") {
    script.show(0, 0, 1000, range(0, 10), 6000, true);
    REQUIRE(ledger.broken_promises() == 1);
  }
  SECTION("a forgotten event comes back") {
    ledger.forget(0, 1024);
    script.process(events({1023}), 6000);
    REQUIRE(ledger.broken_promises() == 1);
    script.process(events({1024}), 6000);
    REQUIRE(ledger.broken_promises() == 1);
  }
  ledger.close({at_ms(10'000)});
  REQUIRE(ledger.books(Phase::all).closes());
}

TEST_CASE("settling: memory is flat in the duration of a run") {
  AnomalyLog log;
  Ledger ledger{config_of(Reading::upsert, 1000, 1000), log};
  Script script{ledger};
  std::size_t early = 0;
  for (std::uint64_t second = 0; second < 400; ++second) {
    for (int i = 0; i < 1000; ++i) script.create(static_cast<std::int64_t>(second) * 1000 + i);
    const auto ids = range(second * 1000, second * 1000 + 1000);
    const auto start = static_cast<std::int64_t>(second) * 1000;
    script.flow(ids, start + 1000);
    script.show(0, start, start + 1000, ids, start + 1100);
    ledger.settle_before(start - 1000);
    if (second == 40) early = ledger.bytes();
  }
  REQUIRE(ledger.bytes() < early + 360'000 / 10);  // a tenth of a byte per event
  ledger.close({at_ms(1'000'000)});
  REQUIRE(ledger.books(Phase::all)[Fate::delivered] == 400'000);
}

}  // namespace wrackline::analysis

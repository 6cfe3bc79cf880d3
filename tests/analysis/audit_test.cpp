// The audit fires on each kind of difference, and finds what the ledger finds.
#include <random>

#include "analysis/window_audit.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using testing::at_ms;
using testing::event;
using testing::events;
using testing::range;
using testing::Script;
using Kind = WindowDifference::Kind;

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

LedgerConfig tumbling() {
  LedgerConfig config;
  config.window = {1000, 1000, 0, 0};
  return config;
}

}  // namespace

TEST_CASE("audit: each kind of difference") {
  WindowAudit audit{tumbling(), Aggregate::sum,
                    [](sim::EventId id) { return std::int64_t(id.ordinal()) + 1; }};
  Script script{audit};
  for (int i = 0; i < 4; ++i) script.create(100 * i);
  script.process(events({0, 1, 2}), 500);
  const auto row = [&](const std::vector<sim::EventId>& ids, std::int64_t value) {
    auto result = Script::row(0, 0, 1000, ids);
    result.value = value;
    audit.visible(result, at_ms(2000));
  };
  const auto only = [&](Kind kind) {
    const auto differences = audit.compare(kAll);
    REQUIRE(differences.size() == 1);
    REQUIRE(differences.front().kind == kind);
  };
  SECTION("none") {
    row(events({2, 0, 1}), 6);
    REQUIRE(audit.compare(kAll).empty());
  }
  SECTION("no row") {
    only(Kind::window_gap);
    REQUIRE(audit.compare(999).empty());
  }
  SECTION("too few") { row(events({0, 1}), 3), only(Kind::missing); }
  SECTION("too many") { row(events({0, 1, 2, 2}), 9), only(Kind::surplus); }
  SECTION("others") { row(events({0, 1, 1}), 6), only(Kind::digest); }
  SECTION("another sum") { row(events({0, 1, 2}), 7), only(Kind::value); }
  SECTION("nothing was accepted") {
    audit.dropped(sim::DropReason::late, 0, events({0, 1, 2}), at_ms(500));
    row(events({3}), 4), only(Kind::no_such);
  }
}

TEST_CASE("audit: it agrees with the ledger") {
  std::int64_t all_gaps = 0;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random{seed};
    LedgerConfig config;
    config.window = {400, seed % 2 == 0 ? 400 : 200, 0, 0};
    config.reading = seed % 3 == 0 ? Reading::upsert : Reading::every_row;
    AnomalyLog log;
    Ledger ledger{config, log};
    WindowAudit audit{config};
    const auto both = [&](auto&& hook) {
      hook(static_cast<sim::Observer&>(ledger));
      hook(static_cast<sim::Observer&>(audit));
    };
    std::map<std::pair<std::int64_t, std::uint32_t>, std::vector<sim::EventId>> cells;
    for (std::uint64_t n = 0; n < 3000; ++n) {
      const auto ms = static_cast<std::int64_t>(n);
      const auto key = static_cast<std::uint32_t>(random() % 3);
      const sim::CreatedRecord record{event(n), key, ms, at_ms(ms), at_ms(ms)};
      const std::vector<sim::EventId> one{event(n)};
      both([&](sim::Observer& o) {
        o.created({&record, 1});
        o.told(sim::Told::acknowledged, one, at_ms(ms));
        o.committed({}, ms, one, at_ms(ms));
        o.processed(0, one, at_ms(ms));
      });
      if (random() % 50 == 0) {
        both([&](sim::Observer& o) { o.dropped(sim::DropReason::late, 0, one, at_ms(ms)); });
        continue;
      }
      for (std::int64_t start = config.window.last_start(ms); start > ms - 400;
           start -= config.window.slide_ms) {
        if (config.window.slide_ms == 200 && random() % 40 == 0) {
          both([&](sim::Observer& o) { o.late_for_window(0, start, one, at_ms(ms)); });
        } else if (random() % 60 != 0) {
          cells[{start, key}].push_back(event(n));
        }
      }
    }
    for (auto& [cell, ids] : cells) {
      if (random() % 15 == 0) continue;
      if (random() % 15 == 0) ids.push_back(ids.back());
      const int times = random() % 10 == 0 ? 2 : 1;
      for (int i = 0; i < times; ++i) {
        const bool overwrites = config.reading == Reading::upsert && i > 0;
        const auto result = Script::row(cell.second, cell.first, cell.first + 400, ids, overwrites);
        both([&](sim::Observer& o) { o.visible(result, at_ms(10'000)); });
      }
    }
    ledger.close({at_ms(20'000)});
    const Books& books = ledger.books(Phase::all);
    std::int64_t gaps = 0;
    std::int64_t balance = 0;  // surplus minus missing, over all windows
    for (const WindowDifference& difference : audit.compare(kAll)) {
      gaps += difference.kind == Kind::window_gap ? 1 : 0;
      balance += difference.seen - difference.expected;
    }
    REQUIRE(static_cast<std::uint64_t>(gaps) == log.count_of(Anomaly::window_gap));
    if (config.window.slide_ms == 400) {
      REQUIRE(balance == static_cast<std::int64_t>(books.duplicated(DuplicateHop::sink)) -
                             static_cast<std::int64_t>(books[Fate::lost]));
    }
    REQUIRE(books[Fate::lost] > 0);
    all_gaps += gaps;
  }
  REQUIRE(all_gaps > 0);
}

}  // namespace wrackline::analysis

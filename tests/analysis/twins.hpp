// The same story for two ledgers, only one of which settles: their books, anomalies and latencies agree.
#pragma once

#include "analysis/ledger.hpp"
#include "tests/analysis/script.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis::testing {

struct Twins {
  explicit Twins(const LedgerConfig& config) : settling{config, settling_log}, keeping{config, keeping_log} {}

  template <class Hook>
  void both(Hook&& hook) {
    hook(settling);
    hook(keeping);
  }
  void close_and_compare() {
    both([](Ledger& ledger) { ledger.close({at_ms(1'000'000)}); });
    for (const Phase phase : {Phase::all, Phase::steady}) {
      const Books& a = settling.books(phase);
      const Books& b = keeping.books(phase);
      CHECK(a.produced == b.produced);
      CHECK(a.fates == b.fates);
      CHECK(a.lost_by == b.lost_by);
      CHECK(a.duplicates == b.duplicates);
      CHECK(a.duplicated_events == b.duplicated_events);
      CHECK(a.late_in_some_windows == b.late_in_some_windows);
      CHECK(a.lost_in_some_windows == b.lost_in_some_windows);
      REQUIRE(a == b);
      for (const Latency kind : {Latency::end_to_end, Latency::arrival_to_visible, Latency::result_latency}) {
        INFO(name_of(kind));
        CHECK(settling.latency(kind, phase) == keeping.latency(kind, phase));
      }
    }
    REQUIRE(settling.broken_promises() == keeping.broken_promises());
    for (const AnomalyInfo& info : anomalies()) {
      INFO(info.name);
      REQUIRE(settling_log.count_of(info.anomaly) == keeping_log.count_of(info.anomaly));
    }
  }

  AnomalyLog settling_log;
  AnomalyLog keeping_log;
  Ledger settling;
  Ledger keeping;
};

}  // namespace wrackline::analysis::testing

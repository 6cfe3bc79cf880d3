// Producer state of a partition: P-20 to P-26, and the transaction verification of KIP-890.
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

SCENARIO("P-21: the same batch again is a duplicate, anything else out of line is refused") {
  GIVEN("a log with two batches of one producer") {
    UnifiedLog log{quiet_config(), 1000};
    log.append_as_leader(from(1, 0, 3), 0, 1000);
    log.append_as_leader(from(1, 3, 2), 0, 1000);
    WHEN("the first comes again") {
      const AppendInfo again = log.append_as_leader(from(1, 0, 3), 0, 1000);
      THEN("it is answered with its old offsets and nothing is appended") {
        CHECK(again.error == Errors::none);
        CHECK(again.duplicate);
        CHECK(again.base_offset == 0);
        CHECK(again.last_offset == 2);
        CHECK(log.log_end_offset() == 5);
      }
    }
    THEN("a gap and an overlap are out of order") {
      CHECK(log.append_as_leader(from(1, 6), 0, 1000).error == Errors::out_of_order_sequence_number);
      CHECK(log.append_as_leader(from(1, 4, 2), 0, 1000).error == Errors::out_of_order_sequence_number);
    }
    THEN("an older epoch is fenced and a newer one starts at 0") {
      CHECK(log.append_as_leader(from(1, 0, 1, 2), 0, 1000).error == Errors::none);
      CHECK(log.append_as_leader(from(1, 5, 1, 1), 0, 1000).error == Errors::invalid_producer_epoch);
      CHECK(log.append_as_leader(from(1, 7, 1, 3), 0, 1000).error == Errors::out_of_order_sequence_number);
    }
  }
  GIVEN("a sequence at its largest value") {
    UnifiedLog log{quiet_config(), 1000};
    log.append_as_leader(from(1, 2147483647), 0, 1000);
    THEN("0 follows") { CHECK(log.append_as_leader(from(1, 0), 0, 1000).error == Errors::none); }
  }
}

SCENARIO("P-26: five batches are remembered, not six") {
  GIVEN("six batches of one producer") {
    UnifiedLog log{quiet_config(), 1000};
    for (std::int32_t sequence = 0; sequence < 6; ++sequence)
      log.append_as_leader(from(1, sequence), 0, 1000);
    THEN("the second is still known, the first is not") {
      CHECK(log.append_as_leader(from(1, 1), 0, 1000).duplicate);
      CHECK(log.append_as_leader(from(1, 0), 0, 1000).error == Errors::out_of_order_sequence_number);
    }
    WHEN("the process restarts, cleanly or not (P-20)") {
      const bool clean = GENERATE(true, false);
      log.reopen({.clean = clean}, 1000);
      THEN("only the last one is known") {
        CHECK(log.append_as_leader(from(1, 5), 0, 1000).duplicate);
        CHECK(log.append_as_leader(from(1, 4), 0, 1000).error == Errors::out_of_order_sequence_number);
      }
    }
  }
}

SCENARIO(
    "P-22, P-24: an unknown producer may start anywhere, and one is forgotten after "
    "producer.id.expiration.ms") {
  LogConfig config = quiet_config();
  config.producer_id_expiration_ms = 100;
  UnifiedLog log{config, 1000};
  CHECK(log.append_as_leader(from(1, 77), 0, 1000).error == Errors::none);
  CHECK(log.append_as_leader(in_transaction(from(2, 0)), 0, 1000).error == Errors::none);
  WHEN("the time since its last timestamp reaches the limit") {
    CHECK(log.remove_expired_producers(1099) == 0);
    CHECK(log.remove_expired_producers(1100) == 1);
    THEN("its retry is appended a second time; the one in a transaction is kept") {
      const AppendInfo again = log.append_as_leader(from(1, 77), 0, 1100);
      CHECK(again.error == Errors::none);
      CHECK_FALSE(again.duplicate);
      CHECK(log.producers().last_entry(2) != nullptr);
    }
  }
}

SCENARIO("P-23: coordinators are checked for their epoch only, replication for nothing") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(from(1, 0, 1, 1), 0, 1000);
  CHECK(log.append_as_leader(from(1, 9, 1, 1), 0, 1000, AppendOrigin::coordinator).error == Errors::none);
  CHECK(log.append_as_leader(from(1, 9, 1, 0), 0, 1000, AppendOrigin::coordinator).error ==
        Errors::invalid_producer_epoch);
  const RecordBatch copied = at(2, 0, from(1, 40, 1, 0));
  CHECK(log.append_as_follower({&copied, 1}, 0, 1000).error == Errors::none);
}

SCENARIO("a marker of an older coordinator is fenced") {
  UnifiedLog log{quiet_config(), 1000};
  CHECK(log.append_marker(1, 0, ControlType::commit, 5, 0, 1000).error == Errors::none);
  CHECK(log.append_marker(1, 0, ControlType::commit, 4, 0, 1000).error ==
        Errors::transaction_coordinator_fenced);
  CHECK(log.append_marker(1, 0, ControlType::abort, 5, 0, 1000).error == Errors::none);
}

SCENARIO("L-45: last stable offset, aborted transactions") {
  GIVEN("an open transaction below committed data") {
    UnifiedLog log{quiet_config(), 1000};
    log.append_as_leader(plain(2), 0, 1000);
    log.append_as_leader(in_transaction(from(7, 0, 3)), 0, 1000);
    log.append_as_leader(plain(2), 0, 1000);
    log.update_high_watermark(log.log_end_offset());
    THEN("a read_committed reader stops before it") {
      CHECK(log.last_stable_offset() == 2);
      CHECK(log.read(0, FetchIsolation::txn_committed).batches.size() == 1);
      CHECK(log.read(0, FetchIsolation::high_watermark).batches.size() == 3);
    }
    THEN("a plain batch of its producer is refused until it ends") {
      CHECK(log.append_as_leader(from(7, 3), 0, 1000).error == Errors::invalid_txn_state);
    }
    WHEN("it is aborted and the marker replicated") {
      log.append_marker(7, 0, ControlType::abort, 0, 0, 1000);
      CHECK(log.last_stable_offset() == 2);
      log.update_high_watermark(log.log_end_offset());
      CHECK(log.last_stable_offset() == log.log_end_offset());
      THEN("the answer names it to a reader of its range, and not to one behind it") {
        std::vector<AbortedTxn> aborted;
        log.aborted_of(log.read(2, FetchIsolation::txn_committed), 2, aborted);
        CHECK(aborted == std::vector<AbortedTxn>{{7, 2, 7, 8}});
        log.append_as_leader(plain(1), 0, 1000);
        log.update_high_watermark(log.log_end_offset());
        aborted.clear();
        log.aborted_of(log.read(8, FetchIsolation::txn_committed), 8, aborted);
        CHECK(aborted.empty());
      }
    }
  }
}

SCENARIO("KIP-890: the first batch of a transaction needs the guard of a verification") {
  GIVEN("verification on") {
    UnifiedLog log{LogConfig::v4_1(), 1000};
    CHECK(log.append_as_leader(in_transaction(from(1, 0)), 0, 1000).error == Errors::invalid_txn_state);
    const auto started = log.start_verification(1, 0, 0, false, 1000);
    REQUIRE(started.guard != kNoVerificationGuard);
    WHEN("a marker comes between the verification and the batch") {
      log.append_marker(1, 0, ControlType::abort, 0, 0, 1000);
      THEN("the late batch can not open a hanging transaction") {
        CHECK(log.append_as_leader(in_transaction(from(1, 0)), 0, 1000, AppendOrigin::client, started.guard)
                  .error == Errors::invalid_txn_state);
      }
    }
    WHEN("the batch comes with its guard") {
      CHECK(log.append_as_leader(in_transaction(from(1, 0)), 0, 1000, AppendOrigin::client, started.guard)
                .error == Errors::none);
      THEN("the next ones need none") {
        CHECK(log.start_verification(1, 1, 0, false, 1000).guard == kNoVerificationGuard);
        CHECK(log.append_as_leader(in_transaction(from(1, 1)), 0, 1000).error == Errors::none);
      }
    }
  }
  GIVEN("a client that bumps its epoch with each transaction") {
    THEN("4.1 wants it to begin at sequence 0, 3.9 does not know of it") {
      UnifiedLog now{LogConfig::v4_1(), 1000};
      const auto started = now.start_verification(1, 5, 0, true, 1000);
      CHECK(now.append_as_leader(in_transaction(from(1, 5)), 0, 1000, AppendOrigin::client, started.guard)
                .error == Errors::out_of_order_sequence_number);
      UnifiedLog before{LogConfig::v3_9(), 1000};
      const auto old = before.start_verification(1, 5, 0, true, 1000);
      CHECK(before.append_as_leader(in_transaction(from(1, 5)), 0, 1000, AppendOrigin::client, old.guard)
                .error == Errors::none);
    }
  }
}

SCENARIO("a transaction older than transaction.max.timeout.ms and five minutes is late") {
  UnifiedLog log{quiet_config(), 1000};
  log.append_as_leader(in_transaction(from(1, 0)), 0, 1000);
  CHECK_FALSE(log.has_late_transaction(1000 + 900'000 + 300'000));
  CHECK(log.has_late_transaction(1001 + 900'000 + 300'000));
  log.append_marker(1, 0, ControlType::abort, 0, 0, 1000);
  CHECK_FALSE(log.has_late_transaction(1001 + 900'000 + 300'000));
}

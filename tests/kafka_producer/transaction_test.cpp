#include "tests/kafka_producer/rig.hpp"

using namespace wrackline::kafka;
using State = TransactionManager::State;

namespace {

ProducerConfig transactional(std::int16_t version) {
  ProducerConfig config = idempotent();
  config.transactional_id = "tx";
  config.transaction_version = version;
  return config;
}

void found(Rig& rig) { rig.answer({Errors::none, 0, {}, {}, {}}); }
void ok(Rig& rig, ProducerIdAndEpoch producer = {}) {
  rig.answer({Errors::none, kNoBroker, producer, {}, {}});
}

void initialize(Rig& rig) {
  REQUIRE_FALSE(rig.transactions->init_transactions().error);
  rig.run();
  found(rig);
  ok(rig, {7, 0});
  REQUIRE(rig.transactions->state() == State::ready);
  rig.transactions->call_completions().clear();
}

void send(Rig& rig, PartitionId partition = 0) {
  rig.append(partition);
  REQUIRE_FALSE(rig.transactions->maybe_add_partition(partition));
}

TxnApi asked(const Rig& rig) {
  REQUIRE(rig.outbox.transactional.size() == 1);
  return rig.outbox.transactional[0].api;
}

}  // namespace

SCENARIO("T-5: protocol v1 adds the partition before the first record leaves") {
  Rig rig{transactional(1)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  rig.run();
  CHECK(asked(rig) == TxnApi::add_partitions_to_txn);
  CHECK(rig.outbox.produce.empty());
  ok(rig);
  REQUIRE(rig.outbox.produce.size() == 1);
  CHECK(rig.outbox.produce[0].transactional);

  WHEN("the transaction is committed") {
    const auto commit = rig.transactions->commit_transaction();
    const ProduceRequest request = rig.outbox.produce[0];
    THEN("it ends after its last record was acknowledged (T-10)") {
      CHECK(rig.sends_nothing());
      rig.respond(request, Errors::none, 0);
      rig.run();
      CHECK(asked(rig) == TxnApi::end_txn);
      CHECK(rig.outbox.transactional[0].committed);
      ok(rig);
      CHECK(rig.transactions->state() == State::ready);
      REQUIRE(rig.transactions->call_completions().size() == 1);
      CHECK(rig.transactions->call_completions()[0].call == commit.call);
      AND_THEN("sequences go on in the same epoch") {
        REQUIRE_FALSE(rig.transactions->begin_transaction());
        send(rig);
        rig.run();
        ok(rig);
        CHECK(rig.outbox.produce.at(0).batches[0].batch.base_sequence == 1);
      }
    }
    THEN("nothing else may be called meanwhile") {
      CHECK(rig.transactions->abort_transaction().error == Local::illegal_state);
      CHECK(rig.transactions->commit_transaction().call == commit.call);
    }
  }
}

SCENARIO("T-19, statement 54: protocol v2 sends at once, and every transaction has its own epoch") {
  Rig rig{transactional(2)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  const ProduceRequest request = rig.sent();
  rig.respond(request, Errors::none, 0);
  rig.transactions->commit_transaction();
  rig.run();
  REQUIRE(asked(rig) == TxnApi::end_txn);
  ok(rig, {7, 1});
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  const ProduceRequest next = rig.sent();
  CHECK(next.batches[0].batch.producer_epoch == 1);
  CHECK(next.batches[0].batch.base_sequence == 0);
}

SCENARIO("an empty transaction ends without a request") {
  Rig rig{transactional(GENERATE(std::int16_t{1}, std::int16_t{2}))};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  rig.transactions->commit_transaction();
  CHECK(rig.sends_nothing());
  CHECK(rig.transactions->state() == State::ready);
}

SCENARIO("T-22: after an abortable error only an abort is possible; v1 then asks for a new epoch") {
  const auto version = GENERATE(std::int16_t{1}, std::int16_t{2});
  Rig rig{transactional(version)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  rig.run();
  if (version == 1) ok(rig);
  rig.respond(rig.outbox.produce.at(0), Errors::invalid_producer_epoch);
  rig.run();
  REQUIRE(rig.transactions->state() == State::abortable_error);
  CHECK(rig.transactions->commit_transaction().error == Errors::invalid_producer_epoch);

  const auto abort = rig.transactions->abort_transaction();
  REQUIRE_FALSE(abort.error);
  rig.run();
  REQUIRE(asked(rig) == TxnApi::end_txn);
  CHECK_FALSE(rig.outbox.transactional[0].committed);
  if (version == 1) {
    ok(rig);
    REQUIRE(asked(rig) == TxnApi::init_producer_id);
    CHECK(rig.outbox.transactional[0].producer == ProducerIdAndEpoch{7, 0});
  }
  ok(rig, {7, 1});
  CHECK(rig.transactions->state() == State::ready);
  CHECK(rig.transactions->call_completions().at(0).call == abort.call);
  CHECK(rig.transactions->producer().epoch == 1);
}

SCENARIO("P-19: fenced is fatal: everything fails, nothing is sent any more") {
  Rig rig{transactional(2)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig, 0);
  const ProduceRequest request = rig.sent();
  rig.append();
  rig.respond(request, Errors::producer_fenced);
  CHECK(rig.sends_nothing());
  CHECK(rig.completed().size() == 2);
  CHECK(rig.transactions->state() == State::fatal_error);
  CHECK(rig.transactions->abort_transaction().error == Errors::producer_fenced);
}

SCENARIO("3.5: an abort drops the records that were never sent") {
  Rig rig{transactional(2)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  rig.transactions->abort_transaction();
  rig.run();
  CHECK(rig.completed().at(0).error == Local::transaction_aborted);
  CHECK(asked(rig) == TxnApi::end_txn);
}

SCENARIO("3.5: where 3.9 and 4.1 differ") {
  ProducerConfig config = transactional(1);
  config.version = GENERATE(ClientVersion::v3_9, ClientVersion::v4_1);
  const bool old = config.version == ClientVersion::v3_9;
  Rig rig{config};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  send(rig);
  rig.run();
  WHEN("the coordinator does not know the producer id any more") {
    rig.answer({Errors::invalid_producer_id_mapping, kNoBroker, {}, {}, {}});
    CHECK(rig.transactions->state() == (old ? State::abortable_error : State::fatal_error));
  }
  WHEN("the transaction state is invalid for a batch") {
    ok(rig);
    rig.respond(rig.outbox.produce.at(0), Errors::invalid_txn_state);
    CHECK(rig.transactions->state() == State::abortable_error);
    CHECK(rig.transactions->last_error() ==
          (old ? Errors::invalid_txn_state : Errors::transaction_abortable));
  }
}

SCENARIO("T-8: offsets go with the transaction; a group that moved on refuses them") {
  const auto version = GENERATE(std::int16_t{1}, std::int16_t{2});
  Rig rig{transactional(version)};
  initialize(rig);
  REQUIRE_FALSE(rig.transactions->begin_transaction());
  const auto call = rig.transactions->send_offsets({{0, 42}}, {"g", 3, "m", ""});
  REQUIRE_FALSE(call.error);
  rig.run();
  if (version == 1) {
    REQUIRE(asked(rig) == TxnApi::add_offsets_to_txn);
    ok(rig);
  }
  REQUIRE(asked(rig) == TxnApi::find_coordinator);
  CHECK(rig.outbox.transactional[0].key == "g");
  found(rig);
  REQUIRE(asked(rig) == TxnApi::txn_offset_commit);
  WHEN("they are accepted") {
    ok(rig);
    CHECK_FALSE(rig.transactions->call_completions().at(0).error);
  }
  WHEN("the generation is over (statement 56)") {
    rig.answer({Errors::illegal_generation, kNoBroker, {}, {}, {}});
    CHECK(rig.transactions->call_completions().at(0).error == Local::commit_failed);
    CHECK(rig.transactions->state() == State::abortable_error);
  }
}

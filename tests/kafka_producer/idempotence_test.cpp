#include "engine/kafka/producer_config.hpp"
#include "tests/kafka_producer/rig.hpp"

using namespace wrackline::kafka;

namespace {

std::int32_t sequence(const ProduceRequest& request) { return request.batches.at(0).batch.base_sequence; }
std::int16_t epoch(const ProduceRequest& request) { return request.batches.at(0).batch.producer_epoch; }

}  // namespace

SCENARIO("P-13: nothing is sent before the producer id is there") {
  Rig rig{idempotent()};
  CHECK(rig.transactions->producer() == ProducerIdAndEpoch{1, 0});
  rig.append();
  CHECK(rig.sent().batches[0].batch.producer_id == 1);
}

SCENARIO("P-14: sequences advance by records, at drain time, and wrap at 2^31 - 1") {
  Rig rig{idempotent()};
  rig.append();
  rig.append();
  CHECK(sequence(rig.sent()) == 0);
  rig.append();
  CHECK(sequence(rig.sent()) == 2);
  rig.transactions->entry(0).next_sequence = INT32_MAX - 1;
  for (int i = 0; i < 3; ++i) rig.append();
  CHECK(sequence(rig.sent()) == INT32_MAX - 1);
  rig.append();
  CHECK(sequence(rig.sent()) == 1);
}

SCENARIO(
    "P-15, statement 41: an expired batch that had been sent blocks its partition until its fate is "
    "settled") {
  ProducerConfig config = idempotent();
  config.delivery_timeout_ms = 5000;
  config.request_timeout_ms = 3000;
  Rig rig{config};
  rig.append();
  rig.sent();
  rig.now += ms(1000);
  rig.append();
  const ProduceRequest behind = rig.sent();
  rig.now += ms(2000);
  rig.sender.handle_request_timeouts(rig.now);
  const ProduceRequest retry = rig.sent();
  REQUIRE(ordinals(retry) == std::vector<std::uint64_t>{1});
  rig.now += ms(2000);
  rig.append();
  rig.run();
  REQUIRE(rig.completed().at(0).error == Errors::request_timed_out);

  THEN("the retried batch behind it goes, but nothing new") {
    REQUIRE(rig.outbox.produce.size() == 1);
    CHECK(ordinals(rig.outbox.produce[0]) == std::vector<std::uint64_t>{2});
    CHECK(rig.sends_nothing());
  }
  WHEN("the batch behind it is acknowledged") {
    rig.respond(rig.outbox.produce.at(0), Errors::none, 1);
    THEN("the expired one must have arrived: sequences go on") {
      const ProduceRequest next = rig.sent();
      CHECK(sequence(next) == 2);
      CHECK(epoch(next) == 0);
    }
  }
  WHEN("the batch behind it is lost too") {
    rig.respond(rig.outbox.produce.at(0), Errors::out_of_order_sequence_number);
    THEN("the epoch is bumped locally, and what is left starts at 0") {
      rig.run();
      REQUIRE(rig.outbox.produce.size() == 2);
      for (const ProduceRequest& request : rig.outbox.produce) CHECK(epoch(request) == 1);
      CHECK(sequence(rig.outbox.produce[0]) == 0);
      CHECK(ordinals(rig.outbox.produce[0]) == std::vector<std::uint64_t>{2});
      CHECK(sequence(rig.outbox.produce[1]) == 1);
    }
  }
}

SCENARIO("P-16: a batch refused for good leaves a hole, which a new epoch closes") {
  Rig rig{idempotent(), 2};
  rig.append(0);
  const ProduceRequest bad = rig.sent();
  rig.append(1);
  rig.sent();
  rig.respond(bad, Errors::invalid_record);
  rig.append(0);
  const ProduceRequest next = rig.sent();
  CHECK(epoch(next) == 1);
  CHECK(sequence(next) == 0);
  THEN("the other partition changes its epoch only when nothing of the old one is in flight") {
    rig.append(1);
    CHECK(rig.sends_nothing());
  }
}

SCENARIO("P-17: UNKNOWN_PRODUCER_ID") {
  Rig rig{idempotent()};
  rig.append();
  rig.respond(rig.sent(), Errors::none, 10);
  rig.append();
  const ProduceRequest request = rig.sent();
  WHEN("the log start is not known") {
    rig.respond(request, Errors::unknown_producer_id);
    CHECK(epoch(rig.sent()) == 0);
  }
  WHEN("retention took the producer's records") {
    rig.respond(request, Errors::unknown_producer_id, -1, 500);
    const ProduceRequest retry = rig.sent();
    CHECK(epoch(retry) == 1);
    CHECK(sequence(retry) == 0);
  }
}

SCENARIO("P-17: DUPLICATE_SEQUENCE_NUMBER is a success without an offset") {
  Rig rig{idempotent()};
  rig.append();
  rig.respond(rig.sent(), Errors::duplicate_sequence_number);
  const auto done = rig.completed();
  CHECK_FALSE(done.at(0).error);
  CHECK(done.at(0).base_offset == -1);
}

SCENARIO("P-15: epoch 32767 can not be bumped: a new producer id is asked for") {
  Rig rig{idempotent(), 1, {1, INT16_MAX}};
  rig.append();
  const ProduceRequest first = rig.sent();
  rig.respond(first, Errors::invalid_record);
  rig.append();
  rig.run();
  REQUIRE(rig.outbox.produce.empty());
  rig.answer({Errors::none, kNoBroker, {2, 0}, {}, {}});
  REQUIRE(rig.outbox.produce.size() == 1);
  CHECK(rig.outbox.produce[0].batches[0].batch.producer_id == 2);
  CHECK(sequence(rig.outbox.produce[0]) == 0);
}

SCENARIO(
    "P-13: without a reachable broker the producer id is asked for again and again, not in a tight loop") {
  ProducerConfig config = idempotent();
  ProducerMetadata metadata;
  metadata.add_topic(1);
  TransactionManager transactions{config, metadata, 0};
  RecordAccumulator accumulator{config, metadata, &transactions};
  Sender sender{config, metadata, accumulator, &transactions};
  Outbox outbox;
  sender.run(0, outbox);
  CHECK(outbox.empty());
  CHECK(metadata.update_requested());
  CHECK(sender.next_wakeup(0) == ms(1));
  metadata.update(0, {0, 0});
  sender.run(ms(1), outbox);
  CHECK(outbox.transactional.size() == 1);
}

SCENARIO("P-5, statement 30: delivery.timeout.ms must hold linger and a request") {
  ProducerConfig config;
  config.delivery_timeout_ms = 30000;
  CHECK(conflicts(config, true, false).size() == 1);
  CHECK(conflicts(config, false, false).empty());
  CHECK(settle(config, false, false).delivery_timeout_ms == 30005);
}

SCENARIO("P-12: idempotence that nobody asked for gives way; asked for, it is a conflict") {
  ProducerConfig config;
  config.acks = 1;
  CHECK_FALSE(settle(config, false, false).enable_idempotence);
  CHECK(conflicts(config, false, false).empty());
  CHECK(conflicts(config, false, true).size() == 1);

  GIVEN("more than five requests in flight") {
    ProducerConfig wide;
    wide.max_in_flight_requests_per_connection = 6;
    THEN("3.9 gives idempotence up, 4.x refuses") {
      CHECK(conflicts(wide, false, false).size() == 1);
      wide.version = ClientVersion::v3_9;
      CHECK(conflicts(wide, false, false).empty());
      CHECK_FALSE(settle(wide, false, false).enable_idempotence);
    }
  }
  GIVEN("a transactional id") {
    config.transactional_id = "tx";
    THEN("acks=1 is a conflict") { CHECK(conflicts(config, false, false).size() == 1); }
  }
}

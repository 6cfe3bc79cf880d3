#include "engine/kafka/sender.hpp"

#include "tests/kafka_producer/rig.hpp"

using namespace wrackline::kafka;
namespace sim = wrackline::sim;

SCENARIO("acks=0: done when the bytes left; a lost connection is not even noticed") {
  ProducerConfig config = plain();
  config.acks = 0;
  Rig rig{config};
  rig.append();
  const ProduceRequest request = rig.sent();
  CHECK(request.acks == 0);
  rig.sender.handle_written(request.correlation, rig.now);
  const auto done = rig.completed();
  REQUIRE(done.size() == 1);
  CHECK_FALSE(done[0].error);
  CHECK(done[0].base_offset == -1);
  CHECK(done[0].told == sim::Told::fire_and_forget);
  rig.sender.handle_disconnect(0, rig.now);
  CHECK(rig.completed().empty());
}

SCENARIO("statement 33: retries reorder only without idempotence and with more than one request in flight") {
  ProducerConfig config = GENERATE(plain(), idempotent());
  config.max_in_flight_requests_per_connection = GENERATE(1, 5);
  Rig rig{config};
  rig.append();
  const ProduceRequest first = rig.sent();
  rig.append();

  if (config.max_in_flight_requests_per_connection == 1) {
    THEN("the second waits until the first is through, retries included") {
      CHECK(rig.sends_nothing());
      rig.respond(first, Errors::not_enough_replicas);
      const ProduceRequest retry = rig.sent();
      CHECK(ordinals(retry) == std::vector<std::uint64_t>{1});
      rig.respond(retry, Errors::none, 0);
      CHECK(ordinals(rig.sent()) == std::vector<std::uint64_t>{2});
    }
  } else if (!config.enable_idempotence) {
    THEN("the second overtakes the first") {
      const ProduceRequest second = rig.sent();
      rig.respond(first, Errors::not_enough_replicas);
      rig.respond(second, Errors::none, 0);
      CHECK(ordinals(rig.sent()) == std::vector<std::uint64_t>{1});
      CHECK(rig.completed().at(0).base_offset == 0);
    }
  } else {
    THEN("the broker refuses the second, and it goes again after the first (P-14)") {
      const ProduceRequest second = rig.sent();
      rig.respond(first, Errors::not_enough_replicas);
      const ProduceRequest retry = rig.sent();
      rig.respond(second, Errors::out_of_order_sequence_number);
      CHECK(rig.sends_nothing());
      rig.respond(retry, Errors::none, 0);
      const ProduceRequest last = rig.sent();
      CHECK(ordinals(last) == std::vector<std::uint64_t>{2});
      CHECK(last.batches[0].batch.base_sequence == 1);
    }
  }
}

SCENARIO("P-6: request.timeout.ms fails the connection with all its requests") {
  ProducerConfig config = plain();
  config.request_timeout_ms = 2000;
  config.retries = GENERATE(0, 1);
  Rig rig{config, 2};
  rig.append(0);
  rig.sent();
  rig.now += ms(500);
  rig.append(1);
  rig.sent();
  CHECK(rig.sender.next_wakeup(rig.now) == ms(3000));
  CHECK(rig.sender.handle_request_timeouts(ms(3000) - 1).empty());

  rig.now = ms(3000);
  CHECK(rig.sender.handle_request_timeouts(rig.now) == std::vector<BrokerId>{0});
  CHECK(rig.sender.in_flight() == 0);
  if (config.retries == 0) {
    THEN("without retries both fail, and nobody knows whether they are in the log") {
      const auto done = rig.completed();
      REQUIRE(done.size() == 2);
      for (const Completion& batch : done) {
        CHECK(batch.error == Errors::request_timed_out);
        CHECK(batch.maybe_in_log);
        CHECK(batch.told == sim::Told::outcome_unknown);
      }
    }
  } else {
    THEN("both are sent again, together") { CHECK(rig.sent().batches.size() == 2); }
  }
}

SCENARIO("a late answer to a request that was given up changes nothing") {
  Rig rig{plain()};
  rig.append();
  const ProduceRequest first = rig.sent();
  rig.sender.handle_disconnect(0, rig.now);
  const ProduceRequest second = rig.sent();
  rig.respond(first, Errors::none, 0);
  CHECK(rig.completed().empty());
  rig.respond(second, Errors::none, 1);
  CHECK(rig.completed().at(0).base_offset == 1);
}

SCENARIO("what the application is told depends on what each attempt may have left behind") {
  ProducerConfig config = plain();
  config.retries = 1;
  Rig rig{config};
  rig.append();
  const ProduceRequest first = rig.sent();
  WHEN("every attempt was refused before the append") {
    rig.respond(first, Errors::not_enough_replicas);
    rig.respond(rig.sent(), Errors::not_enough_replicas);
    const auto done = rig.completed();
    CHECK(done.at(0).told == sim::Told::failed);
    CHECK_FALSE(done.at(0).maybe_in_log);
  }
  WHEN("one attempt was appended, but not replicated") {
    rig.respond(first, Errors::not_enough_replicas_after_append);
    rig.respond(rig.sent(), Errors::not_enough_replicas);
    CHECK(rig.completed().at(0).told == sim::Told::outcome_unknown);
  }
  WHEN("the leader lost its place while it waited for replicas") {
    rig.respond(first, Errors::not_leader_or_follower);
    rig.respond(rig.sent(), Errors::not_enough_replicas);
    CHECK(rig.completed().at(0).told == sim::Told::outcome_unknown);
  }
  WHEN("the batch is refused for good") {
    rig.respond(first, Errors::invalid_record);
    const auto done = rig.completed();
    CHECK(done.at(0).error == Errors::invalid_record);
    CHECK(done.at(0).told == sim::Told::failed);
  }
}

SCENARIO("P-5: a batch that expires in flight has an unknown outcome; its answer comes too late") {
  ProducerConfig config = plain();
  config.delivery_timeout_ms = 5000;
  config.request_timeout_ms = 20000;
  Rig rig{config};
  rig.append();
  const ProduceRequest request = rig.sent();
  rig.now += ms(5000);
  rig.run();
  const auto done = rig.completed();
  REQUIRE(done.size() == 1);
  CHECK(done[0].told == sim::Told::outcome_unknown);
  CHECK_FALSE(rig.accumulator.has_incomplete());
  rig.respond(request, Errors::none, 0);
  CHECK(rig.completed().empty());
  CHECK(rig.sender.in_flight() == 0);
}

SCENARIO(
    "L-50: errors about leadership ask for metadata; an answer may bring the new leader itself (KIP-951)") {
  Rig rig{plain()};
  rig.append();
  ProduceRequest request = rig.sent();
  WHEN("replicas are missing") {
    rig.respond(request, Errors::not_enough_replicas);
    CHECK_FALSE(rig.metadata.update_requested());
  }
  WHEN("the leader is another") {
    std::vector<PartitionResponse> verdicts{{0, Errors::not_leader_or_follower, -1, -1, {4, 1}}};
    rig.sender.handle_produce_response(request.correlation, verdicts, rig.now);
    CHECK(rig.metadata.update_requested());
    CHECK(rig.sent().node == 4);
    THEN("older news are ignored") {
      CHECK_FALSE(rig.metadata.update(0, {0, 0}));
      CHECK(rig.metadata.leader(0).leader == 4);
    }
  }
  WHEN("no leader is known") {
    rig.metadata.update(0, {kNoBroker, 1});
    rig.append();
    CHECK(rig.sends_nothing());
    CHECK(rig.metadata.update_requested());
  }
}

SCENARIO("P-28: a forced close fails whatever is left") {
  Rig rig{idempotent()};
  rig.append();
  rig.sent();
  rig.append();
  rig.sender.force_close(rig.now);
  const auto done = rig.completed();
  REQUIRE(done.size() == 2);
  CHECK(done[0].told == sim::Told::outcome_unknown);
  CHECK(done[1].told == sim::Told::failed);
  CHECK(rig.append() == Append::closed);
}

SCENARIO("P-1: a crash takes what is in the accumulator and what is in flight") {
  Rig rig{plain()};
  rig.append();
  rig.sent();
  rig.append();
  std::vector<std::uint64_t> held;
  rig.accumulator.for_each_incomplete([&](const ProducerBatch& batch) {
    for (const std::uint64_t id : ordinals(batch.records)) held.push_back(id);
  });
  CHECK(held == std::vector<std::uint64_t>{1, 2});
}

SCENARIO("the sender never asks to be woken for something that only an answer can change") {
  ProducerConfig config = idempotent();
  config.max_in_flight_requests_per_connection = 1;
  Rig rig{config};
  rig.append();
  rig.sent();
  rig.append();
  REQUIRE(rig.sends_nothing());
  CHECK(rig.sender.next_wakeup(rig.now) == rig.now + ms(config.request_timeout_ms));
}

SCENARIO("batches wait for a connection that is not ready, and the sender wakes up for it") {
  ProducerConfig config = plain();
  config.retry_backoff_ms = config.retry_backoff_max_ms = 100;
  Rig rig{config};
  rig.append();
  const ProduceRequest first = rig.sent();
  GIVEN("a batch that was refused and waits out its backoff, on a connection that is gone meanwhile") {
    rig.respond(first, Errors::not_enough_replicas);
    rig.sender.set_ready(0, false);
    CHECK(rig.sends_nothing());
    CHECK(rig.sender.awaited().empty());
    const Nanos due = rig.sender.next_wakeup(rig.now);
    CHECK(due != kNeverNanos);
    WHEN("the backoff is over") {
      rig.now = due;
      THEN("nothing is sent, and the connection is wanted") {
        CHECK(rig.sends_nothing());
        CHECK(rig.sender.awaited() == std::vector<BrokerId>{0});
        AND_WHEN("it is ready") {
          rig.sender.set_ready(0, true);
          const ProduceRequest retry = rig.sent();
          THEN("the batch leaves") { CHECK(ordinals(retry) == std::vector<std::uint64_t>{1}); }
        }
      }
    }
  }
}

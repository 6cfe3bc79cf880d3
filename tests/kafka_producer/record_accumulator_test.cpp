#include "engine/kafka/record_accumulator.hpp"

#include <algorithm>
#include <set>

#include "tests/kafka_producer/rig.hpp"

using namespace wrackline::kafka;
namespace sim = wrackline::sim;

SCENARIO("P-3: a batch goes when linger.ms is over, to the nanosecond, or when it is full") {
  ProducerConfig config = plain();
  config.linger_ms = 5;
  config.batch_size = kBatchOverheadBytes + 3 * kRecord;
  Rig rig{config};
  rig.now = ms(1000) + 123;
  REQUIRE(rig.append() == Append::opened);
  REQUIRE(rig.sends_nothing());
  CHECK(rig.sender.next_wakeup(rig.now) == ms(1005) + 123);

  WHEN("linger.ms is over") {
    rig.now = ms(1005) + 122;
    CHECK(rig.sends_nothing());
    rig.now += 1;
    CHECK(rig.sent().batches.size() == 1);
  }
  WHEN("the batch is full before") {
    CHECK(rig.append() == Append::appended);
    CHECK(rig.append() == Append::ready);
    CHECK(ordinals(rig.sent()) == std::vector<std::uint64_t>{1, 2, 3});
  }
  WHEN("a second batch is opened, because the next record does not fit") {
    CHECK(rig.append(0, 250) == Append::ready);
    THEN("the first goes, the second lingers on its own") {
      CHECK(ordinals(rig.sent()) == std::vector<std::uint64_t>{1});
      CHECK(rig.sends_nothing());
    }
  }
  WHEN("someone flushes") {
    rig.accumulator.begin_flush();
    const ProduceRequest request = rig.sent();
    CHECK_FALSE(rig.accumulator.flush_done());
    THEN("the flush ends with the last batch that was there when it began (P-28)") {
      rig.append();
      rig.respond(request, Errors::none, 0);
      CHECK(rig.accumulator.flush_done());
      CHECK(rig.accumulator.has_incomplete());
    }
  }
}

SCENARIO("P-3: batch.size 0 sends every record alone") {
  ProducerConfig config = plain();
  config.batch_size = 0;
  Rig rig{config};
  CHECK(rig.append() == Append::ready);
  CHECK(rig.append() == Append::ready);
  CHECK(rig.accumulator.queue_size(0) == 2);
}

SCENARIO("P-1: a record above max.request.size or buffer.memory is refused for good") {
  ProducerConfig config = plain();
  config.max_request_size = 1000;
  Rig rig{config};
  CHECK(rig.append(0, 940) == Append::too_large);
  CHECK(rig.append(0, 939) == Append::opened);
}

SCENARIO("P-2: without memory every partition counts as ready, and the record is not queued") {
  ProducerConfig config = plain();
  config.linger_ms = 1000;
  config.batch_size = 1000;
  config.buffer_memory = 2500;
  Rig rig{config, 3};
  rig.append(0);
  rig.append(1);
  REQUIRE(rig.sends_nothing());
  REQUIRE(rig.append(2) == Append::buffer_exhausted);

  THEN("linger is ignored while a caller waits") {
    const ProduceRequest request = rig.sent();
    CHECK(request.batches.size() == 2);
    AND_THEN("memory comes back with the answer, and the waiter is served") {
      rig.respond(request, Errors::none, 0);
      CHECK(rig.append(2) == Append::opened);
      CHECK_FALSE(rig.accumulator.memory_exhausted());
    }
  }
  THEN("a caller that gives up at max.block.ms leaves no trace") {
    rig.accumulator.give_up_waiting();
    CHECK(rig.sends_nothing());
  }
}

SCENARIO("P-4: one batch per partition and request, within max.request.size, starting elsewhere each time") {
  ProducerConfig config = plain();
  config.max_request_size = 250 + kBatchOverheadBytes;
  Rig rig{config, 3};
  for (const PartitionId partition : {0U, 1U, 2U}) rig.append(partition);
  rig.run();
  REQUIRE(rig.outbox.produce.size() == 3);
  for (const ProduceRequest& request : rig.outbox.produce) {
    CHECK(request.batches.size() == 1);
    CHECK(request.size_bytes <= config.max_request_size);
  }
}

SCENARIO("P-4: what one node may not take does not hold up another") {
  ProducerConfig config = plain();
  config.max_in_flight_requests_per_connection = 2;
  Rig rig{config, 2};
  rig.metadata.update(1, {7, 0});
  for (int i = 0; i < 3; ++i) {
    rig.append(0);
    rig.run();
  }
  CHECK(rig.sender.in_flight(0) == 2);
  CHECK(rig.accumulator.queue_size(0) == 1);
  rig.append(1);
  CHECK(rig.sent().node == 7);
}

SCENARIO("P-5: a batch that waits too long fails, and certainly is not in the log") {
  ProducerConfig config = plain();
  config.delivery_timeout_ms = 5000;
  Rig rig{config};
  rig.sender.set_reachable(0, false);
  rig.append();
  REQUIRE(rig.sends_nothing());
  CHECK(rig.sender.next_wakeup(rig.now) == rig.now + ms(5000));
  rig.now += ms(5000);
  rig.run();
  const auto done = rig.completed();
  REQUIRE(done.size() == 1);
  CHECK(done[0].error == Errors::request_timed_out);
  CHECK_FALSE(done[0].ever_sent);
  CHECK(done[0].told == sim::Told::failed);
}

SCENARIO("P-8: retries back off exponentially with jitter, unless the leader moved") {
  ProducerConfig config = plain();
  config.retry_backoff_ms = 100;
  config.retry_backoff_max_ms = 1000;
  const auto seed = static_cast<std::uint64_t>(GENERATE(range(0, 20)));
  config.jitter_seed = seed;
  Rig rig{config};
  rig.append();
  ProduceRequest request = rig.sent();
  for (const std::int64_t expected : {100, 200, 400, 800, 1000, 1000}) {
    rig.respond(request, Errors::not_enough_replicas);
    REQUIRE(rig.sends_nothing());
    const Nanos wait = rig.sender.next_wakeup(rig.now) - rig.now;
    CHECK(wait >= ms(expected) * 8 / 10);
    CHECK(wait <= std::min(ms(expected) * 12 / 10, ms(1000)));
    rig.now += wait;
    request = rig.sent();
  }
  rig.respond(request, Errors::not_leader_or_follower);
  REQUIRE(rig.sends_nothing());
  rig.metadata.update(0, {3, 1});
  CHECK(rig.sent().node == 3);
}

SCENARIO("P-7: a batch that is too large is split by batch.size, without using an attempt") {
  ProducerConfig config = plain();
  config.enable_idempotence = GENERATE(false, true);
  config.retries = 1;
  config.batch_size = kBatchOverheadBytes + 350;
  Rig rig{config};
  for (const std::int32_t bytes : {100, 120, 130}) rig.append(0, bytes);
  const ProduceRequest request = rig.sent();
  REQUIRE(ordinals(request).size() == 3);

  rig.respond(request, Errors::message_too_large);
  const ProduceRequest again = rig.sent();
  THEN("what is below batch.size is sent again as it is") {
    CHECK(ordinals(again) == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(again.batches[0].batch.base_sequence == (config.enable_idempotence ? 0 : kNoSequence));
  }
  THEN("no record was told anything in between") { CHECK(rig.completed().empty()); }
}

SCENARIO("blocks of records are recycled: batches in steady state reuse their memory") {
  RecordsPool pool;
  const Records* first = nullptr;
  {
    Records* const block = pool.take();
    first = block;
    const RecordsPtr owner{block};
    const RecordsPtr follower = owner;
    block->ids.emplace_back(1, 1);
    CHECK(pool.idle() == 0);
  }
  CHECK(pool.idle() == 1);
  Records* const again = pool.take();
  const RecordsPtr owner{again};
  CHECK(again == first);
  CHECK(again->size() == 0);
}

SCENARIO("a batch that grows no more moves into a block that fits") {
  RecordsPool pool;
  GIVEN("room in steps of eight, later of an eighth") {
    CHECK(RecordsPool::room_for(1) == 8);
    CHECK(RecordsPool::room_for(8) == 8);
    CHECK(RecordsPool::room_for(9) == 16);
    CHECK(RecordsPool::room_for(129) == 144);
    for (std::size_t records = 1; records < 5000; ++records) {
      const std::size_t room = RecordsPool::room_for(records);
      REQUIRE(room >= records);
      REQUIRE(room < records + std::max<std::size_t>(8, records / 8 + 1));
      REQUIRE(RecordsPool::room_for(room) == room);
    }
  }
  GIVEN("batches of all sizes up to 300, ten times over, each kept while the next five grow") {
    std::set<const Records*> blocks;
    std::vector<RecordsPtr> kept(6);
    std::size_t turn = 0;
    for (int round = 0; round < 10; ++round) {
      for (std::uint64_t size = 1; size <= 300; ++size) {
        Records* const open = pool.take();
        RecordsPtr owner{open};
        for (std::uint64_t i = 0; i < size; ++i) {
          open->ids.emplace_back(1, i);
          open->timestamps_ms.push_back(static_cast<std::int64_t>(10 * i));
          open->keys.push_back(static_cast<std::uint32_t>(i % 7));
        }
        open->max_timestamp_ms = static_cast<std::int64_t>(10 * (size - 1));
        RecordsPtr shut = pool.fitted(owner);
        REQUIRE(shut.sole_owner());
        REQUIRE(shut->size() == size);
        REQUIRE(shut->ids.capacity() == RecordsPool::room_for(size));
        REQUIRE(shut->keys.capacity() == RecordsPool::room_for(size));
        REQUIRE(shut->timestamps_ms.capacity() == RecordsPool::room_for(size));
        REQUIRE(shut->ids[size - 1].ordinal() == size - 1);
        REQUIRE(shut->timestamps_ms[size - 1] == shut->max_timestamp_ms);
        REQUIRE(shut->keys[size - 1] == (size - 1) % 7);
        blocks.insert(shut.get());
        kept[turn++ % kept.size()] = std::move(shut);
      }
    }
    THEN("nothing is made that was there, and no block changes its room") { CHECK(blocks.size() < 220); }
  }
}

SCENARIO("blocks of records may outlive the producer") {
  RecordsPtr log;
  {
    RecordsPool pool;
    Records* const block = pool.take();
    log = RecordsPtr{block};
    block->ids.emplace_back(1, 5);
  }
  CHECK(log->ids[0].ordinal() == 5);
}

SCENARIO("the size of a record on the wire") {
  CHECK(record_size_bytes(3, 20) == 7 + 3 + 20);
  CHECK(record_size_bytes(8, 100) == 1 + 1 + 1 + 1 + 1 + 1 + 8 + 2 + 100 + 1);
}

SCENARIO("P-10: without keys a topic's records fill one partition after the other") {
  ProducerConfig config = plain();
  config.linger_ms = 1000;
  config.batch_size = kBatchOverheadBytes + 2 * kRecord;
  Rig rig{config, 3};
  std::int32_t next = 0;
  const auto draw = [&] { return next++; };
  for (std::uint64_t i = 1; i <= 6; ++i) {
    rig.accumulator.append_unkeyed(rig.topic, 0, sim::EventId{1, i}, 0, kRecord, rig.now, draw);
  }
  rig.run();
  std::vector<std::vector<std::uint64_t>> sent;
  for (const ProduceRequest& request : rig.outbox.produce) {
    for (const ProduceBatch& part : request.batches) sent.push_back(ordinals(part.batch.records));
  }
  CHECK(sent == std::vector<std::vector<std::uint64_t>>{{1, 2}, {3, 4}, {5, 6}});
}

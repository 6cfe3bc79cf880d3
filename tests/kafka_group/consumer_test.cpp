#include "engine/kafka/kafka_consumer.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

FetchedBatch batch(Offset base, Offset last, bool with_records = true) {
  FetchedBatch fetched;
  fetched.batch.base_offset = base;
  fetched.batch.last_offset = last;
  fetched.batch.leader_epoch = 0;
  if (with_records) {
    auto* const records = new Records;
    records->ids.resize(static_cast<std::size_t>(last - base + 1));
    fetched.batch.records = RecordsPtr{records};
  }
  return fetched;
}

constexpr TopicPartition kPartition{0, 0};

/// A consumer of one partition, led by broker 0 of three.
struct Consumer {
  KafkaConsumer consumer;
  ConsumerRecords records;
  std::int64_t now_ms = 0;

  explicit Consumer(KafkaConsumerConfig config = {}) : consumer{std::move(config), 0} {
    consumer.assign({kPartition}, 0);
    lead(0, 0);
  }

  void lead(BrokerId leader, LeaderEpoch epoch) {
    consumer.metadata().update({{kPartition, {leader, epoch}, {0, 1, 2}, {}}}, now_ms);
  }

  ConsumerPoll poll() { return consumer.poll(records, now_ms, now_ms); }

  std::vector<OutgoingRequest> sent() {
    std::vector<OutgoingRequest> taken;
    taken.swap(consumer.network().outbox());
    return taken;
  }

  void answer_fetch(const OutgoingRequest& request, FetchedPartition data) {
    FetchResponse response;
    data.partition = kPartition;
    response.partitions.push_back(std::move(data));
    consumer.network().deliver(request.id, std::move(response));
  }

  Offset position() const {
    return const_cast<KafkaConsumer&>(consumer).subscriptions().find(kPartition)->position->offset;
  }
};

}  // namespace

SCENARIO("C-2: a poll hands out whole shared batches, cut only at the position and at max.poll.records") {
  GIVEN("a consumer at offset 3 with max.poll.records 4 and batches 0-5 and 6-9") {
    KafkaConsumerConfig config;
    config.fetch.max_poll_records = 4;
    Consumer c{config};
    c.consumer.seek(kPartition, 3);
    c.poll();
    const auto fetches = c.sent();
    REQUIRE(fetches.size() == 1);
    FetchedPartition data;
    data.high_watermark = 10;
    data.batches = {batch(0, 5), batch(6, 9)};
    const Records* const columns = data.batches[0].batch.records.get();
    c.answer_fetch(fetches[0], std::move(data));
    WHEN("it polls") {
      REQUIRE(c.poll().kind == ConsumerPoll::Kind::records);
      THEN("two slices of the same columns are handed out") {
        CHECK(c.records.count == 4);
        REQUIRE(c.records.slices.size() == 2);
        CHECK(c.records.slices[0].batch.batch.records.get() == columns);
        CHECK(c.records.slices[0].offset_of(c.records.slices[0].begin) == 3);
        CHECK(c.records.slices[0].count() == 3);
        CHECK(c.records.slices[1].count() == 1);
        CHECK(c.position() == 7);
      }
      AND_WHEN("it polls again") {
        REQUIRE(c.poll().kind == ConsumerPoll::Kind::records);
        THEN("the rest comes from the buffer") {
          CHECK(c.records.count == 3);
          CHECK(c.position() == 10);
        }
      }
    }
  }
}

SCENARIO("C-27: read_committed steps over aborted batches and markers, and passes them") {
  GIVEN("an aborted transaction 0-1, its marker at 2 and a plain batch 3-4") {
    const auto make = [](IsolationLevel isolation) {
      KafkaConsumerConfig config;
      config.fetch.isolation = isolation;
      Consumer c{config};
      c.consumer.seek(kPartition, 0);
      c.poll();
      FetchedPartition data;
      data.high_watermark = 5;
      data.last_stable_offset = 5;
      FetchedBatch aborted = batch(0, 1);
      aborted.batch.producer_id = 7;
      aborted.batch.transactional = true;
      FetchedBatch marker = batch(2, 2, false);
      marker.batch.producer_id = 7;
      marker.batch.transactional = true;
      marker.batch.control = ControlType::abort;
      data.batches = {aborted, marker, batch(3, 4)};
      if (isolation == IsolationLevel::read_committed) data.aborted = {{7, 0}};
      c.answer_fetch(c.sent()[0], std::move(data));
      c.poll();
      return std::pair{c.records.count, c.position()};
    };
    THEN("a read_committed consumer gets two records, a read_uncommitted one four; both end at 5") {
      CHECK(make(IsolationLevel::read_committed) == std::pair{2u, Offset{5}});
      CHECK(make(IsolationLevel::read_uncommitted) == std::pair{4u, Offset{5}});
    }
  }
}

SCENARIO("C-9: an offset out of range follows auto.offset.reset (conformance 72)") {
  GIVEN("a consumer at 50 of a log that starts at 80") {
    const auto out_of_range = [](ResetStrategy::Kind kind) {
      KafkaConsumerConfig config;
      config.auto_offset_reset = {kind, 0};
      auto c = std::make_unique<Consumer>(config);
      c->consumer.seek(kPartition, 50);
      c->poll();
      FetchedPartition refused;
      refused.error = Errors::offset_out_of_range;
      c->answer_fetch(c->sent()[0], std::move(refused));
      return c;
    };
    WHEN("the policy is earliest") {
      auto c = out_of_range(ResetStrategy::Kind::earliest);
      c->poll();
      c->poll();
      const auto asked = c->sent();
      REQUIRE(asked.size() == 1);
      REQUIRE(std::get<ListOffsetsRequest>(asked[0].body).partitions[0].timestamp == kEarliestTimestamp);
      c->consumer.network().deliver(asked[0].id, ListOffsetsResponse{{{kPartition, Errors::none, 80, 0}}});
      c->poll();
      THEN("it goes on at the start of the log") { CHECK(c->position() == 80); }
    }
    WHEN("the policy is none") {
      auto c = out_of_range(ResetStrategy::Kind::none);
      const ConsumerPoll polled = c->poll();
      THEN("the poll throws") {
        CHECK(polled.kind == ConsumerPoll::Kind::failed);
        CHECK(polled.exception.name == "OffsetOutOfRangeException");
      }
    }
  }
}

SCENARIO("C-10: a position beyond the end of its epoch is a truncation (conformance 73)") {
  GIVEN("a consumer at 120 of epoch 3 and a leader of epoch 4 whose epoch 3 ends at 100") {
    KafkaConsumerConfig config;
    config.auto_offset_reset = {ResetStrategy::Kind::latest, 0};
    Consumer c{config};
    c.lead(0, 3);
    c.consumer.seek(kPartition, 120, 3);
    c.lead(1, 4);
    c.poll();
    const auto asked = c.sent();
    REQUIRE(asked.size() == 1);
    REQUIRE(asked[0].node == 1);
    REQUIRE(std::holds_alternative<OffsetForLeaderEpochRequest>(asked[0].body));
    c.consumer.network().deliver(asked[0].id,
                                 OffsetForLeaderEpochResponse{{{kPartition, Errors::none, 3, 100}}});
    c.poll();
    THEN("it goes back to that end") { CHECK(c.position() == 100); }
  }
}

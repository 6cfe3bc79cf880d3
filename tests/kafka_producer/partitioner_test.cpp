#include "engine/kafka/partitioner.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

SCENARIO("P-9: keyed records go by murmur2 over all partitions") {
  CHECK(murmur2(bytes("21")) == -973932308);
  CHECK(murmur2(bytes("foobar")) == -790332482);
  CHECK(murmur2(bytes("abc")) == 479470107);
  CHECK(murmur2(bytes("a-little-bit-long-string")) == -985981536);
  CHECK(murmur2(bytes("a-little-bit-longer-string")) == -1486304829);
  CHECK(murmur2(bytes("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")) == -58897971);
  CHECK(partition_for_key(bytes("foobar"), 10) == 6);
}

SCENARIO("coordinators are placed by Java's string hash; the smallest int means partition 0") {
  CHECK(coordinator_partition("my-group", 50) == 12);
  CHECK(java_string_hash("polygenelubricants") == INT32_MIN);
  CHECK(coordinator_partition("polygenelubricants", 50) == 0);
  THEN("characters outside the basic plane count as two units") {
    CHECK(java_string_hash("\xf0\x9f\x98\x80") == 31 * 0xd83d + 0xde00);
  }
  THEN("ill-formed text is replaced, not read past its end") {
    CHECK(java_string_hash("\xf0\x9f") == 31 * 0xfffd + 0xfffd);
  }
}

SCENARIO("P-10: a record without a key sticks to its partition for batch.size bytes") {
  const std::vector<std::int32_t> available{0, 1, 2};
  const BuiltInPartitioner::TopicView topic{3, available};
  BuiltInPartitioner partitioner{100};
  std::int32_t next = 1;
  const auto draw = [&] { return next; };
  REQUIRE(partitioner.current_partition(topic, draw) == 1);
  next = 2;

  WHEN("batch.size bytes are reached while the queue holds an incomplete batch") {
    partitioner.appended(120, topic, false, draw);
    THEN("it stays, until twice batch.size") {
      CHECK(partitioner.current_partition(topic, draw) == 1);
      partitioner.appended(80, topic, false, draw);
      CHECK(partitioner.current_partition(topic, draw) == 2);
    }
  }
  WHEN("batch.size bytes are reached and the batch may be left") {
    partitioner.appended(100, topic, true, draw);
    THEN("it switches") { CHECK(partitioner.current_partition(topic, draw) == 2); }
  }
  WHEN("queues differ") {
    const std::vector<std::int32_t> sizes{0, 3, 1};
    partitioner.update_load_stats(sizes, available, 3);
    THEN("the weight of a partition is the longest queue + 1 - its own") {
      CHECK(partitioner.weight_total() == 8);
      for (const auto& [random, chosen] : {std::pair{3, 0}, {4, 1}, {5, 2}, {7, 2}}) {
        next = random;
        partitioner.appended(200, topic, true, draw);
        CHECK(partitioner.current_partition(topic, draw) == chosen);
      }
    }
  }
  WHEN("no partition has a leader") {
    THEN("any partition is as good") {
      next = 1;
      partitioner.appended(200, {3, {}}, true, draw);
      CHECK(partitioner.current_partition({3, {}}, draw) == 1);
    }
  }
}

// Which commits of a group may be in force after a failure: the newest that is certain, and all after it.
#include "engine/kafka/possible_commits.hpp"

#include <algorithm>

#include "engine/kafka/log_cleaner.hpp"
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::kafka {
namespace {

constexpr TopicPartition kPartition{1, 0};

/// A partition of __consumer_offsets in which one group commits.
struct Offsets {
  void commit(Offset offset, bool tombstone = false) {
    RecordBatch batch = plain(1);
    batch.records =
        group_log.columns_of({OffsetCommitRecord{"group", kPartition, tombstone, offset, 0, "", 1000}}, 1000);
    REQUIRE(log.append_as_leader(std::move(batch), 0, 1000).error == Errors::none);
  }
  std::vector<Offset> possible(Offset certain) {
    commits.look(7, log, certain, group_log);
    std::vector<Offset> offsets;
    for (const auto& one : commits.of("group", kPartition).commits) offsets.push_back(one.offset);
    std::sort(offsets.begin(), offsets.end());
    return offsets;
  }
  bool may_find_none() const { return commits.of("group", kPartition).may_find_none; }

  GroupLog group_log;
  UnifiedLog log{LogConfig{}, 0};
  PossibleCommits commits;
};

}  // namespace

SCENARIO("L-39: a group may resume at its newest certain commit and at every later one") {
  Offsets offsets;
  CHECK(offsets.possible(0).empty());
  CHECK(offsets.may_find_none());
  offsets.commit(10);
  offsets.commit(20);
  offsets.commit(30);
  WHEN("nothing is certain") {
    CHECK(offsets.possible(0) == std::vector<Offset>{10, 20, 30});
    CHECK(offsets.may_find_none());
  }
  WHEN("the first two are on every replica for good") {
    CHECK(offsets.possible(2) == std::vector<Offset>{20, 30});
    CHECK_FALSE(offsets.may_find_none());
    THEN("that does not change until the third is") {
      CHECK(offsets.possible(2) == std::vector<Offset>{20, 30});
      CHECK(offsets.possible(3) == std::vector<Offset>{30});
    }
  }
  WHEN("the commit expires: a tombstone that may or may not last") {
    offsets.commit(-1, true);
    CHECK(offsets.possible(3) == std::vector<Offset>{30});
    CHECK(offsets.may_find_none());
    THEN("once it is certain there is none") {
      CHECK(offsets.possible(4).empty());
      CHECK(offsets.may_find_none());
    }
  }
  WHEN("the last two are lost to a blackout and another is written in their place") {
    CHECK(offsets.possible(1) == std::vector<Offset>{10, 20, 30});
    offsets.log.truncate_to(1, 1000);
    CHECK(offsets.possible(1) == std::vector<Offset>{10});
    offsets.commit(15);
    CHECK(offsets.possible(1) == std::vector<Offset>{10, 15});
    CHECK_FALSE(offsets.may_find_none());
  }
}

SCENARIO("L-39, L-48: a commit that the cleaner took away may still be in force on a replica that has it") {
  Offsets offsets;
  offsets.commit(10);
  offsets.commit(40);
  offsets.commit(20);
  offsets.log.roll(1000);
  offsets.log.update_high_watermark(3);
  const LogToClean all{offsets.log, 0, 3, true};
  offsets.commits.before_cleaning(7, offsets.log, 3, offsets.group_log);
  replace_cleaned(offsets.log, Cleaner{}.clean(offsets.log, all, 1000));
  REQUIRE(offsets.log.batches().size() == 1);
  WHEN("only the first is certain") {
    const std::vector<Offset> possible = offsets.possible(1);
    THEN("the second is among those to resume at, and so is the first") {
      CHECK(std::count(possible.begin(), possible.end(), 10) == 1);
      CHECK(std::count(possible.begin(), possible.end(), 40) == 1);
      CHECK(std::count(possible.begin(), possible.end(), 20) > 0);
    }
  }
  WHEN("the one that superseded them is certain") {
    CHECK(offsets.possible(3) == std::vector<Offset>{20});
    CHECK_FALSE(offsets.may_find_none());
  }
}

}  // namespace wrackline::kafka

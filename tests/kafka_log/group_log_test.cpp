// What a coordinator finds in its partition, whatever of it has been cleaned or forgotten meanwhile (L-48,
// C-16).
#include "engine/kafka/group_log.hpp"

#include <memory>
#include <string>

#include "engine/kafka/group_coordinator.hpp"
#include "tests/kafka_log/compacted.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::kafka {
namespace {

OffsetCommitRecord commit(const std::string& group, std::int32_t partition, Offset offset,
                          bool tombstone = false) {
  return {group, {1, partition}, tombstone, offset, 0, "", 1000};
}
GroupMetadataRecord metadata(const std::string& group, std::int32_t generation, bool tombstone = false) {
  GroupMetadataRecord record;
  record.group = group;
  record.generation = generation;
  record.tombstone = tombstone;
  return record;
}

/// One partition of __consumer_offsets on two replicas, of which the second may lag.
struct Replicas {
  void append(std::vector<GroupRecord> records) {
    RecordBatch batch = plain(static_cast<std::int64_t>(records.size()));
    batch.records = group_log->columns_of(std::move(records), 1000);
    batch.size_bytes = GroupLog::batch_bytes(*batch.records);
    REQUIRE(leader.append_as_leader(std::move(batch), 0, 1000).error == Errors::none);
  }
  void replicate() {
    const auto batches = leader.batches();
    std::vector<RecordBatch> missing;
    for (const RecordBatch& batch : batches)
      if (batch.base_offset >= follower.log_end_offset()) missing.push_back(batch);
    follower.append_as_follower(missing, 0, 1000);
  }
  void forget(Offset certain) {
    leader.update_high_watermark(certain);
    follower.update_high_watermark(certain);
    leader.forget_superseded_below(certain);
    follower.forget_superseded_below(certain);
  }
  /// The same size and end, whatever of it is in memory.
  static bool same_length(const UnifiedLog& one, const UnifiedLog& other) {
    return one.size_bytes() == other.size_bytes() && one.log_end_offset() == other.log_end_offset() &&
           one.segment_count() == other.segment_count();
  }
  /// What a coordinator that loads this replica's log answers.
  std::string loaded(const UnifiedLog& log) const {
    GroupCoordinator coordinator{{}, 1000};
    group_log->for_each(log.batches(),
                        [&](const GroupRecord& record) { coordinator.load(record, kNoProducerId); });
    return answers_of(coordinator);
  }
  static std::string answers_of(const GroupCoordinator& coordinator) {
    std::string all;
    for (const char* const group : {"a", "b", "c"}) {
      const ClassicGroup* const known = coordinator.group(group);
      all += std::string{group} + (known == nullptr ? " -" : " " + std::to_string(known->generation())) + ":";
      const OffsetFetchRequest request{group, {{1, 0}, {1, 1}, {1, 2}}, false, {}, -1};
      for (const FetchedOffset& offset : coordinator.fetch_offsets(request).partitions)
        all += " " + std::to_string(offset.offset);
      all += "\n";
    }
    return all;
  }

  std::unique_ptr<GroupLog> group_log = std::make_unique<GroupLog>();
  UnifiedLog leader{compacted_config(), 0};
  UnifiedLog follower{compacted_config(), 0};
};

}  // namespace

SCENARIO("L-48: what no log changes any more is forgotten once it is superseded in its segment") {
  Replicas replicas;
  replicas.append({metadata("a", 1)});
  for (int i = 0; i < 100; ++i) replicas.append({commit("a", 0, i), commit("a", 1, 2 * i)});
  replicas.append({metadata("a", 2), commit("b", 0, 5)});
  replicas.replicate();
  const std::string whole = replicas.loaded(replicas.leader);
  const std::int64_t bytes = replicas.leader.size_bytes();
  WHEN("all of it is on every replica for good") {
    replicas.forget(replicas.leader.log_end_offset());
    THEN("four records are held, in the order of the log, and a load finds the same") {
      CHECK(replicas.group_log->records_held() == 4);
      CHECK(replicas.loaded(replicas.leader) == whole);
      CHECK(replicas.loaded(replicas.follower) == whole);
      std::vector<Offset> order;
      replicas.group_log->for_each(replicas.leader.batches(), [&](const GroupRecord& record) {
        const auto* const offset = std::get_if<OffsetCommitRecord>(&record);
        order.push_back(offset == nullptr ? -1 : offset->offset);
      });
      CHECK(order == std::vector<Offset>{99, 198, -1, 5});
    }
    THEN("the simulated log is as long as before: the load takes as long") {
      CHECK(replicas.leader.size_bytes() == bytes);
      CHECK(replicas.follower.size_bytes() == bytes);
      CHECK(bytes > 100 * kBatchOverheadBytes);
    }
  }
  WHEN("a segment ends between two commits") {
    replicas.leader.roll(1000);
    for (int i = 0; i < 100; ++i) replicas.append({commit("a", 0, i), commit("a", 1, 2 * i)});
    replicas.replicate();
    replicas.follower.truncate_fully_and_start_at(0, 1000);
    replicas.leader.update_high_watermark(replicas.leader.log_end_offset());
    replicas.leader.forget_superseded_below(replicas.leader.log_end_offset());
    THEN("both last ones are held: the cleaner has not been there yet") {
      CHECK(replicas.group_log->records_held() == 6);
    }
  }
  WHEN("a group is deleted: tombstones") {
    replicas.append({commit("a", 0, -1, true), commit("a", 1, -1, true)});
    replicas.append({metadata("a", 0, true)});
    replicas.replicate();
    const std::string without = replicas.loaded(replicas.leader);
    CHECK(without != whole);
    replicas.forget(replicas.leader.log_end_offset());
    THEN("they are kept, so what they delete stays deleted") {
      CHECK(replicas.loaded(replicas.leader) == without);
    }
  }
}

SCENARIO("C-16: what a replica lost, its coordinator has lost") {
  Replicas replicas;
  replicas.append({metadata("a", 1), commit("a", 0, 10)});
  replicas.append({commit("a", 0, 20)});
  replicas.replicate();
  replicas.append({commit("a", 0, 30)});
  replicas.forget(3);
  GIVEN("a follower that lags and leads now") {
    CHECK(replicas.loaded(replicas.leader).find(" 30") != std::string::npos);
    CHECK(replicas.loaded(replicas.follower).find(" 20") != std::string::npos);
  }
  GIVEN("a leader that truncates what was its own") {
    replicas.leader.truncate_to(3, 1000);
    CHECK(replicas.loaded(replicas.leader) == replicas.loaded(replicas.follower));
    CHECK(replicas.group_log->records_held() == 3);
  }
}

SCENARIO("what a record says lasts as long as somebody holds its batch") {
  Replicas replicas;
  RecordsPtr write = replicas.group_log->columns_of({commit("a", 0, 1)}, 1000);
  RecordsPtr other = replicas.group_log->columns_of({commit("a", 0, 2), commit("a", 1, 3)}, 1000);
  CHECK(replicas.group_log->records_held() == 3);
  write = {};
  CHECK(replicas.group_log->records_held() == 2);
  CHECK(std::get<OffsetCommitRecord>(replicas.group_log->at(other->ids[1])).offset == 3);
  WHEN("the log of the run goes first, as in the end of a run it may") {
    replicas.group_log.reset();
    THEN("the last owner may still let go") { other = {}; }
  }
}

TEST_CASE(
    "L-48: loads of a log that was forgotten in part, and of one that was cleaned, are loads of the whole") {
  std::uint64_t state = 1;
  const auto roll = [&](std::uint64_t below) {
    state = sim::mix(state);
    return state % below;
  };
  for (int run = 0; run < 200; ++run) {
    Replicas forgets;
    Replicas whole;
    // A cleaner on each replica of both: it finds the same to do in all of them.
    std::vector<LogCleanerManager> cleaners(4);
    Offset certain = 0;
    const auto both = [&](const auto& act) {
      act(forgets);
      act(whole);
    };
    const auto clean = [&](std::size_t number, UnifiedLog& log) {
      const LogCleanerManager::Candidate candidate{0, &log};
      const auto grabbed = cleaners[number].grab_filthiest({&candidate, 1}, 1000);
      if (!grabbed) return;
      CleanedLog cleaned = Cleaner{}.clean(log, grabbed->to_clean, 1000);
      cleaners[number].done_cleaning(0, cleaned.end_offset);
      replace_cleaned(log, std::move(cleaned));
    };
    for (int i = 0; i < 150; ++i) {
      const std::uint64_t what = roll(14);
      if (what < 7) {
        const std::string group(1, static_cast<char>('a' + roll(3)));
        std::vector<GroupRecord> records;
        // As a coordinator writes them: a group that is deleted takes its offsets along.
        if (roll(8) == 0) {
          for (const std::int32_t p : {0, 1, 2}) records.emplace_back(commit(group, p, -1, true));
          records.emplace_back(metadata(group, 0, true));
        } else {
          records.emplace_back(metadata(group, static_cast<std::int32_t>(roll(9))));
          for (std::uint64_t n = roll(3); n > 0; --n)
            records.emplace_back(
                commit(group, static_cast<std::int32_t>(roll(3)), static_cast<Offset>(roll(1000))));
        }
        both([&](Replicas& at) { at.append(records); });
      } else if (what < 9) {
        both([](Replicas& at) { at.replicate(); });
      } else if (what < 10) {
        // Only what both have, and never less than before.
        certain = std::max(
            certain,
            static_cast<Offset>(roll(static_cast<std::uint64_t>(whole.follower.log_end_offset()) + 1)));
        forgets.forget(certain);
        whole.leader.update_high_watermark(certain);
        whole.follower.update_high_watermark(certain);
      } else if (what < 11) {
        const bool leads = roll(2) == 0;
        both([&](Replicas& at) { (leads ? at.leader : at.follower).roll(1000); });
      } else if (what < 13) {
        const bool leads = roll(2) == 0;
        clean(leads ? 0 : 1, leads ? forgets.leader : forgets.follower);
        clean(leads ? 2 : 3, leads ? whole.leader : whole.follower);
      } else {
        const Offset to =
            certain + static_cast<Offset>(
                          roll(static_cast<std::uint64_t>(whole.leader.log_end_offset() - certain + 1)));
        both([&](Replicas& at) {
          at.leader.truncate_to(to, 1000);
          at.follower.truncate_to(to, 1000);
          at.replicate();
        });
        for (LogCleanerManager& cleaner : cleaners) cleaner.maybe_truncate_checkpoint(0, to);
      }
      CAPTURE(run, i);
      REQUIRE(forgets.loaded(forgets.leader) == whole.loaded(whole.leader));
      REQUIRE(forgets.loaded(forgets.follower) == whole.loaded(whole.follower));
      REQUIRE(Replicas::same_length(forgets.leader, whole.leader));
      REQUIRE(Replicas::same_length(forgets.follower, whole.follower));
    }
  }
}

}  // namespace wrackline::kafka

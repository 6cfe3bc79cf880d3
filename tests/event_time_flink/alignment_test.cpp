// Watermark alignment: statements M-12 to M-16 of reference/flink.md 11.5.
#include "engine/event_time/flink/watermark_alignment.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

TEST_CASE("M-12: the group may go as far as its slowest subtask plus the drift") {
  AlignmentCoordinator coordinator;
  coordinator.add_source(0, "group", 1000);
  CHECK_FALSE(coordinator.max_allowed(0).has_value());
  coordinator.report({0, 0}, 42);
  CHECK(coordinator.max_allowed(0) == 1042);
  coordinator.report({0, 1}, 44);
  CHECK(coordinator.max_allowed(0) == 1042);
  coordinator.report({0, 0}, 5000);
  CHECK(coordinator.max_allowed(0) == 1044);
}

TEST_CASE("M-13: an idle subtask reports MAX and holds nobody; all idle: no limit") {
  AlignmentCoordinator coordinator;
  coordinator.add_source(0, "group", 1000);
  coordinator.report({0, 0}, 42);
  coordinator.report({0, 1}, 44);
  coordinator.report({0, 0}, kMaxTimestamp);
  CHECK(coordinator.max_allowed(0) == 1044);
  coordinator.report({0, 0}, 42);
  CHECK(coordinator.max_allowed(0) == 1042);
  coordinator.report({0, 0}, kMaxTimestamp);
  coordinator.report({0, 1}, kMaxTimestamp);
  CHECK(coordinator.max_allowed(0) == kMaxTimestamp);
  coordinator.forget({0, 0});
  coordinator.forget({0, 1});
  CHECK_FALSE(coordinator.max_allowed(0).has_value());
}

TEST_CASE("M-14: groups are independent; sources of one group are not") {
  AlignmentCoordinator coordinator;
  coordinator.add_source(1, "g1", 1000);
  coordinator.add_source(2, "g2", 1000);
  coordinator.add_source(3, "g1", 5);
  coordinator.report({1, 0}, 42);
  coordinator.report({2, 0}, 44);
  CHECK(coordinator.max_allowed(1) == 1042);
  CHECK(coordinator.max_allowed(2) == 1044);
  coordinator.report({1, 0}, 5000);
  CHECK(coordinator.max_allowed(1) == 6000);
  CHECK(coordinator.max_allowed(2) == 1044);
  CHECK(coordinator.max_allowed(3) == 5005);
}

TEST_CASE("M-15: a subtask stops strictly above the announced maximum") {
  AlignedReader reader{Version::v2_2};
  CHECK_FALSE(reader.to_report().has_value());
  reader.on_reader_watermark(1000);
  CHECK_FALSE(reader.is_blocked());
  reader.on_announcement(999);
  CHECK(reader.is_blocked());
  reader.on_announcement(1000);
  CHECK_FALSE(reader.is_blocked());
  reader.on_announcement(1001);
  reader.on_reader_watermark(2000);
  CHECK(reader.is_blocked());
  CHECK(reader.to_report() == 2000);
  reader.on_reader_idle(true);
  CHECK(reader.to_report() == kMaxTimestamp);
}

TEST_CASE("M-16: with several splits the fast ones pause") {
  AlignedReader reader{Version::v2_2};
  reader.add_split(0);
  reader.add_split(1);
  reader.on_split_watermark(0, 5);
  reader.on_announcement(4);
  CHECK(reader.is_paused(0));
  reader.on_announcement(5);
  CHECK_FALSE(reader.is_paused(0));
  reader.on_split_watermark(0, 11);
  CHECK(reader.is_paused(0));
  reader.on_split_watermark(1, 3);
  CHECK_FALSE(reader.is_paused(1));
  reader.on_split_watermark(1, 12);
  CHECK(reader.is_paused(1));
}

TEST_CASE("2.8: a single split is not paused; idle splits are left alone by 2.x and not by 1.20") {
  for (const Version version : {Version::v1_20, Version::v2_2}) {
    AlignedReader reader{version};
    reader.add_split(0);
    reader.on_split_watermark(0, 5);
    reader.on_announcement(4);
    CHECK_FALSE(reader.is_paused(0));
    reader.add_split(1);
    reader.on_split_idle(0, true);
    reader.on_announcement(3);
    CHECK(reader.is_paused(0) == (version == Version::v1_20));
    reader.on_split_idle(0, false);
    CHECK(reader.is_paused(0));
    reader.remove_split(0);
    CHECK_FALSE(reader.is_paused(0));
  }
}

}  // namespace
}  // namespace wrackline::event_time::flink

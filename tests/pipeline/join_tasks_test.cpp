// The decisions behind a job's join: two watermarks into one, and whose state may be stored.
#include "engine/processor/join_tasks.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::processor {
namespace {

using event_time::kMaxTimestamp;
using event_time::kMinTimestamp;
using event_time::PartitionWatermarks;
using event_time::WatermarkStrategy;
using event_time::window::JoinSide;
using event_time::window::StreamJoinSpec;

/// Topic 0 with topic 1, an interval join of 100 ms either way, left outer.
struct Inputs {
  explicit Inputs(std::int64_t idle_timeout_ms = 0) {
    strategy.idle_timeout_ms = idle_timeout_ms;
    options.spec.lower_ms = -100;
    options.spec.upper_ms = 100;
    options.spec.kind = event_time::window::JoinType::left;
    options.right = 1;
    options.right_watermark = strategy;
    options.committed = &committed;
    left = PartitionWatermarks{strategy};
    left.add_partition(0);
    tasks = std::make_unique<JoinTasks>(options, left);
    tasks->right_watermarks().add_partition(4);
  }
  void emit(std::int64_t now_ms) {
    left.on_periodic_emit(now_ms);
    tasks->right_watermarks().on_periodic_emit(now_ms);
    tasks->advance_to(tasks->combined(), rows);
  }

  WatermarkStrategy strategy = WatermarkStrategy::bounded(0);
  JoinOptions options;
  CommittedJoins committed;
  PartitionWatermarks left{strategy};
  std::unique_ptr<JoinTasks> tasks;
  JoinTasks::Rows rows;
};

}  // namespace

SCENARIO("an operator of two inputs goes by the smaller watermark, and an idle input does not count") {
  GIVEN("both speak") {
    Inputs in;
    in.left.on_record(0, 5000);
    in.emit(0);
    CHECK(in.tasks->watermark() == kMinTimestamp);  // one has said nothing yet
    in.tasks->right_watermarks().on_record(4, 3000);
    in.emit(200);
    CHECK(in.tasks->watermark() == 2999);
    in.tasks->right_watermarks().on_record(4, 9000);
    in.emit(400);
    CHECK(in.tasks->watermark() == 4999);
  }
  GIVEN("one falls silent") {
    Inputs in{1000};
    in.left.on_record(0, 5000);
    in.tasks->right_watermarks().on_record(4, 3000);
    for (std::int64_t now_ms = 0; now_ms <= 3000; now_ms += 200) {
      in.left.on_record(0, 5000 + now_ms);
      in.emit(now_ms);
    }
    CHECK(in.tasks->watermark() == 7999);
    // Back again, behind: the operator does not go back.
    in.tasks->right_watermarks().on_record(4, 3100);
    in.emit(3200);
    CHECK(in.tasks->watermark() == 7999);
  }
}

SCENARIO("a state goes by its offsets; a new owner goes by its own watermark, if that is further") {
  Inputs in;
  JoinTasks::Task& task = in.tasks->task(0, in.rows);
  task.join.add(JoinSide::left, 7, {1000, sim::EventId{0, 0}, 0}, in.rows);
  CHECK(in.committed.put(0, task.epoch, {3, 5}, task.join));
  CHECK(in.committed.at(0, {3, 6}) == nullptr);
  CHECK(in.committed.at(1, {3, 5}) == nullptr);
  const auto state = in.committed.at(0, {3, 5});
  REQUIRE(state != nullptr);
  CHECK(state->waiting() == 1);

  Inputs successor;
  successor.options.committed = &in.committed;
  successor.tasks = std::make_unique<JoinTasks>(successor.options, successor.left);
  successor.tasks->advance_to(2000, successor.rows);
  successor.tasks->open(0, state.get(), successor.rows);
  // Nothing can come for the record any more: it comes out alone.
  REQUIRE(successor.rows.size() == 1);
  CHECK_FALSE(successor.rows.front().has_right);
  // The one before is fenced: what it holds is not stored any more, whatever the offsets.
  CHECK_FALSE(in.committed.put(0, task.epoch, {4, 5}, task.join));
  CHECK(in.committed.at(0, {4, 5}) == nullptr);
  CHECK(successor.tasks->waiting() == 0);
  CHECK(state->waiting() == 1);
}

}  // namespace wrackline::processor

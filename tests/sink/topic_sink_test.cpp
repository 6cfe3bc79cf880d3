// What a reader of a sink's topic sees, and which rows are lost there (kafka.md 6.3, KP).
#include "engine/sink/topic_sink.hpp"

#include "sim/node.hpp"
#include "sim/simulation.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::sink {

namespace {

struct Reader final : sim::Observer {
  void visible(const sim::VisibleResult& result, sim::Time) override { keys.push_back(result.key); }
  void withdrawn(const sim::VisibleResult& result, sim::Time) override {
    withdrawn_keys.push_back(result.key);
  }
  std::vector<std::uint32_t> keys;
  std::vector<std::uint32_t> withdrawn_keys;
};

struct World {
  World() {
    process.start([](sim::Process&) -> sim::Task<> { co_return; });
  }

  std::uint64_t write(std::uint32_t keys, std::int64_t window_end_ms = 1000) {
    auto rows = std::make_shared<RowBatch>();
    for (std::uint32_t key = 0; key < keys; ++key) {
      ResultRow row;
      row.key = key;
      row.window_start_ms = window_end_ms - 1000;
      row.window_end_ms = window_end_ms;
      row.first_contribution = key;
      row.contributions = 1;
      rows->rows.push_back(row);
      rows->contributions.emplace_back(0, key);
    }
    return sink.take_in(std::move(rows), process, 1, 7);
  }
  kafka::RecordsPtr block(std::uint64_t first, std::uint64_t end) const {
    auto* const records = new kafka::Records;
    for (std::uint64_t row = first; row < end; ++row) records->ids.push_back(sink.id_of(row));
    return kafka::RecordsPtr{records};
  }
  struct Ends {
    std::size_t held = 0;
    std::vector<sim::Told> lost;
  };
  Ends close(std::span<const sim::EventId> in_log = {}) {
    Ends ends;
    sink.close(
        in_log, [&](std::uint32_t, std::span<const sim::EventId> ids) { ends.held += ids.size(); },
        [&](std::uint32_t, sim::Told told, std::span<const sim::EventId>) { ends.lost.push_back(told); });
    return ends;
  }

  sim::Simulation simulation{sim::SimulationOptions{}};
  sim::Process& process = simulation.add_node("job", "", 1).add_process("job");
  Reader reader;
  TopicSink sink{reader, 0, 3};
};

constexpr sim::PartitionRef kHere{3, 0};

}  // namespace

SCENARIO("KP: a row is visible when the high watermark passes it, and once more for each further copy") {
  World w;
  const std::uint64_t first = w.write(3);
  kafka::RecordsPtr records = w.block(first, first + 3);
  w.sink.committed({9, 0}, 0, records->ids, {});
  CHECK(w.reader.keys.empty());  // another topic
  w.sink.committed(kHere, 0, records->ids, {});
  CHECK(w.reader.keys == std::vector<std::uint32_t>{0, 1, 2});
  w.sink.committed(kHere, 3, std::span{records->ids}.first(1), {});
  CHECK(w.reader.keys == std::vector<std::uint32_t>{0, 1, 2, 0});
  CHECK(w.close().lost.empty());
}

SCENARIO("KP: a row is remembered while anybody else holds a copy of it, and no longer") {
  World w;
  const std::uint64_t first = w.write(2);
  kafka::RecordsPtr in_log = w.block(first, first + 2);
  w.sink.answered(in_log, sim::Told::acknowledged);
  w.sink.committed(kHere, 0, in_log->ids, {});
  w.sink.housekeeping();
  CHECK(w.sink.remembered_rows() == 2);
  in_log = {};
  w.sink.housekeeping();
  CHECK(w.sink.remembered_rows() == 0);
}

SCENARIO("KP: rows of which every copy is gone unseen are lost, with what the producer was told") {
  World w;
  const std::uint64_t first = w.write(4);
  w.sink.answered(w.block(first, first + 1), sim::Told::acknowledged);
  w.sink.answered(w.block(first + 1, first + 2), sim::Told::fire_and_forget);
  w.sink.refused(first + 2, first + 3);
  CHECK(w.sink.final_before_ms() == 999);
  w.sink.housekeeping();
  w.simulation.run_until(sim::kStart + std::chrono::seconds{1});
  WHEN("the writer lives: what it has not been told about is still to come") {
    const auto ends = w.close();
    CHECK(ends.held == 1);
    REQUIRE(ends.lost.size() == 3);
  }
  WHEN("the writer died: nobody will ever be told") {
    w.process.crash();
    const auto ends = w.close();
    CHECK(ends.held == 0);
    REQUIRE(ends.lost.size() == 4);
    CHECK(ends.lost[0] == sim::Told::outcome_unknown);
    CHECK(ends.lost[1] == sim::Told::failed);
    CHECK(ends.lost[2] == sim::Told::acknowledged);
    CHECK(ends.lost[3] == sim::Told::fire_and_forget);
  }
  WHEN("a leader has it in its log, beyond what readers see") {
    w.process.crash();
    const std::vector<sim::EventId> in_log{w.sink.id_of(first + 3)};
    CHECK(w.close(in_log).held == 1);
  }
}

SCENARIO("KP: rows that never reached the producer are the processor's to lose") {
  World w;
  const std::uint64_t first = w.write(2);
  w.sink.abandoned(first, first + 2);
  const auto ends = w.close();
  CHECK(ends.held == 0);
  CHECK(ends.lost.empty());
}

SCENARIO("KP: what an election takes out of the log is withdrawn, and lost unless it comes again") {
  World w;
  const std::uint64_t first = w.write(1);
  kafka::RecordsPtr records = w.block(first, first + 1);
  w.sink.committed(kHere, 0, records->ids, {});
  w.sink.answered(records, sim::Told::acknowledged);
  w.sink.uncommitted(kHere, 0, records->ids, {});
  CHECK(w.reader.withdrawn_keys == std::vector<std::uint32_t>{0});
  CHECK(w.sink.final_before_ms() == 999);
  records = {};
  CHECK(w.close().lost == std::vector<sim::Told>{sim::Told::acknowledged});
}

}  // namespace wrackline::sink

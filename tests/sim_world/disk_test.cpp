#include "sim/disk.hpp"

#include <optional>
#include <set>
#include <vector>

#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

Task<> forever(Process&) {
  for (;;) co_await sleep(1h);
}

DiskOptions plain() {
  DiskOptions options;
  options.write_latency = Distribution::constant(10us);
  options.cache_bytes_per_second = 0;
  options.flush_latency = Distribution::constant(2ms);
  options.bytes_per_second = 0;
  return options;
}

struct World {
  explicit World(std::uint64_t seed = 1, DiskOptions options = plain())
      : sim{{.seed = seed}},
        node{sim.add_node("n1")},
        broker{node.add_process("broker")},
        disk{node, "n1/d1", options},
        log{disk.open("log")} {
    broker.start(forever);
    run_for(1ms);
  }
  void run_for(Duration time) { sim.run_until(sim.now() + time); }
  void on_done(std::uint64_t number, DiskResult result) {
    done.push_back(number);
    results.push_back(result);
    done_at.push_back(sim.now());
  }
  DiskHandler note(std::uint64_t number = 0) { return DiskHandler::to<&World::on_done>(*this, number); }
  void append(int count, std::int64_t bytes = 100) {
    for (int i = 0; i < count; ++i) disk.append(log, broker, bytes, 1, note());
  }

  Simulation sim;
  Node& node;
  Process& broker;
  Disk disk;
  FileId log;
  std::vector<std::uint64_t> done;
  std::vector<DiskResult> results;
  std::vector<Time> done_at;
};

Task<> write_and_flush(Disk& disk, FileId file, Process& process, std::vector<DiskResult>& results) {
  results.push_back(co_await disk.append(file, process, 500, 5));
  results.push_back(co_await disk.flush(file, process));
}

}  // namespace

TEST_CASE("an entry is written after the write latency and durable after the flush") {
  World world;
  std::vector<DiskResult> results;
  world.broker.spawn("write", write_and_flush(world.disk, world.log, world.broker, results));
  world.run_for(1ms);
  CHECK(world.disk.written(world.log) == Extent{500, 5});
  CHECK(world.disk.durable(world.log) == Extent{0, 0});
  world.run_for(10ms);
  CHECK(world.disk.durable(world.log) == Extent{500, 5});
  CHECK(results == std::vector<DiskResult>{DiskResult::ok, DiskResult::ok});
}

TEST_CASE("a crash of the process keeps the page cache, and nobody is called back") {
  World world;
  world.append(3);
  world.run_for(5us);
  world.broker.crash();
  world.run_for(1s);
  CHECK(world.disk.written(world.log) == Extent{300, 3});
  CHECK(world.done.empty());
}

TEST_CASE("a loss of power keeps what was flushed and a beginning of the rest, chosen by the seed") {
  std::set<std::int64_t> outcomes;
  int torn = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world{seed};
    world.append(4);
    world.run_for(1ms);
    world.disk.flush(world.log, world.broker, world.note());
    world.run_for(10ms);
    world.append(6);
    world.run_for(1ms);
    world.node.power_off();
    const Extent left = world.disk.written(world.log);
    REQUIRE(left.records >= 4);
    REQUIRE(left.records <= 10);
    REQUIRE(left.bytes == 100 * left.records);
    CHECK(world.disk.durable(world.log) == left);
    outcomes.insert(left.records);
    torn += world.disk.torn_bytes(world.log) > 0 ? 1 : 0;
    CHECK(world.disk.used_bytes() == left.bytes + world.disk.torn_bytes(world.log));
  }
  CHECK(outcomes == std::set<std::int64_t>{4, 5, 6, 7, 8, 9, 10});
  CHECK(torn > 20);
  CHECK(torn < 70);
}

TEST_CASE("the fate of unsynced data can be fixed") {
  World world;
  world.append(5);
  world.run_for(1ms);
  SECTION("all lost") {
    world.disk.set_power_loss(UnsyncedFate::lose_all);
    world.node.power_off();
    CHECK(world.disk.written(world.log).records == 0);
    CHECK(world.disk.counts().records_lost == 5);
  }
  SECTION("all kept") {
    world.disk.set_power_loss(UnsyncedFate::keep_all);
    world.node.power_off();
    CHECK(world.disk.written(world.log).records == 5);
  }
}

TEST_CASE("the background writeback saves what is old enough") {
  World world;
  world.append(2);
  world.run_for(31s);
  world.append(3);
  world.run_for(1ms);
  CHECK(world.disk.durable(world.log).records == 2);
  world.disk.set_power_loss(UnsyncedFate::lose_all);
  world.node.power_off();
  CHECK(world.disk.written(world.log).records == 2);
}

TEST_CASE("power lost in the middle of a flush: nothing is promised") {
  World world;
  world.append(2);
  world.run_for(1ms);
  world.disk.flush(world.log, world.broker, world.note(9));
  world.run_for(1ms);
  world.disk.set_power_loss(UnsyncedFate::lose_all);
  world.node.power_off();
  world.run_for(1s);
  CHECK(world.disk.written(world.log).records == 0);
  CHECK(world.done.size() == 2);
}

TEST_CASE("side files flush on their own and may disagree with the log") {
  World world;
  const FileId checkpoint = world.disk.open("recovery-point");
  Kept<std::int64_t> kept;
  world.append(2);
  world.disk.replace(checkpoint, world.broker, 20, kept.put(1), world.note());
  world.run_for(1ms);
  world.disk.flush(checkpoint, world.broker, world.note());
  world.run_for(10ms);
  world.disk.replace(checkpoint, world.broker, 20, kept.put(2), world.note());
  world.run_for(1ms);
  CHECK(*kept.at(world.disk, checkpoint) == 2);
  world.disk.set_power_loss(UnsyncedFate::lose_all);
  world.node.power_off();
  CHECK(*kept.at(world.disk, checkpoint) == 1);
  CHECK(world.disk.written(world.log).records == 0);
}

TEST_CASE("truncation cuts, and ends a torn entry") {
  World world;
  world.append(5);
  world.run_for(1ms);
  world.disk.truncate(world.log, {300, 3});
  CHECK(world.disk.written(world.log) == Extent{300, 3});
  CHECK(world.disk.used_bytes() == 300);
  world.append(1);
  world.run_for(1ms);
  CHECK(world.disk.written(world.log) == Extent{400, 4});
  world.disk.truncate(world.log, {350, 3});  // in the middle of an entry
  world.disk.set_power_loss(UnsyncedFate::keep_all);
  world.node.power_off();
  CHECK(world.disk.written(world.log) == Extent{350, 3});
  world.disk.drop_prefix(world.log, 200);
  CHECK(world.disk.used_bytes() == 150);
}

TEST_CASE("conditions: slow, stalled, full, read-only, failing, lying") {
  World world;
  const Time start = world.sim.now();
  SECTION("slow") {
    auto slow = world.disk.impose({.slow_ppm = 100'000'000});
    world.append(1);
    world.run_for(10ms);
    CHECK(world.done_at[0] == start + 1ms);
    CHECK(world.disk.counts().slowed == 1);
  }
  SECTION("slow beyond all measure: nothing comes back, least of all before it was asked for") {
    const auto slow = world.disk.impose({.slow_ppm = 1'000'000'000'000'000});
    const auto slower = world.disk.impose({.slow_ppm = 1'000'000'000'000'000});
    world.append(1);
    world.run_for(24h);
    CHECK(world.done.empty());
  }
  SECTION("stalled: nothing completes until it ends, then in order") {
    std::optional<ConditionHandle> stall{world.disk.impose({.stalled = true})};
    for (std::uint64_t i = 0; i < 3; ++i) world.disk.append(world.log, world.broker, 100, 1, world.note(i));
    world.run_for(5s);
    CHECK(world.done.empty());
    CHECK(world.disk.written(world.log).records == 0);
    stall.reset();
    world.run_for(1ms);
    CHECK(world.done == std::vector<std::uint64_t>{0, 1, 2});
    CHECK(world.disk.counts().stalled == 3);
  }
  SECTION("full") {
    std::optional<ConditionHandle> full{world.disk.impose({.full = true})};
    world.append(1);
    world.run_for(1ms);
    full.reset();
    world.append(1);
    world.run_for(1ms);
    CHECK(world.results == std::vector<DiskResult>{DiskResult::full, DiskResult::ok});
    CHECK(world.disk.written(world.log).records == 1);
  }
  SECTION("read-only and failing") {
    std::optional<ConditionHandle> condition{world.disk.impose({.read_only = true})};
    world.append(1);
    world.run_for(1ms);
    condition = world.disk.impose({.failing = Ratio::always()});
    world.append(1);
    world.run_for(1ms);
    CHECK(world.results == std::vector<DiskResult>{DiskResult::read_only, DiskResult::failed});
  }
  SECTION("lying") {
    auto lie = world.disk.impose({.lying = true});
    world.append(1);
    world.run_for(1ms);
    world.disk.flush(world.log, world.broker, world.note());
    world.run_for(10ms);
    CHECK(world.results.back() == DiskResult::ok);
    CHECK(world.disk.durable(world.log).records == 0);
  }
  SECTION("really full") {
    DiskOptions small = plain();
    small.capacity_bytes = 250;
    World tight{1, small};
    tight.append(3);
    tight.run_for(1ms);
    CHECK(tight.results == std::vector<DiskResult>{DiskResult::ok, DiskResult::ok, DiskResult::full});
  }
}

TEST_CASE("a flush covers the append that was asked for just before it") {
  World world;
  world.append(2);
  world.disk.flush(world.log, world.broker, world.note());
  world.run_for(10ms);
  CHECK(world.disk.durable(world.log).records == 2);
}

TEST_CASE("a truncation also cuts what is still under way") {
  World world;
  world.append(2);
  world.disk.flush(world.log, world.broker, world.note());
  world.disk.truncate(world.log, {100, 1});
  world.append(1);
  CHECK(world.disk.asked(world.log) == Extent{200, 2});
  world.run_for(10ms);
  CHECK(world.disk.written(world.log) == Extent{200, 2});
  CHECK(world.disk.durable(world.log).records == 1);
  CHECK(world.disk.used_bytes() == 200);
}

TEST_CASE("the device serves one flush at a time") {
  World world;
  const Time start = world.sim.now();
  world.disk.flush(world.log, world.broker, world.note());
  world.disk.flush(world.log, world.broker, world.note());
  world.run_for(10ms);
  CHECK(world.done_at == std::vector<Time>{start + 2ms, start + 4ms});
}

TEST_CASE("a paused process finds its finished operations at resume; a restarted one does not") {
  World world;
  world.append(1);
  world.broker.pause();
  world.run_for(1s);
  CHECK(world.done.empty());
  SECTION("resume") {
    world.broker.resume();
    world.run_for(1ms);
    CHECK(world.done.size() == 1);
  }
  SECTION("crash while paused, then restart") {
    world.broker.restart();
    world.run_for(1s);
    CHECK(world.done.empty());
    world.append(1);
    world.run_for(1s);
    CHECK(world.done.size() == 1);
    CHECK(world.disk.written(world.log).records == 2);
  }
}

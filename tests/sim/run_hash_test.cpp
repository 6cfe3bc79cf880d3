// The fingerprint: the same on both queues, different for any difference, and a planted difference is
// bisected to its event.
#include "sim/run_hash.hpp"

#include <chrono>

#include "sim/node.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

constexpr MomentDef kTick{"test.tick", {"n", "payload"}, "a beat of the test's model"};

/// Ten entities that reschedule themselves by a mixed delay; one may misbehave once.
struct Model {
  Simulation& sim;
  std::uint64_t planted_tick;
  bool planted_in_time;
  std::uint64_t ticks = 0;

  Model(Simulation& simulation, std::uint64_t tick, bool in_time)
      : sim{simulation}, planted_tick{tick}, planted_in_time{in_time} {
    sim.moments().declare({&kTick});
    for (std::uint64_t i = 0; i < 10; ++i) {
      sim.schedule(kStart + i * 1us, Callback::to<&Model::tick>(*this, i),
                   sim.entity("actor-" + std::to_string(i)));
    }
  }
  void tick(std::uint64_t who) {
    ++ticks;
    const bool planted = ticks == planted_tick;
    sim.announce(kTick, sim.current(), ticks, planted && !planted_in_time ? 1 : 0);
    const Duration delay{1 + static_cast<std::int64_t>(mix(ticks) % 1'000'000) +
                         (planted && planted_in_time ? 1 : 0)};
    sim.schedule_after(delay, Callback::to<&Model::tick>(*this, who), sim.current());
  }
};

RecordedRun run(std::uint64_t planted, bool in_time, EventWindow window, QueueKind queue = QueueKind::radix) {
  Simulation sim{{.seed = 1, .queue = queue, .record = window}};
  Model model{sim, planted, in_time};
  sim.run_until(kStart + 1s);
  return {sim.trail(), sim.records()};
}

}  // namespace

TEST_CASE("both queues give the same hash, and so does recording", "[sim][hash]") {
  const RecordedRun plain = run(0, false, {});
  REQUIRE(plain.trail.last().events > 15'000);
  REQUIRE(plain.trail.checkpoints().size() == plain.trail.last().events / 1024);
  REQUIRE(run(0, false, {}, QueueKind::heap).trail.last() == plain.trail.last());
  const RecordedRun recorded = run(0, false, {100, 103});
  REQUIRE(recorded.trail.last() == plain.trail.last());
  REQUIRE(recorded.records.size() == 3);
  REQUIRE(recorded.records[0].index == 100);
  REQUIRE(recorded.records[0].moments == std::vector<std::string>{"test.tick n=101 payload=0"});
  REQUIRE_FALSE(first_difference([](EventWindow w) { return run(0, false, w); },
                                 [](EventWindow w) { return run(0, false, w, QueueKind::heap); }));
}

TEST_CASE("a planted difference is bisected to its event", "[sim][hash]") {
  for (const std::uint64_t planted : {1ULL, 1023ULL, 1024ULL, 1025ULL, 7'777ULL}) {
    const auto found = first_difference([&](EventWindow w) { return run(0, false, w); },
                                        [&](EventWindow w) { return run(planted, false, w); });
    REQUIRE(found);
    REQUIRE(found->index == planted - 1);
    REQUIRE(found->a->moments.front() == "test.tick n=" + std::to_string(planted) + " payload=0");
    REQUIRE(found->b->moments.front() == "test.tick n=" + std::to_string(planted) + " payload=1");
    REQUIRE(to_string(*found).find("payload=1") != std::string::npos);
  }
}

TEST_CASE("a difference in time shows at the first event that happens otherwise", "[sim][hash]") {
  const auto found = first_difference([](EventWindow w) { return run(0, false, w); },
                                      [](EventWindow w) { return run(5'000, true, w); });
  REQUIRE(found);
  REQUIRE(found->index >= 5'000);
  REQUIRE(found->index < 5'100);
  REQUIRE(found->a->at != found->b->at);
}

TEST_CASE("a run that ends earlier differs where it ends", "[sim][hash]") {
  auto run_for = [](Duration time, EventWindow window) {
    Simulation sim{{.record = window}};
    Model model{sim, 0, false};
    sim.run_until(kStart + time);
    return RecordedRun{sim.trail(), sim.records()};
  };
  const auto found = first_difference([&](EventWindow w) { return run_for(100ms, w); },
                                      [&](EventWindow w) { return run_for(101ms, w); });
  REQUIRE(found);
  REQUIRE_FALSE(found->a);
  REQUIRE(found->b);
}

TEST_CASE("a trail survives being written and read, and rubbish is refused", "[sim][hash]") {
  const HashTrail trail = run(0, false, {}).trail;
  const std::optional<HashTrail> read = HashTrail::load(trail.save());
  REQUIRE(read);
  REQUIRE(read->checkpoints() == trail.checkpoints());
  REQUIRE(read->last() == trail.last());
  REQUIRE_FALSE(differing_window(trail, *read));
  for (const std::string& text : {std::string{}, std::string{"wrackline-hash-trail 2 1024\nend 0 0 00\n"},
                                  trail.save().substr(0, trail.save().size() / 2),
                                  trail.save() + "at 1 1 0\n", std::string{"wrackline-hash-trail 1 0\n"}}) {
    REQUIRE_FALSE(HashTrail::load(text));
  }
}

TEST_CASE("a long run thins its trail and stays comparable to a short one", "[sim][hash]") {
  auto long_run = [](std::uint64_t planted) {
    Simulation sim{{.checkpoint_interval = 1}};
    Model model{sim, planted, false};
    sim.run_until(kStart + 1s);
    return sim.trail();
  };
  const HashTrail a = long_run(0);
  REQUIRE(a.interval() > 1);
  REQUIRE(a.checkpoints().size() < 4096);
  const auto window = differing_window(a, long_run(9'000));
  REQUIRE(window);
  REQUIRE(window->begin <= 8'999);
  REQUIRE(window->end > 8'999);
  REQUIRE(window->end - window->begin <= a.interval());
}

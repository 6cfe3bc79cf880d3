// A strike at what is in that state already does nothing, says so, and does not undo the one before when it
// heals. One that outlasts it: overlap_test.cpp.
#include <algorithm>

#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

namespace {

struct Pair {
  const char* first;
  const char* second;
  const char* target;
  const char* note;
};

std::vector<FaultReport> run(Bench& bench, const Pair& pair) {
  FaultSpec first = spec(pair.first, pair.target);
  FaultSpec second = spec(pair.second, pair.target);
  first.id = "first";
  second.id = "second";
  second.timing = At{12s};
  if (second.lasts) second.lasts = fixed(2s);
  return bench.run({first, second});
}

bool says(const FaultReport& report, const std::string& what) {
  const auto& notes = report.detail.at(0).notes;
  return std::any_of(notes.begin(), notes.end(),
                     [&](const auto& note) { return note.effects == 0 && note.what == what; });
}

}  // namespace

TEST_CASE("who is down can not be struck down: the second fault is inconclusive, and ends nothing") {
  for (const Pair& pair :
       {Pair{"process.crash", "process.crash", "process(server-1)", "server-1 was down already"},
        Pair{"process.crash", "process.stop", "process(server-1)", "server-1 was down already"},
        Pair{"process.crash", "process.pause", "process(server-1)", "server-1 was down"},
        Pair{"process.pause", "process.pause", "process(server-1)", "server-1 was paused already"},
        Pair{"node.loss", "node.loss", "node(n1)", "n1 was gone already"},
        Pair{"node.power_loss", "node.power_loss", "node(n1)", "n1 had no power already"},
        Pair{"zone.loss", "zone.loss", "zone(a)", "n1 had no power already"}}) {
    Bench bench;
    const auto reports = run(bench, pair);
    CAPTURE(pair.first, pair.second, reports[1].describe());
    CHECK(reports[0].struck());
    CHECK_FALSE(reports[1].conclusive());
    CHECK(says(reports[1], pair.note));
    const auto& answers = bench.servers[0]->answers;
    CHECK(std::none_of(answers.begin(), answers.end(),
                       [](sim::Time at) { return at > sim::kStart + 11s && at < sim::kStart + 20s; }));
    CHECK(std::any_of(answers.begin(), answers.end(), [](sim::Time at) { return at > sim::kStart + 21s; }));
  }
}

TEST_CASE("clock.freeze: a frozen clock can not be frozen, and thaws when the first fault says") {
  Bench bench;
  const auto reports = run(bench, {"clock.freeze", "clock.freeze", "node(n1)", ""});
  CHECK(reports[0].struck());
  CHECK_FALSE(reports[1].conclusive());
  CHECK(says(reports[1], "n1 was frozen already"));
  CHECK(bench.servers[0]->node.clock().frozen() == sim::NodeClock::Frozen::none);
}

TEST_CASE("cpu.throttle: processors that have nothing to do are not slowed, whatever their speed") {
  Bench bench;
  FaultSpec idle = spec("cpu.throttle", "node(n0)");
  CHECK_FALSE(bench.run(idle).conclusive());
}

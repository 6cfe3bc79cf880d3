// Overlapping outages (faults/outages.hpp): what several faults keep down, frozen or dark comes back when the
// last of them lets go, and by nobody's hand before; each says what it observably did.
#include <algorithm>

#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

namespace {

const char* const kServer = "process(server-1)";

FaultSpec from_to(const char* id, const char* what, const char* target, sim::Duration from, sim::Duration to,
                  Settings params = {}) {
  FaultSpec result = spec(what, target, std::move(params));
  result.id = id;
  result.timing = At{from};
  if (result.lasts) result.lasts = fixed(to - from);
  return result;
}

/// Whether server 1 answered in (from, to), in seconds.
bool answered(const Bench& bench, double from, double to) {
  const auto& answers = bench.servers[0]->answers;
  return std::any_of(answers.begin(), answers.end(), [&](sim::Time at) {
    const double second = static_cast<double>(sim::to_ns(at)) / 1e9;
    return second > from && second < to;
  });
}

/// When it said so, in seconds; -1: never.
double said(const FaultReport& report, const std::string& what, std::uint64_t effects) {
  for (const StrikeReport& strike : report.detail) {
    for (const Scene::Note& note : strike.notes) {
      if (note.what == what && note.effects == effects) return static_cast<double>(sim::to_ns(note.at)) / 1e9;
    }
  }
  return -1;
}

struct Supervisor {
  sim::Process& process;
  void die() { process.crash(); }
  void revive() { process.bring_up(); }
};

struct Overlap {
  const char* first;
  const char* first_target;
  const char* second;
  const char* second_target;
};

}  // namespace

TEST_CASE(
    "GIVEN two outages of one process, each by another fault WHEN they overlap THEN it is down from the "
    "begin of the first to the end of the second") {
  const std::vector<Overlap> overlaps{
      {"process.crash", kServer, "process.crash", kServer},
      {"process.crash", kServer, "process.stop", kServer},
      {"process.stop", kServer, "process.crash", kServer},
      {"process.crash", kServer, "node.loss", "node(n1)"},
      {"process.stop", kServer, "node.power_loss", "node(n1)"},
      {"node.loss", "node(n1)", "process.crash", kServer},
      {"node.power_loss", "node(n1)", "process.stop", kServer},
      {"node.power_loss", "node(n1)", "node.loss", "node(n1)"},
      {"node.loss", "node(n1)", "zone.loss", "zone(a)"},
      {"node.power_loss", "node(n1)", "zone.loss", "zone(a)"},
      {"zone.loss", "zone(a)", "process.crash", kServer},
      {"process.stop", kServer, "zone.loss", "zone(a)"},
  };
  for (const Overlap& overlap : overlaps) {
    Bench bench;
    const auto reports = bench.run({from_to("first", overlap.first, overlap.first_target, 10s, 20s),
                                    from_to("second", overlap.second, overlap.second_target, 15s, 30s)});
    CAPTURE(overlap.first, overlap.second, reports[0].describe(), reports[1].describe());
    CHECK(answered(bench, 9, 10));
    CHECK_FALSE(answered(bench, 10.1, 30));
    CHECK(answered(bench, 30, 32));
    CHECK(reports[0].struck());
    CHECK(reports[1].struck());
  }
}

TEST_CASE(
    "GIVEN an outage WHEN another fault's lies inside it THEN its end is not moved, and who changed "
    "nothing is inconclusive") {
  const std::vector<Overlap> overlaps{
      {"process.crash", kServer, "process.restart_loop", kServer},
      {"process.crash", kServer, "process.rolling_bounce", kServer},
      {"process.stop", kServer, "process.restart_loop", kServer},
      {"node.loss", "node(n1)", "process.restart_loop", kServer},
      {"node.power_loss", "node(n1)", "process.rolling_bounce", kServer},
      {"zone.loss", "zone(a)", "process.crash", kServer},
      {"zone.loss", "zone(a)", "node.power_loss", "node(n1)"},
      {"node.loss", "node(n1)", "node.power_loss", "node(n1)"},
  };
  for (const Overlap& overlap : overlaps) {
    Bench bench;
    const Settings quick =
        find_fault(overlap.second)->find("down") != nullptr ? Settings{{"down", fixed(1s)}} : Settings{};
    const auto reports =
        bench.run({from_to("first", overlap.first, overlap.first_target, 10s, 20s),
                   from_to("second", overlap.second, overlap.second_target, 12s, 14s, quick)});
    CAPTURE(overlap.first, overlap.second, reports[0].describe(), reports[1].describe());
    CHECK_FALSE(answered(bench, 10.1, 20));
    CHECK(answered(bench, 20, 22));
    CHECK(bench.servers[0]->starts == 2);
    CHECK_FALSE(reports[1].conclusive());
    for (const StrikeReport& strike : reports[1].detail) CHECK(strike.effects() == 0);
  }
}

TEST_CASE(
    "GIVEN an outage that begins and ends inside another's WHEN machine and process are meant THEN "
    "power brings up only what nobody keeps down") {
  GIVEN("a machine lost while its process is stopped") {
    Bench bench;
    const auto reports = bench.run({from_to("stop", "process.stop", kServer, 10s, 20s),
                                    from_to("dark", "node.power_loss", "node(n1)", 12s, 14s)});
    THEN("it has power at 14 s, and runs at 20 s") {
      CHECK_FALSE(answered(bench, 10.1, 20));
      CHECK(answered(bench, 20, 22));
      CHECK(said(reports[1], "power on at n1", 0) == 14);
      CHECK(said(reports[0], "restarted server-1", 0) == 20);
    }
  }
  GIVEN("a process whose outage ends while its machine is dark") {
    Bench bench;
    const auto reports = bench.run({from_to("crash", "process.crash", kServer, 10s, 15s),
                                    from_to("dark", "node.loss", "node(n1)", 12s, 20s)});
    THEN("it says that it could not, and the machine starts it with the others") {
      CHECK(said(reports[0], "server-1 stays down: its machine has no power", 0) == 15);
      CHECK_FALSE(answered(bench, 10.1, 20));
      CHECK(answered(bench, 20, 22));
    }
  }
}

TEST_CASE(
    "GIVEN a rolling bounce WHEN what it has just stopped is crashed for longer THEN the bounce goes on "
    "without it") {
  Bench bench;
  const Settings pace{{"down", fixed(2s)}, {"gap", fixed(3s)}};
  const auto reports = bench.run({from_to("bounce", "process.rolling_bounce", "all(server)", 10s, 10s, pace),
                                  from_to("crash", "process.crash", kServer, 11s, 25s)});
  CAPTURE(reports[0].describe(), reports[1].describe());
  CHECK_FALSE(answered(bench, 10.1, 25));
  CHECK(answered(bench, 25, 27));
  CHECK(said(reports[0], "server-1 stays down: another fault keeps it so", 0) == 12);
  CHECK(said(reports[0], "stopped server-2", 1) == 15);
  CHECK(said(reports[0], "restarted server-2", 0) == 17);
  CHECK(said(reports[1], "server-1 was down already", 0) == 11);
  CHECK(said(reports[1], "kept server-1 down", 1) == 25);
  CHECK(reports[0].effects == 3);
  CHECK(reports[1].effects == 1);
}

TEST_CASE(
    "GIVEN a restart loop WHEN its machine is lost in the middle THEN it starts nothing there, and the "
    "loop goes on when the machine is back") {
  Bench bench;
  const auto reports = bench.run(
      {from_to("loop", "process.restart_loop", kServer, 10s, 40s, {{"down", fixed(1s)}, {"up", fixed(1s)}}),
       from_to("dark", "node.loss", "node(n1)", 15500ms, 25500ms)});
  CAPTURE(reports[0].describe());
  CHECK(answered(bench, 11, 12));
  CHECK_FALSE(answered(bench, 15.5, 25.5));
  CHECK(answered(bench, 25.5, 28));
  CHECK_FALSE(answered(bench, 28.1, 29));  // crashed at 28 s, as ever
  CHECK(answered(bench, 40, 42));
  CHECK(said(reports[0], "server-1 was down already", 0) == 16);
  // Five crashes before (10, 12, 14 s), those after it was back (26 .. 38 s), none between.
  CHECK(reports[0].effects == 3 + 7);
}

TEST_CASE(
    "GIVEN two pauses WHEN the second outlasts the first THEN the process is frozen through both; a "
    "restart ends them") {
  GIVEN("nothing else") {
    Bench bench;
    const auto reports = bench.run({from_to("first", "process.pause", kServer, 10s, 20s),
                                    from_to("second", "process.pause", kServer, 15s, 30s)});
    CHECK_FALSE(answered(bench, 10.1, 30));
    CHECK(answered(bench, 30, 31));
    CHECK(said(reports[0], "server-1 stays paused: another fault keeps it so", 0) == 20);
    CHECK(said(reports[1], "kept server-1 paused", 1) == 30);
    CHECK(bench.servers[0]->starts == 1);
  }
  GIVEN("a crash in the middle") {
    Bench bench;
    const auto reports = bench.run({from_to("first", "process.pause", kServer, 10s, 40s),
                                    from_to("crash", "process.crash", kServer, 12s, 14s),
                                    from_to("second", "process.pause", kServer, 16s, 20s)});
    CHECK(answered(bench, 14, 16));
    CHECK_FALSE(answered(bench, 16.1, 20));
    CHECK(answered(bench, 20, 22));
    CHECK(reports[2].effects == 1);
  }
}

TEST_CASE(
    "GIVEN two freezes of a clock WHEN the second outlasts the first THEN it stands still through both") {
  Bench bench;
  const auto reports =
      bench.run({from_to("first", "clock.freeze", "node(n1)", 10s, 20s),
                 from_to("second", "clock.freeze", "node(n1)", 15s, 30s, {{"catch_up", false}})});
  CHECK(said(reports[1], "n1: clock kept frozen", 1) == 30);
  CHECK(bench.servers[0]->node.clock().frozen() == sim::NodeClock::Frozen::none);
  CHECK(bench.servers[0]->node.clock().wall_error(bench.sim.now()) == -20s);
}

TEST_CASE(
    "GIVEN a process that died of its own WHEN a fault finds it down THEN the supervisor waits for the "
    "fault, and a fault that is over before leaves it to the supervisor") {
  for (const bool outlasts : {true, false}) {
    Bench bench;
    sim::Process& process = bench.servers[0]->process;
    Supervisor supervisor{process};
    bench.sim.schedule(sim::kStart + 12s, sim::Callback::to<&Supervisor::die>(supervisor),
                       sim::kKernelEntity);
    bench.sim.schedule(sim::kStart + 20s, sim::Callback::to<&Supervisor::revive>(supervisor),
                       sim::kKernelEntity);
    const auto report =
        bench.run(std::vector{from_to("crash", "process.crash", kServer, 15s, outlasts ? 30s : 17s)})[0];
    CAPTURE(outlasts, report.describe());
    CHECK_FALSE(answered(bench, 12.1, outlasts ? 30 : 20));
    CHECK(answered(bench, outlasts ? 30 : 20, outlasts ? 32 : 22));
    CHECK(report.struck() == outlasts);
  }
}

TEST_CASE("GIVEN a machine that is dark WHEN a supervisor wants a process up THEN it starts with the power") {
  Bench bench;
  sim::Process& process = bench.servers[0]->process;
  Supervisor supervisor{process};
  bench.sim.schedule(sim::kStart + 9s, sim::Callback::to<&Supervisor::die>(supervisor), sim::kKernelEntity);
  bench.sim.schedule(sim::kStart + 15s, sim::Callback::to<&Supervisor::revive>(supervisor),
                     sim::kKernelEntity);
  bench.run(spec("node.loss", "node(n1)"));
  CHECK_FALSE(answered(bench, 9.1, 20));
  CHECK(answered(bench, 20, 22));
}

TEST_CASE(
    "GIVEN power lost twice, once with a fate for what was not flushed WHEN the second names none THEN "
    "the first one's does not count any more") {
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Bench bench{seed};
    bench.run(
        {from_to("first", "node.power_loss", "node(n1)", 10s, 12s, {{"unsynced", std::string{"keep_all"}}}),
         from_to("zone", "zone.loss", "zone(a)", 20s + seed * 17ms, 22s)});
    lost += bench.servers[0]->disk.counts().records_lost;
  }
  CHECK(lost > 0);
}

TEST_CASE(
    "GIVEN overlaps that last until everything heals THEN nobody claims to have kept what ended for all "
    "at once, and everything is up") {
  Bench bench;
  const auto reports = bench.run({from_to("first", "process.crash", kServer, 10s, 100s),
                                  from_to("second", "process.stop", kServer, 15s, 100s),
                                  from_to("dark", "node.loss", "node(n1)", 20s, 100s)});
  CHECK(said(reports[1], "kept server-1 down", 1) == -1);
  CHECK_FALSE(reports[1].conclusive());
  CHECK(answered(bench, 50, 52));
}

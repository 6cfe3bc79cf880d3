// What the faults of processes, machines and processors do to the world, beyond their own report.
#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

namespace {

/// Answers of a server in (from, to], in seconds of the run.
int answers_between(const Server& server, double from, double to) {
  int count = 0;
  for (const sim::Time at : server.answers) {
    count += sim::to_ns(at) > static_cast<std::int64_t>(from * 1e9) &&
                     sim::to_ns(at) <= static_cast<std::int64_t>(to * 1e9)
                 ? 1
                 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("process.crash and process.stop: no answers while it is down; it starts again") {
  for (const char* what : {"process.crash", "process.stop"}) {
    Bench bench;
    bench.run(spec(what, "process(server-1)"));
    CHECK(answers_between(*bench.servers[0], 0, 10) > 100);
    CHECK(answers_between(*bench.servers[0], 10, 20) == 0);
    CHECK(answers_between(*bench.servers[0], 21, 30) > 100);
    CHECK(bench.servers[0]->starts == 2);
    CHECK(bench.servers[1]->starts == 1);
  }
}

TEST_CASE("process.pause: it answers old requests when it goes on, and does not start again") {
  Bench bench;
  bench.run(spec("process.pause", "process(server-1)"));
  CHECK(answers_between(*bench.servers[0], 10.1, 20) == 0);
  // Each of its callers gave up after 500 ms and reconnected; all those requests are still there at resume.
  CHECK(answers_between(*bench.servers[0], 20, 20.1) >= 8);
  CHECK(bench.servers[0]->starts == 1);
  CHECK(bench.bad >= 8);
}

TEST_CASE("process.restart_loop: it starts again and again while it lasts, then stays up") {
  Bench bench;
  auto loop = spec("process.restart_loop", "process(server-1)", {{"down", fixed(1s)}, {"up", fixed(1s)}});
  const auto report = bench.run(loop);
  CHECK(report.effects == 5);
  CHECK(bench.servers[0]->starts == 6);
  CHECK(answers_between(*bench.servers[0], 30, 40) > 100);
}

TEST_CASE("process.rolling_bounce: one after another, never two at a time") {
  Bench bench;
  auto bounce = spec("process.rolling_bounce", "all(server)", {{"down", fixed(2s)}, {"gap", fixed(3s)}});
  const auto report = bench.run(bounce);
  CHECK(report.effects == 3);
  for (int i = 0; i < 3; ++i) {
    const int down = 10 + 5 * i;
    INFO(i);
    CHECK(answers_between(*bench.servers[static_cast<std::size_t>(i)], down, down + 2) == 0);
    CHECK(answers_between(*bench.servers[static_cast<std::size_t>((i + 1) % 3)], down, down + 1) > 0);
    CHECK(bench.servers[static_cast<std::size_t>(i)]->starts == 2);
  }
}

TEST_CASE("node.power_loss: what was not flushed is at risk, what was flushed is not") {
  Bench bench;
  const auto report = bench.run(spec("node.power_loss", "node(n1)", {{"unsynced", std::string{"lose_all"}}}));
  CHECK(report.struck());
  const auto& disk = bench.servers[0]->disk;
  CHECK(disk.counts().records_lost > 0);
  CHECK(disk.counts().records_lost < 15);
  CHECK(answers_between(*bench.servers[0], 10, 20) == 0);
  CHECK(bench.servers[0]->starts == 2);
}

TEST_CASE("node.loss with wiped disks brings an empty machine back") {
  Bench bench;
  bench.run(spec("node.loss", "node(n1)", {{"disks", std::string{"wiped"}}}));
  const auto& server = *bench.servers[0];
  CHECK(server.disk.written(server.log).records == answers_between(server, 10, 60));
}

TEST_CASE("zone.loss takes every machine of the zone, and no other") {
  Bench bench;
  const auto report = bench.run(spec("zone.loss", "zone(b)"));
  CHECK(report.effects == 2);
  CHECK(answers_between(*bench.servers[1], 10, 20) == 0);
  CHECK(answers_between(*bench.servers[2], 10, 20) == 0);
  CHECK(bench.servers[0]->starts == 1);
  CHECK(bench.servers[1]->starts == 2);
}

TEST_CASE("cpu.throttle stretches the work") {
  Bench bench;
  bench.run(spec("cpu.throttle", "node(n1)", {{"to", sim::Ratio{1, 50}}}));
  CHECK(bench.bad == 0);
  const auto slow = std::count_if(bench.latencies.begin(), bench.latencies.end(),
                                  [](sim::Duration latency) { return latency > 50ms; });
  CHECK(slow > 50);
}

// What the faults of the network do to callers.
#include <algorithm>

#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

namespace {

std::int64_t slower_than(const Bench& bench, sim::Duration limit) {
  return std::count_if(bench.latencies.begin(), bench.latencies.end(),
                       [limit](sim::Duration latency) { return latency > limit; });
}

}  // namespace

TEST_CASE("network.delay adds to every packet of the target, network.tail to few") {
  Bench plain;
  plain.run(std::vector<FaultSpec>{});
  CHECK(slower_than(plain, 100ms) == 0);
  Bench delayed;
  delayed.run(spec("network.delay", "node(n1)", {{"by", fixed(60ms)}}));
  CHECK(slower_than(delayed, 110ms) > 30);
  CHECK(delayed.bad == 0);
  Bench tail;
  const auto report = tail.run(spec("network.tail", "node(n1)", {{"share", sim::Ratio{1, 20}}}));
  CHECK(report.effects > 3);
  CHECK(report.effects < 60);
}

TEST_CASE("network.loss delays by retransmission timeouts") {
  Bench bench;
  bench.run(spec("network.loss", "node(n1)", {{"probability", sim::Ratio{1, 10}}}));
  CHECK(slower_than(bench, 200ms) > 5);
}

TEST_CASE("network.bandwidth queues") {
  Bench bench;
  const auto report =
      bench.run(spec("network.bandwidth", "node(n1)", {{"to", sim::Distribution::constant(2'000)}}));
  INFO(report.describe());
  CHECK(slower_than(bench, 100ms) > 20);
}

TEST_CASE("network.partition: callers time out; what was held arrives when it heals") {
  Bench bench;
  bench.run(spec("network.partition", "node(n1)"));
  CHECK(bench.bad >= 10);
  SECTION("one way: requests are executed, answers do not come back") {
    Bench one_way;
    one_way.run(spec("network.partition", "node(n1)", {{"traffic", std::string{"out"}}}));
    CHECK(one_way.bad >= 10);
    const auto executed =
        std::count_if(one_way.servers[0]->answers.begin(), one_way.servers[0]->answers.end(),
                      [](sim::Time at) { return at > sim::kStart + 10s && at < sim::kStart + 20s; });
    // The first one passes on the open connection; later ones need an answer to their SYN.
    CHECK(executed >= 1);
  }
}

TEST_CASE("network.partition as islands: only machines of one island, or the bridge, talk") {
  Bench bench;
  // The client (n0) with n1; n2 alone; n3 is in both islands.
  const auto report =
      bench.run(spec("network.partition", "node(n0)",
                     {{"islands", std::string{"node(n2)+node(n3)|node(n0)+node(n1)+node(n3)"}}}));
  CHECK(report.struck());
  const auto answered = [&](std::size_t i) {
    return std::count_if(bench.servers[i]->answers.begin(), bench.servers[i]->answers.end(),
                         [](sim::Time at) { return at > sim::kStart + 11s && at < sim::kStart + 20s; });
  };
  CHECK(answered(0) > 5);
  CHECK(answered(1) == 0);
  CHECK(answered(2) > 5);
}

TEST_CASE("network.response_lost: executed, but the caller does not know") {
  Bench bench;
  const auto report =
      bench.run(spec("network.response_lost", "node(n1)", {{"limit", sim::Distribution::constant(3)}}));
  CHECK(report.effects == 3);
  CHECK(bench.bad == 3);
  const auto executed = bench.servers[0]->answered + bench.servers[1]->answered + bench.servers[2]->answered;
  CHECK(executed >= bench.good + 3);
}

TEST_CASE("network.reset breaks connections at once; network.half_open lets callers run into their timeout") {
  Bench reset;
  const auto broken = reset.run(spec("network.reset", "process(server-1)"));
  CHECK(broken.effects == 1);
  CHECK(reset.bad <= 1);
  Bench half;
  CHECK(half.run(spec("network.half_open", "process(server-1)")).effects == 1);
  CHECK(half.bad == 1);
}

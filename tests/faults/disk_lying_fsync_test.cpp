#include "tests/faults/world.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;
using namespace wrackline::faults;
using namespace wrackline::faults::test;

TEST_CASE("disk.lying_fsync: a flush says done, and the power loss takes the data all the same") {
  for (const bool lies : {false, true}) {
    Bench bench;
    auto lying = spec("disk.lying_fsync", "process(server-2)");
    auto power = spec("node.power_loss", "node(n2)", {{"unsynced", std::string{"lose_all"}}});
    power.id = "power";
    power.timing = At{15s};
    std::vector<FaultSpec> specs{power};
    if (lies) specs.insert(specs.begin(), lying);
    const auto reports = bench.run(specs);
    for (const auto& report : reports) CHECK(report.conclusive());
    // The server flushes every 100 ms: an honest disk loses a handful of records, a lying one five seconds of
    // them.
    const auto lost = bench.servers[1]->disk.counts().records_lost;
    CHECK((lies ? lost > 100 : lost < 15));
  }
}

#include "tests/conformance/recorded.hpp"
#include "tests/support/catch.hpp"

SCENARIO("P-9, P-10: the partitioner agrees with every recorded case") {
  const auto tally = wrackline::conform::run_recorded("kafka.partitioner");
  CHECK(tally.cases == 80);
  CHECK(tally.agree == tally.cases);
  CHECK(tally.differ == std::vector<std::string>{});
}

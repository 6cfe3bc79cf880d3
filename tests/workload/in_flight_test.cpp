// The wheel behind delayed sources against a sorted list: the order may never depend on the width of its
// buckets.
#include <algorithm>
#include <vector>

#include "engine/workload/in_flight.hpp"
#include "sim/random.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::workload {
namespace {

TEST_CASE("InFlight gives records back by (arrival, ordinal), over all its levels and for any bucket width") {
  for (const std::int64_t gap : {1, 700, 1'000'000, 2'000'000'000}) {
    for (const std::uint64_t spread_bits : {8U, 20U, 36U, 50U}) {
      CAPTURE(gap, spread_bits);
      sim::Stream draws{static_cast<std::uint64_t>(gap) * 64 + spread_bits};
      InFlight wheel{gap};
      std::vector<std::pair<std::int64_t, std::uint64_t>> pushed;
      std::vector<std::pair<std::int64_t, std::uint64_t>> taken;
      std::int64_t now = 0;
      for (std::uint64_t n = 0; n < 3000; ++n) {
        now += static_cast<std::int64_t>(draws.below(std::uint64_t{1} << (spread_bits / 2)));
        const auto delay =
            static_cast<std::int64_t>(draws.below(std::uint64_t{1} << draws.below(spread_bits)));
        pushed.emplace_back(now + delay, n);
        wheel.push({.arrival_ns = now + delay, .ordinal = n});
        CHECK(wheel.earliest_ns() <= now + delay);
        if (draws.below(3) != 0) continue;
        while (const InFlightRecord* record = wheel.peek(now)) {
          CHECK(wheel.earliest_ns() == record->arrival_ns);
          taken.emplace_back(record->arrival_ns, record->ordinal);
          wheel.pop();
        }
        CHECK((wheel.empty() || wheel.earliest_ns() > now));
      }
      while (!wheel.empty()) {
        const std::int64_t next = wheel.earliest_ns();
        const InFlightRecord* record = wheel.peek(next);
        REQUIRE(record != nullptr);
        taken.emplace_back(record->arrival_ns, record->ordinal);
        wheel.pop();
      }
      std::sort(pushed.begin(), pushed.end());
      CHECK(taken == pushed);
    }
  }
}

}  // namespace
}  // namespace wrackline::workload

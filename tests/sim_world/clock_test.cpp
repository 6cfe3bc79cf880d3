#include "sim/clock.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {
Time at(Duration since_start) { return kStart + since_start; }
}  // namespace

TEST_CASE("a clock without faults shows the truth") {
  const NodeClock clock;
  CHECK(clock.wall_ms(at(0s)) == kWallEpochMs);
  CHECK(clock.wall_ms(at(1999999ns)) == kWallEpochMs + 1);
  CHECK(clock.mono(at(7s)) == 7s);
  CHECK(clock.true_time_of_mono(7s) == at(7s));
  CHECK(clock.after(at(2s), 5ms) == at(2s + 5ms));
  CHECK(clock.runs_true());
}

TEST_CASE("an offset moves the wall clock only") {
  const NodeClock clock{-250ms};
  CHECK(clock.wall_ms(at(1s)) == kWallEpochMs + 750);
  CHECK(clock.wall_error(at(1s)) == -250ms);
  CHECK(clock.mono(at(1s)) == 1s);
}

TEST_CASE("drift stretches both clocks and the timers") {
  const NodeClock fast{0ns, 200'000};  // 200 ppm
  CHECK(fast.wall_error(at(10'000s)) == 2s);
  CHECK(fast.mono(at(10'000s)) == 10'002s);
  CHECK(fast.true_time_of_mono(10'002s) == at(10'000s));

  GIVEN("any drift and any deadline") {
    for (const std::int64_t drift :
         {-900'000'000LL, -123'457LL, -1LL, 1LL, 77LL, 123'456LL, 1'500'000'000LL}) {
      const NodeClock clock{0ns, drift};
      for (const std::int64_t reading : {1LL, 2LL, 999LL, 1'000'000'007LL, 86'400'000'000'001LL}) {
        const Time due = clock.true_time_of_mono(Duration{reading});
        THEN("the timer fires at the first instant that shows it: " + std::to_string(drift) + "/" +
             std::to_string(reading)) {
          CHECK(clock.mono(due).count() >= reading);
          CHECK(clock.mono(due - 1ns).count() < reading);
        }
      }
    }
  }
}

TEST_CASE("a step moves the wall clock and leaves the timers alone") {
  NodeClock clock;
  const auto revision = clock.revision();
  clock.step(at(10s), -3s);
  CHECK(clock.wall_ms(at(10s)) == kWallEpochMs + 7'000);
  CHECK(clock.mono(at(12s)) == 12s);
  CHECK(clock.revision() == revision);
}

TEST_CASE("a slew works its amount off exactly, and monotonic time never goes back") {
  NodeClock clock{0ns, -50'000};
  const Duration before = clock.mono(at(1s));
  clock.slew(at(1s), -300ms, 1s);
  CHECK(clock.revision() == 1);
  Duration last = before;
  for (int step = 1; step <= 3'000; ++step) {
    const Time now = at(1s) + Duration{step * 1'234'567LL};
    const Duration reading = clock.mono(now);
    REQUIRE(reading >= last);
    const Time due = clock.true_time_of_mono(reading);
    REQUIRE(due <= now);
    REQUIRE(clock.mono(due) >= reading);
    REQUIRE(clock.mono(due - 1ns) < reading);
    last = reading;
  }
  CHECK(clock.wall_error(at(101s)) == -300ms - 101 * 50us);
}

TEST_CASE("a change in the middle of a slew keeps what is left of it") {
  NodeClock clock;
  clock.slew(at(0s), 100ms, 10s);
  clock.step(at(5s), 1s);
  CHECK(clock.wall_error(at(5s)) == 1s + 50ms);
  CHECK(clock.wall_error(at(20s)) == 1s + 100ms);
}

TEST_CASE("a freeze holds the clock; the thaw catches up or not") {
  NodeClock clock;
  clock.freeze(at(10s), NodeClock::Frozen::both);
  CHECK(clock.wall_error(at(14s)) == -4s);
  CHECK(clock.mono(at(14s)) == 10s);
  CHECK(clock.true_time_of_mono(11s) == kNever);
  CHECK(clock.true_time_of_mono(9s) <= at(10s));

  SECTION("with the jump") {
    clock.thaw(at(15s), true);
    CHECK(clock.wall_error(at(15s)) == 0s);
    CHECK(clock.mono(at(16s)) == 16s);
  }
  SECTION("without") {
    clock.thaw(at(15s), false);
    CHECK(clock.wall_error(at(15s)) == -5s);
    CHECK(clock.true_time_of_mono(11s) == at(16s));
  }
}

TEST_CASE("freezing the wall clock alone leaves the timers running") {
  NodeClock clock;
  clock.freeze(at(1s), NodeClock::Frozen::wall);
  CHECK(clock.wall_ms(at(9s)) == kWallEpochMs + 1'000);
  CHECK(clock.mono(at(9s)) == 9s);
  CHECK(clock.after(at(9s), 1s) == at(10s));
}

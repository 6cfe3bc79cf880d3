#include "sim/calibration.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

TEST_CASE("calibration constants are found by name, ordered low to high, each with its source") {
  for (const Calibration& entry : calibrations()) {
    INFO(entry.name);
    CHECK(find_calibration(entry.name) == &entry);
    CHECK(entry.low <= entry.usual);
    CHECK(entry.usual <= entry.high);
    CHECK_FALSE(entry.basis.empty());
  }
  CHECK(calibration("disk.fsync").duration(CalibrationLevel::usual) == 2ms);
  CHECK(find_calibration("disk.fsink") == nullptr);
}

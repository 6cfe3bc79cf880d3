#include "scenarios/units.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::scenarios;
using namespace std::chrono_literals;

TEST_CASE("durations are exact") {
  CHECK(parse_duration("250ms").value == Duration{250ms});
  CHECK(parse_duration("1h30m").value == Duration{90min});
  CHECK(parse_duration(" 1 h 30 min 5s ").value == Duration{90min + 5s});
  CHECK(parse_duration("0.1s").value == Duration{100ms});
  CHECK(parse_duration("1.000000001s").value == Duration{1s + 1ns});
  CHECK(parse_duration("-5ms").value == Duration{-5ms});
  CHECK(parse_duration("1_000us").value == Duration{1ms});
  CHECK(parse_duration("0s").value == Duration{0});
  CHECK(parse_duration("106751d").value.has_value());
  for (const char* bad : {"", "5", "s", "5 parsecs", "1s1h", "1s1s", "0.5ns", "106752d",
                          "99999999999999999999s", "1.2.3s", "5s!", "--5s", "1e3s", "."}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad).value.has_value());
    CHECK_FALSE(parse_duration(bad).error.empty());
  }
}

TEST_CASE("a duration is written as it is read") {
  for (const std::string text : {"0s", "1ns", "1h30m", "2d5m", "-1s500ms", "3us7ns"})
    CHECK(format_duration(*parse_duration(text).value) == text);
  CHECK(format_duration(Duration::min()) == "-106751d23h47m16s854ms775us808ns");
}

TEST_CASE("rates are whole events per whole time") {
  CHECK(parse_rate("5k/s").value == Rate{5000, 1s});
  CHECK(parse_rate("200/min").value == Rate{200, 60s});
  CHECK(parse_rate("0.5/s").value == Rate{1, 2s});
  CHECK(parse_rate("2.5k/s").value == Rate{2500, 1s});
  CHECK(parse_rate("1M / h").value == Rate{1'000'000, 3600s});
  CHECK(format_rate({5000, 1s}) == "5k/s");
  CHECK(format_rate({200, 60s}) == "200/min");
  CHECK(format_rate({1, 2s}) == "0.5/s");
  for (const char* bad : {"5k", "/s", "5/", "5/parsec", "5x/s", "5/s/s", "9999999999999/s", "", "5/ns"}) {
    INFO(bad);
    CHECK_FALSE(parse_rate(bad).value.has_value());
  }
}

TEST_CASE("sizes, bandwidths, ratios") {
  CHECK(parse_size("64KiB").value == 65536);
  CHECK(parse_size("1MB").value == 1'000'000);
  CHECK(parse_size("1.5KiB").value == 1536);
  CHECK_FALSE(parse_size("0.1B").value.has_value());
  CHECK_FALSE(parse_size("64").value.has_value());
  CHECK_FALSE(parse_size("9TiB9").value.has_value());
  CHECK(format_size(65536) == "64KiB");
  CHECK(format_size(1'000'000) == "1MB");
  CHECK(format_size(100) == "100B");
  CHECK(parse_bandwidth("100MB/s").value == 100'000'000);
  CHECK_FALSE(parse_bandwidth("100MB").value.has_value());
  CHECK(parse_ratio("1%").value == 0.01);
  CHECK(parse_ratio("0.25").value == 0.25);
  CHECK_FALSE(parse_ratio("a%").value.has_value());
}

TEST_CASE("the caret of a bad quantity stands where it is wrong") {
  CHECK(parse_duration("1h30x").offset == 4);
  CHECK(parse_rate("5k").offset == 2);
  CHECK(parse_size("64 kibi").offset == 3);
}

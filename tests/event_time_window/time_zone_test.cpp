// Time zones: the reader of TZif files against the C library, and calendar windows across daylight saving.
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/event_time/window/time_windows.hpp"
#include "tests/event_time_window/random_case.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::window {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr TimestampMs kSpring2026 = 1'774'746'000'000;  // 2026-03-29 01:00 UTC: the clocks go forward
constexpr TimestampMs kAutumn2026 = 1'792'890'000'000;  // 2026-10-25 01:00 UTC: and back

std::shared_ptr<const TimeZone> zone(const char* name) {
  const TimeZone::Loaded loaded = TimeZone::load(name);
  INFO(loaded.problem);
  REQUIRE(loaded.zone != nullptr);
  return loaded.zone;
}

/// What the C library says, which reads the same files by code of its own.
std::int64_t libc_offset_ms(TimestampMs at) {
  const std::time_t seconds = at / 1000;
  std::tm broken{};
  localtime_r(&seconds, &broken);
  return broken.tm_gmtoff * 1000;
}

const std::vector<const char*> kZones{
    "Europe/Berlin",     "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Africa/Casablanca", "Pacific/Apia",     "Asia/Beirut",  "Europe/Dublin",       "UTC"};

}  // namespace

SCENARIO("a zone's offsets are those of the C library, from 1950 to 2150") {
  const char* const before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  Dice dice{1};
  for (const char* name : kZones) {
    const auto berlin = zone(name);
    setenv("TZ", (std::string{":"} + name).c_str(), 1);
    tzset();
    for (int i = 0; i < 3000; ++i) {
      const TimestampMs at = dice.roll(-631'152'000, 5'680'281'600) * 1000;
      if (berlin->offset_at(at) == libc_offset_ms(at)) continue;
      FAIL_CHECK(name << " at " << at << ": " << berlin->offset_at(at) << " instead of "
                      << libc_offset_ms(at));
      break;
    }
  }
  if (before == nullptr) {
    unsetenv("TZ");
  } else {
    setenv("TZ", kept.c_str(), 1);
  }
  tzset();
}

SCENARIO("borders share out the time axis: instant_of(x) <= t iff x <= high_local(t)") {
  Dice dice{2};
  for (const char* name : kZones) {
    const auto place = zone(name);
    const auto& transitions = place->transitions();
    for (int i = 0; i < 4000; ++i) {
      const auto which =
          static_cast<std::size_t>(dice.roll(0, static_cast<std::int64_t>(transitions.size()) - 1));
      if (which == 0) continue;
      const TimestampMs at = transitions[which].at_ms + dice.roll(-3 * kHour, 3 * kHour);
      const std::int64_t local = at + place->offset_at(at) + dice.roll(-2 * kHour, 2 * kHour);
      if ((place->instant_of(local) <= at) != (local <= place->high_local(at))) {
        FAIL_CHECK(name << ": instant " << at << ", wall clock " << local);
        break;
      }
    }
  }
}

SCENARIO("a calendar day in Berlin has 23, 24 or 25 hours") {
  const auto berlin = zone("Europe/Berlin");
  const TimeWindows days{WindowDefinition::tumbling(kDay).in(berlin)};
  std::vector<Window> windows;
  const auto hours = [&](TimestampMs at) {
    days.assign(at, windows);
    REQUIRE(windows.size() == 1);
    return (windows[0].end_ms - windows[0].start_ms) / kHour;
  };
  CHECK(hours(kSpring2026) == 23);
  CHECK(hours(kSpring2026 - kDay) == 24);
  CHECK(hours(kAutumn2026) == 25);
  CHECK(hours(kAutumn2026 + kDay) == 24);
  // 2026-10-25: from 22:00 UTC on the day before to 23:00 UTC.
  days.assign(kAutumn2026, windows);
  CHECK(windows[0] == Window{kAutumn2026 - 3 * kHour, kAutumn2026 + 22 * kHour});
  // By the rule in the file's footer: 2100-03-28 is a spring Sunday.
  CHECK(hours(4'109'878'800'000) == 23);
}

SCENARIO("hours across a change: the skipped one does not exist, the repeated one has two hours") {
  const auto berlin = zone("Europe/Berlin");
  const TimeWindows hourly{WindowDefinition::tumbling(kHour).in(berlin)};
  std::vector<Window> windows;
  hourly.assign(kSpring2026 - 1, windows);
  CHECK(windows[0] == Window{kSpring2026 - kHour, kSpring2026});
  hourly.assign(kSpring2026, windows);
  CHECK(windows[0] == Window{kSpring2026, kSpring2026 + kHour});
  hourly.assign(kAutumn2026 - kHour, windows);
  CHECK(windows[0] == Window{kAutumn2026 - kHour, kAutumn2026 + kHour});
  CHECK_FALSE(hourly.is_window({kAutumn2026, kAutumn2026 + kHour}));
  const TimeWindows halves{WindowDefinition::tumbling(kHour / 2).in(berlin)};
  halves.assign(kAutumn2026, windows);
  CHECK(windows[0] == Window{kAutumn2026 - kHour / 2, kAutumn2026 + kHour});
}

SCENARIO("windows in zones agree with the batch oracle around every change") {
  Dice dice{3};
  int cases = 0;
  for (const char* name : kZones) {
    const auto place = zone(name);
    for (int i = 0; i < 60; ++i) {
      const auto& transitions = place->transitions();
      const auto which =
          static_cast<std::size_t>(dice.roll(0, static_cast<std::int64_t>(transitions.size()) - 1));
      if (which == 0) continue;
      const std::int64_t slide = dice.roll(1, 12) * kHour / 2;
      const WindowDefinition definition =
          (dice.chance(2)   ? WindowDefinition::hopping(dice.roll(1, 4) * slide, slide)
           : dice.chance(2) ? WindowDefinition::cumulate(4 * slide, slide)
                            : WindowDefinition::tumbling(kDay, dice.roll(-3, 3) * kHour))
              .in(place);
      const TimeWindows windows{definition};
      std::vector<ArrivedRecord> records;
      for (std::uint64_t n = 0; n < 6; ++n) {
        records.push_back(
            {0, transitions[which].at_ms + dice.roll(-30, 30) * kHour / 10, sim::EventId{0, n}, 1});
      }
      std::size_t expected = 0;
      for (const BatchWindow& window : batch_windows(definition, {}, 0, records).windows) {
        expected += window.ids.size();
        CHECK(windows.is_window(window.window));
      }
      std::size_t assigned = 0;
      std::vector<Window> own;
      for (const ArrivedRecord& record : records) {
        windows.assign(record.timestamp, own);
        assigned += own.size();
        for (const Window& window : own)
          CHECK((window.start_ms <= record.timestamp && record.timestamp < window.end_ms));
        if (!own.empty()) CHECK(windows.last_end(record.timestamp) >= own.back().end_ms);
        const Window slice = windows.slice_of(record.timestamp);
        CHECK((slice.start_ms <= record.timestamp && record.timestamp < slice.end_ms));
      }
      CHECK(assigned == expected);
      ++cases;
    }
  }
  CHECK(cases > 300);
}

SCENARIO("a zone that is missing, misnamed or damaged is an error, never UTC in silence") {
  CHECK(TimeZone::load("Europe/Berlim").zone == nullptr);
  CHECK(TimeZone::load("Europe/Berlim").problem.find("/usr/share/zoneinfo/Europe/Berlim") !=
        std::string::npos);
  for (const char* bad : {"", "/etc/passwd", "../../etc/passwd", "Europe/", "a b"}) {
    CAPTURE(bad);
    CHECK(TimeZone::load(bad).zone == nullptr);
  }
  CHECK(TimeZone::load("Europe").zone == nullptr);  // a directory
  const std::vector<unsigned char> noise(100, 7);
  CHECK(TimeZone::parse("noise", noise).problem.find("no TZif header") != std::string::npos);
  CHECK(TimeZone::load("Europe/Berlin").zone->digest() != TimeZone::load("Europe/London").zone->digest());
}

}  // namespace wrackline::event_time::window

// Random disorder within the delay: nothing may be late, and the queries together must say what one pass over
// all rows says. However the batches are cut.
#include <array>
#include <map>
#include <tuple>

#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

constexpr std::int64_t kDelayMs = 3000;
constexpr std::int64_t kFlushMs = 1'000'000;

/// A generator of its own (SplitMix64), so that a failing seed can be run again anywhere.
struct Draws {
  std::uint64_t state;
  std::int64_t below(std::int64_t bound) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return static_cast<std::int64_t>((z ^ (z >> 31)) % static_cast<std::uint64_t>(bound));
  }
  char key() { return static_cast<char>('a' + below(3)); }
};

/// Rows whose times run behind the largest one so far by less than the delay.
Events disordered(Draws& draw, std::int64_t& largest_ms, std::size_t rows) {
  Events events;
  for (std::size_t i = 0; i < rows; ++i) {
    largest_ms += draw.below(900);
    events.push_back(
        {std::max<std::int64_t>(1, largest_ms - draw.below(kDelayMs)), draw.key(), draw.below(10)});
  }
  return events;
}

void append_all(Lines& to, const Lines& lines) { to.insert(to.end(), lines.begin(), lines.end()); }

SCENARIO("tumbling windows and sessions give what one pass gives") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Draws draw{seed};
    const bool sessions = seed % 2 == 0;
    PlanPtr in = sessions ? session(marked(kDelayMs), 700) : window(marked(kDelayMs), 2000);
    Query query{count_by(std::move(in), {"w", "key"}), seed % 3 == 0 ? single_watermark() : QueryConf{}};
    std::map<char, std::vector<std::int64_t>> times;
    Lines got;
    std::int64_t largest_ms = 0;
    const auto feed = [&](std::size_t rows) {
      Events events = disordered(draw, largest_ms, rows);
      for (const Event& event : events) times[event.key].push_back(*event.ts_ms);
      return events;
    };
    for (int step = 0; step < 6; ++step) {
      if (draw.below(3) == 0)
        append_all(got, query.burst({feed(3), feed(2), feed(4)}));
      else
        append_all(got, query.add(feed(5)));
      REQUIRE(query.metrics().dropped == 0);
    }
    append_all(got, query.add({{largest_ms + kFlushMs, 'z'}}));

    Lines expected;
    for (auto& [key, all] : times) {
      std::ranges::sort(all);
      std::map<std::pair<std::int64_t, std::int64_t>, int> counts;
      for (std::size_t i = 0; i < all.size();) {
        std::int64_t start = all[i] / 2000 * 2000;
        std::int64_t end = start + 2000;
        if (sessions) start = end = all[i];
        int count = 0;
        for (; i < all.size() && (sessions ? count == 0 || all[i] <= end : all[i] < end); ++i, ++count)
          if (sessions) end = all[i] + 700;
        counts[{start, end}] = count;
      }
      for (const auto& [bounds, count] : counts)
        expected.push_back(fmt::format("[{},{}) {} {}", bounds.first, bounds.second, key, count));
    }
    std::ranges::sort(expected);
    std::ranges::sort(got);
    CAPTURE(seed);
    CHECK(got == expected);
  }
}

SCENARIO("range joins give every pair once, and every row without one") {
  constexpr std::array kTypes{JoinType::inner, JoinType::left_outer, JoinType::right_outer,
                              JoinType::full_outer, JoinType::left_semi};
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Draws draw{seed * 7919};
    const JoinType type = kTypes[seed % kTypes.size()];
    const TimeBound lower{-draw.below(1500), draw.below(2) == 0};
    const TimeBound upper{1 + draw.below(1500), draw.below(2) == 0};
    Query query{
        join(side(marked(kDelayMs, 0), "l_"), side(marked(kDelayMs, 1), "r_"), in_range(type, lower, upper))};
    Events left;
    Events right;
    Lines got;
    std::int64_t left_ms = 0;
    std::int64_t right_ms = 0;
    for (int step = 0; step < 8; ++step) {
      const Events l = disordered(draw, left_ms, static_cast<std::size_t>(draw.below(4)));
      // The global watermark is the least of both sides, so neither may run behind it by more than its own
      // delay.
      const Events r = disordered(draw, right_ms, static_cast<std::size_t>(draw.below(4)));
      append_all(got, query.add(l, r));
      left.insert(left.end(), l.begin(), l.end());
      right.insert(right.end(), r.begin(), r.end());
      if (!query.batches().empty()) REQUIRE(query.metrics().dropped == 0);
    }
    append_all(got, query.add({{left_ms + kFlushMs, 'y'}}, {{right_ms + 2 * kFlushMs, 'z'}}));

    const auto shown = [](const Event& e) { return fmt::format("{} {} {}", *e.ts_ms, e.key, e.value); };
    const auto matches = [&](const Event& l, const Event& r) {
      const std::int64_t apart = *l.ts_ms - *r.ts_ms;
      return l.key == r.key && (lower.inclusive ? apart >= lower.offset_ms : apart > lower.offset_ms) &&
             (upper.inclusive ? apart <= upper.offset_ms : apart < upper.offset_ms);
    };
    Lines expected;
    for (const Event& l : left) {
      const bool alone = std::ranges::none_of(right, [&](const Event& r) { return matches(l, r); });
      if (type == JoinType::left_semi) {
        if (!alone) expected.push_back(shown(l));
        continue;
      }
      for (const Event& r : right)
        if (matches(l, r)) expected.push_back(shown(l) + " " + shown(r));
      if (alone && (type == JoinType::left_outer || type == JoinType::full_outer))
        expected.push_back(shown(l) + " - - -");
    }
    if (type == JoinType::right_outer || type == JoinType::full_outer)
      for (const Event& r : right)
        if (std::ranges::none_of(left, [&](const Event& l) { return matches(l, r); }))
          expected.push_back("- - - " + shown(r));
    std::ranges::sort(expected);
    std::ranges::sort(got);
    CAPTURE(seed);
    CHECK(got == expected);
  }
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests

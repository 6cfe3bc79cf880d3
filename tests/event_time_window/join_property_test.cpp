// Random streams out of order through every join, against the batch oracle. Cases: WRACKLINE_PROPERTY_CASES.
#include <algorithm>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "engine/event_time/window/join_oracle.hpp"
#include "engine/event_time/window/stream_join.hpp"
#include "engine/event_time/window/window_join.hpp"
#include "tests/event_time_window/random_case.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::window {
namespace {

std::uint64_t cases() {
  const char* const text = std::getenv("WRACKLINE_PROPERTY_CASES");
  return text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10);
}

struct Input {
  Input(Dice& dice, bool table) {
    const std::int64_t bound = dice.roll(0, 15);
    const std::int64_t keys = dice.roll(1, 3);
    TimestampMs newest = kMinTimestamp;
    TimestampMs watermark = kMinTimestamp;
    std::int64_t at = 0;
    const std::int64_t count = dice.roll(1, 20);
    for (std::int64_t i = 0; i < count; ++i) {
      at += dice.roll(0, 4);
      JoinArrival& one = arrivals.emplace_back();
      one.side = dice.chance(2) ? JoinSide::left : JoinSide::right;
      one.key = static_cast<std::uint32_t>(dice.roll(0, keys - 1));
      one.record = {at - (dice.chance(2) ? dice.roll(0, 20) : 0),
                    sim::EventId{1, static_cast<std::uint64_t>(i)}, dice.roll(0, 9)};
      one.deleted = table && one.side == JoinSide::right && dice.chance(4);
      one.watermark = watermark;
      newest = std::max(newest, one.record.timestamp);
      if (dice.chance(3)) watermark = std::max(watermark, newest - bound - 1);
    }
  }
  std::vector<JoinArrival> arrivals;
};

using Rows = std::vector<JoinedRow>;

/// Feeds the arrivals, the watermark moving before each as it was seen, and to the end after the last.
template <class Add, class Advance>
void feed(const Input& input, Add&& add, Advance&& advance) {
  for (const JoinArrival& one : input.arrivals) {
    advance(one.watermark);
    add(one);
  }
  advance(kMaxTimestamp);
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

bool interval_join(std::uint64_t seed) {
  Dice dice{seed};
  IntervalJoinSpec spec;
  spec.lower_ms = dice.roll(-10, 8);
  spec.upper_ms = spec.lower_ms + dice.roll(0, 10);
  spec.type = static_cast<JoinType>(dice.roll(0, 3));
  spec.allowed_lateness_ms = dice.chance(2) ? 0 : dice.roll(1, 10);
  spec.right_allowed_lateness_ms = dice.chance(2) ? spec.allowed_lateness_ms : dice.roll(0, 10);
  const Input input{dice, false};
  IntervalJoin join{spec};
  Rows rows;
  feed(
      input, [&](const JoinArrival& one) { join.add(one.side, one.key, one.record, rows); },
      [&](TimestampMs to) { join.advance_watermark(to, rows); });
  return join.records_held() == 0 && sorted(rows) == batch_interval_join(spec, input.arrivals);
}

bool window_join(std::uint64_t seed) {
  Dice dice{seed};
  const auto type = static_cast<JoinType>(dice.roll(0, 3));
  const std::int64_t slide = dice.roll(1, 6);
  const WindowDefinition windows = dice.chance(3)   ? WindowDefinition::tumbling(slide)
                                   : dice.chance(2) ? WindowDefinition::hopping(dice.roll(1, 15), slide)
                                                    : WindowDefinition::cumulate(slide * 3, slide);
  const Input input{dice, false};
  WindowJoin join{windows, type};
  Rows rows;
  feed(
      input, [&](const JoinArrival& one) { join.add(one.side, one.key, one.record); },
      [&](TimestampMs to) { join.advance_watermark(to, rows); });
  return join.open_windows() == 0 && sorted(rows) == batch_window_join(windows, type, input.arrivals);
}

bool table_join(std::uint64_t seed) {
  Dice dice{seed};
  const JoinType type = dice.chance(2) ? JoinType::inner : JoinType::left;
  const Input input{dice, true};
  TableJoin join{type};
  Rows rows;
  for (const JoinArrival& one : input.arrivals) {
    if (one.side == JoinSide::right) {
      join.change(one.key, {one.record, one.deleted});
    } else {
      join.add(one.key, one.record, rows);
    }
  }
  return sorted(rows) == batch_table_join(type, input.arrivals);
}

bool temporal_join(std::uint64_t seed) {
  Dice dice{seed};
  const JoinType type = dice.chance(2) ? JoinType::inner : JoinType::left;
  const Input input{dice, true};
  TemporalJoin join{type};
  Rows rows;
  feed(
      input,
      [&](const JoinArrival& one) {
        if (one.side == JoinSide::right) {
          join.change(one.key, {one.record, one.deleted});
        } else {
          join.add(one.key, one.record);
        }
      },
      [&](TimestampMs to) { join.advance_watermark(to, rows); });
  return join.records_held() == 0 && sorted(rows) == batch_temporal_join(type, input.arrivals);
}

/// Any join, all of it behind one face; its state is taken in the middle. Whoever goes on from there, the
/// original or the copy, makes the rows that the oracle has, and neither disturbs the other.
bool snapshot(std::uint64_t seed) {
  Dice dice{seed};
  StreamJoinSpec spec;
  spec.type = static_cast<StreamJoinSpec::Type>(dice.roll(0, 3));
  spec.kind = static_cast<JoinType>(dice.roll(0, spec.has_table() ? 1 : 3));
  spec.lower_ms = dice.roll(-10, 8);
  spec.upper_ms = spec.lower_ms + dice.roll(0, 10);
  spec.windows = WindowDefinition::tumbling(dice.roll(1, 9));
  Input input{dice, false};
  const auto middle =
      static_cast<std::size_t>(dice.roll(0, static_cast<std::int64_t>(input.arrivals.size())));
  StreamJoin join{spec};
  Rows rows;
  const auto take_in = [](StreamJoin& into, Rows& out, std::span<const JoinArrival> arrivals) {
    for (const JoinArrival& one : arrivals) {
      into.advance_watermark(one.watermark, out);
      into.add(one.side, one.key, one.record, out);
    }
  };
  const std::span<const JoinArrival> all{input.arrivals};
  take_in(join, rows, all.first(middle));
  StreamJoin copy = join;
  Rows from_copy = rows;
  take_in(join, rows, all.subspan(middle));
  join.advance_watermark(kMaxTimestamp, rows);
  take_in(copy, from_copy, all.subspan(middle));
  copy.advance_watermark(kMaxTimestamp, from_copy);
  const IntervalJoinSpec interval{.lower_ms = spec.lower_ms, .upper_ms = spec.upper_ms, .type = spec.kind};
  const Rows expected = spec.type == StreamJoinSpec::Type::interval ? batch_interval_join(interval, all)
                        : spec.type == StreamJoinSpec::Type::window
                            ? batch_window_join(spec.windows, spec.kind, all)
                        : spec.type == StreamJoinSpec::Type::temporal ? batch_temporal_join(spec.kind, all)
                                                                      : batch_table_join(spec.kind, all);
  return rows == from_copy && sorted(rows) == expected && join.waiting() == 0 && copy.waiting() == 0;
}

void check(const char* what, bool (*holds)(std::uint64_t)) {
  const std::uint64_t count = cases() / 4;
  std::uint64_t differences = 0;
  std::string first;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    if (holds(seed)) continue;
    if (differences++ < 5) first += fmt::format("case {}\n", seed);
  }
  INFO(what << ", " << count << " cases\n" << first);
  CHECK(differences == 0);
}

}  // namespace

TEST_CASE("joins agree with the batch oracle") {
  check("interval join", interval_join);
  check("window join", window_join);
  check("table join", table_join);
  check("temporal join", temporal_join);
  check("snapshots", snapshot);
}

}  // namespace wrackline::event_time::window

// Random out-of-order input against what a batch computation says. WRACKLINE_STREAMS_CASES sets the number of
// cases (default 2000 of each).
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/event_time_streams/harness.hpp"

namespace wrackline::event_time::streams::tests {
namespace {

/// splitmix64: small, and the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::int64_t upto(std::int64_t limit) {  // in [0, limit]
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return static_cast<std::int64_t>((z ^ (z >> 31)) % static_cast<std::uint64_t>(limit + 1));
  }

 private:
  std::uint64_t state_;
};

std::uint64_t cases() {
  const char* const set = std::getenv("WRACKLINE_STREAMS_CASES");
  return set == nullptr ? 2000 : std::strtoull(set, nullptr, 10);
}

struct Arrival {
  std::string key;
  TimestampMs timestamp = 0;
  bool right = false;
};
std::vector<Arrival> arrivals(Dice& dice, std::int64_t span) {
  std::vector<Arrival> made(static_cast<std::size_t>(2 + dice.upto(14)));
  for (Arrival& arrival : made) arrival = {dice.upto(2) == 0 ? "b" : "a", dice.upto(span), dice.upto(1) == 0};
  return made;
}

using Windows = std::map<std::pair<std::string, Window>, std::int64_t>;
using Change = WindowedChange<std::string, std::int64_t>;

/// The table that the changes leave behind.
void apply(Windows& table, const Change& change) {
  if (change.new_value) {
    table[{change.key, change.window}] = *change.new_value;
  } else {
    table.erase({change.key, change.window});
  }
}

template <typename Operator, typename Definition>
Windows run(const Definition& windows, const AggregateSettings& settings, const std::vector<Arrival>& input) {
  Operator count(windows, settings);
  Windows table;
  Drops drops;
  for (const Arrival& arrival : input) {
    const auto sink = [&](const Change& change) { apply(table, change); };
    count.process({arrival.key, 1, arrival.timestamp}, 0, sink, drops);
    count.flush(sink, drops);
  }
  return table;
}

StoreSettings ample(Dice& dice) {
  return {dice.upto(1) == 0 ? StoreKind::in_memory : StoreKind::rocks_db, 100'000, dice.upto(1) == 0};
}

SCENARIO("sliding windows hold what lies in them, whatever the order of arrival") {
  for (std::uint64_t seed = 0; seed < cases(); ++seed) {
    Dice dice(seed);
    const SlidingWindows windows{1 + dice.upto(9), 1000};
    const auto input = arrivals(dice, 40);
    Windows expected;
    for (const Arrival& arrival : input) {
      const std::int64_t d = windows.time_difference_ms;
      std::set<TimestampMs> starts{arrival.timestamp < d ? 0 : arrival.timestamp - d, arrival.timestamp + 1};
      for (const TimestampMs start : starts) {
        const auto in = std::count_if(input.begin(), input.end(), [&](const Arrival& other) {
          return other.key == arrival.key && other.timestamp >= start && other.timestamp <= start + d;
        });
        if (in > 0) expected[{arrival.key, Window{start, start + d}}] = in;
      }
    }
    INFO("seed " << seed);
    REQUIRE(run<SlidingWindowAggregate<std::string, Count>>(windows, {ample(dice)}, input) == expected);
  }
}

SCENARIO("sessions are the clusters of their key's records, whatever the order of arrival") {
  for (std::uint64_t seed = 0; seed < cases(); ++seed) {
    Dice dice(seed);
    const SessionWindows windows{1 + dice.upto(5), 1000};
    auto input = arrivals(dice, 60);
    const Windows got = run<SessionWindowAggregate<std::string, Count>>(windows, {ample(dice)}, input);
    Windows expected;
    std::sort(input.begin(), input.end(), [](const Arrival& a, const Arrival& b) {
      return std::tie(a.key, a.timestamp) < std::tie(b.key, b.timestamp);
    });
    for (std::size_t from = 0; from < input.size();) {
      std::size_t to = from;
      while (to + 1 < input.size() && input[to + 1].key == input[from].key &&
             input[to + 1].timestamp - input[to].timestamp <= windows.inactivity_gap_ms) {
        ++to;
      }
      expected[{input[from].key, Window{input[from].timestamp, input[to].timestamp}}] =
          static_cast<std::int64_t>(to - from + 1);
      from = to + 1;
    }
    INFO("seed " << seed);
    REQUIRE(got == expected);
  }
}

SCENARIO("with ample retention, suppression and onWindowClose give the last update of every closed window") {
  for (std::uint64_t seed = 0; seed < cases(); ++seed) {
    Dice dice(seed);
    const std::int64_t size = 1 + dice.upto(9);
    const TimeWindows windows = TimeWindows::hopping(size, 1 + dice.upto(size - 1), dice.upto(8));
    auto input = arrivals(dice, 50);
    input.push_back({"z", 500});  // closes everything that came before
    const StoreSettings store = ample(dice);
    Windows updates = run<WindowAggregate<std::string, Count>>(windows, {store}, input);
    std::erase_if(updates, [](const auto& row) { return row.first.first == "z"; });

    WindowAggregate<std::string, Count> updating(windows, {store});
    Suppress<std::string, std::int64_t> suppress({.wait_ms = windows.grace_ms}, false);
    AggregateSettings close{store, EmitStrategy::on_window_close, 0};
    if (store.kind == StoreKind::rocks_db) close.store.kind = StoreKind::rocks_db_time_ordered;
    WindowAggregate<std::string, Count> closing(windows, close);
    Windows suppressed;
    Windows closed;
    std::size_t emitted = 0;
    Drops drops;
    for (const Arrival& arrival : input) {
      const Record<std::string, int> record{arrival.key, 1, arrival.timestamp};
      const auto through = [&](Change change) {
        suppress.process(std::move(change), [&](const Change& c) {
          ++emitted;
          apply(suppressed, c);
        });
      };
      updating.process(record, 0, through, drops);
      updating.flush(through, drops);
      const auto final_result = [&](const Change& c) {
        ++emitted;
        apply(closed, c);
      };
      closing.process(record, 0, final_result, drops);
      closing.flush(final_result, drops);
    }
    INFO("seed " << seed);
    REQUIRE(suppressed == updates);
    REQUIRE(closed == updates);
    REQUIRE(emitted == 2 * updates.size());
  }
}

SCENARIO("a join emits every pair once and every unmatched record of an outer side once") {
  using Pairs = std::multiset<std::pair<std::size_t, std::size_t>>;
  constexpr std::size_t kNone = 1000;
  for (std::uint64_t seed = 0; seed < cases(); ++seed) {
    Dice dice(seed);
    const JoinWindows windows{dice.upto(6), dice.upto(6), 200, true};
    const JoinType type =
        std::array{JoinType::inner, JoinType::left, JoinType::outer}[static_cast<std::size_t>(dice.upto(2))];
    const StoreKind kind = dice.upto(1) == 0 ? StoreKind::in_memory : StoreKind::rocks_db;
    const auto input = arrivals(dice, 40);
    StreamStreamJoin<std::string, std::size_t, std::size_t> join(type, windows, kind, 0);
    Pairs got;
    Drops drops;
    const auto sink = [&](const auto& joined) {
      if (joined.key != "z") got.emplace(joined.left.value_or(kNone), joined.right.value_or(kNone));
    };
    const auto feed = [&](const Arrival& arrival, std::size_t id) {
      const Record<std::string, std::size_t> record{arrival.key, id, arrival.timestamp};
      if (arrival.right) {
        join.process_right(record, 0, sink, drops);
      } else {
        join.process_left(record, 0, sink, drops);
      }
    };
    for (std::size_t i = 0; i < input.size(); ++i) feed(input[i], i);
    // The engine's note of the oldest waiting record may be the newest one it looked at: several records
    // release all.
    for (TimestampMs later = 1000; later < 6000; later += 1000) feed({"z", later, false}, kNone);
    Pairs expected;
    for (std::size_t i = 0; i < input.size(); ++i) {
      bool matched = false;
      for (std::size_t j = 0; j < input.size(); ++j) {
        const Arrival& left = input[input[i].right ? j : i];
        const Arrival& right = input[input[i].right ? i : j];
        if (input[i].right == input[j].right || left.key != right.key) continue;
        const std::int64_t apart = right.timestamp - left.timestamp;
        if (apart < -windows.before_ms || apart > windows.after_ms) continue;
        matched = true;
        if (!input[i].right) expected.emplace(i, j);
      }
      const bool outer = input[i].right ? type == JoinType::outer : type != JoinType::inner;
      if (!matched && outer) expected.emplace(input[i].right ? kNone : i, input[i].right ? i : kNone);
    }
    // A record whose window had passed on arrival goes out unmatched at once, though its match may follow:
    // the engine's own choice. Such unmatched results are extra.
    Pairs extra;
    std::set_difference(got.begin(), got.end(), expected.begin(), expected.end(),
                        std::inserter(extra, extra.end()));
    for (const auto& pair : extra) {
      const std::size_t alone = pair.first == kNone ? pair.second : pair.first;
      REQUIRE((pair.first == kNone) != (pair.second == kNone));
      const std::int64_t reach = input[alone].right ? windows.before_ms : windows.after_ms;
      const bool passed = std::any_of(
          input.begin(), input.begin() + static_cast<std::ptrdiff_t>(alone),
          [&](const Arrival& before) { return before.timestamp > input[alone].timestamp + reach; });
      INFO("seed " << seed);
      CHECK(passed);
    }
    Pairs without_extra = got;
    for (const auto& pair : extra) without_extra.erase(without_extra.find(pair));
    INFO("seed " << seed);
    REQUIRE(without_extra == expected);
    REQUIRE(drops.empty());
  }
}

}  // namespace
}  // namespace wrackline::event_time::streams::tests

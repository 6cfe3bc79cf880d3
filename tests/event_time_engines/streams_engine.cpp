#include <optional>

#include "engine/event_time/streams/session_window_aggregate.hpp"
#include "engine/event_time/streams/stream_stream_join.hpp"
#include "engine/event_time/streams/suppress.hpp"
#include "engine/event_time/streams/window_aggregate.hpp"
#include "tests/event_time_engines/engines.hpp"

namespace wrackline::event_time::engines {

namespace {

using namespace streams;

struct Count {
  using Value = int;
  using Aggregate = std::int64_t;
  static Aggregate initial() { return 0; }
  static Aggregate add(Aggregate count, const Value*) { return count + 1; }
  static Aggregate merge(Aggregate a, Aggregate b) { return a + b; }
};
using Change = WindowedChange<std::string, std::int64_t>;

template <typename Operator, typename Windows>
Cells counts(const std::vector<Arrival>& arrivals, const Windows& windows, bool end_included,
             std::optional<Suppressed> suppressed) {
  const StoreSettings store{StoreKind::in_memory, windows.default_retention_ms(), false};
  Operator count(windows, AggregateSettings{store, EmitStrategy::on_window_update, 0});
  std::optional<Suppress<std::string, std::int64_t>> suppress;
  if (suppressed) suppress.emplace(*suppressed, end_included);
  Cells cells;
  for (const Arrival& arrival : arrivals) {
    std::vector<std::string> said;
    const auto say = [&](const Change& change) {
      said.push_back(count_text(change.key, change.window.start_ms, change.window.end_ms, end_included,
                                change.new_value ? std::to_string(*change.new_value) : "null"));
    };
    Drops drops;
    count.process(
        {arrival.key, 1, arrival.seconds * 1000}, 0,
        [&](Change change) {
          if (suppress) {
            suppress->process(std::move(change), say);
          } else {
            say(change);
          }
        },
        drops);
    if (!drops.empty()) said.insert(said.begin(), "dropped");
    cells.push_back(cell(said));
  }
  return cells;
}

Cells counts(const std::vector<Arrival>& arrivals, const Setting& setting, bool final_only) {
  const std::int64_t grace_ms = setting.disorder_s * 1000;
  std::optional<Suppressed> suppressed;
  if (setting.windowing == Windowing::tumbling) {
    if (final_only) suppressed = Suppressed{.wait_ms = grace_ms};
    return counts<WindowAggregate<std::string, Count>>(
        arrivals, TimeWindows::tumbling(setting.window_s * 1000, grace_ms), false, suppressed);
  }
  if (final_only) suppressed = Suppressed{.wait_ms = grace_ms + setting.window_s * 1000};
  return counts<SessionWindowAggregate<std::string, Count>>(
      arrivals, SessionWindows{setting.window_s * 1000, grace_ms}, true, suppressed);
}

}  // namespace

Cells streams_counts(const std::vector<Arrival>& arrivals, const Setting& setting) {
  return counts(arrivals, setting, false);
}
Cells streams_final_counts(const std::vector<Arrival>& arrivals, const Setting& setting) {
  return counts(arrivals, setting, true);
}

Cells streams_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s) {
  StreamStreamJoin<std::string, std::size_t, std::size_t> join(
      streams::JoinType::left, JoinWindows::of_difference(within_s * 1000, disorder_s * 1000),
      StoreKind::in_memory, 0);
  Cells cells;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& arrival = arrivals[i];
    std::vector<std::string> said;
    const auto sink = [&](const auto& joined) {
      said.push_back(join_name(arrivals, *joined.left) + "+" +
                     (joined.right ? join_name(arrivals, *joined.right) : "null"));
    };
    Drops drops;
    const Record<std::string, std::size_t> record{arrival.key, i, arrival.seconds * 1000};
    if (arrival.right) {
      join.process_right(record, 0, sink, drops);
    } else {
      join.process_left(record, 0, sink, drops);
    }
    if (!drops.empty()) said.push_back("dropped");
    cells.push_back(cell(said));
  }
  return cells;
}

}  // namespace wrackline::event_time::engines

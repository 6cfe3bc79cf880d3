// Driver of streams.window: one windowed aggregation, stepped as TopologyTestDriver stepped the real one: a
// record, then a commit that flushes the record cache.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/event_time/streams/session_window_aggregate.hpp"
#include "engine/event_time/streams/sliding_window_aggregate.hpp"
#include "engine/event_time/streams/suppress.hpp"
#include "engine/event_time/streams/task_time.hpp"
#include "engine/event_time/streams/window_aggregate.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/streams_steps.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::streams;
using event_time::TimestampMs;

struct Count {
  using Value = std::int64_t;
  using Aggregate = std::int64_t;
  static Aggregate initial() { return 0; }
  static Aggregate add(Aggregate count, const Value*) { return count + 1; }
  static Aggregate merge(Aggregate a, Aggregate b) { return a + b; }
};
struct Sum {
  using Value = std::int64_t;
  using Aggregate = std::int64_t;
  static Aggregate initial() { return 0; }
  static Aggregate add(Aggregate sum, const Value* value) { return sum + (value == nullptr ? 0 : *value); }
  static Aggregate merge(Aggregate a, Aggregate b) { return a + b; }
};
struct List {
  using Value = std::int64_t;
  using Aggregate = std::string;
  static Aggregate initial() { return {}; }
  static Aggregate add(const Aggregate& list, const Value* value) {
    return list + "," + (value == nullptr ? "null" : std::to_string(*value));
  }
  static Aggregate merge(const Aggregate& a, const Aggregate& b) { return "(" + a + "|" + b + ")"; }
};

struct Definition {
  std::string type;
  TimeWindows time{};
  SlidingWindows sliding{};
  SessionWindows session{};
  Refusal refusal;
  std::int64_t retention_ms = 0;
  std::int64_t final_wait_ms = 0;  ///< suppress(untilWindowCloses)
};

Definition define(const Json& config, Version version) {
  const Json& window = config.at("window");
  Definition made;
  made.type = window.at("type").get<std::string>();
  const auto api = window.at("api").get<std::string>();
  const auto number = [&](const char* name) { return window.value(name, std::int64_t{0}); };
  const bool legacy = api == "of" || api == "with";
  if (legacy && version != Version::v3_9) throw NotModelledError{"factory " + api + " in 4.x"};
  const auto grace = [&](std::int64_t size_ms) {
    return window.contains("grace_ms") || !legacy ? number("grace_ms") : legacy_grace_ms(size_ms);
  };
  std::int64_t default_retention_ms = 0;
  if (made.type == "tumbling" || made.type == "hopping") {
    made.time = TimeWindows::tumbling(number("size_ms"), grace(number("size_ms")));
    made.refusal = made.time.refusal();
    if (!made.refusal && made.type == "hopping") {
      made.time.advance_ms = number("advance_ms");
      made.refusal = made.time.refusal();
    }
    default_retention_ms = made.time.default_retention_ms();
    made.final_wait_ms = made.time.grace_ms;
  } else if (made.type == "sliding") {
    made.sliding = {number("time_difference_ms"), grace(0)};
    made.refusal = made.sliding.refusal();
    default_retention_ms = made.sliding.default_retention_ms();
    made.final_wait_ms = made.sliding.grace_ms;
  } else if (made.type == "session") {
    made.session = {number("inactivity_gap_ms"), grace(number("inactivity_gap_ms"))};
    made.refusal = made.session.refusal(version);
    default_retention_ms = made.session.default_retention_ms();
    made.final_wait_ms = made.session.inactivity_gap_ms + made.session.grace_ms;
  } else {
    throw NotModelledError{"window type " + made.type};
  }
  made.retention_ms = config.value("retention_ms", default_retention_ms);
  if (!made.refusal) {
    if (made.type == "sliding") {
      made.refusal = made.sliding.retention_refusal(made.retention_ms, "store");
    } else if (made.type == "session") {
      made.refusal = made.session.retention_refusal(made.retention_ms, "store");
    } else {
      made.refusal = made.time.retention_refusal(made.retention_ms, "store");
    }
  }
  return made;
}

std::optional<Suppressed> suppression(const Json& config, std::int64_t final_wait_ms) {
  const auto suppress = config.find("suppress");
  if (suppress == config.end() || suppress->is_null()) return std::nullopt;
  Suppressed made;
  const auto until = suppress->at("until").get<std::string>();
  if (until == "windowCloses") {
    made.wait_ms = final_wait_ms;
  } else if (until == "timeLimit") {
    made.until = Suppressed::Until::time_limit;
    made.wait_ms = suppress->at("ms").get<std::int64_t>();
    made.when_full = suppress->value("on_full", "emitEarly") == "emitEarly" ? Suppressed::WhenFull::emit_early
                                                                            : Suppressed::WhenFull::shut_down;
  } else {
    throw NotModelledError{"suppress until " + until};
  }
  if (suppress->contains("max_records")) made.max_records = suppress->at("max_records").get<std::int64_t>();
  return made;
}

class Topology {
 public:
  virtual ~Topology() = default;
  virtual Json record(const Json& in, std::int64_t wall_clock_ms) = 0;
  virtual Json fetch(const Json& in) const = 0;
};

template <typename Cell>
Json row(TimestampMs start_ms, const Cell& cell) {
  return Json::array({start_ms, cell.value, cell.timestamp_ms});
}
template <typename Store>
Json fetch_rows(const Store& store, const std::string& key, TimestampMs from_ms, TimestampMs to_ms) {
  Json rows = Json::array();
  if constexpr (requires { store.find_sessions(key, from_ms, to_ms); }) {
    for (const auto& session : store.find_sessions(key, from_ms, to_ms)) {
      rows.push_back(Json::array({session.window.start_ms, session.window.end_ms, session.value}));
    }
  } else {
    for (const auto& entry : store.fetch(key, from_ms, to_ms))
      rows.push_back(row(entry.start_ms, entry.value));
  }
  return rows;
}

template <typename Operator>
class Aggregation : public Topology {
 public:
  using Change = typename Operator::Change;

  template <typename Windows>
  Aggregation(const Windows& windows, const AggregateSettings& settings, std::optional<Suppressed> suppressed,
              const StreamsProperties& properties, const std::string& type)
      : time_(1, properties.extractor),
        aggregate_(windows, settings),
        end_exclusive_(type == "tumbling" || type == "hopping") {
    if (suppressed) suppress_.emplace(*suppressed, type == "session");
  }

  Json record(const Json& in, std::int64_t wall_clock_ms) override {
    Drops drops;
    Json emitted = Json::array();
    Json error;
    std::string lost;
    const auto forward = [&](Change change) {
      if (suppress_) {
        suppress_->process(std::move(change),
                           [&](const Change& through) { emitted.push_back(result(through)); });
      } else {
        emitted.push_back(result(change));
      }
    };
    Record<std::string, std::int64_t> record;
    if (!in.at("key").is_null()) record.key = in.at("key").get<std::string>();
    if (!in.at("value").is_null()) record.value = in.at("value").get<std::int64_t>();
    bool extracted = false;
    const char* wrapper = "StreamsException";
    try {
      const auto timestamp = time_.extract(0, in.at("ts").get<std::int64_t>(), drops);
      extracted = true;
      if (timestamp) {
        record.timestamp_ms = *timestamp;
        aggregate_.process(record, wall_clock_ms, forward, drops);
        wrapper = "ProcessorStateException";
        aggregate_.flush(forward, drops);
      }
    } catch (const StreamsError& thrown) {
      emitted = Json::array();
      if (extracted) {
        error = streams_error(wrapper, thrown);
      } else {
        error = {{"class", "StreamsException"}};
        if (std::string_view(thrown.what()).starts_with("Input record")) lost = thrown.what();
      }
    }
    Json out{{"emitted", std::move(emitted)}};
    add_drops(out, drops, end_exclusive_);
    if (!lost.empty()) out["reasons"].push_back(lost);
    if (time_.stream_time_ms() != kNoTimestamp) out["stream_time"] = time_.stream_time_ms();
    if (!error.is_null()) out["error"] = std::move(error);
    return out;
  }

  Json fetch(const Json& in) const override {
    return {{"store", fetch_rows(aggregate_.store(), in.at("key").get<std::string>(),
                                 in.at("from").get<std::int64_t>(), in.at("to").get<std::int64_t>())}};
  }

 private:
  static Json result(const Change& change) {
    return {{"key", change.key},
            {"window", Json::array({change.window.start_ms, change.window.end_ms})},
            {"value", json_or_null(change.new_value)},
            {"ts", change.timestamp_ms}};
  }

  TaskTime time_;
  Operator aggregate_;
  bool end_exclusive_;
  std::optional<Suppress<std::string, typename Operator::Aggregate>> suppress_;
};

template <typename Aggregator>
std::unique_ptr<Topology> build(const Definition& window, const AggregateSettings& settings,
                                const std::optional<Suppressed>& suppressed,
                                const StreamsProperties& properties) {
  if (window.type == "sliding") {
    return std::make_unique<Aggregation<SlidingWindowAggregate<std::string, Aggregator>>>(
        window.sliding, settings, suppressed, properties, window.type);
  }
  if (window.type == "session") {
    return std::make_unique<Aggregation<SessionWindowAggregate<std::string, Aggregator>>>(
        window.session, settings, suppressed, properties, window.type);
  }
  return std::make_unique<Aggregation<WindowAggregate<std::string, Aggregator>>>(
      window.time, settings, suppressed, properties, window.type);
}

std::unique_ptr<Topology> build(const Json& config, const Definition& window) {
  const StreamsProperties properties = streams_properties(config);
  AggregateSettings settings;
  settings.emit_interval_ms = properties.aggregation_emit_interval_ms;
  const auto strategy = config.value("emit_strategy", "onWindowUpdate");
  if (strategy == "onWindowClose") {
    settings.emit = EmitStrategy::on_window_close;
  } else if (strategy != "onWindowUpdate") {
    throw NotModelledError{"emit strategy " + strategy};
  }
  const bool on_close = settings.emit == EmitStrategy::on_window_close;
  const bool time_windows = window.type == "tumbling" || window.type == "hopping";
  settings.store.retention_ms = window.retention_ms;
  settings.store.cached = properties.cached && (time_windows || !on_close);
  if (properties.in_memory) {
    settings.store.kind = StoreKind::in_memory;
  } else {
    settings.store.kind = on_close ? StoreKind::rocks_db_time_ordered : StoreKind::rocks_db;
  }
  const auto suppressed = suppression(config, window.final_wait_ms);
  const auto aggregation = config.at("aggregation").get<std::string>();
  if (aggregation == "count") return build<Count>(window, settings, suppressed, properties);
  if (aggregation == "sum") return build<Sum>(window, settings, suppressed, properties);
  if (aggregation == "list") return build<List>(window, settings, suppressed, properties);
  throw NotModelledError{"aggregation " + aggregation};
}

class Steps {
 public:
  explicit Steps(const Json& recorded_case)
      : wall_clock_ms_(recorded_case.at("config").value("initial_wall_clock", std::int64_t{0})) {
    const Json& config = recorded_case.at("config");
    const Definition window = define(config, streams_version(recorded_case));
    refusal_ = window.refusal;
    if (!refusal_) topology_ = build(config, window);
  }

  Json operator()(const Json& in) {
    const auto op = in.at("op").get<std::string>();
    if (refusal_) return refused(*refusal_);
    if (op == "build") return {{"ok", true}};
    if (op == "record") return topology_->record(in, wall_clock_ms_);
    if (op == "fetch") return topology_->fetch(in);
    if (op == "advance_wall_clock") {
      wall_clock_ms_ += in.at("ms").get<std::int64_t>();
      return {{"emitted", Json::array()}};
    }
    throw NotModelledError{"op " + op};
  }

 private:
  Refusal refusal_;
  std::unique_ptr<Topology> topology_;
  std::int64_t wall_clock_ms_;
};

}  // namespace

Session open_streams_window(const Json& recorded_case) { return {{}, steps_of<Steps>(recorded_case)}; }

}  // namespace wrackline::conform

// Driver of streams.join: stream-stream, stream-table, table-table, foreign-key and global-table joins,
// stepped as TopologyTestDriver stepped the real ones: a record, then a commit that flushes the record
// caches.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/event_time/streams/foreign_key_join.hpp"
#include "engine/event_time/streams/stream_stream_join.hpp"
#include "engine/event_time/streams/stream_table_join.hpp"
#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_table_join.hpp"
#include "engine/event_time/streams/task_time.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/streams_steps.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::streams;
using event_time::TimestampMs;
using Text = std::string;
using MaybeText = std::optional<std::string>;
using TextRecord = Record<Text, Text>;
using TextTable = Table<Text, Text>;

constexpr std::size_t kLeft = 0;
constexpr std::size_t kRight = 1;

JoinType join_type(const Json& config) {
  const auto type = config.at("type").get<Text>();
  if (type == "inner") return JoinType::inner;
  if (type == "left") return JoinType::left;
  if (type == "outer") return JoinType::outer;
  throw NotModelledError{"join type " + type};
}

/// The value joiner of the recordings.
Text joined_value(const MaybeText& left, const MaybeText& right) {
  return left.value_or("null") + "+" + right.value_or("null");
}
/// The recordings' foreign key: the text before `|`.
MaybeText before_bar(const Text& value) {
  const auto bar = value.find('|');
  return bar == Text::npos ? std::nullopt : MaybeText(value.substr(0, bar));
}

Json result(const MaybeText& key, const MaybeText& value, TimestampMs timestamp) {
  return {{"key", json_or_null(key)}, {"value", json_or_null(value)}, {"ts", timestamp}};
}
Json row(const std::optional<ValueAndTimestamp<Text>>& found) {
  if (!found) return nullptr;
  return {{"value", found->value}, {"ts", found->timestamp_ms}};
}

/// Where the results of a join with a stream go.
auto stream_results(Json& emitted) {
  return [&emitted](const StreamJoined<Text, Text, Text>& joined) {
    emitted.push_back(result(joined.key, joined_value(joined.left, joined.right), joined.timestamp_ms));
  };
}

/// One kind of join: takes a record of either topic, then a commit.
class Join {
 public:
  virtual ~Join() = default;
  virtual void left(const TextRecord& record, std::int64_t wall_clock_ms, Json& emitted, Drops& drops) = 0;
  virtual void right(const TextRecord& record, std::int64_t wall_clock_ms, Json& emitted, Drops& drops) = 0;
  virtual void commit(Json& emitted, Drops& drops) = 0;
  virtual Json get(const Json&) const { throw NotModelledError{"a query of this join's stores"}; }
  /// Whether records of the topic reach the recording's probe of the stream time, or the task at all.
  virtual bool is_stream(std::size_t input) const = 0;
  virtual bool moves_task_time(std::size_t) const { return true; }
};

class StreamStream : public Join {
 public:
  StreamStream(const Json& config, const JoinWindows& windows, const StreamsProperties& properties)
      : join_(join_type(config), windows, properties.in_memory ? StoreKind::in_memory : StoreKind::rocks_db,
              properties.outer_join_emit_interval_ms) {}
  void left(const TextRecord& record, std::int64_t wall_clock_ms, Json& emitted, Drops& drops) override {
    join_.process_left(record, wall_clock_ms, stream_results(emitted), drops);
  }
  void right(const TextRecord& record, std::int64_t wall_clock_ms, Json& emitted, Drops& drops) override {
    join_.process_right(record, wall_clock_ms, stream_results(emitted), drops);
  }
  void commit(Json&, Drops&) override {}
  bool is_stream(std::size_t) const override { return true; }

 private:
  StreamStreamJoin<Text, Text, Text> join_;
};

std::optional<std::int64_t> history_retention(const Json& config, const char* table) {
  const auto found = config.find(table);
  if (found == config.end()) return std::nullopt;
  const auto store = found->at("store").get<Text>();
  if (store == "versioned") return found->at("history_retention_ms").get<std::int64_t>();
  if (store != "timestamped") throw NotModelledError{"store " + store};
  return std::nullopt;
}
Json read(const TextTable& table, const Json& in) {
  const auto key = in.at("key").get<Text>();
  if (in.at("op") == "get") return row(table.get(key));
  if (!table.versioned()) throw NotModelledError{"versions of a store that keeps none"};
  Json found =
      in.contains("as_of") ? row(table.get(key, in.at("as_of").get<std::int64_t>())) : row(table.get(key));
  if (!found.is_null()) found["valid_to"] = nullptr;
  return found;
}

class StreamTable : public Join {
 public:
  StreamTable(const Json& config, const StreamTableSettings& settings, const StreamsProperties& properties)
      : global_(config.at("join") == "kstream-globalktable"),
        join_(settings),
        table_({.history_retention_ms = history_retention(config, "right_table"),
                .cached = properties.cached}) {}
  void left(const TextRecord& record, std::int64_t, Json& emitted, Drops& drops) override {
    const auto table_key = [this](const TextRecord& r) -> MaybeText {
      return global_ && r.value ? before_bar(*r.value) : r.key;
    };
    const auto table_row = [this](const Text& key, TimestampMs timestamp) -> MaybeText {
      const auto found = table_.versioned() ? table_.get(key, timestamp) : table_.get(key);
      return found ? MaybeText(found->value) : std::nullopt;
    };
    join_.process(record, table_key, table_row, stream_results(emitted), drops);
  }
  void right(const TextRecord& record, std::int64_t, Json&, Drops& drops) override {
    table_.process(record, [](const auto&) {}, drops);
  }
  void commit(Json&, Drops&) override {
    table_.flush([](const auto&) {});
  }
  Json get(const Json& in) const override { return read(table_, in); }
  bool is_stream(std::size_t input) const override { return input == kLeft; }
  bool moves_task_time(std::size_t input) const override { return !global_ || input == kLeft; }

 private:
  bool global_;
  StreamTableJoin<Text, Text, Text> join_;
  TextTable table_;
};

class TwoTables : public Join {
 public:
  TwoTables(const Json& config, const StreamsProperties& properties, bool left_old, bool right_old)
      : left_({history_retention(config, "left_table"), properties.cached, left_old}),
        right_({history_retention(config, "right_table"), properties.cached, right_old}) {}
  void left(const TextRecord& record, std::int64_t, Json& emitted, Drops& drops) override {
    left_.process(record, [&](const auto& change) { left_changed(change, emitted, drops); }, drops);
  }
  void right(const TextRecord& record, std::int64_t, Json& emitted, Drops& drops) override {
    right_.process(record, [&](const auto& change) { right_changed(change, emitted, drops); }, drops);
  }
  void commit(Json& emitted, Drops& drops) override {
    left_.flush([&](const auto& change) { left_changed(change, emitted, drops); });
    right_.flush([&](const auto& change) { right_changed(change, emitted, drops); });
  }
  Json get(const Json& in) const override {
    const auto store = in.at("store").get<Text>();
    if (store == "left-store") return read(left_, in);
    if (store == "right-store") return read(right_, in);
    throw NotModelledError{"store " + store};
  }
  bool is_stream(std::size_t) const override { return false; }

 protected:
  using Change = TableChange<Text, Text>;
  using Joined = TableJoined<Text, Text, Text>;
  virtual void left_changed(const Change& change, Json& emitted, Drops& drops) = 0;
  virtual void right_changed(const Change& change, Json& emitted, Drops& drops) = 0;
  static MaybeText value_of(const Joined& joined) {
    return joined.gone() ? std::nullopt : MaybeText(joined_value(joined.left, joined.right));
  }

  TextTable left_;
  TextTable right_;
};

class TableTable : public TwoTables {
 public:
  TableTable(const Json& config, const StreamsProperties& properties)
      : TwoTables(config, properties, join_type(config) != JoinType::inner,
                  join_type(config) == JoinType::outer),
        join_(join_type(config), left_.versioned(), right_.versioned()) {
    if (config.value("materialized", false)) result_.emplace(properties.cached);
  }
  void commit(Json& emitted, Drops& drops) override {
    TwoTables::commit(emitted, drops);
    if (!result_) return;
    result_->flush([&](const Text& key, const auto&, const MaybeText& value, TimestampMs timestamp) {
      emitted.push_back(result(key, value, timestamp));
    });
  }
  Json get(const Json& in) const override {
    if (in.at("store") == "joined" && result_) return row(result_->get(in.at("key").get<Text>()));
    return TwoTables::get(in);
  }

 private:
  void left_changed(const Change& change, Json& emitted, Drops& drops) override {
    forward(join_.left_changed(change, right_.get(change.key), drops), emitted);
  }
  void right_changed(const Change& change, Json& emitted, Drops& drops) override {
    forward(join_.right_changed(change, left_.get(change.key), drops), emitted);
  }
  void forward(const std::optional<Joined>& joined, Json& emitted) {
    if (!joined) return;
    if (result_) result_->put(joined->key, value_of(*joined), joined->timestamp_ms);
    if (!result_ || !result_->cached()) {
      emitted.push_back(result(joined->key, value_of(*joined), joined->timestamp_ms));
    }
  }

  TableTableJoin<Text, Text, Text> join_;
  std::optional<KeyValueStore<Text, Text>> result_;
};

class ForeignKey : public TwoTables {
 public:
  ForeignKey(const Json& config, const StreamsProperties& properties)
      : TwoTables(config, properties, true, false),
        join_(join_type(config) == JoinType::left, left_.versioned(), right_.versioned()) {
    if (join_type(config) == JoinType::outer) throw NotModelledError{"outer foreign-key join"};
    if (config.value("materialized", false)) throw NotModelledError{"a materialized foreign-key join"};
  }

 private:
  static auto sink(Json& emitted) {
    return [&emitted](const Joined& joined) {
      emitted.push_back(result(joined.key, value_of(joined), joined.timestamp_ms));
    };
  }
  void left_changed(const Change& change, Json& emitted, Drops& drops) override {
    join_.left_changed(
        change, before_bar, [this](const Text& key) { return right_.get(key); },
        [this](const Text& key) { return left_.get(key); }, sink(emitted), drops);
  }
  void right_changed(const Change& change, Json& emitted, Drops& drops) override {
    join_.right_changed(change, [this](const Text& key) { return left_.get(key); }, sink(emitted), drops);
  }
  ForeignKeyJoin<Text, Text, Text, Text> join_;
};

JoinWindows join_windows(const Json& window, Refusal& refusal) {
  const auto api = window.at("api").get<Text>();
  const auto difference = window.at("time_difference_ms").get<std::int64_t>();
  const bool legacy = api == "of";
  JoinWindows made = legacy
                         ? JoinWindows::legacy_of(difference)
                         : JoinWindows::of_difference(difference, window.value("grace_ms", std::int64_t{0}));
  refusal = made.refusal();
  const auto narrow = [&](const char* name, std::int64_t& reach) {
    if (refusal || !window.contains(name)) return;
    reach = window.at(name).get<std::int64_t>();
    refusal = made.refusal();
  };
  narrow("before_ms", made.before_ms);
  narrow("after_ms", made.after_ms);
  if (legacy) narrow("grace_ms", made.grace_ms);
  return made;
}

std::unique_ptr<Join> build(const Json& recorded_case, const StreamsProperties& properties,
                            Refusal& refusal) {
  const Json& config = recorded_case.at("config");
  const auto kind = config.at("join").get<Text>();
  if (kind == "kstream-kstream") {
    const JoinWindows windows = join_windows(config.at("window"), refusal);
    if (refusal) return nullptr;
    return std::make_unique<StreamStream>(config, windows, properties);
  }
  if (kind == "kstream-ktable" || kind == "kstream-globalktable") {
    StreamTableSettings settings;
    settings.left_join = join_type(config) == JoinType::left;
    settings.version = streams_version(recorded_case);
    if (config.contains("grace_ms")) settings.grace_ms = config.at("grace_ms").get<std::int64_t>();
    refusal = settings.refusal(history_retention(config, "right_table"));
    if (refusal) return nullptr;
    return std::make_unique<StreamTable>(config, settings, properties);
  }
  if (kind == "ktable-ktable") return std::make_unique<TableTable>(config, properties);
  if (kind == "ktable-ktable-fk") return std::make_unique<ForeignKey>(config, properties);
  throw NotModelledError{"join " + kind};
}

/// One record and the commit after it.
Json step(Join& join, TaskTime& time, std::optional<TimestampMs>& probed, const Json& in,
          std::int64_t wall_clock_ms) {
  const auto topic = in.at("topic").get<Text>();
  if (topic != "left" && topic != "right") throw NotModelledError{"topic " + topic};
  const std::size_t input = topic == "left" ? kLeft : kRight;
  TextRecord record;
  if (!in.at("key").is_null()) record.key = in.at("key").get<Text>();
  if (!in.at("value").is_null()) record.value = in.at("value").get<Text>();
  record.timestamp_ms = in.at("ts").get<std::int64_t>();
  if (record.timestamp_ms < 0) throw NotModelledError{"a negative timestamp in a join"};
  Json emitted = Json::array();
  Json error;
  Drops drops;
  if (join.moves_task_time(input)) time.extract(input, record.timestamp_ms, drops);
  if (join.is_stream(input)) probed = time.stream_time_ms();
  const char* wrapper = "StreamsException";
  try {
    if (input == kLeft) {
      join.left(record, wall_clock_ms, emitted, drops);
    } else {
      join.right(record, wall_clock_ms, emitted, drops);
    }
    wrapper = "ProcessorStateException";
    join.commit(emitted, drops);
  } catch (const StreamsError& thrown) {
    emitted = Json::array();
    error = streams_error(wrapper, thrown);
  }
  Json out{{"emitted", std::move(emitted)}};
  add_drops(out, drops);
  if (probed) out["stream_time"] = *probed;
  if (!error.is_null()) out["error"] = std::move(error);
  return out;
}

class Steps {
 public:
  explicit Steps(const Json& recorded_case)
      : wall_clock_ms_(recorded_case.at("config").value("initial_wall_clock", std::int64_t{0})),
        properties_(streams_properties(recorded_case.at("config"))),
        join_(build(recorded_case, properties_, refusal_)),
        time_(2, properties_.extractor) {}

  Json operator()(const Json& in) {
    const auto op = in.at("op").get<Text>();
    if (refusal_) return refused(*refusal_);
    if (op == "build") return {{"ok", true}};
    if (op == "record") return step(*join_, time_, probed_, in, wall_clock_ms_);
    if (op == "get" || op == "get_versioned") return {{"record", join_->get(in)}};
    if (op == "advance_wall_clock") {
      wall_clock_ms_ += in.at("ms").get<std::int64_t>();
      return {{"emitted", Json::array()}};
    }
    throw NotModelledError{"op " + op};
  }

 private:
  std::int64_t wall_clock_ms_;
  StreamsProperties properties_;
  Refusal refusal_;
  std::unique_ptr<Join> join_;
  TaskTime time_;
  std::optional<TimestampMs> probed_;
};

}  // namespace

Session open_streams_join(const Json& recorded_case) { return {{}, steps_of<Steps>(recorded_case)}; }

}  // namespace wrackline::conform

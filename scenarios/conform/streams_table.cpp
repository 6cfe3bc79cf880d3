// Driver of streams.table: a source table or stream and operators behind one another, stepped as
// TopologyTestDriver stepped the real ones: a record, then a commit that flushes the record caches from the
// top down. User functions note their calls.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/streams/suppress.hpp"
#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_aggregate.hpp"
#include "engine/event_time/streams/table_transform.hpp"
#include "engine/event_time/streams/task_time.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/streams_steps.hpp"

namespace wrackline::conform {

namespace {

using namespace event_time::streams;
using event_time::TimestampMs;
using Text = std::string;
using MaybeText = std::optional<std::string>;
using TextChange = TableChange<Text, Text>;
using Store = TableStore<Text, Text>;

/// What one step does: results, user calls, drops.
struct Step {
  Json emitted = Json::array();
  Json calls = Json::array();
  Drops drops;
};
using Next = std::function<void(const TextChange&)>;

/// An operator of the chain. Counts travel as text and are numbers again at the end.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void process(const TextChange& change, const Next& next, Step& step) = 0;
  virtual void flush(const Next&) {}
  virtual const Store* store(const Text&) const { return nullptr; }
};

class Transform : public Stage {
 public:
  using Operator = TableTransform<Text, Text>;
  Transform(Operator::Transform transform, const Operator::Settings& settings, Text name)
      : operator_(std::move(transform), settings), name_(std::move(name)) {}
  void process(const TextChange& change, const Next& next, Step& step) override {
    operator_.process(change, next, step.drops);
  }
  void flush(const Next& next) override { operator_.flush(next); }
  const Store* store(const Text& name) const override {
    return name == name_ && operator_.store() ? &*operator_.store() : nullptr;
  }

 private:
  Operator operator_;
  Text name_;
};

class SuppressStage : public Stage {
 public:
  explicit SuppressStage(const Suppressed& settings) : suppress_(settings, false) {}
  void process(const TextChange& change, const Next& next, Step&) override {
    suppress_.process({change.key, {}, change.new_value, change.old_value, change.timestamp_ms},
                      [&](const WindowedChange<Text, Text>& through) {
                        next({through.key, through.new_value, through.old_value, through.timestamp_ms});
                      });
  }

 private:
  Suppress<Text, Text> suppress_;
};

/// The recordings' user functions.
TableAggregate<Text, Text, Text>::Functions functions(const Text& aggregation, bool of_stream, Json*& calls) {
  TableAggregate<Text, Text, Text>::Functions made;
  const auto note = [&calls](const Text& call) { calls->push_back(call); };
  if (aggregation == "count") {
    made.initial = [] { return MaybeText("0"); };
    made.add = [](const Text&, const Text&, const Text& a) { return std::to_string(std::stoll(a) + 1); };
    made.subtract = [](const Text&, const Text&, const Text& a) { return std::to_string(std::stoll(a) - 1); };
    return made;
  }
  const bool reduce = aggregation == "reduce";
  if (!reduce && aggregation != "aggregate") throw NotModelledError{"aggregation " + aggregation};
  const auto arguments = [reduce](const Text& group, const Text& value, const Text& a) {
    return reduce ? "(" + a + "," + value + ")" : "(" + group + "," + value + "," + a + ")";
  };
  if (reduce) {
    made.first = [](const Text&, const Text& value) { return MaybeText(value); };
  } else {
    made.initial = [=] {
      note("init");
      return MaybeText(of_stream ? "" : "0");
    };
  }
  if (of_stream) {
    made.add = [=](const Text& group, const Text& value, const Text& a) -> MaybeText {
      note((reduce ? "reducer" : "aggregator") + arguments(group, value, a));
      if (value == "drop") return std::nullopt;
      return a + value;
    };
    return made;
  }
  made.add = [=](const Text& group, const Text& value, const Text& a) -> MaybeText {
    note("adder" + arguments(group, value, a));
    return a + "+" + value;
  };
  made.subtract = [=](const Text& group, const Text& value, const Text& a) -> MaybeText {
    note("subtractor" + arguments(group, value, a));
    if (value == "drop") return std::nullopt;
    return a + "-" + value;
  };
  return made;
}

class Aggregate : public Stage {
 public:
  Aggregate(const Text& aggregation, bool of_stream, bool versioned_above, const TableSettings& store,
            Text name)
      : of_stream_(of_stream),
        versioned_above_(versioned_above),
        name_(std::move(name)),
        aggregate_(functions(aggregation, of_stream, calls_), store) {}

  /// A stream's record, its key and value perhaps null.
  void record(const Record<Text, Text>& record, const Next& next, Step& step) {
    calls_ = &step.calls;
    aggregate_.process(record, next, step.drops);
  }
  void process(const TextChange& change, const Next& next, Step& step) override {
    calls_ = &step.calls;
    regroup(
        change, versioned_above_,
        [&](const Text& key, const Text& value) {
          step.calls.push_back("map(" + key + "," + value + ")");
          const auto colon = value.find(':');
          if (colon == Text::npos) return std::pair<MaybeText, MaybeText>{std::nullopt, value};
          return std::pair<MaybeText, MaybeText>{value.substr(0, colon), value.substr(colon + 1)};
        },
        [&](const TextChange& message) { aggregate_.process(message, next, step.drops); });
  }
  void flush(const Next& next) override { aggregate_.flush(next); }
  const Store* store(const Text& name) const override {
    return name == name_ ? &aggregate_.store() : nullptr;
  }
  bool of_stream() const { return of_stream_; }

 private:
  bool of_stream_;
  bool versioned_above_;
  Text name_;
  Json* calls_ = nullptr;
  TableAggregate<Text, Text, Text> aggregate_;
};

class Topology {
 public:
  Topology(const Json& config, const StreamsProperties& properties)
      : properties_(properties), stream_(config.at("source").at("type") == "stream") {
    const Json& source = config.at("source");
    operators_ = config.at("operators");
    std::size_t first = 0;
    if (!stream_) {
      const auto kind = source.at("store").get<Text>();
      source_name_ = "source";
      materialized_ = kind != "none";
      if (kind == "versioned") history_ms_ = source.at("history_retention_ms").get<std::int64_t>();
    } else if (!operators_.empty() && operators_[0].at("op") == "toTable") {
      first = 1;
      materialized_ = operators_[0].contains("materialized");
      if (materialized_) source_name_ = operators_[0].at("materialized").get<Text>();
      if (operators_[0].contains("history_retention_ms"))
        history_ms_ = operators_[0].at("history_retention_ms").get<std::int64_t>();
    } else if (operators_.size() == 1 && operators_[0].at("op") == "groupByKey") {
      const Json& op = operators_[0];
      counts_ = op.at("aggregation") == "count";
      auto stage = std::make_unique<Aggregate>(op.at("aggregation").get<Text>(), true, false,
                                               store_of(op, false), op.value("materialized", "agg"));
      grouped_ = stage.get();
      stages_.push_back(std::move(stage));
      return;
    } else {
      throw NotModelledError{"operators of a stream"};
    }
    add_stages(first);
  }

  const Refusal& refusal() const { return refusal_; }
  bool stream() const { return stream_; }

  void record(const Record<Text, Text>& record, Step& step) {
    if (grouped_ != nullptr) {
      grouped_->record(record, from(1, step), step);
    } else if (!record.key || !table_) {
      if (!record.key) {
        step.drops.push_back({.why = Skip::null_key, .timestamp_ms = record.timestamp_ms});
      } else {
        from(0, step)({*record.key, record.value, std::nullopt, record.timestamp_ms});
      }
    } else {
      table_->process(record, from(0, step), step.drops);
    }
    if (table_) table_->flush(from(0, step));
    for (std::size_t at = 0; at < stages_.size(); ++at) stages_[at]->flush(from(at + 1, step));
  }

  Json get(const Json& in) const {
    const auto name = in.at("store").get<Text>();
    const auto key = in.at("key").get<Text>();
    const auto read = [&](const auto& store, bool numbers) {
      const bool as_of = in.contains("as_of");
      if (as_of && !store.versioned()) throw NotModelledError{"versions of a store that keeps none"};
      const auto found = as_of ? store.get(key, in.at("as_of").get<std::int64_t>()) : store.get(key);
      if (!found) return Json(nullptr);
      Json row{{"value", value(found->value, numbers)}, {"ts", found->timestamp_ms}};
      if (in.at("op") == "get_versioned") row["valid_to"] = nullptr;
      return row;
    };
    if (table_ && name == source_name_) return read(*table_, false);
    for (const auto& stage : stages_) {
      if (const Store* store = stage->store(name)) return read(*store, counts_);
    }
    throw NotModelledError{"store " + name};
  }

 private:
  TableSettings store_of(const Json& op, bool send_old_values) const {
    TableSettings made{.cached = properties_.cached, .send_old_values = send_old_values};
    if (op.contains("history_retention_ms"))
      made.history_retention_ms = op.at("history_retention_ms").get<std::int64_t>();
    return made;
  }

  /// From the last operator up: who needs old values. A filter wants them if it can have them; groupBy and
  /// suppress make a source without a store keep one.
  void add_stages(std::size_t first) {
    const std::size_t count = operators_.size() - first;
    const auto op = [&](std::size_t at) -> const Json& { return operators_[first + at]; };
    bool forced = false;
    std::vector<bool> asks(count + 1,
                           false);  // asks[i]: operator i is to send old values; the last is the sink
    bool source_asked = false;
    for (std::size_t at = count; at-- > 0;) {
      const auto name = op(at).at("op").get<Text>();
      const bool force = name == "groupBy" || name == "suppress";
      const bool wants = force || name == "filter" || name == "filterNot";
      if (!wants) continue;
      // Asked of the operators above, up to one with a store of its own or the source.
      std::size_t above = at;
      bool can = false;
      while (above > 0 && !op(above - 1).contains("materialized")) --above;
      if (above > 0 || materialized_ || force || forced) can = true;
      if (above == 0 && force) forced = true;
      if (!can) continue;
      for (std::size_t i = above == 0 ? 0 : above - 1; i < at; ++i) asks[i] = true;
      if (above == 0) source_asked = true;
      asks[at] = asks[at] || !force;
    }
    if (materialized_ || forced) {
      table_.emplace(TableSettings{history_ms_, properties_.cached, source_asked});
    }
    bool versioned = history_ms_.has_value();
    bool directly_versioned = versioned;
    for (std::size_t at = 0; at < count; ++at) {
      const Json& it = op(at);
      const auto name = it.at("op").get<Text>();
      if (name == "filter" || name == "filterNot" || name == "mapValues") {
        TableTransform<Text, Text>::Settings settings;
        settings.send_old_values = asks[at];
        settings.filters = name != "mapValues";
        settings.versioned_above = versioned;
        if (it.contains("materialized")) {
          settings.store = store_of(it, asks[at]);
          versioned = settings.store->history_retention_ms.has_value();
        }
        directly_versioned = versioned && it.contains("materialized");
        stages_.push_back(
            std::make_unique<Transform>(function(name, it), settings, it.value("materialized", "")));
      } else if (name == "suppress") {
        if (directly_versioned) {
          refusal_ = "Invalid topology: suppress() is only supported for non-versioned KTables";
          return;
        }
        Suppressed settings{.until = Suppressed::Until::time_limit,
                            .wait_ms = it.at("ms").get<std::int64_t>()};
        settings.when_full = Suppressed::WhenFull::emit_early;
        if (it.contains("max_records")) settings.max_records = it.at("max_records").get<std::int64_t>();
        stages_.push_back(std::make_unique<SuppressStage>(settings));
      } else if (name == "groupBy") {
        if (at + 1 != count) throw NotModelledError{"an operator behind an aggregation"};
        counts_ = it.at("aggregation") == "count";
        stages_.push_back(std::make_unique<Aggregate>(it.at("aggregation").get<Text>(), false, versioned,
                                                      store_of(it, false), it.value("materialized", "agg")));
      } else {
        throw NotModelledError{"operator " + name};
      }
    }
  }

  static TableTransform<Text, Text>::Transform function(const Text& name, const Json& op) {
    if (name == "mapValues") {
      return [](const Text& value) -> MaybeText {
        if (value == "null") return std::nullopt;
        Text upper = value;
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        return upper;
      };
    }
    return [keep = name == "filter", prefix = op.at("value_starts_with").get<Text>()](const Text& value) {
      return value.starts_with(prefix) == keep ? MaybeText(value) : std::nullopt;
    };
  }

  /// What follows from stage `at` on; behind the last one the step's results.
  Next from(std::size_t at, Step& step) {
    if (at == stages_.size()) {
      return [counts = counts_, &step](const TextChange& change) {
        step.emitted.push_back(
            {{"key", change.key},
             {"value", change.new_value ? value(*change.new_value, counts) : Json(nullptr)},
             {"ts", change.timestamp_ms}});
      };
    }
    return [this, at, &step](const TextChange& change) {
      stages_[at]->process(change, from(at + 1, step), step);
    };
  }
  static Json value(const Text& text, bool number) { return number ? Json(std::stoll(text)) : Json(text); }

  StreamsProperties properties_;
  bool stream_;
  Json operators_;
  bool materialized_ = false;
  Text source_name_;
  std::optional<std::int64_t> history_ms_;
  std::optional<Table<Text, Text>> table_;
  Aggregate* grouped_ = nullptr;
  std::vector<std::unique_ptr<Stage>> stages_;
  bool counts_ = false;
  Refusal refusal_;
};

class Steps {
 public:
  explicit Steps(const Json& config)
      : properties_(streams_properties(config)),
        topology_(config, properties_),
        time_(1, properties_.extractor) {}

  Json operator()(const Json& in) {
    const auto op = in.at("op").get<Text>();
    if (topology_.refusal())
      return {{"error", {{"class", "TopologyException"}, {"message", *topology_.refusal()}}}};
    if (op == "build") return {{"ok", true}};
    if (op == "get" || op == "get_versioned") return {{"record", topology_.get(in)}};
    if (op == "advance_wall_clock") return {{"emitted", Json::array()}};
    if (op == "record") return record(in);
    throw NotModelledError{"op " + op};
  }

 private:
  Json record(const Json& in) {
    Record<Text, Text> record;
    if (!in.at("key").is_null()) record.key = in.at("key").get<Text>();
    if (!in.at("value").is_null()) record.value = in.at("value").get<Text>();
    record.timestamp_ms = in.at("ts").get<std::int64_t>();
    if (record.timestamp_ms < 0) throw NotModelledError{"a negative timestamp into a table"};
    Step step;
    time_.extract(0, record.timestamp_ms, step.drops);
    topology_.record(record, step);
    Json out{{"emitted", std::move(step.emitted)}};
    if (!step.calls.empty()) out["calls"] = std::move(step.calls);
    add_drops(out, step.drops);
    if (topology_.stream()) out["stream_time"] = time_.stream_time_ms();
    return out;
  }

  StreamsProperties properties_;
  Topology topology_;
  TaskTime time_;
};

}  // namespace

Session open_streams_table(const Json& recorded_case) {
  return {{}, steps_of<Steps>(recorded_case.at("config"))};
}

}  // namespace wrackline::conform

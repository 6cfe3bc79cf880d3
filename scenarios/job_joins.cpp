#include "scenarios/job_joins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/kafka/config/properties.hpp"
#include "scenarios/field_path.hpp"
#include "scenarios/job_windows.hpp"
#include "scenarios/units.hpp"

namespace wrackline::scenarios {

namespace {

using event_time::window::JoinType;
using event_time::window::StreamJoinSpec;

std::int64_t join_ms(Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

bool joins_with_table(const JoinSpec& join) {
  return join.type == JoinMethod::kStreamTable || join.type == JoinMethod::kTemporal;
}

std::string_view word_of(JoinMethod type) {
  constexpr std::string_view kWords[] = {"interval", "window", "stream_table", "temporal"};
  return kWords[static_cast<std::size_t>(type)];
}

class JoinCheck {
 public:
  JoinCheck(const ScenarioSpec& spec, const JobSpec& job, const Node& document, const ReportProblem& report)
      : spec_{spec},
        job_{job},
        join_{*job.join},
        document_{document},
        report_{report},
        path_{fmt::format("jobs.{}", job.name)} {}

  void run() {
    const Node* const type = find_path(document_, path_ + ".join.type");
    if (type != nullptr && type->text == word_of(join_.type)) {  // else reported, and not read
      fields();
      if (join_.type == JoinMethod::kWindow) windows();
    }
    watermarks();
    inputs();
  }

 private:
  bool given(std::string_view field) const {
    const Node* const node = find_path(document_, fmt::format("{}.{}", path_, field));
    return node != nullptr && !node->is_null();
  }
  void tell(std::string_view code, std::string_view field, std::string message, std::string suggestion = {}) {
    report_(code, fmt::format("{}.{}", path_, field), std::move(message), std::move(suggestion));
  }

  void fields() {
    const bool interval = join_.type == JoinMethod::kInterval;
    for (const std::string_view name : {"lower", "upper"}) {
      const std::string field = fmt::format("join.{}", name);
      if (interval && !given(field))
        tell("WL1107", "join.type",
             fmt::format("an interval join needs \"lower\" and \"upper\": \"{}\" is missing", name));
      if (!interval && given(field))
        tell("WL1107", field,
             fmt::format("\"{}\" belongs to the type interval, not to {}", name, word_of(join_.type)));
    }
    for (const std::string_view name : {"allowed_lateness", "with_allowed_lateness"}) {
      const std::string field = fmt::format("join.{}", name);
      if (!interval && given(field))
        tell("WL1107", field,
             fmt::format("\"{}\" belongs to the type interval, not to {}", name, word_of(join_.type)));
    }
    if (interval && join_.lower && join_.upper && *join_.lower > *join_.upper) {
      tell("WL1104", "join.lower",
           fmt::format("\"lower\", {}, is above \"upper\", {}", format_duration(*join_.lower),
                       format_duration(*join_.upper)));
    }
    if (joins_with_table(join_) && join_.kind != JoinKind::kInner && join_.kind != JoinKind::kLeft) {
      tell("WL1105", "join.kind",
           fmt::format(
               "a join of type {} is inner or left: its right side is a table, and makes no rows of its own",
               word_of(join_.type)));
    }
    if (given("aggregate")) tell("WL1107", "aggregate", "a join makes rows, and aggregates nothing");
    if (join_.type != JoinMethod::kWindow && job_.window.kind != Windows::kNone) {
      tell("WL1107", "window",
           fmt::format("a \"window\" belongs to joins of type window, not to {}", word_of(join_.type)));
    }
  }

  void windows() {
    if (job_.window.kind == Windows::kNone) {
      tell("WL1107", "join.type", "a window join needs the job's \"window\": tumbling, hopping or cumulate");
      return;
    }
    const bool by_time = job_.window.kind == Windows::kTumbling || job_.window.kind == Windows::kHopping ||
                         job_.window.kind == Windows::kCumulate;
    if (!by_time) {
      tell("WL1109", "window",
           "a join by sliding, session, count or global windows is not built yet: tumbling, hopping and cumulate are");
    }
    for (const std::string_view name :
         {"allowed_lateness", "early_every", "early_records", "late_every", "late_records", "accumulation"}) {
      const std::string field = fmt::format("window.{}", name);
      if (given(field))
        tell("WL1109", field,
             fmt::format("a window join speaks once, when the window ends: \"{}\" is not built yet", name));
    }
    if (by_time) {
      for (const std::string& problem : window_problems(job_))
        tell("WL1104", job_.window.zone.empty() ? "window" : "window.zone", problem);
    }
  }

  /// What concerns both inputs is said once, of the job.
  void watermarks() {
    for (const std::string_view name : {"interval", "max_drift", "align_interval", "propagation", "poll"}) {
      const std::string field = fmt::format("join.with_watermark.{}", name);
      if (given(field))
        tell("WL1107", field, fmt::format("\"{}\" is the job's: it stands in its \"watermark\"", name));
    }
    if (join_.type == JoinMethod::kStreamTable && given("join.with_watermark"))
      tell("WL1112", "join.with_watermark", "a stream_table join goes by arrival: watermarks change nothing");
  }

  void inputs() {
    if (job_.from.size() != 1) {
      tell("WL1107", "from",
           fmt::format("a join reads one topic on its left side, not {}", job_.from.size()));
      return;
    }
    const auto topic = [&](const std::string& name) {
      const auto found = std::find_if(spec_.kafka.topics.begin(), spec_.kafka.topics.end(),
                                      [&](const TopicSpec& one) { return one.name == name; });
      return found == spec_.kafka.topics.end() ? nullptr : &*found;
    };
    const TopicSpec* const left = topic(job_.from.front());
    const TopicSpec* const right = topic(join_.with);
    if (right == nullptr && !join_.with.empty()) {
      std::vector<std::string_view> known;
      for (const TopicSpec& one : spec_.kafka.topics) known.push_back(one.name);
      tell("WL1108", "join.with", fmt::format("there is no topic \"{}\"", join_.with),
           std::string(nearest_name(join_.with, known).value_or("")));
    }
    if (left == nullptr || right == nullptr) return;
    if (left == right) {
      tell("WL1109", "join.with", "a topic joined with itself is not built yet");
      return;
    }
    if (left->partitions != right->partitions) {
      tell("WL1116", "join.with",
           fmt::format("\"{}\" has {} partition{} and \"{}\" has {}: records of one key would not meet; both "
                       "need the same number",
                       left->name, left->partitions, left->partitions == 1 ? "" : "s", right->name,
                       right->partitions));
    }
    keys(*left, *right);
  }

  void keys(const TopicSpec& left, const TopicSpec& right) {
    std::int64_t fewest = 0;
    std::int64_t most = 0;
    double speed = 0;
    for (const SourceSpec& source : spec_.sources) {
      if (source.topic != left.name && source.topic != right.name) continue;
      if (source.config.valid() && source.config.get_bool("partitioner.ignore.keys")) {
        tell("WL1116", "join",
             fmt::format("source \"{}\" has partitioner.ignore.keys: records of one key would not meet",
                         source.name));
      }
      if (source.trace) {
        if (speed != 0 && speed != source.trace_speed)
          tell("WL1116", "join",
               fmt::format(
                   "source \"{}\" replays its trace at another speed than the other one: their event times "
                   "would drift apart",
                   source.name));
        speed = source.trace_speed;
        continue;
      }
      if (source.keys.kind == Keys::kNone) {
        tell("WL1116", "join",
             fmt::format("source \"{}\" has no keys: its records have nothing to be joined by", source.name));
        continue;
      }
      fewest = fewest == 0 ? source.keys.count : std::min(fewest, source.keys.count);
      most = std::max(most, source.keys.count);
    }
    for (const std::string& topic : {left.name, right.name}) {
      const bool fed = std::any_of(spec_.sources.begin(), spec_.sources.end(),
                                   [&](const SourceSpec& source) { return source.topic == topic; });
      if (!fed)
        tell("WL1112", "join",
             fmt::format("no source writes to \"{}\": nothing finds a partner, and event time stands still",
                         topic));
    }
    if (fewest != most) {
      tell("WL1112", "join",
           fmt::format("the sources have {} and {} keys: keys from {} on have no partner", fewest, most,
                       fewest));
    }
  }

  const ScenarioSpec& spec_;
  const JobSpec& job_;
  const JoinSpec& join_;
  const Node& document_;
  const ReportProblem& report_;
  std::string path_;
};

}  // namespace

bool reads(const JobSpec& job, std::string_view topic) {
  return std::find(job.from.begin(), job.from.end(), topic) != job.from.end() ||
         (job.join && job.join->with == topic);
}

StreamJoinSpec join_of(const JobSpec& job) {
  const JoinSpec& join = *job.join;
  StreamJoinSpec made;
  made.type = static_cast<StreamJoinSpec::Type>(join.type);
  made.kind = static_cast<JoinType>(join.kind);
  made.lower_ms = join_ms(join.lower.value_or(Duration{}));
  made.upper_ms = join_ms(join.upper.value_or(Duration{}));
  made.allowed_lateness_ms = join_ms(join.allowed_lateness.value_or(Duration{}));
  made.right_allowed_lateness_ms =
      join.with_allowed_lateness ? join_ms(*join.with_allowed_lateness) : made.allowed_lateness_ms;
  if (join.type == JoinMethod::kWindow) made.windows = definition_of(job.window);
  return made;
}

void check_join(const ScenarioSpec& spec, const JobSpec& job, const Node& document,
                const ReportProblem& report) {
  JoinCheck(spec, job, document, report).run();
}

}  // namespace wrackline::scenarios

#include "scenarios/validate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/kafka/config/properties.hpp"
#include "faults/plan.hpp"
#include "scenarios/catalog.hpp"
#include "scenarios/expectation.hpp"
#include "scenarios/field_path.hpp"
#include "scenarios/job_joins.hpp"
#include "scenarios/job_windows.hpp"
#include "scenarios/target_check.hpp"
#include "scenarios/translate.hpp"
#include "scenarios/units.hpp"

namespace wrackline::scenarios {

namespace {

class Validation {
 public:
  Validation(ScenarioSpec& spec, const Node& document, Diagnostics& diagnostics)
      : spec_(spec), document_(document), diagnostics_(diagnostics) {}

  void run() {
    if (spec_.duration > Duration{} && spec_.warmup >= spec_.duration) {
      report(
          "WL1104", "warmup",
          fmt::format("\"warmup\" must be shorter than the duration, {}", format_duration(spec_.duration)));
    }
    // What could not be read was reported; the rest is checked all the same, so that everything is said at
    // once.
    if (spec_.kafka.config.valid()) pipeline();
    if (!diagnostics_.has_errors()) unused();
    faults();
    for (const ExpectSpec& expect : spec_.expect) expectation(expect);
  }

 private:
  void pipeline() {
    broker();
    for (const TopicSpec& topic : spec_.kafka.topics) check(topic);
    for (const SourceSpec& source : spec_.sources) check(source);
    for (JobSpec& job : spec_.jobs) check(job);
    for (const SinkSpec& sink : spec_.sinks) check(sink);
  }

  Location at(const std::string& path) const { return place_of(document_, path); }
  void report(std::string_view code, const std::string& path, std::string message,
              std::string suggestion = {}) {
    diagnostics_.report(code, at(path), std::move(message), std::move(suggestion));
  }
  void conflicts(const std::vector<PropertyConflict>& found, const std::string& config) {
    for (const PropertyConflict& conflict : found) {
      report(conflict.fatal ? "WL1203" : "WL1204", fmt::format("{}.{}", config, conflict.property),
             fmt::format("\"{}\" {}", conflict.property, conflict.message));
    }
  }
  /// Values of real properties for which the model has no rule yet: refused, never taken silently.
  void refuse(const PropertyValues& values, std::string_view name, std::string_view value,
              const std::string& config, std::string_view why) {
    const PropertyValue& given = values.get(name);
    const auto* const list = std::get_if<std::vector<std::string>>(&given);
    const bool listed = list != nullptr && std::any_of(list->begin(), list->end(), [&](const auto& entry) {
                          return std::string_view{entry}.starts_with(value);
                        });
    const bool matches =
        value == "*" ? values.is_explicit(name) : listed || value_text(given).starts_with(value);
    if (matches)
      report("WL1208", fmt::format("{}.{}", config, name),
             fmt::format("\"{}\" = {} is not built yet: {}", name, value_text(given), why));
  }

  template <typename T>
  const T* find(const std::vector<T>& all, std::string_view name, std::string_view what,
                const std::string& path) {
    if (name.empty()) return nullptr;  // missing, and reported
    std::vector<std::string_view> known;
    for (const T& element : all) {
      if (element.name == name) return &element;
      known.push_back(element.name);
    }
    report("WL1108", path, fmt::format("there is no {} \"{}\"", what, name),
           std::string(nearest_name(name, known).value_or("")));
    return nullptr;
  }
  /// The place of the list entry that holds the name, when there is one.
  Location place_of_name(const std::string& path, std::string_view name) const {
    const Node* const node = find_path(document_, path);
    if (node != nullptr && node->is_array()) {
      for (const Node& item : node->items) {
        if (item.text == name) return item.at;
      }
    }
    return at(path);
  }

  void broker() {
    conflicts(kafka::check_broker(spec_.kafka.config, spec_.kafka.brokers), "kafka.config");
    refuse(spec_.kafka.config, "log.cleanup.policy", "compact", "kafka.config",
           "the logs of topics are not compacted");
    if (static_cast<std::int64_t>(spec_.kafka.zones.size()) > spec_.kafka.brokers) {
      report("WL1104", "kafka.zones",
             fmt::format("{} zones for {} brokers", spec_.kafka.zones.size(), spec_.kafka.brokers));
    }
  }

  void check(const TopicSpec& topic) {
    if (!topic.config.valid()) return;
    const std::string config = fmt::format("kafka.topics.{}.config", topic.name);
    conflicts(kafka::check_topic(topic.config, spec_.kafka.config, spec_.kafka.brokers), config);
    if (!topic.config.is_null("cleanup.policy"))
      refuse(topic.config, "cleanup.policy", "compact", config, "the logs of topics are not compacted");
  }

  void check(const SourceSpec& source) {
    if (!source.config.valid()) return;
    const std::string path = fmt::format("sources.{}", source.name);
    const TopicSpec* const topic = find(spec_.kafka.topics, source.topic, "topic", path + ".topic");
    check_producer(source.config, path + ".config");
    if (topic != nullptr && !spec_.guarantee.empty()) weak_replication(*topic, source, path);
    arrivals(source, path);
    for (const std::string& problem : key_law_of(source.keys).problems())
      report("WL1104", path + ".keys", problem);
    if (source.trace && source.keys.kind == Keys::kNone) {
      report("WL1107", path + ".keys", "a trace has its own keys");
    }
    if (!source.trace && find_path(document_, path + ".trace_options") != nullptr)
      report("WL1107", path + ".trace_options", "\"trace_options\" needs a \"trace\"");
    delay(source.delay, path + ".delay");
  }

  void delay(const Law& law, const std::string& path) {
    if (law.kind != LawKind::kAutoregressive || law.parts.empty()) return;
    if (!(law.shape > -1 && law.shape < 1))
      report("WL1104", path + ".autoregressive.lag1", "\"lag1\" must lie between -1 and 1");
    const LawKind inner = law.parts.front().law.kind;
    if (inner == LawKind::kMixture || inner == LawKind::kGamma || inner == LawKind::kStall)
      report("WL1104", path + ".autoregressive.law",
             "a mixture, a gamma law or stalls have no quantile function; give their quantiles");
  }

  void arrivals(const SourceSpec& source, const std::string& path) {
    const ArrivalSpec& spec = source.arrivals;
    const bool bursts = spec.kind == Arrivals::kBursts;
    if (bursts && !(spec.on_share > 0 && spec.on_share < 1)) {
      report("WL1104", path + ".arrivals.on", "\"on\" must be above 0 and below 1: a part of the period");
      return;
    }
    // A field that could not be read was reported; no law is made of what is left.
    const bool cyclic = bursts || spec.kind == Arrivals::kDiurnal;
    if (source.rate.count <= 0 || source.producers < 1 || (cyclic && spec.period <= Duration{})) return;
    for (const std::string& problem : arrival_law_of(source, source.producers).problems()) {
      report("WL1104", path + ".arrivals", problem);
    }
  }

  void check_producer(const PropertyValues& config, const std::string& path) {
    conflicts(kafka::check_producer(config, spec_.kafka.config), path);
    refuse(config, "transactional.id", "*", path,
           "there are no transactions; `effectively_once` is the nearest guarantee");
  }

  /// kafka.md 6.2, modifiers: with min.insync.replicas=1, acks=all is no more than acks=1 once the others
  /// lag.
  void weak_replication(const TopicSpec& topic, const SourceSpec& source, const std::string& path) {
    const std::string& acks = source.config.get_string("acks");
    if (acks != "all" && acks != "-1") return;
    const std::int64_t copies = kafka::replication_factor(topic.config, spec_.kafka.config);
    const auto least =
        std::get<std::int64_t>(kafka::topic_value(topic.config, spec_.kafka.config, "min.insync.replicas"));
    if (least > 1) return;
    report("WL1403", path + ".topic",
           fmt::format("topic \"{}\" has min.insync.replicas=1 with {} replica{}: what was acknowledged can "
                       "be lost with one broker",
                       topic.name, copies, copies == 1 ? "" : "s"));
  }

  void check(JobSpec& job) {
    if (!job.config.valid()) return;
    const std::string path = fmt::format("jobs.{}", job.name);
    for (const std::string& topic : job.from) {
      std::vector<std::string_view> known;
      for (const TopicSpec& t : spec_.kafka.topics) known.push_back(t.name);
      if (std::find(known.begin(), known.end(), topic) == known.end()) {
        diagnostics_.report("WL1108", place_of_name(path + ".from", topic),
                            fmt::format("there is no topic \"{}\"", topic),
                            std::string(nearest_name(topic, known).value_or("")));
      }
    }
    find(spec_.sinks, job.to, "sink", path + ".to");
    group_and_commit(job, path);
    const std::string config = path + ".config";
    conflicts(kafka::check_consumer(job.config, spec_.kafka.config), config);
    refuse(job.config, "group.protocol", "consumer", config, "groups speak the classic protocol");
    refuse(job.config, "group.instance.id", "*", config, "members are dynamic");
    refuse(job.config, "auto.offset.reset", "by_duration", config, "latest, earliest and none are");
    const auto& assignors = job.config.get_list("partition.assignment.strategy");
    if (!assignors.empty() && assignors.front() != "range" && !assignors.front().ends_with("RangeAssignor")) {
      report("WL1208", config + ".partition.assignment.strategy",
             fmt::format("the assignor {} is not built yet; range is", assignors.front()));
    }
    window(job, path);
  }

  void group_and_commit(JobSpec& job, const std::string& path) {
    if (job.group.empty()) job.group = job.name;
    const bool own_group = job.config.is_explicit("group.id");
    if (own_group && find_path(document_, path + ".group") != nullptr &&
        job.config.get_string("group.id") != job.group) {
      report("WL1207", path + ".config.group.id",
             fmt::format("\"group.id\" contradicts \"group\", which is {}", job.group));
    }
    if (own_group) {
      job.group = job.config.get_string("group.id");
    } else {
      job.config.set("group.id", job.group);
    }
    const bool automatic = job.commit == CommitMode::kAuto;
    if (job.config.is_explicit("enable.auto.commit") &&
        job.config.get_bool("enable.auto.commit") != automatic) {
      report(
          "WL1207", path + ".config.enable.auto.commit",
          fmt::format(
              "\"enable.auto.commit\" contradicts \"commit\" of the job; leave it out, or set commit to {}",
              automatic ? "after_processing" : "auto"));
      return;
    }
    job.config.set("enable.auto.commit", automatic);
  }

  void window(JobSpec& job, const std::string& path) {
    if (job.join) {
      check_join(
          spec_, job, document_,
          [this](std::string_view code, const std::string& field, std::string message,
                 std::string suggestion) { report(code, field, std::move(message), std::move(suggestion)); });
      job.aggregate = Aggregate::kNone;
      return;
    }
    if (job.window.kind == Windows::kNone) {
      const bool asked = find_path(document_, path + ".aggregate") != nullptr;
      if (asked && job.aggregate != Aggregate::kNone)
        report("WL1107", path + ".aggregate", "an aggregate needs a \"window\"");
      job.aggregate = Aggregate::kNone;
      return;
    }
    if (job.aggregate == Aggregate::kNone)
      report("WL1107", path + ".aggregate", "a window needs an aggregate: count, sum, min, max, ...");
    if (job.window.slide > job.window.size) {
      report("WL1112", path + ".window.hopping",
             "the slide is longer than the window: events between windows are in none");
    }
    panes(job, path);
  }

  void panes(const JobSpec& job, const std::string& path) {
    const WindowSpec& spec = job.window;
    for (const std::string& problem : window_problems(job)) {
      report("WL1104", path + (spec.zone.empty() ? ".window" : ".window.zone"), problem);
    }
    const bool is_quantile =
        job.aggregate == Aggregate::kQuantile || job.aggregate == Aggregate::kQuantileSketch;
    if (is_quantile != job.quantile.has_value()) {
      report("WL1107", path + (is_quantile ? ".aggregate" : ".quantile"),
             is_quantile ? "the aggregate needs to know which \"quantile\"" : "the aggregate is no quantile");
    }
    for (const std::string_view name : {"late_every", "late_records"}) {
      const std::string field = fmt::format("{}.window.{}", path, name);
      if (spec.allowed_lateness == Duration{} && find_path(document_, field) != nullptr)
        report("WL1107", field, fmt::format("\"{}\" needs an \"allowed_lateness\"", name));
    }
    const bool early = spec.early_every || spec.early_records;
    if (spec.kind == Windows::kGlobal && !early)
      report("WL1112", path + ".window",
             "without early panes a global window speaks at the end of the run only");
    const auto sink = std::find_if(spec_.sinks.begin(), spec_.sinks.end(),
                                   [&](const SinkSpec& one) { return one.name == job.to; });
    if (sink == spec_.sinks.end()) return;
    const bool parts = spec.accumulation == Accumulation::kDiscarding || spec.kind == Windows::kCount;
    if (parts && sink->kind == SinkKind::kUpsert) {
      report("WL1112", path + ".window",
             "each pane holds a part, and in an upsert sink it overwrites the part before: append them");
    }
    if (spec.accumulation == Accumulation::kRetracting && sink->kind == SinkKind::kTopic)
      report("WL1109", path + ".window.accumulation", "retractions into a topic are not built yet");
    const bool grows = spec.kind == Windows::kSession && (early || spec.allowed_lateness > Duration{});
    if (grows && spec.accumulation == Accumulation::kAccumulating) {
      report("WL1112", path + ".window.session",
             "a session that grows after it has spoken is another window: its earlier row stays beside it; "
             "with \"accumulation\": \"retracting\" it goes");
    }
  }

  void check(const SinkSpec& sink) {
    if (!sink.config.valid()) return;
    const std::string path = fmt::format("sinks.{}", sink.name);
    if (sink.kind == SinkKind::kTopic) {
      if (sink.topic.empty()) {
        report("WL1103", path, "\"topic\" is missing: a sink of kind topic writes into one");
      } else if (find(spec_.kafka.topics, sink.topic, "topic", path + ".topic") != nullptr) {
        own_topic(sink, path);
      }
      if (find_path(document_, path + ".latency") != nullptr)
        report("WL1107", path + ".latency", "a topic has no write latency of its own: the log decides");
      check_producer(sink.config, path + ".config");
      return;
    }
    if (!sink.topic.empty()) report("WL1107", path + ".topic", "only a sink of kind topic has a topic");
    if (find_path(document_, path + ".isolation") != nullptr)
      report("WL1107", path + ".isolation", "only a sink of kind topic has readers with an isolation level");
    if (!sink.config.explicit_names().empty())
      report("WL1107", path + ".config", "only a sink of kind topic has producer properties");
  }

  /// Results carry no events of their own: what they are made of is known at the sink, where the books end.
  void own_topic(const SinkSpec& sink, const std::string& path) {
    for (const SourceSpec& source : spec_.sources) {
      if (source.topic != sink.topic) continue;
      report("WL1107", path + ".topic",
             fmt::format("source \"{}\" writes to \"{}\" too: a sink needs a topic of its own", source.name,
                         sink.topic));
    }
    for (const JobSpec& job : spec_.jobs) {
      if (!reads(job, sink.topic)) continue;
      report(
          "WL1109", path + ".topic",
          fmt::format("job \"{}\" reads \"{}\": jobs behind jobs are not built yet", job.name, sink.topic));
    }
  }

  void unused() {
    for (const SourceSpec& source : spec_.sources) {
      const bool read = std::any_of(spec_.jobs.begin(), spec_.jobs.end(),
                                    [&](const JobSpec& job) { return reads(job, source.topic); });
      if (!read)
        report("WL1112", fmt::format("sources.{}.topic", source.name),
               fmt::format("no job reads the topic \"{}\": its events stay pending", source.topic));
    }
    for (const SinkSpec& sink : spec_.sinks) {
      const bool used = std::any_of(spec_.jobs.begin(), spec_.jobs.end(),
                                    [&](const JobSpec& job) { return job.to == sink.name; });
      if (!used)
        report("WL1112", fmt::format("sinks.{}", sink.name),
               fmt::format("no job writes to the sink \"{}\"", sink.name));
    }
  }

  void faults() {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < spec_.faults.size(); ++i) {
      FaultSpec& fault = spec_.faults[i];
      const std::string path = fmt::format("faults.{}", i);
      if (fault.id.empty()) fault.id = fmt::format("{}-{}", fault.action, i);
      if (std::find(ids.begin(), ids.end(), fault.id) != ids.end()) {
        report("WL1507", path + ".id", fmt::format("the id \"{}\" is taken by another fault", fault.id));
      }
      ids.push_back(fault.id);
      if (fault.at && spec_.duration > Duration{} && *fault.at >= spec_.duration) {
        report("WL1508", path + ".at",
               fmt::format("strikes at {}, but all faults heal at {}: it never strikes",
                           format_duration(*fault.at), format_duration(spec_.duration)));
      }
      strikes(fault, path);
      if (spec_.kafka.config.valid()) {
        if (const auto problem = check_target(spec_, fault))
          report("WL1108", path + ".target", problem->message, problem->suggestion);
        for (const auto& [name, problem] : check_parameters(spec_, fault))
          report("WL1108", fmt::format("{}.{}", path, name), problem.message, problem.suggestion);
      }
      if (!fault.when.empty() && find_moment(fault.when) == nullptr) {
        report("WL1505", path + ".when", fmt::format("there is no moment \"{}\"", fault.when),
               nearest_moment(fault.when));
      }
      for (const std::string_view name : {"nth", "times", "where"})
        needs(fault.when.empty(), path, name, "when");
      for (const std::string_view name : {"from", "until"}) needs(!fault.rate, path, name, "rate");
    }
  }
  void strikes(const FaultSpec& fault, const std::string& path) {
    if (!fault.rate || spec_.duration <= Duration{}) return;
    const Duration end = std::min(fault.until.value_or(spec_.duration), spec_.duration);
    if (fault.from >= end) {
      report("WL1508", path + ".rate",
             fmt::format("strikes from {} to {}: it never strikes", format_duration(fault.from),
                         format_duration(end)));
      return;
    }
    const double expected = static_cast<double>(fault.rate->count) *
                            static_cast<double>((end - fault.from).count()) /
                            static_cast<double>(fault.rate->per.count());
    if (expected > static_cast<double>(faults::kMostStrikes) / 2) {
      report("WL1104", path + ".rate",
             fmt::format("some {:.0f} strikes are too many: there may be {}", expected,
                         faults::kMostStrikes / 2));
    }
  }
  void needs(bool absent, const std::string& path, std::string_view name, std::string_view other) {
    const std::string field = fmt::format("{}.{}", path, name);
    if (absent && find_path(document_, field) != nullptr)
      report("WL1504", field, fmt::format("\"{}\" belongs to \"{}\"", name, other));
  }

  void expectation(const ExpectSpec& expect) {
    if (expect.text.empty()) return;  // missing or of the wrong type, and reported
    ExpectSpec placed = expect;
    // The expression starts after the opening quote; in {"check": ...} at that value.
    const Node* text = nullptr;
    const Node* const list = document_.find("expect");
    for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
      const Node& item = list->items[i];
      if (item.at != expect.where) continue;
      text = item.is_string()
                 ? &item
                 : item.find(expect.kind == ExpectSpec::Kind::kSometimes ? "sometimes" : "check");
    }
    if (text != nullptr) placed.where = text->at;
    if (expect.kind == ExpectSpec::Kind::kCheck && placed.where.file >= 0) ++placed.where.column;
    check_expectation(placed, diagnostics_);
  }

  ScenarioSpec& spec_;
  const Node& document_;
  Diagnostics& diagnostics_;
};

}  // namespace

void validate(ScenarioSpec& spec, const Node& document, Diagnostics& diagnostics) {
  Validation(spec, document, diagnostics).run();
}

}  // namespace wrackline::scenarios

// Jobs and sinks: who processes the events, and where the results become visible.
#include "engine/kafka/config/properties.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

Field quantile_field() {
  Field field{"quantile", FieldType::kRatio,
              "Which one, of the aggregates `quantile` and `quantile_sketch`."};
  field.bind = [](void* target, const FieldValue& v) { as<JobSpec>(target).quantile = v.number; };
  return field;
}

const ObjectDecl& guard_decl() {
  static const ObjectDecl decl{
      "guard",
      "Event-time sanity: what lies too far from the processor's own clock is refused before it touches "
      "watermark or state, and counts as rejected.",
      {duration("max_future", &GuardSpec::max_future, "", {0, kDay * 3660},
                "Event time may lie so far after the clock."),
       duration("max_age", &GuardSpec::max_age, "", {0, kDay * 3660},
                "Event time may lie so far before the clock.")}};
  return decl;
}

Field engine_field() {
  Field field{"engine", FieldType::kChoice, "What runs the job.", "consumer"};
  field.choices = {{"consumer", "a plain loop: poll, process, write, commit"}};
  field.not_built = {{"flink", ""}, {"spark", ""}, {"streams", ""}};
  field.bind = [](void* target, const FieldValue& v) { as<JobSpec>(target).engine = v.text; };
  return field;
}

}  // namespace

const ObjectDecl& job_decl() {
  static const ObjectDecl decl{
      "job",
      "Reads topics, processes, writes to a sink.",
      {engine_field(),
       integer("parallelism", &JobSpec::parallelism, "1", {1, 10'000},
               "Number of instances, each a consumer of the group."),
       required(names("from", &JobSpec::from, "The topic, or topics, to read.")), join_field(),
       text(FieldType::kName, "group", &JobSpec::group, "Consumer group; without it the name of the job."),
       object("watermark", &JobSpec::watermark, watermark_decl, "How event time advances."),
       object("guard", &JobSpec::guard, guard_decl, "Which event times are taken at all."),
       object("window", &JobSpec::window, window_decl,
              "Windows; without them each event is passed on by itself."),
       aggregate_field(), quantile_field(),
       choice("commit", &JobSpec::commit, "after_processing",
              {{"auto", "enable.auto.commit: inside poll(), what earlier polls returned"},
               {"before_processing", "commitSync before a batch is processed: at most once"},
               {"after_processing", "commitSync after each batch: at least once"},
               {"async", "commitAsync after each batch"},
               {"on_close", "only when partitions are revoked, and at close"}},
              "When input offsets are committed."),
       required(text(FieldType::kName, "to", &JobSpec::to, "The sink.")),
       with_default(object("cost_per_record", &JobSpec::cost_per_record, law_decl, "CPU time for a record."),
                    "2us"),
       duration("cost_per_poll", &JobSpec::cost_per_poll, "20us", {0, kDay}, "CPU time for a poll."),
       integer("cores", &JobSpec::cores, "1", {1, 1'024}, "Cores of each instance's node."),
       duration("restart_delay", &JobSpec::restart_delay, "5s", {0, kDay},
                "Until an instance that crashed is started again, where the fault does not say."),
       properties("config", &JobSpec::config, kafka::consumer_properties,
                  "Consumer properties by their real names.")}};
  return decl;
}

namespace {

Field sink_kind() {
  Field field = choice("kind", &SinkSpec::kind, "append",
                       {{"topic", "a topic of the log, written by a producer"},
                        {"append", "append-only store: a repeated write is a second effect"},
                        {"upsert", "one row a key and window: a repeated write changes nothing"}},
                       "What kind of store.");
  field.not_built = {{"table", ""}, {"files", ""}, {"database", ""}};
  return field;
}

}  // namespace

namespace {

Field isolation() {
  Field field{
      "isolation", FieldType::kChoice,
      "Of kind topic: what the reader sees who judges it; up to the high watermark, or the last stable "
      "offset.",
      "read_uncommitted"};
  field.choices = {{"read_uncommitted", "everything below the high watermark"},
                   {"read_committed", "everything below the last stable offset"}};
  field.bind = [](void* target, const FieldValue& v) {
    as<SinkSpec>(target).read_committed = v.text == "read_committed";
  };
  return field;
}

}  // namespace

const ObjectDecl& sink_decl() {
  static const ObjectDecl decl{
      "sink",
      "Where results become visible.",
      {sink_kind(), text(FieldType::kName, "topic", &SinkSpec::topic, "Of kind topic: its name."),
       isolation(),
       with_default(
           object("latency", &SinkSpec::latency, law_decl, "Of the stores: time of one write request."),
           "2ms"),
       properties("config", &SinkSpec::config, kafka::producer_properties,
                  "Of kind topic: producer properties by their real names.")}};
  return decl;
}

}  // namespace wrackline::scenarios

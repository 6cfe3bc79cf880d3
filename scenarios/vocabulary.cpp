#include "scenarios/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/fault_reading.hpp"
#include "scenarios/plan.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

Field unbound(std::string_view name, FieldType type, std::string_view doc) { return {name, type, doc}; }

Field not_bound_object(std::string_view name, FieldType type, const ObjectDecl& (*decl)(),
                       std::string_view doc) {
  Field field{name, type, doc};
  field.object = decl;
  return field;
}

}  // namespace

const Field* ObjectDecl::find(std::string_view field) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field; });
  return found == fields.end() ? nullptr : &*found;
}

std::string_view to_string(FieldType type) {
  switch (type) {
    case FieldType::kBool:
      return "true or false";
    case FieldType::kInteger:
      return "an integer";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kRatio:
      return "a ratio";
    case FieldType::kDuration:
      return "a duration";
    case FieldType::kRate:
      return "a rate";
    case FieldType::kSize:
      return "a size";
    case FieldType::kBandwidth:
      return "a bandwidth";
    case FieldType::kString:
      return "a text";
    case FieldType::kName:
      return "a name";
    case FieldType::kChoice:
      return "one of the choices";
    case FieldType::kPath:
      return "a path";
    case FieldType::kVersion:
      return "a version";
    case FieldType::kObject:
      return "an object";
    case FieldType::kMap:
      return "an object";
    case FieldType::kList:
      return "a list";
    case FieldType::kNames:
      return "a name or a list of names";
    case FieldType::kKnots:
      return "a list of [probability, duration]";
    case FieldType::kProperties:
      return "an object";
    case FieldType::kAny:
      return "a value";
  }
  return "";
}

std::string range_text(const Field& field) {
  const auto shown = [&](std::int64_t bound) {
    switch (field.type) {
      case FieldType::kDuration:
      case FieldType::kKnots:
        return format_duration(Duration{bound});
      case FieldType::kSize:
        return format_size(bound);
      case FieldType::kBandwidth:
        return format_size(bound) + "/s";
      default:
        return fmt::format("{}", bound);
    }
  };
  const bool low = field.min != INT64_MIN;
  const bool high = field.max != INT64_MAX;
  if (field.type == FieldType::kList || (!low && !high)) return field.positive ? "above 0" : "";
  if (field.positive) return high ? fmt::format("above 0, at most {}", shown(field.max)) : "above 0";
  if (!low || !high)
    return fmt::format("at {} {}", low ? "least" : "most", shown(low ? field.min : field.max));
  return fmt::format("{}..{}", shown(field.min), shown(field.max));
}

const ObjectDecl& seeds_decl() {
  static const ObjectDecl decl{"seeds",
                               "Which seeds each cell is run with: base, base + 1, ...",
                               {integer("base", &SeedSpec::base, "1", {0, INT64_MAX / 2}, "First seed."),
                                integer("count", &SeedSpec::count, "1", {1, 1'000'000}, "Number of seeds.")},
                               "count"};
  return decl;
}

const ObjectDecl& guarantee_decl() {
  static const ObjectDecl decl{
      "guarantee",
      "A bundle of settings; applied wherever the scenario does not say otherwise.",
      {text(FieldType::kString, "doc", &BundleSpec::doc, "What it promises."),
       unbound("producer", FieldType::kAny, "Producer properties, for every source."),
       unbound("consumer", FieldType::kAny, "Consumer properties, for every job."),
       unbound("commit", FieldType::kString, "When jobs commit their input offsets."),
       unbound("sink", FieldType::kString, "Kind of every sink.")}};
  return decl;
}

const ObjectDecl& matrix_decl() {
  static const ObjectDecl decl{
      "matrix",
      "Varies settings: each combination is a cell, and each cell runs with every seed.",
      {unbound(
           "axes", FieldType::kAny,
           "Values by path; all combinations. \"guarantee\" and any field, e.g. \"jobs.totals.watermark\"."),
       unbound("zip", FieldType::kAny,
               "Values by path that change together: lists of equal length. One group, or a list of groups."),
       unbound("where", FieldType::kAny,
               "Keep only the cells for which this holds, e.g. \"guarantee != 'at_most_once' or brokers > "
               "1\".")}};
  return decl;
}

const ObjectDecl& expectation_decl() {
  static const ObjectDecl decl{
      "expectation",
      "What must hold; otherwise the verdict is fail, or inconclusive where it can not be judged.",
      {[] {
         Field field{"check", FieldType::kString,
                     "An expression over metrics: \"lost == 0\", \"p99(result_latency) < 15s\"."};
         field.bind = [](void* target, const FieldValue& v) { as<ExpectSpec>(target).text = v.text; };
         return field;
       }(),
       [] {
         Field field{"sometimes", FieldType::kString, "A moment that must be reached in at least one run."};
         field.bind = [](void* target, const FieldValue& v) {
           as<ExpectSpec>(target).text = v.text;
           as<ExpectSpec>(target).kind = ExpectSpec::Kind::kSometimes;
         };
         return field;
       }(),
       [] {
         Field field{"window", FieldType::kChoice, "The part of the run that is measured.", "all"};
         field.choices = {{"all", "the whole run"}, {"steady", "without warm-up and drain"}};
         field.bind = [](void* target, const FieldValue& v) { as<ExpectSpec>(target).window = v.text; };
         return field;
       }()},
      "check",
      {{"check", "sometimes"}}};
  return decl;
}

const ObjectDecl& fault_decl() {
  static const ObjectDecl decl{
      "fault",
      "Something that goes wrong: `do` it to `target`, `at` a time, `when` a moment is reached, or at a "
      "`rate`. "
      "The parameters of the fault stand beside these fields; `wrackline explain FAULT` lists them.",
      {text(FieldType::kName, "id", &FaultSpec::id,
            "Name of this fault in reports, and of its random stream; default: its action and number."),
       required(text(FieldType::kString, "do", &FaultSpec::action,
                     "What happens, e.g. \"process.crash\"; `wrackline list faults`.")),
       text(FieldType::kString, "target", &FaultSpec::target,
            "Whom it strikes: a name, role, or selector such as \"kafka.leader(payments/0)\" or "
            "\"random(brokers)\"."),
       duration("at", &FaultSpec::at, "", {0, kDay * 366}, "Time of the strike."),
       text(FieldType::kString, "when", &FaultSpec::when,
            "Moment of the strike, e.g. \"sink.commit.durable\"; `wrackline list moments`."),
       integer("nth", &FaultSpec::nth, "1", {1, 1'000'000'000},
               "With `when`: strike at the nth time it is reached."),
       integer("times", &FaultSpec::times, "1", {1, 1'000'000'000},
               "With `when`: strike so many times in all."),
       [] {
         Field field{
             "where", FieldType::kAny,
             "With `when`: only if the moment's attributes have these values, e.g. { \"partition\": 0 }."};
         return field;
       }(),
       rate("rate", &FaultSpec::rate, "", "Strike at random times, so often on average."),
       duration("from", &FaultSpec::from, "", {0, kDay * 366}, "With `rate`: not before this time."),
       duration("until", &FaultSpec::until, "", {0, kDay * 366}, "With `rate`: not after this time."),
       ratio("chance", &FaultSpec::chance, "1",
             "Of each strike; 0 leaves the run exactly as it is without the fault."),
       object("for", &FaultSpec::duration, law_decl, "How long it lasts.")},
      {},
      {{"at", "when", "rate"}},
      {},
      read_fault_parameters};
  return decl;
}

const ObjectDecl& scenario_decl() {
  static const ObjectDecl decl{
      "scenario",
      "A pipeline, its settings, what goes wrong, and what must hold.",
      {unbound("$schema", FieldType::kString, "Where editors find the schema."),
       [] {
         Field field{"version", FieldType::kInteger, "Version of this format.", "1"};
         field.min = field.max = 1;
         return field;
       }(),
       unbound("extends", FieldType::kNames,
               "Scenario files, relative to this one, that this file changes: objects are merged, anything "
               "else is replaced, null removes."),
       required(text(FieldType::kName, "name", &ScenarioSpec::name, "Name in reports.")),
       text(FieldType::kString, "doc", &ScenarioSpec::doc, "What it shows."),
       required(duration("duration", &ScenarioSpec::duration, "", {kMs, kDay * 366},
                         "How long sources emit and faults strike.")),
       duration("warmup", &ScenarioSpec::warmup, "0s", {0, kDay * 366},
                "Left out of what is measured in the window \"steady\"."),
       duration("liveness_bound", &ScenarioSpec::liveness_bound, "5m", {kMs, kDay * 366},
                "After the duration all faults heal; the pipeline must then drain within this time, "
                "otherwise it is stuck."),
       not_bound_object("seeds", FieldType::kObject, seeds_decl, "Seeds of the runs."),
       unbound("guarantee", FieldType::kString,
               "Bundle of settings to apply: at_most_once, at_least_once, effectively_once, or one of your "
               "own `guarantees`."),
       not_bound_object("guarantees", FieldType::kMap, guarantee_decl, "Own bundles by name."),
       required(object("kafka", &ScenarioSpec::kafka, kafka_decl, "The replicated log.")),
       required(map("sources", &ScenarioSpec::sources, source_decl, "Who emits events.")),
       map("jobs", &ScenarioSpec::jobs, job_decl, "Who processes them."),
       map("sinks", &ScenarioSpec::sinks, sink_decl, "Where results become visible."),
       list("faults", &ScenarioSpec::faults, fault_decl, "What goes wrong."),
       not_bound_object("matrix", FieldType::kObject, matrix_decl, "Settings to vary."),
       list("expect", &ScenarioSpec::expect, expectation_decl, "What must hold.")}};
  return decl;
}

}  // namespace wrackline::scenarios

// Sources: who emits what, and when.
#include <algorithm>
#include <cmath>

#include "engine/kafka/config/properties.hpp"
#include "engine/workload/trace_options.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

const ObjectDecl& arrivals_decl() {
  static const ObjectDecl decl{
      "arrivals",
      "How the events of a source are spread in time.",
      {choice("kind", &ArrivalSpec::kind, "poisson",
              {{"constant", "evenly spaced"},
               {"poisson", "independent: exponential gaps"},
               {"bursts", "all events in the first part of each period"},
               {"diurnal", "the rate swings as a sine over the period"}},
              "The process."),
       duration("period", &ArrivalSpec::period, "10s", {kMs, kDay * 366}, "Of bursts and diurnal."),
       ratio("on", &ArrivalSpec::on_share, "20%",
             "Of bursts: the part of a period in which events are emitted."),
       ratio("swing", &ArrivalSpec::swing, "50%",
             "Of diurnal: how far the rate goes up and down around its mean.")},
      "kind"};
  return decl;
}

const ObjectDecl& hot_decl() {
  static const ObjectDecl decl{
      "hot keys",
      "A share of the events on few keys.",
      {integer("keys", &KeySpec::hot_keys, "1", {1, 1'000'000'000}, "Number of hot keys."),
       required(ratio("share", &KeySpec::hot_share, "", "Share of the events that falls on them."))}};
  return decl;
}

Field without_keys() {
  Field field{"none", FieldType::kBool, "Records have no key; the partitioner is sticky."};
  field.bind = [](void* target, const FieldValue& v) {
    if (v.integer != 0) as<KeySpec>(target).kind = Keys::kNone;
  };
  return field;
}

const ObjectDecl& keys_decl() {
  static const ObjectDecl decl{
      "keys",
      "Which keys the events have; uniform where nothing else is said.",
      {integer("count", &KeySpec::count, "1000", {1, 1'000'000'000}, "Number of different keys."),
       also(number("zipf", &KeySpec::exponent, "", {0, 10},
                   "Zipf with this exponent: key k has weight 1 / k^exponent."),
            [](void* target) { as<KeySpec>(target).kind = Keys::kZipf; }),
       also(inline_object("hot", hot_decl, "Some keys are hot, the others uniform."),
            [](void* target) { as<KeySpec>(target).kind = Keys::kHot; }),
       without_keys()},
      "count",
      {},
      {{"zipf", "hot", "none"}}};
  return decl;
}

/// For a number that may be absent.
Field optional_drift() {
  Field field{"drift_ppm", FieldType::kNumber, "From now on this drift, in parts per million."};
  field.min = -100'000;
  field.max = 100'000;
  field.bind = [](void* target, const FieldValue& v) { as<ClockChangeSpec>(target).drift_ppm = v.number; };
  return field;
}

const ObjectDecl& clock_change_decl() {
  static const ObjectDecl decl{
      "clock change",
      "What the clock does at a time.",
      {required(duration("at", &ClockChangeSpec::at, "", {0, kDay * 366}, "When.")),
       duration("step", &ClockChangeSpec::step, "", {-kDay * 3660, kDay * 3660},
                "It jumps by this, and stays there."),
       optional_drift(),
       duration("freeze", &ClockChangeSpec::freeze, "", {kMs, kDay * 366}, "It stands still for so long."),
       duration("wrap32", &ClockChangeSpec::wrap32, "", {kMs, kDay * 366},
                "Its 32-bit counter of microseconds wraps: 4294.967296 s behind, until it is set after so "
                "long."),
       boolean("catch_up", &ClockChangeSpec::catch_up, "true",
               "Of freeze: jumps to the right time at the end, or stays behind.")},
      {},
      {{"step", "drift_ppm", "freeze", "wrap32"}}};
  return decl;
}

const ObjectDecl& second_report_decl() {
  static const ObjectDecl decl{
      "second reports",
      "Events that the source reports twice (two gateways hear the same frame): a record of its own with the "
      "key, value and event time of the first, and another arrival. No duplicates of the pipeline.",
      {required(ratio("share", &SecondReportSpec::share, "", "Of the events.")),
       with_default(object("after", &SecondReportSpec::after, law_decl,
                           "How much later the second report sets off; then it takes a delay of its own."),
                    "0s")},
      "share"};
  return decl;
}

const ObjectDecl& clock_decl() {
  static const ObjectDecl decl{
      "clock",
      "The clock from which a source takes event time, against true time.",
      {with_default(object("offset", &ClockSpec::offset, signed_law_decl,
                           "Error at the start, drawn for each producer; may be negative."),
                    "0s"),
       number("drift_ppm", &ClockSpec::drift_ppm, "0", {-100'000, 100'000}, "Drift in parts per million."),
       list("changes", &ClockSpec::changes, clock_change_decl,
            "What it does at given times: steps, drift, standstill, a wrapped counter.")},
      {},
      {},
      {},
      {},
      [](ReadContext& context, const Node& node, const void* target) {
        double days = 0;
        for (const ClockChangeSpec& change : static_cast<const ClockSpec*>(target)->changes)
          days += std::abs(static_cast<double>(change.step.value_or(Duration{}).count())) / kDay;
        if (days > 36'600)
          context.diagnostics.report("WL1104", node.at,
                                     "the steps of \"changes\" add up to more than 100 years");
      }};
  return decl;
}

/// "time-unit" on the command line is "time_unit" here; the names live as long as the declarations.
const std::vector<std::string>& trace_option_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const workload::TraceOption& option : workload::trace_options()) {
      made.emplace_back(option.name);
      std::replace(made.back().begin(), made.back().end(), '-', '_');
    }
    return made;
  }();
  return names;
}

Field trace_option(const workload::TraceOption& option, std::string_view name) {
  using Kind = workload::TraceOption::Kind;
  const FieldType type = option.kind == Kind::choice        ? FieldType::kChoice
                         : option.kind == Kind::duration_ms ? FieldType::kDuration
                                                            : FieldType::kString;
  Field field{name, type, option.doc};
  field.choices = option.choices;
  if (option.kind == Kind::duration_ms) {
    field.min = kMs;
    field.max = kDay;
  }
  field.bind = [&option](void* target, const FieldValue& v) {
    auto& read = as<SourceSpec>(target).trace_options;
    if (option.set_text != nullptr) return option.set_text(read, v.text);
    option.set_number(read, option.kind == Kind::duration_ms ? v.integer / kMs : v.integer);
  };
  return field;
}

const ObjectDecl& trace_options_decl() {
  static const ObjectDecl decl = [] {
    ObjectDecl made{"trace options",
                    "How the trace is read, and what is done with rows that are not as they should be.",
                    {}};
    const auto options = workload::trace_options();
    for (std::size_t i = 0; i < options.size(); ++i)
      made.fields.push_back(trace_option(options[i], trace_option_names()[i]));
    made.check = [](ReadContext& context, const Node& node, const void* target) {
      for (const std::string& problem : static_cast<const SourceSpec*>(target)->trace_options.problems())
        context.diagnostics.report("WL1107", node.at, problem);
    };
    return made;
  }();
  return decl;
}

}  // namespace

const ObjectDecl& source_decl() {
  static const ObjectDecl decl{
      "source",
      "Emits events and produces them into a topic.",
      {required(text(FieldType::kName, "topic", &SourceSpec::topic, "The topic to produce into.")),
       integer("producers", &SourceSpec::producers, "1", {1, 10'000},
               "Number of producer processes; the rate is divided among them."),
       rate("rate", &SourceSpec::rate, "", "Events of the whole source per time."),
       object("arrivals", &SourceSpec::arrivals, arrivals_decl, "How events are spread in time."),
       object("keys", &SourceSpec::keys, keys_decl, "Which keys they have."),
       with_default(object("delay", &SourceSpec::delay, delay_decl,
                           "From the creation of an event to the producer's send(): what makes events late."),
                    "0s"),
       object("clock", &SourceSpec::clock, clock_decl, "The clock that stamps event time."),
       object("reported_again", &SourceSpec::reported_again, second_report_decl,
              "Events that are reported twice."),
       size("record_size", &SourceSpec::record_bytes, "100B", {1, 1LL << 30},
            "Bytes of key and value of a record."),
       text(
           FieldType::kPath, "trace", &SourceSpec::trace,
           "Replay a recorded trace (CSV: key,event_time_ms,arrival_time_ms; plain or gzip) instead of rate, "
           "arrivals, keys and delay."),
       inline_object("trace_options", trace_options_decl,
                     "Units and columns of the trace, and chosen repairs."),
       number("speed", &SourceSpec::trace_speed, "1", {0, 1'000'000},
              "Replay the trace this many times faster."),
       boolean("replays", &SourceSpec::replays, "false",
               "The application sends again what the producer reported as failed."),
       properties("config", &SourceSpec::config, kafka::producer_properties,
                  "Producer properties by their real names.")},
      {},
      {{"rate", "trace"}}};
  return decl;
}

}  // namespace wrackline::scenarios

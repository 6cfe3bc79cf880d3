// Windows of a job: which events are taken together, when a window speaks, and what a later pane makes of an
// earlier one.
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

constexpr std::int64_t kYear = kDay * 366;

const ObjectDecl& hopping_decl() {
  static const ObjectDecl decl{
      "hopping window",
      "Overlapping windows.",
      {required(duration("size", &WindowSpec::size, "", {kMs, kYear}, "Length of a window.")),
       required(
           duration("slide", &WindowSpec::slide, "", {kMs, kYear}, "Time between the starts of windows."))}};
  return decl;
}

const ObjectDecl& cumulate_decl() {
  static const ObjectDecl decl{
      "cumulate window",
      "Windows that share a start and grow by steps.",
      {required(duration("size", &WindowSpec::size, "", {kMs, kYear}, "Length of the longest window.")),
       required(duration("step", &WindowSpec::slide, "", {kMs, kYear},
                         "Each window is longer than the one before by this; divides the size."))}};
  return decl;
}

const ObjectDecl& sliding_decl() {
  static const ObjectDecl decl{
      "sliding window",
      "Events of a key no further apart than a difference, as Kafka Streams' SlidingWindows.",
      {required(
          duration("difference", &WindowSpec::size, "", {0, kYear},
                   "Greatest difference between the event times of two events in a window: each event at t "
                   "opens [t - difference, t] and [t + 1 ms, t + 1 ms + difference]."))},
      "difference"};
  return decl;
}

const ObjectDecl& session_decl() {
  static const ObjectDecl decl{
      "session window",
      "Events of a key that follow each other closely.",
      {required(duration("gap", &WindowSpec::gap, "", {kMs, kYear}, "Silence that ends a session.")),
       duration("max_gap", &WindowSpec::max_gap, "", {kMs, kYear},
                "Each event has a gap of its own, between `gap` and this, by its value.")},
      "gap"};
  return decl;
}

const ObjectDecl& count_decl() {
  static const ObjectDecl decl{
      "count window",
      "The last so many events of a key.",
      {required(integer("records", &WindowSpec::records, "", {1, 1'000'000'000}, "Events in a window.")),
       integer(
           "every", &WindowSpec::records_every, "", {1, 1'000'000'000},
           "A window each so many events, with the last `records` of them; without this as many as it holds, "
           "one window after the other.")},
      "records"};
  return decl;
}

Field tumbling() {
  Field field{"tumbling", FieldType::kDuration, "Windows of this length, one after the other."};
  field.min = kMs;
  field.max = kYear;
  field.bind = [](void* target, const FieldValue& v) {
    auto& window = as<WindowSpec>(target);
    window.kind = Windows::kTumbling;
    window.size = window.slide = Duration{v.integer};
  };
  return field;
}

Field of_kind(Field field, Windows kind) {
  return also(std::move(field), [kind](void* target) { as<WindowSpec>(target).kind = kind; });
}

Field global() {
  Field field{
      "global", FieldType::kBool,
      "true: all events of a key, for ever; needs early panes, or speaks at the end of the run only."};
  field.bind = [](void* target, const FieldValue& v) {
    if (v.integer != 0) as<WindowSpec>(target).kind = Windows::kGlobal;
  };
  return field;
}

}  // namespace

const ObjectDecl& window_decl() {
  static const ObjectDecl decl{
      "window",
      "Windows by key: in event time, or by number.",
      {tumbling(), of_kind(inline_object("hopping", hopping_decl, "Overlapping windows."), Windows::kHopping),
       of_kind(inline_object("cumulate", cumulate_decl, "Windows that share a start and grow by steps."),
               Windows::kCumulate),
       of_kind(inline_object("sliding", sliding_decl,
                             "Events of a key no further apart than this: windows that the events define."),
               Windows::kSliding),
       of_kind(inline_object("session", session_decl, "Events of a key with no longer silence between them."),
               Windows::kSession),
       of_kind(inline_object("count", count_decl, "So many events of a key; with `every`, windows overlap."),
               Windows::kCount),
       global(),
       duration("offset", &WindowSpec::offset, "0s", {-kDay, kDay}, "Shifts the starts of windows."),
       text(FieldType::kString, "zone", &WindowSpec::zone,
            "IANA time zone whose wall clock the borders follow, such as Europe/Berlin; without it UTC."),
       duration("allowed_lateness", &WindowSpec::allowed_lateness, "0s", {0, kYear},
                "How long after its end passed the watermark a window still takes late events."),
       duration("early_every", &WindowSpec::early_every, "", {kMs, kDay},
                "Early panes: so long (processing time) after the first event that no pane has shown."),
       integer("early_records", &WindowSpec::early_records, "", {1, 1'000'000'000},
               "Early panes: as soon as so many events are not shown."),
       duration("late_every", &WindowSpec::late_every, "", {kMs, kDay},
                "Late panes: so long (processing time) after the first late event, instead of for each."),
       integer("late_records", &WindowSpec::late_records, "", {1, 1'000'000'000},
               "Late panes: for so many late events; 1 without this and `late_every`."),
       choice("accumulation", &WindowSpec::accumulation, "",
              {{"accumulating", "each pane holds all so far"},
               {"discarding", "each pane holds what came since the one before"},
               {"retracting", "each pane holds all so far, behind a retraction of what it replaces"}},
              "What a later pane makes of an earlier one; accumulating without this.")},
      "tumbling",
      {{"tumbling", "hopping", "cumulate", "sliding", "session", "count", "global"}}};
  return decl;
}

Field aggregate_field() {
  return choice("aggregate", &JobSpec::aggregate, "count",
                {{"none", "pass events on"},
                 {"count", "number of events"},
                 {"sum", "sum of their values"},
                 {"min", "least value"},
                 {"max", "greatest value"},
                 {"mean", "mean of their values, cut towards zero"},
                 {"distinct", "number of different values"},
                 {"distinct_sketch", "the same by HyperLogLog, within about 1.6 %"},
                 {"quantile", "the quantile called `quantile`; keeps all values"},
                 {"quantile_sketch", "the same by DDSketch, within 1 % of the value"}},
                "What a window computes.");
}

}  // namespace wrackline::scenarios

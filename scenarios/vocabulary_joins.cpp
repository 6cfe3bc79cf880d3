// Joins of a job: a second input, and which records of the two belong together.
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

constexpr std::int64_t kLongestBound = kDay * 366;

Field absent_without_defaults(Field field) {
  field.only_if_given = true;
  return field;
}

const ObjectDecl& join_decl() {
  static const ObjectDecl decl{
      "join",
      "Joins the topic of `from`, the left side, with a second one, the right side, by key.",
      {required(text(FieldType::kName, "with", &JoinSpec::with,
                     "The topic of the right side: as many partitions as the left one, keys of the same "
                     "space.")),
       required(choice("type", &JoinSpec::type, "",
                       {{"interval", "right.ts between left.ts + lower and left.ts + upper, both included"},
                        {"window", "both in the same window: the job's `window`, as it ends"},
                        {"stream_table",
                         "the right side is a table: the version that has arrived when the left record does"},
                        {"temporal",
                         "the right side is a table: the version that was valid at the left record's event "
                         "time, once the watermark has passed it"}},
                       "Which records of a key belong together.")),
       choice("kind", &JoinSpec::kind, "inner",
              {{"inner", "pairs only"},
               {"left", "also left records without a partner"},
               {"right", "also right records without a partner; not with a table"},
               {"outer", "both; not with a table"}},
              "What becomes of records without a partner."),
       duration("lower", &JoinSpec::lower, "", {-kLongestBound, kLongestBound},
                "Of interval: lower bound of right - left."),
       duration("upper", &JoinSpec::upper, "", {-kLongestBound, kLongestBound},
                "Of interval: upper bound of right - left."),
       duration("allowed_lateness", &JoinSpec::allowed_lateness, "", {0, kLongestBound},
                "Of interval: how far behind the watermark a record of the left side is still taken; 0 "
                "without it."),
       duration("with_allowed_lateness", &JoinSpec::with_allowed_lateness, "", {0, kLongestBound},
                "Of interval: the same for the right side; without it as the left side."),
       absent_without_defaults(object("with_watermark", &JoinSpec::with_watermark, watermark_decl,
                                      "How event time advances on the right side; without it as the job's "
                                      "`watermark`. The join goes by the minimum of the two."))}};
  return decl;
}

}  // namespace

Field join_field() {
  return absent_without_defaults(
      object("join", &JobSpec::join, join_decl, "A second input, joined with the first."));
}

}  // namespace wrackline::scenarios

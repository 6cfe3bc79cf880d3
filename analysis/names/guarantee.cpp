#include "analysis/names/guarantee.hpp"

#include <array>

namespace wrackline::analysis {

namespace {

using A = Anomaly;

// Time is no part of a delivery guarantee, and a failed send that was stored after all is none either
// (kafka.md 1.6: NOT_ENOUGH_REPLICAS_AFTER_APPEND tells "failed" about a record that stays in the log).
constexpr std::array kOfTime{A::late_dropped, A::wrongly_late, A::premature_fire};

constexpr std::array kNone{A::lost_write,
                           A::unseen,
                           A::duplicate,
                           A::aborted_read,
                           A::inconsistent_offsets,
                           A::nonmonotonic_poll,
                           A::poll_skip,
                           A::nonmonotonic_send,
                           A::vanished_read,
                           A::late_dropped,
                           A::wrongly_late,
                           A::premature_fire,
                           A::double_fire,
                           A::window_gap,
                           A::missing_contribution,
                           A::double_counted,
                           A::sink_duplicate,
                           A::lost_result,
                           A::premature_null,
                           A::orphan_commit,
                           A::zombie_write,
                           A::sink_order_inversion};

// Commit before processing, acks=0 or 1: records vanish at any hop. A zombie's work was committed before it
// was done and so is done by nobody else (kafka.md 6.3, M3): its late row is no second effect.
constexpr std::array kAtMostOnce{
    A::lost_write,          A::unseen,        A::aborted_read,         A::inconsistent_offsets,
    A::poll_skip,           A::vanished_read, A::late_dropped,         A::wrongly_late,
    A::premature_fire,      A::window_gap,    A::missing_contribution, A::lost_result,
    A::premature_null,      A::orphan_commit, A::zombie_write,         A::nonmonotonic_send,
    A::sink_order_inversion};

// Replays repeat records, rows and panes, and bring old windows back after younger ones. A record that was
// late the first time may be in time the second, and finds its partner padded already.
constexpr std::array kAtLeastOnce{
    A::duplicate,    A::aborted_read,         A::nonmonotonic_poll, A::nonmonotonic_send, A::late_dropped,
    A::wrongly_late, A::premature_fire,       A::double_fire,       A::double_counted,    A::sink_duplicate,
    A::zombie_write, A::sink_order_inversion, A::premature_null};

// At least once up to the sink, which absorbs repetitions by key: rows are rewritten, never doubled. Copies
// in the log are harmless as long as none of them is counted: a record twice inside a row is what such a sink
// can not absorb.
constexpr std::array kEffectivelyOnce{
    A::duplicate,    A::aborted_read,   A::nonmonotonic_poll, A::nonmonotonic_send, A::late_dropped,
    A::wrongly_late, A::premature_fire, A::double_fire,       A::zombie_write,      A::sink_order_inversion};

constexpr std::array<GuaranteeInfo, 5> kTable{{
    {Guarantee::none, "none",
     "No promise: losses and duplicates are counted and labelled. Broken books, wrong results, "
     "a watermark that moves backwards and a pipeline that is stuck are still violations.",
     kNone, true, true},
    {Guarantee::at_most_once, "at_most_once", "No duplicate effect; losses are permitted and labelled.",
     kAtMostOnce, true, false},
    {Guarantee::at_least_once, "at_least_once",
     "No acknowledged loss; duplicates are permitted and labelled.", kAtLeastOnce, false, true},
    {Guarantee::effectively_once, "effectively_once",
     "At least once into an idempotent sink: no acknowledged loss, and a reader of the sink sees each event "
     "once.",
     kEffectivelyOnce, false, false},
    {Guarantee::exactly_once, "exactly_once", "No acknowledged loss and no repeated effect at any hop.",
     kOfTime, false, false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].guarantee) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const GuaranteeInfo> guarantees() { return kTable; }
const GuaranteeInfo& info_of(Guarantee guarantee) { return kTable[static_cast<std::size_t>(guarantee)]; }
std::string_view name_of(Guarantee guarantee) { return info_of(guarantee).name; }

std::optional<Guarantee> find_guarantee(std::string_view name) {
  for (const GuaranteeInfo& info : kTable) {
    if (info.name == name) return info.guarantee;
  }
  return std::nullopt;
}

AnomalySet permitted_by(Guarantee guarantee) {
  AnomalySet set;
  for (const Anomaly anomaly : info_of(guarantee).permits) set.set(static_cast<std::size_t>(anomaly));
  return set;
}

}  // namespace wrackline::analysis

// The books of a run: how many events met which fate, and where the lost ones were lost.
//
//   produced = delivered + late_dropped + dead_lettered + shed + expired + rejected + lost + pending
//
// Every event has exactly one fate when the books are closed. The fates, the first that holds:
//
//   lost           a window that should show the event does not: it was neither late for that window, nor is
//                  the window still open. Also when other windows show it (`lost_in_some_windows`)
//   delivered      a reader of the sink sees it in every window that it was not late for, and in at least one
//                  (`late_in_some_windows` counts those that were late for others: hopping windows only). Of
//                  a join: in every row that it was owed, if any (join_books.hpp counts the rows)
//   late_dropped   taken out as late, for all of its windows
//   dead_lettered  taken out on purpose, and
//   shed           likewise
//   expired        the producer gave up before any copy reached the network, for want of time, or
//   rejected       for good; or a processor's guard refused its event time
//   pending        on its way when the run ended: in a producer, unread in the log, in an open window
//
// "Lost" is split by what the producing application was told and by the last hop that held the event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "analysis/join_books.hpp"

namespace wrackline::analysis {

enum class Fate : std::uint8_t {
  delivered,
  late_dropped,
  dead_lettered,
  shed,
  expired,
  rejected,
  lost,
  pending
};
inline constexpr std::size_t kFates = 8;

/// What the application was told about a lost event. `sim::Told` and "nobody said anything", which counts as
/// unknown.
enum class LossTold : std::uint8_t { acknowledged, told_failed, outcome_unknown, fire_and_forget };
inline constexpr std::size_t kLossTold = 4;

/// The last hop that held a lost event.
enum class LossHop : std::uint8_t {
  producer,   ///< no leader ever appended it
  log,        ///< appended, and not in the committed log any more (or never)
  consumer,   ///< in the committed log, never processed
  processor,  ///< processed, never visible at the sink (or not in every window)
  sink,       ///< its result was handed to the sink's producer, and no reader of the sink topic sees it; here
              ///< "told" is what that producer told the processor
};
inline constexpr std::size_t kLossHops = 5;

/// Where an extra effect shows.
enum class DuplicateHop : std::uint8_t {
  log,        ///< a second committed copy in the log
  processor,  ///< taken into account again (work repeated; whether it shows is judged at the sink)
  sink,       ///< a second visible effect, as a reader of the sink sees it at the end
};
inline constexpr std::size_t kDuplicateHops = 3;

std::string_view name_of(Fate fate);
std::string_view name_of(LossTold told);
std::string_view name_of(LossHop hop);
std::string_view name_of(DuplicateHop hop);

struct Books {
  std::uint64_t produced = 0;
  std::array<std::uint64_t, kFates> fates{};
  std::array<std::array<std::uint64_t, kLossHops>, kLossTold> lost_by{};
  std::array<std::uint64_t, kDuplicateHops> duplicates{};         ///< extra effects
  std::array<std::uint64_t, kDuplicateHops> duplicated_events{};  ///< events with at least one extra effect
  std::uint64_t rejected_by_guard = 0;  ///< of the rejected: taken out by a processor's guard
  std::uint64_t reported_again = 0;     ///< of the produced: second reports of an event, the workload's own
  std::uint64_t late_in_some_windows = 0;  ///< delivered, but dropped as late from some of its windows
  std::uint64_t lost_in_some_windows = 0;  ///< lost, but visible in some of its windows
  std::optional<JoinBooks> join{};         ///< of a job that joins two inputs: its rows

  std::uint64_t operator[](Fate fate) const { return fates[static_cast<std::size_t>(fate)]; }
  std::uint64_t lost_told(LossTold told) const;
  std::uint64_t lost_at(LossHop hop) const;
  std::uint64_t duplicated(DuplicateHop hop) const { return duplicates[static_cast<std::size_t>(hop)]; }

  /// The identity above, the same for the parts of "lost", and that of the join.
  bool closes() const;
  Books& operator+=(const Books& other);
  friend bool operator==(const Books&, const Books&) = default;
};

}  // namespace wrackline::analysis

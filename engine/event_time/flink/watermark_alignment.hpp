// Watermark alignment (FLIP-182, FLIP-217): sources of a group wait for the slowest.
//
// Modelled: a subtask reports its combined watermark every update interval (nothing before the first one, MAX
// while idle or finished); the group's value is the minimum over all subtasks of all its sources; announced
// is that value plus the drift, MAX if the sum overflows (M-12 ... M-14). A subtask stops reading while the
// announced maximum is below its own watermark (M-15); with more than one split it pauses single splits
// instead (M-16). Until the first announcement there is no limit. Version: 2.x leaves idle splits alone until
// they are active again, 1.20 does not look at idleness. Not modelled: a reader that cannot pause splits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/flink/version.hpp"
#include "engine/event_time/timestamp.hpp"

namespace wrackline::event_time::flink {

/// The coordinators of the sources of one job (SourceCoordinator, CoordinatorStore).
class AlignmentCoordinator {
 public:
  struct Member {
    std::uint32_t source = 0;
    std::uint32_t subtask = 0;
    friend auto operator<=>(const Member&, const Member&) = default;
  };

  /// A source joins a group, once.
  void add_source(std::uint32_t source, const std::string& group, std::int64_t max_drift_ms);
  /// MAX while idle.
  void report(Member member, TimestampMs watermark) { reported_[member] = watermark; }
  /// The subtask has failed or is gone.
  void forget(Member member) { reported_.erase(member); }

  /// What a subtask of the source may at most reach; none before anybody of the group has reported.
  std::optional<TimestampMs> max_allowed(std::uint32_t source) const;

 private:
  struct Source {
    std::string group;
    std::int64_t max_drift_ms = 0;
  };
  std::map<std::uint32_t, Source> sources_;
  std::map<Member, TimestampMs> reported_;
};

using AlignedSplit = std::uint32_t;

/// The subtask's side (SourceOperator).
class AlignedReader {
 public:
  explicit AlignedReader(Version version) : version_{version} {}

  void add_split(AlignedSplit split) { splits_[split]; }
  void remove_split(AlignedSplit split) { splits_.erase(split); }

  void on_announcement(TimestampMs max_allowed);
  /// What the reader as a whole has reached (reader_watermark of SourceWatermarks).
  void on_reader_watermark(TimestampMs watermark) { watermark_ = watermark; }
  void on_reader_idle(bool idle) { idle_ = idle; }
  void on_split_watermark(AlignedSplit split, TimestampMs watermark);
  void on_split_idle(AlignedSplit split, bool idle);

  /// The whole subtask stops polling.
  bool is_blocked() const { return max_allowed_ < watermark_; }
  bool is_paused(AlignedSplit split) const;
  /// For the next report; none before the first watermark.
  std::optional<TimestampMs> to_report() const;

 private:
  struct Split {
    TimestampMs watermark = kMinTimestamp;
    bool idle = false;
    bool paused = false;
  };
  void check(Split& split) const;

  Version version_;
  TimestampMs max_allowed_ = kMaxTimestamp;
  TimestampMs watermark_ = kMinTimestamp;
  bool idle_ = false;
  std::map<AlignedSplit, Split> splits_;
};

}  // namespace wrackline::event_time::flink

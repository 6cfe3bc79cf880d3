// wrongly_late: a record was dropped as late although a window of its own was still open. Three causes:
//
//   rule          no task's watermark had passed the window's end and the allowed lateness: the runtime erred
//   clock ahead   no honest clock could have: at the time of the drop, true time itself - minus the bound by
//                 which the watermark trails it - had not passed. Some source's clock runs ahead
//   clock behind  the record's own clock runs behind: in the window of its true creation time it would not
//                 have been late
//
// The bound is that of the job's watermark strategy; 0 if it has none (then fewer drops are called wrong).
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "analysis/checkers/checker.hpp"
#include "analysis/checkers/facts.hpp"

namespace wrackline::analysis {

class WronglyLate final : public Checker {
 public:
  struct Config {
    std::uint32_t job = 0;
    WindowShape window;
    std::int64_t watermark_bound_ms = 0;
    std::int64_t start_ms = 0;  ///< event time at true time zero
  };
  enum class Cause : std::uint8_t { rule, clock_ahead, clock_behind };

  WronglyLate(AnomalyLog& log, FactSource& facts, const Config& config)
      : Checker{log}, facts_{facts}, config_{config} {}
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override;
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override;

  std::uint64_t count_of(Cause cause) const { return causes_[static_cast<std::size_t>(cause)]; }

 private:
  /// The watermark at which the newest window of the timestamp takes no more records.
  std::int64_t closes_at(sim::EventId id, std::int64_t event_time_ms) const;

  FactSource& facts_;
  Config config_;
  std::int64_t newest_ms_ = std::numeric_limits<std::int64_t>::min();
  std::array<std::uint64_t, 3> causes_{};
};

}  // namespace wrackline::analysis

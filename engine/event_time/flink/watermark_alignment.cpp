#include "engine/event_time/flink/watermark_alignment.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::event_time::flink {

void AlignmentCoordinator::add_source(std::uint32_t source, const std::string& group,
                                      std::int64_t max_drift_ms) {
  const bool added = sources_.emplace(source, Source{group, max_drift_ms}).second;
  assert(added && "a source joins one group, once");
  static_cast<void>(added);
}

std::optional<TimestampMs> AlignmentCoordinator::max_allowed(std::uint32_t source) const {
  const Source& asking = sources_.at(source);
  std::optional<TimestampMs> lowest;
  for (const auto& [member, watermark] : reported_) {
    const auto found = sources_.find(member.source);
    if (found == sources_.end() || found->second.group != asking.group) continue;
    lowest = lowest ? std::min(*lowest, watermark) : watermark;
  }
  if (!lowest) return std::nullopt;
  return saturating_add(*lowest, asking.max_drift_ms);
}

void AlignedReader::check(Split& split) const {
  if (split.idle && version_ != Version::v1_20) return;
  split.paused = max_allowed_ < split.watermark;
}

void AlignedReader::on_announcement(TimestampMs max_allowed) {
  max_allowed_ = max_allowed;
  // A single split is not paused: the source as a whole waits.
  if (splits_.size() <= 1) return;
  for (auto& [id, split] : splits_) check(split);
}

void AlignedReader::on_split_watermark(AlignedSplit split, TimestampMs watermark) {
  Split& state = splits_.at(split);
  state.watermark = watermark;
  if (splits_.size() > 1 && max_allowed_ < watermark) state.paused = true;
}

void AlignedReader::on_split_idle(AlignedSplit split, bool idle) {
  Split& state = splits_.at(split);
  state.idle = idle;
  if (!idle && splits_.size() > 1) check(state);
}

bool AlignedReader::is_paused(AlignedSplit split) const {
  const auto found = splits_.find(split);
  return found != splits_.end() && found->second.paused;
}

std::optional<TimestampMs> AlignedReader::to_report() const {
  if (idle_) return kMaxTimestamp;
  if (watermark_ == kMinTimestamp) return std::nullopt;
  return watermark_;
}

}  // namespace wrackline::event_time::flink

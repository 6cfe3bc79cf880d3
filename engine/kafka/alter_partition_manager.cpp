#include "engine/kafka/alter_partition_manager.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace wrackline::kafka {

bool AlterPartitionManager::submit(AlterPartitionProposal proposal) {
  const bool known = std::any_of(unsent_.begin(), unsent_.end(), [&](const AlterPartitionProposal& other) {
    return other.partition == proposal.partition;
  });
  if (known) return false;
  unsent_.push_back(std::move(proposal));
  // A new proposal does not wait for the pause after an earlier error; it takes the others along.
  paused_until_ms_ = 0;
  return true;
}

bool AlterPartitionManager::request_due(std::int64_t now_ms) const {
  return !in_flight_ && !unsent_.empty() && now_ms >= paused_until_ms_;
}

std::optional<std::int64_t> AlterPartitionManager::next_attempt_ms() const {
  if (in_flight_ || unsent_.empty() || paused_until_ms_ == 0) return std::nullopt;
  return paused_until_ms_;
}

std::span<const AlterPartitionProposal> AlterPartitionManager::begin_request() {
  assert(!in_flight_ && !unsent_.empty());
  in_flight_ = true;
  in_flight_count_ = unsent_.size();
  return unsent_;
}

std::vector<AlterPartitionManager::Completion> AlterPartitionManager::on_response(
    Errors top_level, std::span<const AlterPartitionAnswer> answers, std::int64_t now_ms) {
  assert(in_flight_);
  in_flight_ = false;
  std::vector<Completion> completions;
  if (top_level != Errors::none) {
    paused_until_ms_ = now_ms + kRetryBackoffMs;
    in_flight_count_ = 0;
    return completions;
  }
  std::vector<AlterPartitionProposal> left;
  for (std::size_t i = 0; i < unsent_.size(); ++i) {
    const auto answer = std::find_if(
        answers.begin(), answers.end(),
        [&](const AlterPartitionAnswer& candidate) { return candidate.partition == unsent_[i].partition; });
    if (i < in_flight_count_ && answer != answers.end()) {
      completions.push_back({std::move(unsent_[i]), *answer});
    } else {
      left.push_back(std::move(unsent_[i]));
    }
  }
  unsent_ = std::move(left);
  in_flight_count_ = 0;
  paused_until_ms_ = 0;
  return completions;
}

}  // namespace wrackline::kafka

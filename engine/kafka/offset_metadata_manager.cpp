#include "engine/kafka/offset_metadata_manager.hpp"

#include <algorithm>

namespace wrackline::kafka {

std::vector<OffsetMetadataManager::Committed>& OffsetMetadataManager::of(std::vector<OfGroup>& groups,
                                                                         std::string_view group) {
  for (OfGroup& known : groups) {
    if (known.group == group) return known.offsets;
  }
  groups.push_back({std::string{group}, {}});
  return groups.back().offsets;
}

const OffsetMetadataManager::Committed* OffsetMetadataManager::find_in(const std::vector<OfGroup>& groups,
                                                                       std::string_view group,
                                                                       TopicPartition partition) {
  for (const OfGroup& known : groups) {
    if (known.group != group) continue;
    const auto at = std::lower_bound(
        known.offsets.begin(), known.offsets.end(), partition,
        [](const Committed& value, TopicPartition wanted) { return value.partition < wanted; });
    return at != known.offsets.end() && at->partition == partition ? &*at : nullptr;
  }
  return nullptr;
}

void OffsetMetadataManager::put(std::vector<Committed>& offsets, const Committed& value) {
  const auto at =
      std::lower_bound(offsets.begin(), offsets.end(), value.partition,
                       [](const Committed& known, TopicPartition p) { return known.partition < p; });
  if (at != offsets.end() && at->partition == value.partition) {
    *at = value;
  } else {
    offsets.insert(at, value);
  }
}

void OffsetMetadataManager::erase(std::vector<OfGroup>& groups, std::string_view group,
                                  TopicPartition partition) {
  for (auto known = groups.begin(); known != groups.end(); ++known) {
    if (known->group != group) continue;
    std::erase_if(known->offsets, [&](const Committed& value) { return value.partition == partition; });
    if (known->offsets.empty()) groups.erase(known);
    return;
  }
}

void OffsetMetadataManager::replay(const OffsetCommitRecord& record, std::int64_t producer_id) {
  if (record.tombstone) {
    erase(committed_, record.group, record.partition);
    for (Pending& pending : pending_) erase(pending.groups, record.group, record.partition);
    return;
  }
  const Committed value{record.partition,           record.offset,    record.leader_epoch,
                        record.commit_timestamp_ms, next_position_++, record.metadata};
  if (producer_id == kNoProducerId) {
    put(of(committed_, record.group), value);
    return;
  }
  auto pending = std::find_if(pending_.begin(), pending_.end(),
                              [&](const Pending& known) { return known.producer_id == producer_id; });
  if (pending == pending_.end()) {
    pending_.push_back({producer_id, {}});
    pending = std::prev(pending_.end());
  }
  put(of(pending->groups, record.group), value);
}

void OffsetMetadataManager::replay_end_transaction(std::int64_t producer_id, bool commit) {
  const auto pending = std::find_if(pending_.begin(), pending_.end(),
                                    [&](const Pending& known) { return known.producer_id == producer_id; });
  if (pending == pending_.end()) return;
  if (commit) {
    for (const OfGroup& group : pending->groups) {
      for (const Committed& value : group.offsets) {
        const Committed* const existing = find_in(committed_, group.group, value.partition);
        if (existing == nullptr || value.position > existing->position)
          put(of(committed_, group.group), value);
      }
    }
  }
  pending_.erase(pending);
}

const OffsetMetadataManager::Committed* OffsetMetadataManager::find(std::string_view group,
                                                                    TopicPartition partition) const {
  return find_in(committed_, group, partition);
}

bool OffsetMetadataManager::has_pending(std::string_view group, TopicPartition partition) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return find_in(pending.groups, group, partition) != nullptr;
  });
}

bool OffsetMetadataManager::has_open_transaction(std::string_view group) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return std::any_of(pending.groups.begin(), pending.groups.end(),
                       [&](const OfGroup& known) { return known.group == group; });
  });
}

const std::vector<OffsetMetadataManager::Committed>* OffsetMetadataManager::offsets_of(
    std::string_view group) const {
  for (const OfGroup& known : committed_) {
    if (known.group == group) return &known.offsets;
  }
  return nullptr;
}

void OffsetMetadataManager::fetch(const OffsetFetchRequest& request, OffsetFetchResponse& response) const {
  for (const TopicPartition partition : request.partitions) {
    FetchedOffset fetched;
    fetched.partition = partition;
    if (request.require_stable && has_pending(request.group, partition)) {
      fetched.error = Errors::unstable_offset_commit;
    } else if (const Committed* const known = find(request.group, partition)) {
      fetched.offset = known->offset;
      fetched.leader_epoch = known->leader_epoch;
      fetched.metadata = known->metadata;
    }
    response.partitions.push_back(fetched);
  }
}

void OffsetMetadataManager::restore(const std::string& group, TopicPartition partition, std::uint64_t written,
                                    const std::optional<Committed>& previous) {
  const Committed* const known = find(group, partition);
  if (known == nullptr || known->position != written) return;
  if (previous) {
    put(of(committed_, group), *previous);
  } else {
    erase(committed_, group, partition);
  }
}

void OffsetMetadataManager::delete_all(const std::string& group, std::vector<GroupRecord>& records) const {
  const auto tombstone = [&](TopicPartition partition) {
    OffsetCommitRecord record;
    record.group = group;
    record.partition = partition;
    record.tombstone = true;
    records.emplace_back(record);
  };
  if (const std::vector<Committed>* const offsets = offsets_of(group)) {
    for (const Committed& value : *offsets) tombstone(value.partition);
  }
  for (const Pending& pending : pending_) {
    for (const OfGroup& known : pending.groups) {
      if (known.group != group) continue;
      for (const Committed& value : known.offsets) {
        if (find(group, value.partition) == nullptr) tombstone(value.partition);
      }
    }
  }
}

}  // namespace wrackline::kafka

#include "engine/kafka/group_log.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "engine/kafka/sliding_vector.hpp"

namespace wrackline::kafka {

/// Where the columns come back to: with them goes what their records say.
class GroupLog::Store final : public RecordsHome {
 public:
  void take_back(Records* block) noexcept override {
    for (const sim::EventId id : block->ids) {
      said_[static_cast<std::size_t>(id.ordinal() - said_.first_number())].reset();
      --held_;
    }
    while (!said_.empty() && !said_.front()) said_.pop_front();
    delete block;
    let_go();
  }
  sim::EventId keep(GroupRecord&& record) {
    const sim::EventId id{kGroupRecordSource, said_.end_number()};
    said_.push_back(std::move(record));
    ++held_;
    return id;
  }
  const GroupRecord& at(sim::EventId id) const { return *said_.at_number(id.ordinal()); }
  std::size_t held() const { return held_; }
  /// The store ends when its owner and the last block have.
  void begin() { ++users_; }
  void let_go() {
    if (--users_ == 0) delete this;
  }

 private:
  SlidingVector<std::optional<GroupRecord>> said_;
  std::size_t held_ = 0;
  std::size_t users_ = 1;
};

GroupLog::GroupLog() : store_{new Store} {}
GroupLog::~GroupLog() { store_->let_go(); }

RecordsPtr GroupLog::columns_of(std::vector<GroupRecord>&& records, std::int64_t wall_ms) {
  auto* const columns = new Records;
  columns->home_ = store_;
  store_->begin();
  for (GroupRecord& record : records) {
    columns->ids.push_back(store_->keep(std::move(record)));
    columns->timestamps_ms.push_back(wall_ms);
    columns->keys.push_back(0);
  }
  columns->max_timestamp_ms = wall_ms;
  return RecordsPtr{columns};
}

const GroupRecord& GroupLog::at(sim::EventId id) const { return store_->at(id); }

void GroupLog::fold(PartitionId partition, std::span<const RecordBatch> batches, Offset certain) {
  Folded& folded = folded_[partition];
  auto batch = std::lower_bound(batches.begin(), batches.end(), folded.below,
                                [](const RecordBatch& b, Offset offset) { return b.last_offset < offset; });
  for (; batch != batches.end() && batch->next_offset() <= certain; ++batch) {
    folded.below = batch->next_offset();
    if (!batch->records) continue;
    for (const sim::EventId id : batch->records->ids) {
      const GroupRecord& record = at(id);
      const auto* const commit = std::get_if<OffsetCommitRecord>(&record);
      const Key key = commit != nullptr
                          ? Key{commit->group, true, commit->partition}
                          : Key{std::get<GroupMetadataRecord>(record).group, false, TopicPartition{}};
      folded.last.insert_or_assign(key, Last{folded.records++, record});
    }
  }
}

Offset GroupLog::folded_below(PartitionId partition) const {
  const auto found = folded_.find(partition);
  return found == folded_.end() ? 0 : found->second.below;
}

std::vector<const GroupRecord*> GroupLog::folded(PartitionId partition) const {
  std::vector<const GroupRecord*> records;
  const auto found = folded_.find(partition);
  if (found == folded_.end()) return records;
  std::vector<const Last*> order;
  for (const auto& [key, last] : found->second.last) order.push_back(&last);
  std::sort(order.begin(), order.end(),
            [](const Last* a, const Last* b) { return a->position < b->position; });
  for (const Last* last : order) records.push_back(&last->record);
  return records;
}

std::size_t GroupLog::records_held() const {
  std::size_t held = store_->held();
  for (const auto& [partition, folded] : folded_) held += folded.last.size();
  return held;
}

}  // namespace wrackline::kafka

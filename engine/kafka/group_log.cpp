#include "engine/kafka/group_log.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "engine/kafka/record_bytes.hpp"
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

namespace {

/// Lengths of a usual group record: 120 bytes in a batch.
constexpr std::int32_t kKeyBytes = 40;
constexpr std::int32_t kValueBytes = 71;

bool is_tombstone(const GroupRecord& record) {
  return std::visit([](const auto& one) { return one.tombstone; }, record);
}

}  // namespace

std::uint32_t GroupLog::key_of(const GroupRecord& record) {
  const auto* const commit = std::get_if<OffsetCommitRecord>(&record);
  const Key key = commit != nullptr
                      ? Key{commit->group, true, commit->partition}
                      : Key{std::get<GroupMetadataRecord>(record).group, false, TopicPartition{}};
  return keys_.try_emplace(key, static_cast<std::uint32_t>(keys_.size())).first->second;
}

RecordsPtr GroupLog::columns_of(std::vector<GroupRecord>&& records, std::int64_t wall_ms) {
  auto* const columns = new Records;
  columns->home_ = store_;
  store_->begin();
  auto compaction = std::make_unique<CompactionColumns>();
  for (GroupRecord& record : records) {
    const auto delta = static_cast<std::int32_t>(columns->ids.size());
    compaction->shapes.push_back({delta, kKeyBytes, is_tombstone(record) ? -1 : kValueBytes});
    columns->keys.push_back(key_of(record));
    columns->ids.push_back(store_->keep(std::move(record)));
    columns->timestamps_ms.push_back(wall_ms);
  }
  columns->compaction = std::move(compaction);
  columns->max_timestamp_ms = wall_ms;
  return RecordsPtr{columns};
}

std::int32_t GroupLog::batch_bytes(const Records& columns) {
  std::int32_t bytes = kBatchOverheadBytes;
  for (const RecordShape& shape : columns.compaction->shapes)
    bytes += record_bytes(0, shape.offset_delta, shape.key_bytes, shape.value_bytes);
  return bytes;
}

const GroupRecord& GroupLog::at(sim::EventId id) const { return store_->at(id); }

std::size_t GroupLog::records_held() const { return store_->held(); }

}  // namespace wrackline::kafka

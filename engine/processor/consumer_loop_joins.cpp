// The loop's part for joins: records of two topics into one task, rows out of it, state with the commits.
#include "engine/processor/consumer_loop.hpp"
#include "engine/processor/moments.hpp"

namespace wrackline::processor {

using event_time::window::JoinedRow;
using event_time::window::JoinRecord;
using event_time::window::JoinSide;
using kafka::PartitionId;
using kafka::TopicPartition;

/// The partition of the same number in the other topic.
PartitionId ConsumerLoop::joined_with(PartitionId partition) const {
  const TopicPartition at = cluster_.layout.partition(partition);
  const kafka::TopicId right = options_.join->right;
  const kafka::TopicId left =
      options_.topics.front() == right ? options_.topics.back() : options_.topics.front();
  return cluster_.layout.id_of({at.topic == right ? left : right, at.partition});
}

void ConsumerLoop::take_joined() {
  if (!joins_ || joined_.empty()) return;
  const bool windowed = options_.join->spec.type == event_time::window::StreamJoinSpec::Type::window;
  for (const JoinedRow& joined : joined_) {
    sink::ResultRow row;
    row.job = options_.job;
    row.key = joined.key;
    if (windowed) {
      row.window_start_ms = joined.window.start_ms;
      row.window_end_ms = joined.window.end_ms;
    }
    row.first_contribution = static_cast<std::uint32_t>(rows_->contributions.size());
    const auto take = [&](const JoinRecord& record) {
      row.value += record.value;
      row.digest += sim::mix(record.id);
      rows_->contributions.push_back(record.id);
      ++row.contributions;
    };
    if (joined.has_left) take(joined.left);
    if (joined.has_right) take(joined.right);
    // A pair is one of its two records; a record enriched from a table stays that record, whatever it met.
    row.identity = options_.join->spec.has_table() ? sim::mix(joined.left.id) : row.digest;
    rows_->rows.push_back(row);
  }
  process_.announce(moments::kJoined, options_.instance, static_cast<std::int64_t>(joined_.size()));
  joined_.clear();
}

/// Once both inputs of the number know where they stand.
void ConsumerLoop::restore_join(PartitionId partition) {
  const auto found = tasks_.find(joined_with(partition));
  if (found == tasks_.end() || !found->second.positioned) return;
  const TopicPartition at = cluster_.layout.partition(partition);
  const bool right = joins_->side_of(at) == JoinSide::right;
  JoinOffsets offsets{tasks_.at(partition).position, found->second.position};
  if (right) std::swap(offsets.left, offsets.right);
  joins_->claim_as(claimant());
  // Without a state, what the first input may have brought already stays.
  const auto state = options_.join->committed->at(at.partition, offsets);
  if (state != nullptr || !joins_->tasks().contains(at.partition))
    joins_->open(at.partition, state.get(), joined_);
}

std::int64_t ConsumerLoop::offset_to_commit(PartitionId partition, const PartitionTask& task) const {
  if (options_.commit != CommitMode::before_processing) return task.position;
  const kafka::PartitionFetchState* const state =
      consumer_->consumer().subscriptions().find(cluster_.layout.partition(partition));
  return state != nullptr && state->position ? state->position->offset : task.position;
}

/// `visit(task of the left input, task of the right one, number)` where both know where they stand.
template <class Visit>
void ConsumerLoop::for_each_joined(Visit&& visit) {
  for (auto& [partition, task] : tasks_) {
    const TopicPartition at = cluster_.layout.partition(partition);
    if (joins_->side_of(at) != JoinSide::left || !task.positioned) continue;
    const auto other = tasks_.find(joined_with(partition));
    if (other != tasks_.end() && other->second.positioned)
      visit(*tasks_.find(partition), *other, at.partition);
  }
}

/// False: another instance owns the number by now.
bool ConsumerLoop::store_join(std::int32_t number, const JoinOffsets& offsets) {
  JoinTasks::Task& task = joins_->task(number, joined_);
  if (task.stored == offsets && task.stored_changes == task.join.changes()) return true;
  CommittedJoins& committed = *options_.join->committed;
  for (const JoinOffsets& earlier : task.in_doubt) committed.put(number, task.epoch, earlier, task.join);
  if (!committed.put(number, task.epoch, offsets, task.join)) return false;
  task.stored = offsets;
  task.stored_changes = task.join.changes();
  return true;
}

bool ConsumerLoop::store_all_joins() {
  bool stored = true;
  for_each_joined([&](auto& left, auto& right, std::int32_t number) {
    stored = store_join(number, {offset_to_commit(left.first, left.second),
                                 offset_to_commit(right.first, right.second)}) &&
             stored;
  });
  return stored;
}

/// Both offsets of a number or neither: the state belongs to the pair. What has been written out is in that
/// state, and nothing else.
std::vector<kafka::OffsetToCommit> ConsumerLoop::join_commits() {
  std::vector<kafka::OffsetToCommit> offsets;
  for_each_joined([&](auto& left, auto& right, std::int32_t number) {
    const JoinOffsets now{offset_to_commit(left.first, left.second),
                          offset_to_commit(right.first, right.second)};
    const JoinOffsets before{left.second.committed, right.second.committed};
    if (now != before && options_.commit == CommitMode::before_processing)
      joins_->task(number, joined_).in_doubt.push_back(before);
    store_join(number, now);
    if (now == before) return;
    left.second.committed = now.left;
    right.second.committed = now.right;
    for (const auto& [partition, offset] :
         {std::pair{left.first, now.left}, std::pair{right.first, now.right}}) {
      kafka::OffsetToCommit commit;
      commit.partition = cluster_.layout.partition(partition);
      commit.offset = offset;
      offsets.push_back(commit);
    }
  });
  return offsets;
}

}  // namespace wrackline::processor

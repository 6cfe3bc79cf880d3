#include "engine/kafka/kafka_consumer.hpp"

#include <algorithm>

namespace wrackline::kafka {

KafkaConsumer::KafkaConsumer(KafkaConsumerConfig config, std::int64_t now_ms)
    : config_{std::move(config)},
      metadata_{config_.metadata_max_age_ms},
      subscriptions_{config_.auto_offset_reset},
      network_{config_.request_timeout_ms},
      offset_fetcher_{config_.fetch.isolation,
                      config_.request_timeout_ms,
                      config_.retry_backoff_ms,
                      subscriptions_,
                      metadata_,
                      network_},
      fetcher_{config_.fetch, subscriptions_, metadata_, network_} {
  network_.add_handler(&fetcher_);
  network_.add_handler(&offset_fetcher_);
  if (config_.group) {
    coordinator_ =
        std::make_unique<ConsumerCoordinator>(*config_.group, subscriptions_, metadata_, network_, now_ms);
    network_.add_handler(coordinator_.get());
  }
}

bool KafkaConsumer::update_positions(std::optional<ConsumerException>& failure, std::int64_t now_ms,
                                     std::int64_t wall_clock_ms) {
  failure = offset_fetcher_.validate_positions(now_ms);
  if (failure) return false;
  if (subscriptions_.has_all_positions()) return true;
  if (coordinator_) {
    const ConsumerCoordinator::CommittedOffsets committed = coordinator_->init_with_committed_offsets(now_ms);
    failure = committed.exception;
    if (failure || !committed.done) return false;
  }
  const TopicPartitions without_offset = subscriptions_.reset_initializing();
  if (!without_offset.empty()) {
    failure.emplace();
    failure->name = "NoOffsetForPartitionException";
    failure->partitions = without_offset;
    return false;
  }
  failure = offset_fetcher_.reset_positions(now_ms, wall_clock_ms);
  return !failure;
}

ConsumerPoll KafkaConsumer::poll(ConsumerRecords& records, std::int64_t now_ms, std::int64_t wall_clock_ms) {
  records.clear();
  ConsumerPoll result;
  const auto fail = [&](ConsumerException exception) {
    records.clear();
    result.kind = ConsumerPoll::Kind::failed;
    result.exception = std::move(exception);
    return result;
  };
  if (subscriptions_.type() == SubscriptionState::Type::none) {
    ConsumerException not_subscribed;
    not_subscribed.name = "IllegalStateException";
    return fail(std::move(not_subscribed));
  }

  bool ready = true;
  if (coordinator_) {
    CoordinatorPoll joined = coordinator_->poll(now_ms);
    if (joined.kind == CoordinatorPoll::Kind::failed) return fail(std::move(joined.exception));
    if (joined.kind == CoordinatorPoll::Kind::callback) {
      result.kind = ConsumerPoll::Kind::callback;
      result.callback = std::move(joined.callback);
      return result;
    }
    ready = joined.kind == CoordinatorPoll::Kind::ready;
  }
  std::optional<ConsumerException> failure;
  if (ready) update_positions(failure, now_ms, wall_clock_ms);
  if (failure) return fail(std::move(*failure));

  failure = fetcher_.collect(records, now_ms);
  if (failure) return fail(std::move(*failure));
  if (records.empty()) {
    records.clear();
    send_fetches(now_ms);
    network_.poll(now_ms);
    failure = fetcher_.collect(records, now_ms);
    if (failure) return fail(std::move(*failure));
  }
  if (records.empty()) {
    records.clear();
    return result;
  }
  // C-2 d: the next fetches travel while the application works on these records.
  send_fetches(now_ms);
  network_.transmit(now_ms);
  result.kind = ConsumerPoll::Kind::records;
  return result;
}

void KafkaConsumer::send_fetches(std::int64_t now_ms) {
  offset_fetcher_.validate_on_metadata_change();
  fetcher_.send_fetches(now_ms);
}

std::int64_t KafkaConsumer::next_poll_ms(std::int64_t now_ms) const {
  std::int64_t next = network_.next_deadline_ms();
  if (coordinator_) next = std::min(next, coordinator_->next_poll_ms(now_ms));
  // Positions that wait for a retry are looked at again after the backoff.
  if (!subscriptions_.has_all_positions()) next = std::min(next, now_ms + config_.retry_backoff_ms);
  return next > now_ms ? next : now_ms + config_.retry_backoff_ms;
}

void KafkaConsumer::subscribe(std::vector<TopicId> topics) {
  if (subscriptions_.subscribe(std::move(topics))) metadata_.request_update();
}

void KafkaConsumer::assign(const TopicPartitions& partitions, std::int64_t now_ms) {
  fetcher_.retain(partitions);
  if (partitions.empty()) {
    subscriptions_.unsubscribe();
    return;
  }
  if (coordinator_) coordinator_->maybe_auto_commit(now_ms);
  if (subscriptions_.assign_from_user(partitions)) metadata_.request_update();
}

void KafkaConsumer::seek(TopicPartition partition, Offset offset, LeaderEpoch leader_epoch) {
  const FetchPosition position{offset, leader_epoch, metadata_.current_leader(partition)};
  if (leader_epoch != kNoLeaderEpoch) metadata_.update_last_seen_epoch_if_newer(partition, leader_epoch);
  subscriptions_.seek_unvalidated(partition, position);
}

void KafkaConsumer::seek_to_beginning(TopicPartition partition) {
  subscriptions_.request_reset(partition, {ResetStrategy::Kind::earliest, 0});
}

void KafkaConsumer::seek_to_end(TopicPartition partition) {
  subscriptions_.request_reset(partition, {ResetStrategy::Kind::latest, 0});
}

}  // namespace wrackline::kafka

#include "engine/kafka/consumer_actor.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

std::int64_t records_bytes(const ConsumerRequestBody& body) {
  if (const auto* commit = std::get_if<OffsetCommitRequest>(&body)) {
    return 32 * static_cast<std::int64_t>(commit->offsets.size());
  }
  if (const auto* fetch = std::get_if<FetchRequest>(&body))
    return 24 * static_cast<std::int64_t>(fetch->partitions.size());
  return 64;
}

}  // namespace

ConsumerActor::ConsumerActor(ClusterContext& cluster, sim::Process& process,
                             const KafkaConsumerConfig& config, const ConsumerFetchSettings& fetch)
    : cluster_{cluster},
      process_{process},
      fetch_{fetch},
      consumer_{config, process.node().mono_ms()},
      connections_{cluster, process, *this, kLanes, fetch.connections} {
  std::vector<PartitionMetadata> known;
  for (PartitionId p = 0; p < cluster.layout.partition_count(); ++p) {
    PartitionMetadata about;
    about.partition = cluster.layout.partition(p);
    about.leader = {cluster.layout.replicas(p).front(), 0};
    about.replicas = cluster.layout.replicas(p);
    known.push_back(std::move(about));
  }
  // What a client learns from its bootstrap servers before anything else. It may be out of date, as
  // everywhere.
  consumer_.metadata().update(std::move(known), now_ms());
}

void ConsumerActor::subscribe(std::vector<TopicId> topics, Listener listener) {
  listener_ = std::move(listener);
  consumer_.subscribe(std::move(topics));
}

/// Puts what the client decided on the wire.
void ConsumerActor::flush() {
  ConsumerNetworkClient& network = consumer_.network();
  for (const ClusterClient::Channel& channel : connections_.expire()) give_up_on(channel);
  auto closed = std::move(network.closed());
  network.closed().clear();
  for (const ConsumerNetworkClient::Connection& connection : closed) {
    if (connection.node < 1) continue;
    const unsigned lane = connection.coordinator ? 1 : 0;
    connections_.disconnect(connection.node, lane);
    give_up_on({connection.node, lane});
  }
  auto outbox = std::move(network.outbox());
  network.outbox().clear();
  for (OutgoingRequest& request : outbox) {
    const unsigned lane = request.coordinator_connection ? 1 : 0;
    BrokerId node = request.node;
    if (node == kAnyBroker) {
      node = connections_.least_loaded(lane, [&](BrokerId broker) {
        return network.has_pending({broker, request.coordinator_connection}) ? 1U : 0U;
      });
      any_broker_ = node;
    }
    ConsumerRequest wrapped;
    const auto bytes = kSmallMessageBytes + static_cast<std::uint32_t>(records_bytes(request.body));
    wrapped.body = std::move(request.body);
    wrapped.max_wait_ms = fetch_.fetch_max_wait_ms;
    wrapped.min_bytes = fetch_.fetch_min_bytes;
    wrapped.max_bytes = fetch_.fetch_max_bytes;
    wrapped.max_bytes_per_partition = fetch_.max_partition_fetch_bytes;
    if (node == kNoBroker ||
        !connections_.send(
            node, lane, sim::Message::make(kind_of(Api::consumer), bytes, std::move(wrapped), request.id))) {
      network.connection_lost({request.node, request.coordinator_connection});
    }
  }
  ask_for_metadata();
}

void ConsumerActor::ask_for_metadata() {
  const std::int64_t age_ms = now_ms() - consumer_.metadata().last_update_ms();
  const bool wanted = consumer_.metadata().update_requested() || age_ms >= consumer_.metadata().max_age_ms();
  connections_.maybe_update_metadata(
      wanted, [this](BrokerId broker) { return consumer_.network().has_pending({broker, false}) ? 1U : 0U; });
}

/// A pass of the heartbeat thread.
void ConsumerActor::pump() {
  if (ConsumerCoordinator* const coordinator = consumer_.coordinator()) coordinator->heartbeat_pass(now_ms());
  flush();
  arm();
}

void ConsumerActor::arm() {
  process_.cancel(timer_);
  sim::Time at = connections_.next_deadline();
  if (ConsumerCoordinator* const coordinator = consumer_.coordinator()) {
    const std::int64_t next_ms = coordinator->heartbeat_deadline_ms(now_ms());
    if (next_ms != kNoDeadlineMs) {
      at = std::min(at, process_.node().clock().true_time_of_mono(
                            std::chrono::milliseconds{std::max(next_ms, now_ms() + 1)}));
    }
  }
  if (at != sim::kNever) timer_ = process_.schedule(at, {&on_timer, this, 0});
}

void ConsumerActor::on_timer(void* self, std::uint64_t) {
  auto& actor = *static_cast<ConsumerActor*>(self);
  actor.pump();
  actor.arrived_.wake_all();
}

sim::Task<> ConsumerActor::wait_until_ms(std::int64_t at_ms, sim::Time give_up) {
  sim::Time until = give_up;
  if (at_ms != kNoDeadlineMs) {
    const sim::Time at = process_.node().clock().true_time_of_mono(
        std::chrono::milliseconds{std::max<std::int64_t>(at_ms, 0)});
    until = std::min(until, std::max(at, process_.now() + std::chrono::milliseconds{1}));
  }
  if (until <= process_.now() || consumer_.network().has_arrived()) co_return;
  co_await arrived_.wait_for(until - process_.now());
}

sim::Task<std::optional<ConsumerException>> ConsumerActor::poll(sim::Duration timeout,
                                                                ConsumerRecords& records) {
  const sim::Time give_up = process_.now() + timeout;
  while (!woken_) {
    ConsumerPoll turn = consumer_.poll(records, now_ms(), process_.node().wall_ms());
    flush();
    arm();
    switch (turn.kind) {
      case ConsumerPoll::Kind::records:
        co_return std::nullopt;
      case ConsumerPoll::Kind::failed:
        co_return turn.exception;
      case ConsumerPoll::Kind::callback:
        co_await listener_(turn.callback);
        consumer_.coordinator()->callback_done(false);
        continue;
      case ConsumerPoll::Kind::nothing:
        break;
    }
    if (process_.now() >= give_up) co_return std::nullopt;
    co_await wait_until_ms(consumer_.next_poll_ms(now_ms()), give_up);
  }
  co_return std::nullopt;
}

void ConsumerActor::wakeup() {
  woken_ = true;
  arrived_.wake_all();
}

sim::Task<ConsumerActor::Committed> ConsumerActor::commit_sync(std::vector<OffsetToCommit> offsets,
                                                               std::int64_t timeout_ms) {
  ConsumerCoordinator& coordinator = *consumer_.coordinator();
  const sim::Time give_up = process_.now() + std::chrono::milliseconds{timeout_ms};
  coordinator.start_commit_sync(std::move(offsets), timeout_ms, now_ms());
  for (;;) {
    ConsumerCoordinator::SyncCommit step = coordinator.continue_commit_sync(now_ms());
    flush();
    if (step.done) co_return Committed{step.committed, step.exception};
    co_await wait_until_ms(coordinator.blocked_until_ms(now_ms()), give_up);
  }
}

void ConsumerActor::commit_async(std::vector<OffsetToCommit> offsets) {
  consumer_.coordinator()->commit_async(std::move(offsets), now_ms());
  consumer_.network().transmit(now_ms());
  flush();
}

sim::Task<> ConsumerActor::close(std::int64_t timeout_ms) {
  ConsumerCoordinator& coordinator = *consumer_.coordinator();
  const sim::Time give_up = process_.now() + std::chrono::milliseconds{timeout_ms};
  coordinator.start_close(LeaveOnClose::by_default, timeout_ms, now_ms());
  for (;;) {
    CoordinatorPoll step = coordinator.continue_close(now_ms());
    flush();
    if (step.kind == CoordinatorPoll::Kind::callback) {
      co_await listener_(step.callback);
      coordinator.callback_done(false);
      continue;
    }
    if (step.kind != CoordinatorPoll::Kind::not_ready || process_.now() >= give_up) co_return;
    co_await wait_until_ms(coordinator.blocked_until_ms(now_ms()), give_up);
  }
}

void ConsumerActor::on_message(sim::Socket socket, sim::Message message) {
  if (!connections_.owner(socket)) return;
  if (api_of(message.kind()) == Api::metadata) {
    connections_.metadata_arrived();
    std::vector<PartitionMetadata> known;
    for (const auto& told : message.as<MetadataResponse>().partitions) {
      PartitionMetadata about;
      about.partition = cluster_.layout.partition(told.partition);
      about.leader = told.leader;
      about.replicas = cluster_.layout.replicas(told.partition);
      known.push_back(std::move(about));
    }
    consumer_.metadata().update(std::move(known), now_ms());
  } else if (api_of(message.kind()) == Api::api_versions) {
    connections_.checked(socket);
    pump();
  } else {
    consumer_.network().deliver(message.correlation(), std::move(message.as<ConsumerResponseBody>()));
    pump();
  }
  arrived_.wake_all();
}

void ConsumerActor::on_closed(sim::Socket socket, sim::CloseReason) {
  const std::optional<ClusterClient::Channel> lost = connections_.lost(socket);
  if (!lost) return;
  give_up_on(*lost);
  pump();
  arrived_.wake_all();
}

/// Its connection is gone: the requests on it fail, and who leads what may have changed.
void ConsumerActor::give_up_on(ClusterClient::Channel channel) {
  ConsumerNetworkClient& network = consumer_.network();
  const ConsumerNetworkClient::Connection connection{channel.broker, channel.lane == 1};
  network.connection_lost(connection);
  if (channel.broker == any_broker_) network.connection_lost({kAnyBroker, channel.lane == 1});
  const sim::Time retry = connections_.retry_at(channel.broker, channel.lane);
  network.set_unavailable_until(
      connection,
      std::chrono::floor<std::chrono::milliseconds>(process_.node().clock().mono(retry)).count() + 1);
  consumer_.metadata().request_update();
}

}  // namespace wrackline::kafka

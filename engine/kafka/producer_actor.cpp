#include "engine/kafka/producer_actor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/partitioner.hpp"

namespace wrackline::kafka {

namespace {

/// Above this many keys their partitions are computed each time instead of remembered.
constexpr std::size_t kMostRememberedKeys = std::size_t{1} << 22;
/// A connection without room is looked at again after this.
constexpr std::chrono::milliseconds kLookAgain{5};

std::uint32_t bytes_of(const ProduceRequest& request) {
  return kSmallMessageBytes + static_cast<std::uint32_t>(request.size_bytes);
}

}  // namespace

ProducerActor::Client::Client(const ProducerConfig& config, const ClusterContext& cluster)
    : metadata{[&] {
        ProducerMetadata known;
        for (const TopicLayout& topic : cluster.layout.topics()) known.add_topic(topic.partitions);
        for (PartitionId p = 0; p < cluster.layout.partition_count(); ++p) {
          known.update(p, {cluster.layout.replicas(p).front(), 0});
        }
        return known;
      }()},
      transactions{config.enable_idempotence
                       ? std::make_unique<TransactionManager>(config, metadata, config.retry_backoff_ms)
                       : nullptr},
      accumulator{config, metadata, transactions.get()},
      sender{config, metadata, accumulator, transactions.get()} {}

ProducerActor::ProducerActor(ClusterContext& cluster, sim::Process& process, Application& application,
                             ProducerActorOptions options)
    : cluster_{cluster},
      process_{process},
      application_{application},
      options_{std::move(options)},
      connections_{cluster, process, *this, 1, options_.connections, options_.jitter_purpose},
      sticky_draws_{process.sim().seed(), process.name(), "sticky partition"},
      first_partition_{cluster.layout.topics()[static_cast<std::size_t>(options_.topic)].first} {}

void ProducerActor::open() {
  connections_.forget();
  unwritten_.clear();
  ProducerConfig config = options_.config;
  config.jitter_seed =
      sim::mix(process_.sim().seed() ^ (std::uint64_t{options_.number} << 32) ^ process_.incarnation());
  client_ = std::make_unique<Client>(config, cluster_);
}

void ProducerActor::turn() {
  const Nanos now = local_now();
  application_.hand_over();
  for (const BrokerId node : client_->sender.handle_request_timeouts(now)) {
    connections_.disconnect(node, 0);
    give_up_on(node);
  }
  for (const ClusterClient::Channel& channel : connections_.expire()) give_up_on(channel.broker);
  if (!unwritten_.empty()) write_what_waits();
  send();
  report();
  ask_for_metadata();
  schedule_next();
}

/// Its connection is gone: what was under way on it fails, and who leads what may have changed.
void ProducerActor::give_up_on(BrokerId broker) {
  client_->metadata.request_update();
  client_->sender.handle_disconnect(broker, local_now());
  std::erase_if(unwritten_, [broker](const ProduceRequest& request) { return request.node == broker; });
}

PartitionId ProducerActor::hash_partition(std::uint32_t key) {
  const std::int32_t partitions =
      cluster_.layout.topics()[static_cast<std::size_t>(options_.topic)].partitions;
  const std::string text = fmt::format("{}{}", options_.key_prefix, key);
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const std::int32_t computed = partition_for_key({bytes, text.size()}, partitions);
  if (key < kMostRememberedKeys) {
    if (key >= partition_of_key_.size()) {
      partition_of_key_.resize(std::max<std::size_t>(key + 1, 2 * partition_of_key_.size()), -1);
    }
    partition_of_key_[key] = computed;
  }
  return first_partition_ + static_cast<PartitionId>(computed);
}

void ProducerActor::send() {
  const Nanos now = local_now();
  for (const BrokerId broker : cluster_.layout.brokers()) {
    client_->sender.set_reachable(broker, !connections_.is_backing_off(broker, 0));
    const bool has_unwritten = std::any_of(unwritten_.begin(), unwritten_.end(),
                                           [broker](const auto& request) { return request.node == broker; });
    client_->sender.set_ready(broker, connections_.is_ready(broker, 0) && !has_unwritten);
  }
  client_->sender.run(now, outbox_);
  for (const BrokerId broker : client_->sender.awaited()) connections_.ready(broker, 0);
  for (ProduceRequest& request : outbox_.produce) {
    process_.announce(moments::kProducerSending, options_.number, request.node,
                      static_cast<std::int64_t>(request.batches.size()));
    if (request.acks == 0 && !has_room(request)) {
      unwritten_.push_back(std::move(request));
    } else {
      write(std::move(request));
    }
  }
  for (TxnRequest& request : outbox_.transactional) {
    const std::uint32_t correlation = request.correlation;
    const BrokerId node = request.node;
    connections_.send(
        node, 0,
        sim::Message::make(kind_of(Api::transaction), kSmallMessageBytes, std::move(request), correlation));
  }
  outbox_.clear();
}

bool ProducerActor::has_room(const ProduceRequest& request) const {
  return connections_.socket(request.node, 0).unread_bytes() + bytes_of(request) <=
         static_cast<std::uint64_t>(options_.socket_buffers_bytes);
}

void ProducerActor::write(ProduceRequest request) {
  const std::uint32_t correlation = request.correlation;
  const std::uint32_t bytes = bytes_of(request);
  const BrokerId node = request.node;
  const bool unanswered = request.acks == 0;
  connections_.send(node, 0,
                    sim::Message::make(kind_of(Api::produce), bytes, std::move(request), correlation));
  if (unanswered) client_->sender.handle_written(correlation, local_now());
}

/// Sends that did not complete, now that the broker may have read. With its connection such a request is
/// lost.
void ProducerActor::write_what_waits() {
  for (ProduceRequest& request : std::exchange(unwritten_, {})) {
    if (has_room(request)) {
      write(std::move(request));
    } else {
      unwritten_.push_back(std::move(request));
    }
  }
}

void ProducerActor::report() {
  done_.clear();
  done_.swap(client_->accumulator.completions());
  application_.completed(done_);
  done_.clear();
}

void ProducerActor::ask_for_metadata() {
  connections_.maybe_update_metadata(client_->metadata.update_requested(),
                                     [this](BrokerId broker) { return client_->sender.in_flight(broker); });
}

void ProducerActor::schedule_next() {
  const Nanos now = local_now();
  const Nanos next = client_->sender.next_wakeup(now);
  sim::Time at = sim::kNever;
  if (next != kNeverNanos) {
    at = std::max(process_.node().clock().true_time_of_mono(sim::Duration{next}), process_.now());
  }
  at = std::min(at, application_.next_turn());
  at = std::min(at, connections_.next_deadline());
  if (!unwritten_.empty()) at = std::min(at, process_.now() + kLookAgain);
  process_.cancel(timer_);
  if (at == sim::kNever) return;
  if (at <= process_.now()) at = process_.now() + sim::Duration{1};
  timer_ = process_.schedule(at, {&on_timer, this, 0});
}

void ProducerActor::on_timer(void* self, std::uint64_t) { static_cast<ProducerActor*>(self)->turn(); }

void ProducerActor::on_message(sim::Socket socket, sim::Message message) {
  if (!connections_.owner(socket)) return;
  const Nanos now = local_now();
  switch (api_of(message.kind())) {
    case Api::produce:
      client_->sender.handle_produce_response(static_cast<std::uint32_t>(message.correlation()),
                                              message.as<ProduceResponse>().partitions, now);
      break;
    case Api::transaction:
      client_->sender.handle_transactional_response(static_cast<std::uint32_t>(message.correlation()),
                                                    message.as<TxnResponse>(), now);
      break;
    case Api::metadata: {
      connections_.metadata_arrived();
      client_->metadata.update_sent();
      for (const auto& known : message.as<MetadataResponse>().partitions) {
        client_->metadata.update(known.partition, known.leader);
      }
      break;
    }
    case Api::api_versions:
      connections_.checked(socket);
      break;
    default:
      break;
  }
  turn();
}

void ProducerActor::on_closed(sim::Socket socket, sim::CloseReason) {
  const std::optional<ClusterClient::Channel> lost = connections_.lost(socket);
  if (!lost) return;
  process_.announce(moments::kProducerDisconnected, options_.number, lost->broker);
  give_up_on(lost->broker);
  turn();
}

}  // namespace wrackline::kafka

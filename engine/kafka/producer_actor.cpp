#include "engine/kafka/producer_actor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/partitioner.hpp"

namespace wrackline::kafka {

namespace {

/// Above this many keys their partitions are computed each time instead of remembered.
constexpr std::size_t kMostRememberedKeys = std::size_t{1} << 22;
/// Keeps these correlations apart from the sender's.
constexpr std::uint64_t kMetadataCorrelation = std::uint64_t{1} << 40;

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
      connections_{cluster,
                   process,
                   *this,
                   1,
                   options_.reconnect_backoff_ms,
                   options_.reconnect_backoff_max_ms,
                   options_.jitter_purpose},
      sticky_draws_{process.sim().seed(), process.name(), "sticky partition"},
      first_partition_{cluster.layout.topics()[static_cast<std::size_t>(options_.topic)].first} {}

void ProducerActor::open() {
  connections_.forget();
  metadata_in_flight_ = false;
  ProducerConfig config = options_.config;
  config.jitter_seed =
      sim::mix(process_.sim().seed() ^ (std::uint64_t{options_.number} << 32) ^ process_.incarnation());
  client_ = std::make_unique<Client>(config, cluster_);
}

void ProducerActor::turn() {
  const Nanos now = local_now();
  application_.hand_over();
  for (const BrokerId node : client_->sender.handle_request_timeouts(now)) connections_.close(node, 0);
  send();
  report();
  if (client_->metadata.update_requested()) ask_for_metadata();
  schedule_next();
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
    client_->sender.set_reachable(broker, connections_.may_connect(broker, 0));
  }
  client_->sender.run(now, outbox_);
  for (ProduceRequest& request : outbox_.produce) {
    process_.announce(moments::kProducerSending, options_.number, request.node,
                      static_cast<std::int64_t>(request.batches.size()));
    const auto bytes = kSmallMessageBytes + static_cast<std::uint32_t>(request.size_bytes);
    const std::uint32_t correlation = request.correlation;
    const bool unanswered = request.acks == 0;
    connections_.socket(request.node, 0).send(kind_of(Api::produce), bytes, std::move(request), correlation);
    if (unanswered) client_->sender.handle_written(correlation, now);
  }
  for (TxnRequest& request : outbox_.transactional) {
    const std::uint32_t correlation = request.correlation;
    connections_.socket(request.node, 0)
        .send(kind_of(Api::transaction), kSmallMessageBytes, std::move(request), correlation);
  }
  outbox_.clear();
}

void ProducerActor::report() {
  done_.clear();
  done_.swap(client_->accumulator.completions());
  application_.completed(done_);
  done_.clear();
}

void ProducerActor::ask_for_metadata() {
  if (metadata_in_flight_ && process_.now() >= metadata_give_up_) metadata_in_flight_ = false;
  if (metadata_in_flight_ || process_.now() < metadata_not_before_) return;
  const BrokerId broker = connections_.any_broker(0);
  if (broker == kNoBroker) return;
  metadata_in_flight_ = true;
  metadata_not_before_ = process_.now() + std::chrono::milliseconds{options_.config.retry_backoff_ms};
  metadata_give_up_ = process_.now() + std::chrono::milliseconds{options_.connection_setup_timeout_ms};
  ++metadata_correlation_;
  connections_.socket(broker, 0).send(kind_of(Api::metadata), kSmallMessageBytes, MetadataRequest{},
                                      kMetadataCorrelation | metadata_correlation_);
}

void ProducerActor::schedule_next() {
  const Nanos now = local_now();
  const Nanos next = client_->sender.next_wakeup(now);
  sim::Time at = sim::kNever;
  if (next != kNeverNanos) {
    at = std::max(process_.node().clock().true_time_of_mono(sim::Duration{next}), process_.now());
  }
  at = std::min(at, application_.next_turn());
  if (metadata_in_flight_) at = std::min(at, metadata_give_up_);
  if (client_->metadata.update_requested() && !metadata_in_flight_) {
    at = std::min(at, std::max(metadata_not_before_, process_.now() + std::chrono::milliseconds{1}));
  }
  for (const BrokerId broker : cluster_.layout.brokers()) {
    if (!connections_.may_connect(broker, 0)) at = std::min(at, connections_.retry_at(broker, 0));
  }
  process_.cancel(timer_);
  if (at == sim::kNever) return;
  if (at <= process_.now()) at = process_.now() + sim::Duration{1};
  timer_ = process_.schedule(at, {&on_timer, this, 0});
}

void ProducerActor::on_timer(void* self, std::uint64_t) { static_cast<ProducerActor*>(self)->turn(); }

void ProducerActor::on_message(sim::Socket socket, sim::Message message) {
  BrokerId broker = kNoBroker;
  unsigned lane = 0;
  if (!connections_.owner(socket, broker, lane)) return;
  connections_.succeeded(broker, lane);
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
      metadata_in_flight_ = false;
      client_->metadata.update_sent();
      for (const auto& known : message.as<MetadataResponse>().partitions) {
        client_->metadata.update(known.partition, known.leader);
      }
      break;
    }
    default:
      break;
  }
  turn();
}

void ProducerActor::on_closed(sim::Socket socket, sim::CloseReason) {
  BrokerId broker = kNoBroker;
  unsigned lane = 0;
  if (!connections_.lost(socket, broker, lane)) return;
  process_.announce(moments::kProducerDisconnected, options_.number, broker);
  // A metadata request may have been on it: ask another broker.
  metadata_in_flight_ = false;
  client_->metadata.request_update();
  client_->sender.handle_disconnect(broker, local_now());
  turn();
}

}  // namespace wrackline::kafka

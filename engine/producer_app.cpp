#include "engine/producer_app.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engine/kafka/moments.hpp"
#include "engine/kafka/partitioner.hpp"

namespace wrackline {

using kafka::Append;
using kafka::Nanos;

namespace {

/// Above this many keys their partitions are computed each time instead of remembered.
constexpr std::size_t kMostRememberedKeys = std::size_t{1} << 22;
/// Keeps these correlations apart from the sender's.
constexpr std::uint64_t kMetadataCorrelation = std::uint64_t{1} << 40;
/// socket.connection.setup.timeout.ms: after that another broker is asked for the metadata.
constexpr std::chrono::seconds kMetadataTimeout{10};

}  // namespace

ProducerApp::Client::Client(const kafka::ProducerConfig& config, const kafka::ClusterContext& cluster)
    : metadata{[&] {
        kafka::ProducerMetadata known;
        for (const kafka::TopicLayout& topic : cluster.layout.topics()) known.add_topic(topic.partitions);
        for (kafka::PartitionId p = 0; p < cluster.layout.partition_count(); ++p) {
          known.update(p, {cluster.layout.replicas(p).front(), 0});
        }
        return known;
      }()},
      transactions{config.enable_idempotence ? std::make_unique<kafka::TransactionManager>(
                                                   config, metadata, config.retry_backoff_ms)
                                             : nullptr},
      accumulator{config, metadata, transactions.get()},
      sender{config, metadata, accumulator, transactions.get()} {}

ProducerApp::ProducerApp(kafka::ClusterContext& cluster, sim::Process& process, ProducerAppOptions options,
                         std::unique_ptr<workload::RecordSource> source)
    : cluster_{cluster},
      process_{process},
      options_{std::move(options)},
      source_{std::move(source)},
      connections_{
          cluster, process, *this, 1, options_.reconnect_backoff_ms, options_.reconnect_backoff_max_ms},
      sticky_draws_{process.sim().seed(), process.name(), "sticky partition"} {
  const std::int64_t fill_ns = std::int64_t{options_.config.batch_size} * 1'000'000'000 /
                               std::max<std::int64_t>(options_.peak_bytes_per_second, 1);
  process_.listen([this](sim::Process&, sim::ProcessChange change) {
    if (change == sim::ProcessChange::crashed || change == sim::ProcessChange::stopped) tell_the_forgotten();
  });
  longest_nap_ = sim::Duration{std::clamp<std::int64_t>(fill_ns / 4, 20'000, 1'000'000'000)};
}

sim::Task<> ProducerApp::run(sim::Process& process) {
  refuse_arrivals();
  connections_.forget();
  backlog_.clear();
  blocked_since_ = -1;
  metadata_in_flight_ = false;
  stopping_ = false;
  kafka::ProducerConfig config = options_.config;
  config.jitter_seed =
      sim::mix(process.sim().seed() ^ (std::uint64_t{options_.number} << 32) ^ process.incarnation());
  client_ = std::make_unique<Client>(config, cluster_);
  turn();
  co_return;
}

/// Memory is gone, and with it every callback that had not run.
void ProducerApp::tell_the_forgotten() {
  if (!client_) return;
  client_->accumulator.for_each_incomplete([&](const kafka::ProducerBatch& batch) {
    cluster_.observer.told(sim::Told::outcome_unknown, batch.records->ids, process_.now());
  });
  for (const Waiting& waiting : backlog_) {
    cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&waiting.id, 1}, process_.now());
  }
  backlog_.clear();
}

sim::Task<> ProducerApp::stop(sim::Process&) {
  // close(): what was handed over is still sent.
  stopping_ = true;
  if (client_) client_->accumulator.begin_flush();
  const sim::Time give_up = process_.now() + std::chrono::milliseconds{options_.config.delivery_timeout_ms};
  while (client_ && client_->accumulator.has_incomplete() && process_.now() < give_up) {
    turn();
    co_await sim::sleep(std::chrono::milliseconds{5});
  }
}

bool ProducerApp::drained() const {
  if (!source_->exhausted()) return false;
  if (!process_.alive()) return true;
  return backlog_.empty() && client_ != nullptr && !client_->accumulator.has_incomplete();
}

void ProducerApp::wake() {
  if (process_.alive() && client_) schedule_next();
}

void ProducerApp::calm_down_after(sim::Duration duration) {
  process_.sim().schedule_after(duration, {&on_calm, this, ++bursts_}, sim::kKernelEntity);
}

void ProducerApp::on_calm(void* self, std::uint64_t burst) {
  auto& app = *static_cast<ProducerApp*>(self);
  if (app.bursts_ != burst) return;  // a later burst goes on
  app.source_->set_rate_factor(app.process_.now(), 1);
  app.wake();
}

/// Event times are stamped on this machine: what its clock does reaches the stamps, from the next record on
/// that is taken in.
void ProducerApp::follow_clock() {
  const sim::Duration error = process_.node().clock().wall_error(process_.now());
  if (error == clock_error_) return;
  source_->step_clock(process_.now(), error - clock_error_);
  clock_error_ = error;
}

/// One turn of the network thread, and of the application before it.
void ProducerApp::turn() {
  const Nanos now = local_now();
  take_arrivals();
  append_backlog();
  for (const kafka::BrokerId node : client_->sender.handle_request_timeouts(now)) connections_.close(node, 0);
  send();
  report();
  append_backlog();
  if (client_->metadata.update_requested()) ask_for_metadata();
  schedule_next();
}

void ProducerApp::take_arrivals() {
  if (stopping_) return refuse_arrivals();
  arrivals_.clear();
  source_->pull(process_.now(), arrivals_);
  follow_clock();
  if (!arrivals_.created.empty()) cluster_.observer.created(arrivals_.created);
  // By this machine's clock as it runs now: a clock fault since the arrival does not reach back.
  const Nanos now = local_now();
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    Waiting record{arrivals_.ids[i], arrivals_.keys[i], arrivals_.event_times_ms[i],
                   static_cast<std::int32_t>(arrivals_.sizes_bytes[i]) + options_.record_overhead_bytes,
                   now - (process_.now() - arrivals_.arrived_at[i]).count()};
    if (!backlog_.empty() || append(record) == Append::buffer_exhausted) {
      if (backlog_.empty()) blocked_since_ = record.arrived_ns;
      backlog_.push_back(record);
    }
  }
}

/// What comes to a process that is not there is refused; its senders know.
void ProducerApp::refuse_arrivals() {
  arrivals_.clear();
  source_->pull(process_.now(), arrivals_);
  if (!arrivals_.created.empty()) cluster_.observer.created(arrivals_.created);
  if (!arrivals_.ids.empty()) {
    cluster_.observer.refused(sim::SendRefusal::rejected, arrivals_.ids, process_.now());
  }
}

kafka::PartitionId ProducerApp::partition_of(std::uint32_t key) {
  const kafka::TopicLayout& topic = cluster_.layout.topics()[static_cast<std::size_t>(options_.topic)];
  const auto compute = [&] {
    const std::string text = fmt::format("{}{}", options_.key_prefix, key);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    return kafka::partition_for_key({bytes, text.size()}, topic.partitions);
  };
  if (key >= kMostRememberedKeys) return topic.first + static_cast<kafka::PartitionId>(compute());
  if (key >= partition_of_key_.size())
    partition_of_key_.resize(std::max<std::size_t>(key + 1, 2 * partition_of_key_.size()), -1);
  std::int32_t& known = partition_of_key_[key];
  if (known < 0) known = compute();
  return topic.first + static_cast<kafka::PartitionId>(known);
}

Append ProducerApp::append(const Waiting& record) {
  Append result = Append::appended;
  if (options_.keyed) {
    result = client_->accumulator.append(partition_of(record.key), record.key, record.id,
                                         record.event_time_ms, record.size_bytes, record.arrived_ns);
  } else {
    result = client_->accumulator.append_unkeyed(
        static_cast<kafka::TopicIndex>(options_.topic), record.key, record.id, record.event_time_ms,
        record.size_bytes, record.arrived_ns,
        [this] { return static_cast<std::int32_t>(sticky_draws_.next() >> 33); });
  }
  if (result == Append::too_large || result == Append::closed) {
    cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&record.id, 1}, process_.now());
  }
  return result;
}

void ProducerApp::append_backlog() {
  const Nanos now = local_now();
  while (!backlog_.empty()) {
    Waiting record = backlog_.front();
    record.arrived_ns = now;
    if (append(record) == Append::buffer_exhausted) {
      if (now - blocked_since_ < options_.config.max_block_ms * kafka::kNanosPerMs) return;
      // TimeoutException out of send(): the caller goes on with its next record.
      client_->accumulator.give_up_waiting();
      cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&record.id, 1}, process_.now());
    }
    backlog_.pop_front();
    blocked_since_ = now;
  }
}

void ProducerApp::send() {
  const Nanos now = local_now();
  for (const kafka::BrokerId broker : cluster_.layout.brokers()) {
    client_->sender.set_reachable(broker, connections_.may_connect(broker, 0));
  }
  client_->sender.run(now, outbox_);
  for (kafka::ProduceRequest& request : outbox_.produce) {
    process_.announce(kafka::moments::kProducerSending, options_.number, request.node,
                      static_cast<std::int64_t>(request.batches.size()));
    const auto bytes = kafka::kSmallMessageBytes + static_cast<std::uint32_t>(request.size_bytes);
    const std::uint32_t correlation = request.correlation;
    const bool unanswered = request.acks == 0;
    connections_.socket(request.node, 0)
        .send(kafka::kind_of(kafka::Api::produce), bytes, std::move(request), correlation);
    if (unanswered) client_->sender.handle_written(correlation, now);
  }
  for (kafka::TxnRequest& request : outbox_.transactional) {
    const std::uint32_t correlation = request.correlation;
    connections_.socket(request.node, 0)
        .send(kafka::kind_of(kafka::Api::transaction), kafka::kSmallMessageBytes, std::move(request),
              correlation);
  }
  outbox_.clear();
}

void ProducerApp::report() {
  auto& completions = client_->accumulator.completions();
  if (completions.empty()) return;
  std::vector<kafka::Completion> done;
  done.swap(completions);
  for (const kafka::Completion& completion : done) {
    const auto& ids = completion.records->ids;
    const auto count = static_cast<std::int64_t>(ids.size());
    if (!completion.error) {
      cluster_.observer.told(completion.told, ids, process_.now());
      process_.announce(kafka::moments::kProducerAcked, options_.number, completion.partition, count);
      continue;
    }
    const auto code = static_cast<std::int64_t>(completion.error.code);
    if (options_.replays) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::int32_t bytes = options_.record_overhead_bytes + 100;
        backlog_.push_back(
            {ids[i], completion.records->keys[i], completion.records->timestamps_ms[i], bytes, local_now()});
      }
      blocked_since_ = local_now();
    } else if (!completion.ever_sent) {
      const bool timed_out = completion.error.code == kafka::Errors::request_timed_out;
      cluster_.observer.refused(timed_out ? sim::SendRefusal::expired : sim::SendRefusal::rejected, ids,
                                process_.now());
    } else {
      cluster_.observer.told(completion.told, ids, process_.now());
    }
    process_.announce(kafka::moments::kProducerFailed, options_.number, completion.partition, count, code);
  }
}

void ProducerApp::ask_for_metadata() {
  if (metadata_in_flight_ && process_.now() >= metadata_give_up_) metadata_in_flight_ = false;
  if (metadata_in_flight_ || process_.now() < metadata_not_before_) return;
  const kafka::BrokerId broker = connections_.any_broker(0);
  if (broker == kafka::kNoBroker) return;
  metadata_in_flight_ = true;
  metadata_not_before_ = process_.now() + std::chrono::milliseconds{options_.config.retry_backoff_ms};
  metadata_give_up_ = process_.now() + kMetadataTimeout;
  ++metadata_correlation_;
  connections_.socket(broker, 0).send(kafka::kind_of(kafka::Api::metadata), kafka::kSmallMessageBytes,
                                      kafka::MetadataRequest{}, kMetadataCorrelation | metadata_correlation_);
}

void ProducerApp::schedule_next() {
  const Nanos now = local_now();
  Nanos next = client_->sender.next_wakeup(now);
  sim::Time at = sim::kNever;
  if (next != kafka::kNeverNanos) {
    at = std::max(process_.node().clock().true_time_of_mono(sim::Duration{next}), process_.now());
  }
  const sim::Time arrival = source_->next_event();
  if (arrival != sim::kNever) {
    // The first record of a batch must not wait longer than linger.ms; none may wait for long once batches
    // fill up.
    const auto linger = std::chrono::milliseconds{options_.config.linger_ms};
    at = std::min(at, std::max(arrival, process_.now()) + std::min<sim::Duration>(linger, longest_nap_));
  }
  if (!backlog_.empty()) {
    const Nanos give_up = blocked_since_ + options_.config.max_block_ms * kafka::kNanosPerMs;
    at = std::min(at, std::max(process_.node().clock().true_time_of_mono(sim::Duration{give_up}),
                               process_.now() + sim::Duration{1}));
  }
  if (metadata_in_flight_) at = std::min(at, metadata_give_up_);
  if (client_->metadata.update_requested() && !metadata_in_flight_) {
    at = std::min(at, std::max(metadata_not_before_, process_.now() + std::chrono::milliseconds{1}));
  }
  for (const kafka::BrokerId broker : cluster_.layout.brokers()) {
    if (!connections_.may_connect(broker, 0)) at = std::min(at, connections_.retry_at(broker, 0));
  }
  process_.cancel(timer_);
  if (at == sim::kNever) return;
  if (at <= process_.now()) at = process_.now() + sim::Duration{1};
  timer_ = process_.schedule(at, {&on_timer, this, 0});
}

void ProducerApp::on_timer(void* self, std::uint64_t) { static_cast<ProducerApp*>(self)->turn(); }

void ProducerApp::on_message(sim::Socket socket, sim::Message message) {
  kafka::BrokerId broker = kafka::kNoBroker;
  unsigned lane = 0;
  if (!connections_.owner(socket, broker, lane)) return;
  connections_.succeeded(broker, lane);
  const Nanos now = local_now();
  switch (kafka::api_of(message.kind())) {
    case kafka::Api::produce:
      client_->sender.handle_produce_response(static_cast<std::uint32_t>(message.correlation()),
                                              message.as<kafka::ProduceResponse>().partitions, now);
      break;
    case kafka::Api::transaction:
      client_->sender.handle_transactional_response(static_cast<std::uint32_t>(message.correlation()),
                                                    message.as<kafka::TxnResponse>(), now);
      break;
    case kafka::Api::metadata: {
      metadata_in_flight_ = false;
      client_->metadata.update_sent();
      for (const auto& known : message.as<kafka::MetadataResponse>().partitions) {
        client_->metadata.update(known.partition, known.leader);
      }
      break;
    }
    default:
      break;
  }
  turn();
}

void ProducerApp::on_closed(sim::Socket socket, sim::CloseReason) {
  kafka::BrokerId broker = kafka::kNoBroker;
  unsigned lane = 0;
  if (!connections_.lost(socket, broker, lane)) return;
  process_.announce(kafka::moments::kProducerDisconnected, options_.number, broker);
  // A metadata request may have been on it: ask another broker.
  metadata_in_flight_ = false;
  client_->metadata.request_update();
  client_->sender.handle_disconnect(broker, local_now());
  turn();
}

}  // namespace wrackline

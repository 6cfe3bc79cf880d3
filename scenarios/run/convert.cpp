#include "scenarios/run/convert.hpp"

#include <algorithm>

#include "engine/event_time/strategy/bind.hpp"
#include "engine/kafka/config/properties.hpp"
#include "scenarios/translate.hpp"
#include "scenarios/watermark_block.hpp"

namespace wrackline::scenarios {

namespace {

/// Its own segment size and policy; everything else as any topic that does not say.
kafka::LogConfig offsets_topic_log(const KafkaSpec& spec) {
  const PropertyValues& broker = spec.config;
  kafka::LogConfig log = kafka::default_offsets_topic_log();
  log.rules = spec.version < Version{4, 0} ? kafka::LogRules::v3_9() : kafka::LogRules::v4_1();
  log.segment_bytes = broker.get_int("offsets.topic.segment.bytes");
  const PropertyValues unset{kafka::topic_properties(), spec.version};
  log.segment_ms = std::get<std::int64_t>(kafka::topic_value(unset, broker, "segment.ms"));
  log.delete_retention_ms = broker.get_int("log.cleaner.delete.retention.ms");
  log.min_compaction_lag_ms = broker.get_int("log.cleaner.min.compaction.lag.ms");
  log.max_compaction_lag_ms = broker.get_int("log.cleaner.max.compaction.lag.ms");
  log.min_cleanable_dirty_ratio = broker.get_double("log.cleaner.min.cleanable.ratio");
  return log;
}

}  // namespace

kafka::ClusterSpec to_cluster(const KafkaSpec& spec) {
  const PropertyValues& broker = spec.config;
  kafka::ClusterSpec cluster;
  cluster.brokers = spec.brokers;
  cluster.zones = spec.zones;
  kafka::BrokerSettings& settings = cluster.broker;
  settings.broker_heartbeat_interval_ms = broker.get_int("broker.heartbeat.interval.ms");
  settings.broker_session_timeout_ms = broker.get_int("broker.session.timeout.ms");
  settings.replica_lag_time_max_ms = broker.get_int("replica.lag.time.max.ms");
  settings.replica_fetch_min_bytes = broker.get_int("replica.fetch.min.bytes");
  settings.replica_fetch_wait_max_ms = broker.get_int("replica.fetch.wait.max.ms");
  settings.replica_fetch_max_bytes = broker.get_int("replica.fetch.max.bytes");
  settings.replica_fetch_response_max_bytes = broker.get_int("replica.fetch.response.max.bytes");
  settings.replica_fetch_backoff_ms = broker.get_int("replica.fetch.backoff.ms");
  settings.replica_socket_timeout_ms = broker.get_int("replica.socket.timeout.ms");
  settings.replica_high_watermark_checkpoint_interval_ms =
      broker.get_int("replica.high.watermark.checkpoint.interval.ms");
  settings.log_flush_offset_checkpoint_interval_ms =
      broker.get_int("log.flush.offset.checkpoint.interval.ms");
  settings.log_retention_check_interval_ms = broker.get_int("log.retention.check.interval.ms");
  settings.offsets_commit_timeout_ms = broker.get_int("offsets.commit.timeout.ms");
  settings.group.initial_rebalance_delay_ms =
      static_cast<std::int32_t>(broker.get_int("group.initial.rebalance.delay.ms"));
  settings.group.max_size = static_cast<std::int32_t>(broker.get_int("group.max.size"));
  settings.group.offsets_retention_ms = broker.get_int("offsets.retention.minutes") * 60'000;
  settings.group.offset_metadata_max_bytes =
      static_cast<std::int32_t>(broker.get_int("offset.metadata.max.bytes"));
  settings.log_flush_scheduler_interval_ms = broker.get_int("log.flush.scheduler.interval.ms");
  settings.elr_enabled = broker.get_int("eligible.leader.replicas.version") >= 1;
  cluster.offsets_topic_partitions =
      static_cast<std::int32_t>(broker.get_int("offsets.topic.num.partitions"));
  cluster.offsets_topic_replication_factor =
      static_cast<std::int32_t>(broker.get_int("offsets.topic.replication.factor"));
  cluster.offsets_topic_log = offsets_topic_log(spec);
  settings.log_cleaner_enable = broker.get_bool("log.cleaner.enable");
  settings.log_cleaner_backoff_ms = broker.get_int("log.cleaner.backoff.ms");
  settings.cleaner.dedupe_buffer_bytes = broker.get_int("log.cleaner.dedupe.buffer.size");
  cluster.broker_cores = static_cast<unsigned>(spec.cores);
  settings.costs.request = spec.costs.request;
  settings.costs.batch = distribution_of(spec.costs.batch);
  settings.costs.kibibyte = spec.costs.kibibyte;
  cluster.disk.flush_latency = distribution_of(spec.disk.fsync);
  if (spec.disk.bytes_per_second > 0) cluster.disk.bytes_per_second = spec.disk.bytes_per_second;

  for (const TopicSpec& topic : spec.topics) {
    kafka::TopicLayout layout;
    layout.name = topic.name;
    layout.partitions = topic.partitions;
    layout.replication_factor = static_cast<std::int32_t>(kafka::replication_factor(topic.config, broker));
    cluster.topics.push_back(layout);
    const auto value = [&](std::string_view name) { return kafka::topic_value(topic.config, broker, name); };
    const auto number = [&](std::string_view name) { return std::get<std::int64_t>(value(name)); };
    kafka::TopicSettings made;
    made.log = spec.version < Version{4, 0} ? kafka::LogConfig::v3_9() : kafka::LogConfig::v4_1();
    made.min_insync_replicas = static_cast<std::int32_t>(number("min.insync.replicas"));
    made.unclean_leader_election_enable = std::get<bool>(value("unclean.leader.election.enable"));
    made.flush_messages = number("flush.messages");
    made.flush_ms = number("flush.ms");
    made.log.producer_id_expiration_ms = broker.get_int("producer.id.expiration.ms");
    made.log.segment_bytes = number("segment.bytes");
    made.log.segment_ms = number("segment.ms");
    made.log.retention_ms = number("retention.ms");
    made.log.retention_bytes = number("retention.bytes");
    made.log.max_message_bytes = number("max.message.bytes");
    made.log.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
    made.log.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
    made.log.log_append_time = std::get<std::string>(value("message.timestamp.type")) == "LogAppendTime";
    cluster.settings.push_back(made);
  }
  return cluster;
}

kafka::ProducerConfig to_producer_config(const PropertyValues& values) {
  kafka::ProducerConfig config;
  const std::string acks = values.get_string("acks");
  config.acks = acks == "0" ? std::int16_t{0} : acks == "1" ? std::int16_t{1} : kafka::kAcksAll;
  config.enable_idempotence = kafka::idempotence_enabled(values);
  config.retries = static_cast<std::int32_t>(values.get_int("retries"));
  config.max_in_flight_requests_per_connection =
      static_cast<std::int32_t>(values.get_int("max.in.flight.requests.per.connection"));
  config.linger_ms = values.get_int("linger.ms");
  config.batch_size = static_cast<std::int32_t>(values.get_int("batch.size"));
  config.buffer_memory = values.get_int("buffer.memory");
  config.max_block_ms = values.get_int("max.block.ms");
  config.max_request_size = static_cast<std::int32_t>(values.get_int("max.request.size"));
  config.delivery_timeout_ms = kafka::effective_delivery_timeout_ms(values);
  config.request_timeout_ms = values.get_int("request.timeout.ms");
  config.retry_backoff_ms = values.get_int("retry.backoff.ms");
  config.retry_backoff_max_ms = values.get_int("retry.backoff.max.ms");
  config.metadata_max_age_ms = values.get_int("metadata.max.age.ms");
  config.partitioner_ignore_keys = values.get_bool("partitioner.ignore.keys");
  config.partitioner_adaptive_partitioning_enable =
      values.get_bool("partitioner.adaptive.partitioning.enable");
  config.partitioner_availability_timeout_ms = values.get_int("partitioner.availability.timeout.ms");
  config.version = values.version() < Version{4, 0} ? kafka::ClientVersion::v3_9 : kafka::ClientVersion::v4_1;
  return config;
}

namespace {

/// What a connection takes while nobody reads. Linux doubles what is asked for (tcp(7)), for its own
/// bookkeeping too, which takes the more the smaller the packets: of paused brokers (P5-15s-acks0, 500 and
/// 1000 records/s) 1.7 times the two settings stood in the buffers. -1 leaves the size to the kernel: the
/// upper limits of tcp_wmem and tcp_rmem.
std::int64_t socket_buffers_bytes(std::int64_t send, std::int64_t receive) {
  constexpr std::int64_t kLargestSend = std::int64_t{4} << 20;
  constexpr std::int64_t kLargestReceive = std::int64_t{6} << 20;
  const std::int64_t asked = (send < 0 ? 0 : send) + (receive < 0 ? 0 : receive);
  return asked * 17 / 10 + (send < 0 ? kLargestSend : 0) + (receive < 0 ? kLargestReceive : 0);
}

kafka::ConnectionSettings to_connection_settings(const PropertyValues& values) {
  kafka::ConnectionSettings settings;
  settings.reconnect_backoff_ms = values.get_int("reconnect.backoff.ms");
  settings.reconnect_backoff_max_ms = values.get_int("reconnect.backoff.max.ms");
  settings.setup_timeout_ms = values.get_int("socket.connection.setup.timeout.ms");
  settings.setup_timeout_max_ms = values.get_int("socket.connection.setup.timeout.max.ms");
  settings.request_timeout_ms = values.get_int("request.timeout.ms");
  settings.retry_backoff_ms = values.get_int("retry.backoff.ms");
  return settings;
}

}  // namespace

kafka::ProducerActorOptions to_producer_options(const PropertyValues& values, const PropertyValues& broker) {
  kafka::ProducerActorOptions options;
  options.config = to_producer_config(values);
  options.connections = to_connection_settings(values);
  options.socket_buffers_bytes = socket_buffers_bytes(values.get_int("send.buffer.bytes"),
                                                      broker.get_int("socket.receive.buffer.bytes"));
  return options;
}

kafka::KafkaConsumerConfig to_consumer_config(const JobSpec& job, const std::string& client_id) {
  const PropertyValues& values = job.config;
  kafka::KafkaConsumerConfig config;
  config.fetch.max_poll_records = static_cast<std::uint32_t>(values.get_int("max.poll.records"));
  config.fetch.isolation = values.get_string("isolation.level") == "read_committed"
                               ? kafka::IsolationLevel::read_committed
                               : kafka::IsolationLevel::read_uncommitted;
  const std::string& reset = values.get_string("auto.offset.reset");
  using Reset = kafka::ResetStrategy::Kind;
  config.auto_offset_reset.kind = reset == "earliest" ? Reset::earliest
                                  : reset == "none"   ? Reset::none
                                                      : Reset::latest;
  config.request_timeout_ms = values.get_int("request.timeout.ms");
  config.retry_backoff_ms = values.get_int("retry.backoff.ms");
  config.metadata_max_age_ms = values.get_int("metadata.max.age.ms");
  kafka::ConsumerGroupConfig group;
  group.group = job.group;
  group.client_id = client_id;
  group.session_timeout_ms = static_cast<std::int32_t>(values.get_int("session.timeout.ms"));
  group.heartbeat_interval_ms = static_cast<std::int32_t>(values.get_int("heartbeat.interval.ms"));
  group.max_poll_interval_ms = static_cast<std::int32_t>(values.get_int("max.poll.interval.ms"));
  group.request_timeout_ms = config.request_timeout_ms;
  group.retry_backoff_ms = config.retry_backoff_ms;
  group.auto_commit = job.commit == CommitMode::kAuto && values.get_bool("enable.auto.commit");
  group.auto_commit_interval_ms = values.get_int("auto.commit.interval.ms");
  if (values.is_explicit("partition.assignment.strategy")) {
    group.assignors.clear();
    for (const std::string& name : values.get_list("partition.assignment.strategy")) {
      if (const auto kind = kafka::assignor_of(name)) group.assignors.push_back(*kind);
    }
  }
  config.group = group;
  return config;
}

kafka::ConsumerFetchSettings to_fetch_settings(const PropertyValues& values) {
  kafka::ConsumerFetchSettings fetch;
  fetch.fetch_min_bytes = values.get_int("fetch.min.bytes");
  fetch.fetch_max_wait_ms = values.get_int("fetch.max.wait.ms");
  fetch.fetch_max_bytes = values.get_int("fetch.max.bytes");
  fetch.max_partition_fetch_bytes = values.get_int("max.partition.fetch.bytes");
  fetch.connections = to_connection_settings(values);
  return fetch;
}

event_time::EventTimeGuard to_guard(const GuardSpec& spec) {
  const auto ms = [](Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); };
  event_time::EventTimeGuard guard;
  if (spec.max_future) guard.max_future_ms = ms(*spec.max_future);
  if (spec.max_age) guard.max_age_ms = ms(*spec.max_age);
  return guard;
}

event_time::WatermarkStrategy to_watermark(const WatermarkSpec& spec) {
  return event_time::strategy::bind(block_of(spec));
}

processor::CommitMode to_commit_mode(CommitMode mode) {
  switch (mode) {
    case CommitMode::kAuto:
      return processor::CommitMode::automatic;
    case CommitMode::kBeforeProcessing:
      return processor::CommitMode::before_processing;
    case CommitMode::kAfterProcessing:
      return processor::CommitMode::after_processing;
    case CommitMode::kAsync:
      return processor::CommitMode::async;
    case CommitMode::kOnClose:
      return processor::CommitMode::on_close;
  }
  return processor::CommitMode::after_processing;
}

processor::Aggregation to_aggregation(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kNone:
      return processor::Aggregation::none;
    case Aggregate::kCount:
      return processor::Aggregation::count;
    case Aggregate::kSum:
      return processor::Aggregation::sum;
    case Aggregate::kMin:
      return processor::Aggregation::min;
    case Aggregate::kMax:
      return processor::Aggregation::max;
    // These run in windows of the wider vocabulary, which know their aggregate themselves.
    case Aggregate::kMean:
    case Aggregate::kDistinct:
    case Aggregate::kDistinctSketch:
    case Aggregate::kQuantile:
    case Aggregate::kQuantileSketch:
      break;
  }
  return processor::Aggregation::count;
}

}  // namespace wrackline::scenarios

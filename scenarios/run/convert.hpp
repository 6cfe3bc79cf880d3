// From the plain values of a scenario to the typed settings of the models: cluster, clients, jobs. Laws,
// sources and faults: scenarios/translate.hpp.
#pragma once

#include "engine/kafka/cluster.hpp"
#include "engine/kafka/consumer_actor.hpp"
#include "engine/kafka/producer_actor.hpp"
#include "engine/processor/consumer_loop.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

kafka::ClusterSpec to_cluster(const KafkaSpec& spec);
kafka::ProducerConfig to_producer_config(const PropertyValues& values);
/// With the settings of its connections; number, topic and keys are the caller's.
kafka::ProducerActorOptions to_producer_options(const PropertyValues& values, const PropertyValues& broker);
kafka::KafkaConsumerConfig to_consumer_config(const JobSpec& job, const std::string& client_id);
kafka::ConsumerFetchSettings to_fetch_settings(const PropertyValues& values);
event_time::EventTimeGuard to_guard(const GuardSpec& spec);
event_time::WatermarkStrategy to_watermark(const WatermarkSpec& spec);
processor::CommitMode to_commit_mode(CommitMode mode);
processor::Aggregation to_aggregation(Aggregate aggregate);

}  // namespace wrackline::scenarios

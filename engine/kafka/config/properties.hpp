// The properties of Apache Kafka by component, as in its ProducerConfig, ConsumerConfig, KafkaConfig /
// KRaftConfigs and TopicConfig, with the defaults of 3.9 and of 4.x, and the rules between them that the
// engine checks when it starts.
//
// Versions: 3.9 to 4.1. A property is *modelled* where a model of the house reads it; all the others of the
// real tables that a configuration is likely to name are *known without effect*. Not here: security, quotas,
// tiered storage, metrics reporters.
#pragma once

#include "engine/properties.hpp"

namespace wrackline::kafka {

inline constexpr Version kOldestVersion{3, 9};
inline constexpr Version kNewestVersion{4, 1};

const PropertyTable& producer_properties();
const PropertyTable& consumer_properties();
const PropertyTable& broker_properties();
const PropertyTable& topic_properties();

/// All four, for listing.
std::span<const PropertyTable* const> property_tables();

/// The rules that ProducerConfig.postProcessAndValidateIdempotenceConfigs and
/// KafkaProducer.configureDeliveryTimeout check.
std::vector<PropertyConflict> check_producer(const PropertyValues& producer, const PropertyValues& broker);
/// ConsumerConfig.postProcessParsedConfig, and the bounds that the coordinator checks at JoinGroup.
std::vector<PropertyConflict> check_consumer(const PropertyValues& consumer, const PropertyValues& broker);
/// KafkaConfig.validateValues.
std::vector<PropertyConflict> check_broker(const PropertyValues& broker, int brokers);
/// `replication_factor` as resolved from topic and broker.
std::vector<PropertyConflict> check_topic(const PropertyValues& topic, const PropertyValues& broker,
                                          int brokers);

/// Whether the producer runs idempotent: explicit, or by default where nothing conflicts (P-12).
bool idempotence_enabled(const PropertyValues& producer);

/// delivery.timeout.ms as KafkaProducer uses it: raised to linger + request timeout where it was left at its
/// default (P-5).
std::int64_t effective_delivery_timeout_ms(const PropertyValues& producer);

/// Value of a topic property: explicit on the topic, else the broker's default of the corresponding name.
PropertyValue topic_value(const PropertyValues& topic, const PropertyValues& broker,
                          std::string_view topic_property);
/// `replication.factor` of a topic: explicit, else default.replication.factor. Not a property of the real
/// TopicConfig: the admin client takes it at creation.
std::int64_t replication_factor(const PropertyValues& topic, const PropertyValues& broker);

}  // namespace wrackline::kafka

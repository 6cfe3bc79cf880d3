#include <fmt/format.h>

#include <algorithm>

#include "engine/kafka/config/properties.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::int64_t kMostInFlightWithIdempotence = 5;

bool acks_all(const PropertyValues& producer) {
  const std::string& acks = producer.get_string("acks");
  return acks == "all" || acks == "-1";
}

bool too_many_in_flight(const PropertyValues& producer) {
  return producer.get_int("max.in.flight.requests.per.connection") > kMostInFlightWithIdempotence;
}

void check_idempotence(const PropertyValues& producer, std::vector<PropertyConflict>& conflicts) {
  if (!producer.get_bool("enable.idempotence")) {
    if (!producer.is_null("transactional.id")) {
      conflicts.push_back({"transactional.id", "cannot be set without enable.idempotence=true"});
    }
    return;
  }
  const bool asked_for = producer.is_explicit("enable.idempotence") || !producer.is_null("transactional.id");
  // P-12: asked for explicitly, a conflict is a ConfigException; on by default, it is switched off without a
  // word.
  const auto report = [&](std::string_view name, std::string_view need, bool fatal) {
    if (fatal) {
      conflicts.push_back({name, fmt::format("must be {} to use the idempotent producer", need)});
    } else {
      conflicts.push_back(
          {name,
           fmt::format("switches idempotence off: it would have to be {}, and enable.idempotence was "
                       "not set explicitly",
                       need),
           false});
    }
  };
  if (!acks_all(producer)) report("acks", "all", asked_for);
  if (producer.get_int("retries") == 0) report("retries", "greater than 0", asked_for);
  if (too_many_in_flight(producer)) {
    report("max.in.flight.requests.per.connection", "at most 5",
           asked_for || producer.version() >= Version{4, 0});
  }
}

}  // namespace

bool idempotence_enabled(const PropertyValues& producer) {
  return producer.get_bool("enable.idempotence") && acks_all(producer) && producer.get_int("retries") > 0 &&
         !too_many_in_flight(producer);
}

std::int64_t effective_delivery_timeout_ms(const PropertyValues& producer) {
  const std::int64_t asked = producer.get_int("delivery.timeout.ms");
  if (producer.is_explicit("delivery.timeout.ms")) return asked;
  const std::int64_t linger_ms = std::min<std::int64_t>(producer.get_int("linger.ms"), INT32_MAX);
  const std::int64_t least =
      std::min<std::int64_t>(linger_ms + producer.get_int("request.timeout.ms"), INT32_MAX);
  return std::max(asked, least);
}

std::vector<PropertyConflict> check_producer(const PropertyValues& producer, const PropertyValues& broker) {
  std::vector<PropertyConflict> conflicts;
  check_idempotence(producer, conflicts);
  const std::int64_t linger_ms = std::min<std::int64_t>(producer.get_int("linger.ms"), INT32_MAX);
  const std::int64_t least = linger_ms + producer.get_int("request.timeout.ms");
  if (producer.is_explicit("delivery.timeout.ms") && producer.get_int("delivery.timeout.ms") < least) {
    conflicts.push_back(
        {"delivery.timeout.ms",
         fmt::format("should be equal to or larger than linger.ms + request.timeout.ms = {}", least)});
  }
  if (!producer.is_null("transactional.id") &&
      producer.get_int("transaction.timeout.ms") > broker.get_int("transaction.max.timeout.ms")) {
    conflicts.push_back({"transaction.timeout.ms", "is larger than the broker's transaction.max.timeout.ms"});
  }
  if (producer.get_int("retry.backoff.ms") > producer.get_int("retry.backoff.max.ms")) {
    conflicts.push_back(
        {"retry.backoff.ms", "is larger than retry.backoff.max.ms, which then is the constant pause", false});
  }
  return conflicts;
}

std::vector<PropertyConflict> check_consumer(const PropertyValues& consumer, const PropertyValues& broker) {
  std::vector<PropertyConflict> conflicts;
  const std::int64_t session = consumer.get_int("session.timeout.ms");
  if (consumer.get_string("group.protocol") == "consumer") {
    for (const std::string_view name :
         {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"}) {
      if (consumer.is_explicit(name)) {
        conflicts.push_back({name, "cannot be set when group.protocol=consumer"});
      }
    }
    return conflicts;
  }
  if (consumer.is_explicit("group.remote.assignor")) {
    conflicts.push_back({"group.remote.assignor", "cannot be set when group.protocol=classic"});
  }
  if (consumer.get_int("heartbeat.interval.ms") >= session) {
    conflicts.push_back({"heartbeat.interval.ms", "must be set lower than session.timeout.ms"});
  }
  const std::int64_t least = broker.get_int("group.min.session.timeout.ms");
  const std::int64_t most = broker.get_int("group.max.session.timeout.ms");
  if (session < least || session > most) {
    conflicts.push_back(
        {"session.timeout.ms",
         fmt::format("is refused with INVALID_SESSION_TIMEOUT: the broker accepts {}..{}", least, most)});
  }
  if (consumer.get_int("fetch.max.wait.ms") >= consumer.get_int("request.timeout.ms")) {
    conflicts.push_back(
        {"fetch.max.wait.ms", "is not below request.timeout.ms: idle fetches would time out", false});
  }
  return conflicts;
}

std::vector<PropertyConflict> check_broker(const PropertyValues& broker, int brokers) {
  std::vector<PropertyConflict> conflicts;
  if (broker.get_int("replica.fetch.wait.max.ms") > broker.get_int("replica.socket.timeout.ms")) {
    conflicts.push_back({"replica.fetch.wait.max.ms", "should be at most replica.socket.timeout.ms"});
  }
  if (broker.get_int("replica.fetch.wait.max.ms") > broker.get_int("replica.lag.time.max.ms")) {
    conflicts.push_back(
        {"replica.fetch.wait.max.ms",
         "should be at most replica.lag.time.max.ms, or the in-sync replicas change all the time"});
  }
  if (broker.get_int("group.max.session.timeout.ms") < broker.get_int("group.min.session.timeout.ms")) {
    conflicts.push_back({"group.max.session.timeout.ms", "must be at least group.min.session.timeout.ms"});
  }
  if (broker.get_int("broker.session.timeout.ms") <= broker.get_int("broker.heartbeat.interval.ms")) {
    conflicts.push_back(
        {"broker.session.timeout.ms",
         "is not above broker.heartbeat.interval.ms: brokers would be fenced between heartbeats", false});
  }
  if (broker.is_explicit("offsets.topic.replication.factor") &&
      broker.get_int("offsets.topic.replication.factor") > brokers) {
    conflicts.push_back({"offsets.topic.replication.factor",
                         fmt::format("is larger than the number of brokers, {}", brokers)});
  }
  return conflicts;
}

std::vector<PropertyConflict> check_topic(const PropertyValues& topic, const PropertyValues& broker,
                                          int brokers) {
  std::vector<PropertyConflict> conflicts;
  const std::int64_t copies = replication_factor(topic, broker);
  if (copies > brokers) {
    conflicts.push_back(
        {"replication.factor",
         fmt::format("is {}, larger than the number of brokers, {}: INVALID_REPLICATION_FACTOR", copies,
                     brokers)});
  }
  const std::int64_t least = std::get<std::int64_t>(topic_value(topic, broker, "min.insync.replicas"));
  if (least > copies) {
    conflicts.push_back(
        {"min.insync.replicas",
         fmt::format("is {}, larger than the {} replicas: every write with acks=all fails with "
                     "NOT_ENOUGH_REPLICAS",
                     least, copies),
         false});
  }
  return conflicts;
}

}  // namespace wrackline::kafka

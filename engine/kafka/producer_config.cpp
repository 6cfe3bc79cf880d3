#include "engine/kafka/producer_config.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::int32_t kMaxInFlightWithIdempotence = 5;

bool idempotence_fits(const ProducerConfig& config) {
  return config.acks == kAcksAll && config.retries > 0 &&
         config.max_in_flight_requests_per_connection <= kMaxInFlightWithIdempotence;
}

}  // namespace

ProducerConfig settle(ProducerConfig config, bool delivery_timeout_set, bool idempotence_set) {
  const std::int64_t least = config.linger_ms + config.request_timeout_ms;
  if (!delivery_timeout_set && config.delivery_timeout_ms < least) config.delivery_timeout_ms = least;
  if (idempotence_set || config.transactional() || idempotence_fits(config)) return config;
  // From 4.0 on more than five requests in flight are an error, not a silent farewell to idempotence.
  const bool too_many_in_flight = config.max_in_flight_requests_per_connection > kMaxInFlightWithIdempotence;
  if (config.version != ClientVersion::v3_9 && too_many_in_flight && config.acks == kAcksAll &&
      config.retries > 0) {
    return config;
  }
  config.enable_idempotence = false;
  return config;
}

std::vector<std::string> conflicts(const ProducerConfig& given, bool delivery_timeout_set,
                                   bool idempotence_set) {
  const ProducerConfig config = settle(given, delivery_timeout_set, idempotence_set);
  std::vector<std::string> found;
  if (config.delivery_timeout_ms < config.linger_ms + config.request_timeout_ms) {
    found.emplace_back(
        "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
  }
  if (!config.enable_idempotence) {
    if (config.transactional()) found.emplace_back("transactional.id needs enable.idempotence");
    return found;
  }
  if (config.acks != kAcksAll) found.emplace_back("enable.idempotence needs acks=all");
  if (config.retries == 0) found.emplace_back("enable.idempotence needs retries above 0");
  if (config.max_in_flight_requests_per_connection > kMaxInFlightWithIdempotence) {
    found.emplace_back("enable.idempotence needs max.in.flight.requests.per.connection of at most 5");
  }
  return found;
}

}  // namespace wrackline::kafka

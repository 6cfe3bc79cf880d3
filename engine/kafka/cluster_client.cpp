#include "engine/kafka/cluster_client.hpp"

#include <algorithm>

namespace wrackline::kafka {

namespace {

/// Keeps these correlations apart from those of the clients' own requests.
constexpr std::uint64_t kOwnCorrelation = std::uint64_t{1} << 62;

sim::Duration milliseconds(std::int64_t ms) { return std::chrono::milliseconds{ms}; }

}  // namespace

ClusterClient::ClusterClient(ClusterContext& cluster, sim::Process& process, sim::Endpoint& endpoint,
                             unsigned lanes, const ConnectionSettings& settings, std::string_view jitter)
    : cluster_{cluster},
      process_{process},
      endpoint_{endpoint},
      lanes_{lanes},
      settings_{settings},
      jitter_{process.sim().seed(), process.name(), jitter},
      connections_(cluster.layout.brokers().size() * lanes) {}

/// L-50: wait_n = min(max, initial x 2^n x U(0.8, 1.2)).
sim::Duration ClusterClient::backoff(std::int64_t initial_ms, std::int64_t max_ms, std::uint32_t failures) {
  const std::int64_t base_ms = std::min(max_ms, initial_ms << std::min<std::uint32_t>(failures, 20));
  return std::min<sim::Duration>(std::chrono::microseconds{base_ms * jitter_.between(80, 120) * 10},
                                 milliseconds(max_ms));
}

bool ClusterClient::is_backing_off(BrokerId broker, unsigned lane) const {
  const Connection& connection = at(broker, lane);
  return connection.state == State::disconnected && process_.now() < connection.until;
}

bool ClusterClient::ready(BrokerId broker, unsigned lane) {
  Connection& connection = at(broker, lane);
  if (can_connect(connection)) connect(connection, broker);
  return connection.state == State::ready;
}

bool ClusterClient::send(BrokerId broker, unsigned lane, sim::Message message) {
  Connection& connection = at(broker, lane);
  if (ready(broker, lane)) {
    connection.socket.send(std::move(message));
    return true;
  }
  if (connection.state == State::disconnected) return false;
  connection.waiting.push_back(std::move(message));
  return true;
}

void ClusterClient::connect(Connection& connection, BrokerId broker) {
  connection.state = State::connecting;
  connection.last_attempt = process_.now();
  connection.until = process_.now() + backoff(settings_.setup_timeout_ms, settings_.setup_timeout_max_ms,
                                              connection.failed_setups);
  connection.socket = cluster_.network.connect(process_, *cluster_.broker_processes.at(broker), endpoint_);
}

void ClusterClient::opened(sim::Socket socket) {
  Connection* const connection = find(socket);
  if (connection == nullptr || connection->state != State::connecting) return;
  connection->state = State::checking;
  connection->failed_setups = 0;
  connection->until = process_.now() + milliseconds(settings_.request_timeout_ms);
  connection->socket.send(kind_of(Api::api_versions), kSmallMessageBytes, ApiVersionsRequest{},
                          kOwnCorrelation);
}

void ClusterClient::checked(sim::Socket socket) {
  Connection* const connection = find(socket);
  if (connection == nullptr || connection->state != State::checking) return;
  connection->state = State::ready;
  connection->failures = 0;
  for (sim::Message& message : std::exchange(connection->waiting, {})) socket.send(std::move(message));
}

void ClusterClient::disconnected(Connection& connection) {
  connection.failed_setups = connection.state == State::connecting ? connection.failed_setups + 1 : 0;
  connection.state = State::disconnected;
  connection.until = process_.now() + backoff(settings_.reconnect_backoff_ms,
                                              settings_.reconnect_backoff_max_ms, connection.failures++);
  connection.socket = {};
  connection.waiting.clear();
  const Channel channel = channel_of(static_cast<std::size_t>(&connection - connections_.data()));
  if (channel.lane == 0 && channel.broker == asked_for_metadata_) {
    asked_for_metadata_ = kNoBroker;
    metadata_not_before_ = process_.now() + milliseconds(settings_.retry_backoff_ms);
  }
}

void ClusterClient::disconnect(BrokerId broker, unsigned lane) {
  Connection& connection = at(broker, lane);
  if (connection.state == State::disconnected) return;
  connection.socket.close();
  disconnected(connection);
}

std::optional<ClusterClient::Channel> ClusterClient::owner(sim::Socket socket) const {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].state != State::disconnected && connections_[i].socket == socket)
      return channel_of(i);
  }
  return std::nullopt;
}

std::optional<ClusterClient::Channel> ClusterClient::lost(sim::Socket socket) {
  const std::optional<Channel> channel = owner(socket);
  if (channel) disconnected(at(channel->broker, channel->lane));
  return channel;
}

std::vector<ClusterClient::Channel> ClusterClient::expire() {
  std::vector<Channel> expired;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const Connection& connection = connections_[i];
    const Channel channel = channel_of(i);
    const bool in_handshake = connection.state == State::connecting || connection.state == State::checking;
    const bool asked = channel.lane == 0 && channel.broker == asked_for_metadata_;
    if ((in_handshake && process_.now() >= connection.until) ||
        (asked && process_.now() >= metadata_until_)) {
      disconnect(channel.broker, channel.lane);
      expired.push_back(channel);
    }
  }
  return expired;
}

sim::Time ClusterClient::next_deadline() const {
  sim::Time next = sim::kNever;
  for (const Connection& connection : connections_) {
    if (connection.state != State::ready && connection.until > process_.now())
      next = std::min(next, connection.until);
  }
  if (asked_for_metadata_ != kNoBroker) {
    next = std::min(next, metadata_until_);
  } else if (metadata_wanted_ && metadata_not_before_ > process_.now()) {
    next = std::min(next, metadata_not_before_);
  }
  return next;
}

BrokerId ClusterClient::least_loaded(unsigned lane, const InFlight& in_flight) {
  const auto& brokers = cluster_.layout.brokers();
  const auto first =
      static_cast<std::size_t>(jitter_.between(0, static_cast<std::int64_t>(brokers.size()) - 1));
  BrokerId best_ready = kNoBroker;
  BrokerId on_its_way = kNoBroker;
  BrokerId connectable = kNoBroker;
  std::size_t fewest = 0;
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    const BrokerId broker = brokers[(first + i) % brokers.size()];
    const Connection& connection = at(broker, lane);
    if (connection.state == State::ready) {
      const std::size_t load = in_flight(broker);
      if (load == 0) return broker;
      if (best_ready == kNoBroker || load < fewest) {
        best_ready = broker;
        fewest = load;
      }
    } else if (connection.state != State::disconnected) {
      on_its_way = broker;
    } else if (can_connect(connection) &&
               (connectable == kNoBroker || connection.last_attempt < at(connectable, lane).last_attempt)) {
      connectable = broker;
    }
  }
  if (best_ready != kNoBroker) return best_ready;
  return on_its_way != kNoBroker ? on_its_way : connectable;
}

void ClusterClient::maybe_update_metadata(bool wanted, const InFlight& in_flight) {
  metadata_wanted_ = wanted;
  if (!wanted || asked_for_metadata_ != kNoBroker || process_.now() < metadata_not_before_) return;
  const BrokerId broker = least_loaded(0, in_flight);
  if (broker == kNoBroker || !ready(broker, 0)) return;
  asked_for_metadata_ = broker;
  metadata_until_ = process_.now() + milliseconds(settings_.request_timeout_ms);
  at(broker, 0).socket.send(kind_of(Api::metadata), kSmallMessageBytes, MetadataRequest{},
                            kOwnCorrelation | ++metadata_requests_);
}

void ClusterClient::metadata_arrived() {
  asked_for_metadata_ = kNoBroker;
  metadata_not_before_ = process_.now() + milliseconds(settings_.retry_backoff_ms);
}

void ClusterClient::forget() {
  for (Connection& connection : connections_) connection = {};
  metadata_wanted_ = false;
  asked_for_metadata_ = kNoBroker;
  metadata_not_before_ = {};
}

}  // namespace wrackline::kafka

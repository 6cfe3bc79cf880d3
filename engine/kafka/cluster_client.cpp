#include "engine/kafka/cluster_client.hpp"

#include <algorithm>

namespace wrackline::kafka {

ClusterClient::ClusterClient(ClusterContext& cluster, sim::Process& process, sim::Endpoint& endpoint,
                             unsigned lanes, std::int64_t reconnect_backoff_ms,
                             std::int64_t reconnect_backoff_max_ms, std::string_view jitter)
    : cluster_{cluster},
      process_{process},
      endpoint_{endpoint},
      lanes_{lanes},
      backoff_ms_{reconnect_backoff_ms},
      backoff_max_ms_{reconnect_backoff_max_ms},
      jitter_{process.sim().seed(), process.name(), jitter},
      connections_(cluster.layout.brokers().size() * lanes) {}

ClusterClient::Connection& ClusterClient::at(BrokerId broker, unsigned lane) {
  return connections_[static_cast<std::size_t>(broker - 1) * lanes_ + lane];
}
const ClusterClient::Connection& ClusterClient::at(BrokerId broker, unsigned lane) const {
  return connections_[static_cast<std::size_t>(broker - 1) * lanes_ + lane];
}

bool ClusterClient::may_connect(BrokerId broker, unsigned lane) const {
  const Connection& connection = at(broker, lane);
  return connection.socket.is_open() || process_.now() >= connection.retry_at;
}

sim::Time ClusterClient::retry_at(BrokerId broker, unsigned lane) const { return at(broker, lane).retry_at; }

sim::Socket& ClusterClient::socket(BrokerId broker, unsigned lane) {
  Connection& connection = at(broker, lane);
  if (!connection.socket.is_open()) {
    connection.socket = cluster_.network.connect(process_, *cluster_.broker_processes.at(broker), endpoint_);
  }
  return connection.socket;
}

void ClusterClient::close(BrokerId broker, unsigned lane) { at(broker, lane).socket.close(); }

bool ClusterClient::owner(sim::Socket socket, BrokerId& broker, unsigned& lane) const {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (!(connections_[i].socket == socket)) continue;
    broker = static_cast<BrokerId>(i / lanes_) + 1;
    lane = static_cast<unsigned>(i % lanes_);
    return true;
  }
  return false;
}

bool ClusterClient::lost(sim::Socket socket, BrokerId& broker, unsigned& lane) {
  if (!owner(socket, broker, lane)) return false;
  Connection& connection = at(broker, lane);
  // L-50: wait_n = min(max, initial x 2^n x U(0.8, 1.2))
  const std::uint32_t doublings = std::min<std::uint32_t>(connection.failures++, 20);
  const std::int64_t base_ms = std::min(backoff_max_ms_, backoff_ms_ << doublings);
  const std::int64_t percent = jitter_.between(80, 120);
  connection.retry_at =
      process_.now() + std::chrono::microseconds{std::min(base_ms * percent * 10, backoff_max_ms_ * 1200)};
  connection.socket = {};
  return true;
}

void ClusterClient::succeeded(BrokerId broker, unsigned lane) { at(broker, lane).failures = 0; }

BrokerId ClusterClient::any_broker(unsigned lane) {
  const auto& brokers = cluster_.layout.brokers();
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    const BrokerId broker = brokers[(next_ + i) % brokers.size()];
    if (!may_connect(broker, lane)) continue;
    next_ = (next_ + i + 1) % brokers.size();
    return broker;
  }
  return kNoBroker;
}

void ClusterClient::forget() {
  for (Connection& connection : connections_) connection = {};
}

}  // namespace wrackline::kafka

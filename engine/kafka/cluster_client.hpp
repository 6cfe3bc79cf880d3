// How producers and consumers reach the cluster: a connection per broker (and purpose), and the question of
// who can tell the metadata. From: NetworkClient, ClusterConnectionStates, its metadata updater (kafka.md
// L-50).
//
// A connection is opened when it is first wanted. It has to be accepted within
// socket.connection.setup.timeout.ms (growing to its max), then it asks for the API versions, which has
// request.timeout.ms like every request, and only when that is answered is it ready: so a broker that is
// frozen, whose host goes on accepting, takes no requests of a new connection. A connection that is lost,
// given up or never gets ready backs off, exponentially, until one is ready again.
//
// Not modelled: DNS, idle connections being closed (connections.max.idle.ms).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/kafka/cluster_context.hpp"
#include "engine/kafka/wire.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"

namespace wrackline::kafka {

/// Properties of clients, in ms.
struct ConnectionSettings {
  std::int64_t reconnect_backoff_ms = 50;
  std::int64_t reconnect_backoff_max_ms = 1000;
  std::int64_t setup_timeout_ms = 10000;      ///< socket.connection.setup.timeout.ms
  std::int64_t setup_timeout_max_ms = 30000;  ///< socket.connection.setup.timeout.max.ms
  std::int64_t request_timeout_ms = 30000;
  std::int64_t retry_backoff_ms = 100;
};

class ClusterClient {
 public:
  struct Channel {
    BrokerId broker = kNoBroker;
    unsigned lane = 0;
  };
  /// How many requests a broker has not answered yet.
  using InFlight = std::function<std::size_t(BrokerId)>;

  /// `lanes`: connections per broker (a consumer's coordinator has one of its own). `jitter`: name of the
  /// random stream.
  ClusterClient(ClusterContext& cluster, sim::Process& process, sim::Endpoint& endpoint, unsigned lanes,
                const ConnectionSettings& settings, std::string_view jitter = "reconnect.backoff");

  bool is_ready(BrokerId broker, unsigned lane) const { return at(broker, lane).state == State::ready; }
  bool is_backing_off(BrokerId broker, unsigned lane) const;
  sim::Time retry_at(BrokerId broker, unsigned lane) const { return at(broker, lane).until; }
  /// NetworkClient.ready: whether a request can be written now. If not, the connection is on its way then,
  /// unless it backs off.
  bool ready(BrokerId broker, unsigned lane);
  /// Written now or when the connection is ready; lost with the connection. False: it backs off.
  bool send(BrokerId broker, unsigned lane, sim::Message message);
  sim::Socket socket(BrokerId broker, unsigned lane) const { return at(broker, lane).socket; }
  /// The client gives the connection up.
  void disconnect(BrokerId broker, unsigned lane);

  // What the endpoint hears. Nothing: no connection of ours (any more).
  void opened(sim::Socket socket);
  /// The answer to the handshake's question.
  void checked(sim::Socket socket);
  std::optional<Channel> lost(sim::Socket socket);
  std::optional<Channel> owner(sim::Socket socket) const;

  /// Gives up what took too long: handshakes, and the request for metadata.
  std::vector<Channel> expire();
  /// When something is to be done without an answer: a timeout, or the end of a backoff. kNever: nothing.
  sim::Time next_deadline() const;

  /// NetworkClient.leastLoadedNode: ready and idle, else ready, else on its way, else the one whose last
  /// attempt is longest ago. kNoBroker if all back off.
  BrokerId least_loaded(unsigned lane, const InFlight& in_flight);
  /// Asks for the metadata as soon as it can, if they are wanted and nobody was asked already.
  void maybe_update_metadata(bool wanted, const InFlight& in_flight);
  void metadata_arrived();

  /// The process starts again: nothing is open.
  void forget();

 private:
  enum class State : std::uint8_t { disconnected, connecting, checking, ready };
  struct Connection {
    State state = State::disconnected;
    sim::Socket socket;
    sim::Time until{};         ///< of the backoff or of the handshake
    sim::Time last_attempt{};  ///< to connect
    std::uint32_t failures = 0;
    std::uint32_t failed_setups = 0;
    std::vector<sim::Message> waiting;  ///< to be written when it is ready
  };
  Connection& at(BrokerId broker, unsigned lane) {
    return connections_[static_cast<std::size_t>(broker - 1) * lanes_ + lane];
  }
  const Connection& at(BrokerId broker, unsigned lane) const {
    return connections_[static_cast<std::size_t>(broker - 1) * lanes_ + lane];
  }
  Connection* find(sim::Socket socket) {
    const std::optional<Channel> channel = owner(socket);
    return channel ? &at(channel->broker, channel->lane) : nullptr;
  }
  Channel channel_of(std::size_t index) const {
    return {static_cast<BrokerId>(index / lanes_) + 1, static_cast<unsigned>(index % lanes_)};
  }
  bool can_connect(const Connection& connection) const {
    return connection.state == State::disconnected && process_.now() >= connection.until;
  }
  void connect(Connection& connection, BrokerId broker);
  void disconnected(Connection& connection);
  sim::Duration backoff(std::int64_t initial_ms, std::int64_t max_ms, std::uint32_t failures);

  ClusterContext& cluster_;
  sim::Process& process_;
  sim::Endpoint& endpoint_;
  unsigned lanes_;
  ConnectionSettings settings_;
  sim::Stream jitter_;
  std::vector<Connection> connections_;

  bool metadata_wanted_ = false;
  BrokerId asked_for_metadata_ = kNoBroker;
  sim::Time metadata_until_{};       ///< of the request in flight
  sim::Time metadata_not_before_{};  ///< backoff between requests
  std::uint64_t metadata_requests_ = 0;
};

}  // namespace wrackline::kafka

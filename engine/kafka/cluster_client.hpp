// What producers and consumers need to reach the cluster: a connection per broker (and purpose), opened when
// needed, with exponential backoff after a failure (L-50), and the answer to "who can tell me the metadata".
//
// Not modelled: DNS, idle connections being closed, the connection set-up timeout as a timer of its own (a
// broker without power is found out by the request time-out).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/kafka/cluster_context.hpp"
#include "engine/kafka/wire.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"

namespace wrackline::kafka {

class ClusterClient {
 public:
  /// `lanes`: connections per broker (a consumer's coordinator has one of its own). `jitter`: name of the
  /// random stream.
  ClusterClient(ClusterContext& cluster, sim::Process& process, sim::Endpoint& endpoint, unsigned lanes,
                std::int64_t reconnect_backoff_ms, std::int64_t reconnect_backoff_max_ms,
                std::string_view jitter = "reconnect.backoff");

  /// The open (or just opening) connection; false from `may_connect` means: back off until `retry_at`.
  bool may_connect(BrokerId broker, unsigned lane) const;
  sim::Time retry_at(BrokerId broker, unsigned lane) const;
  sim::Socket& socket(BrokerId broker, unsigned lane);
  void close(BrokerId broker, unsigned lane);
  /// For Endpoint::on_closed: which connection it was. False: none of ours (any more).
  bool lost(sim::Socket socket, BrokerId& broker, unsigned& lane);
  bool owner(sim::Socket socket, BrokerId& broker, unsigned& lane) const;
  void succeeded(BrokerId broker, unsigned lane);
  /// Some broker that may be asked now, in turn; kNoBroker if all are backing off.
  BrokerId any_broker(unsigned lane);
  /// The process starts again: nothing is open.
  void forget();

 private:
  struct Connection {
    sim::Socket socket;
    std::uint32_t failures = 0;
    sim::Time retry_at{};
  };
  Connection& at(BrokerId broker, unsigned lane);
  const Connection& at(BrokerId broker, unsigned lane) const;

  ClusterContext& cluster_;
  sim::Process& process_;
  sim::Endpoint& endpoint_;
  unsigned lanes_;
  std::int64_t backoff_ms_;
  std::int64_t backoff_max_ms_;
  sim::Stream jitter_;
  std::vector<Connection> connections_;
  std::size_t next_ = 0;
};

}  // namespace wrackline::kafka

// The network: connections between processes, not a bag of messages.
//
//   struct Server : Endpoint { void on_message(Socket from, Message message) override { from.send(kAnswer,
//   64, Answer{}); } }; network.listen(broker_process, server); Socket socket =
//   network.connect(client_process, broker_process, client_endpoint); socket.send(kProduce, 16'384,
//   ProduceRequest{...});            // in order, delayed, perhaps never
//
// Modelled: FIFO per connection and direction; each direction's delay drawn on its own (a stream per ordered
// pair of processes) from the law of the two zones; serialisation at the sending node's interface; a
// handshake of one round trip before the first data; closing, refusal and reset travel like data. A process
// that closes, stops or crashes leaves what it sent on its way: the old request stays deliverable after its
// sender has given up and connected anew. The host answers for a dead process (the peer is told); a node
// without power does not: its peers hear nothing until it is back, and then a reset if they sent something
// meanwhile. A paused process's host goes on accepting; it finds its mail at resume. Rules
// (sim/link_rule.hpp) delay, hold, drop or reset. Receivers may stop reading for a while (Kafka mutes a
// channel while it works on a request). Not modelled: packets within a message, congestion control, send
// buffers of limited size, DNS, encryption.
//
// Timeouts and reconnects belong to the caller; sim/rpc.hpp has the usual request-and-response client.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/link_rule.hpp"
#include "sim/message.hpp"
#include "sim/node.hpp"
#include "sim/process.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

class Network;

namespace detail {
struct Connection;
}

enum class CloseReason : std::uint8_t {
  closed,   ///< the other side closed it or stopped
  reset,    ///< the other side crashed, or a fault broke the connection
  refused,  ///< nobody listens there
};

/// One side of a connection: a value. Stays harmless after the connection has gone.
class Socket {
 public:
  Socket() = default;

  /// False (and the message is gone) if this side is not open. A client may send right after connect().
  template <class T>
  bool send(std::uint32_t kind, std::uint32_t bytes, T payload, std::uint64_t correlation = 0) {
    return send(Message::make(kind, bytes, std::move(payload), correlation));
  }
  bool send(Message message);
  /// What was sent stays on its way; the other side is told after it. Nothing more is received here.
  void close();
  /// As long as nobody reads, messages wait at this side; the connection stays open.
  void stop_reading();
  void resume_reading();

  bool is_open() const;
  Process& peer() const;
  /// Dense number of the connection (reused later): an index for the model's per-connection state.
  inline std::uint32_t index() const;
  friend bool operator==(const Socket&, const Socket&) = default;

 private:
  friend class Network;
  Socket(detail::Connection* connection, std::uint32_t generation, std::uint32_t side)
      : connection_{connection}, generation_{generation}, side_{side} {}
  inline detail::Connection* connection() const;  ///< null if it has gone

  // Two words: it travels in registers.
  detail::Connection* connection_ = nullptr;
  std::uint32_t generation_ = 0;
  std::uint32_t side_ = 0;
};

/// What a process does with its connections. Called in the process's name; must live until the process ends,
/// its sockets are closed or it stops listening.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void on_message(Socket socket, Message message) = 0;
  /// This side is closed already. Not called for the side that closed.
  virtual void on_closed(Socket /*socket*/, CloseReason /*why*/) {}
  /// The client's side: the server accepted.
  virtual void on_open(Socket /*socket*/) {}
};

struct NetworkOptions {
  /// One-way latency in ns; the defaults are half the round trips of science.md §5.
  Distribution same_node = Distribution::constant(std::chrono::microseconds{15});
  Distribution same_zone = Distribution::lognormal_median_p99(125e3, 500e3);
  Distribution cross_zone = Distribution::lognormal_median_p99(500e3, 2e6);
  std::int64_t bytes_per_second = 1'250'000'000;  ///< of each node's interface; 0 = unlimited
};

struct NetworkCounts {
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t delayed = 0;  ///< by rules
  std::uint64_t held = 0;
  std::uint64_t dropped = 0;
  std::uint64_t resets = 0;
  std::uint64_t bytes = 0;
};

/// Ends its rule when it goes away; packets that the rule held are then sent.
class RuleHandle {
 public:
  RuleHandle() = default;
  RuleHandle(RuleHandle&& other) noexcept { *this = std::move(other); }
  RuleHandle& operator=(RuleHandle&& other) noexcept {
    std::swap(network_, other.network_);
    std::swap(bit_, other.bit_);
    return *this;
  }
  ~RuleHandle() { end(); }
  void end();

 private:
  friend class Network;
  RuleHandle(std::shared_ptr<Network*> network, std::uint64_t bit)
      : network_{std::move(network)}, bit_{bit} {}
  std::shared_ptr<Network*> network_;
  std::uint64_t bit_ = 0;
};

namespace detail {

// One message touches one line of memory each of the connection, its direction, the link and the port: what
// is kept in them, and in which order, is the speed of the network.

struct Port {
  std::int64_t bytes_per_second;
  Time free_at{kStart};
};

/// An ordered pair of processes: what connections between them share.
struct alignas(64) Link {
  Stream stream;
  const Distribution* latency;
  Port* port;  ///< null within a node
  std::uint64_t packets;
  EntityId entity;
};

struct alignas(64) Direction {
  Link* link = nullptr;
  Time last_due{kStart};
  EventHandle next;
  EnvelopeQueue on_the_way;
  EnvelopeQueue arrived;      ///< waits until the process takes it
  std::uint32_t waiting = 0;  ///< how many those are
  std::uint32_t posted = 0;   ///< mail given to the process for them
  bool muted = false;

  void drop_arrived() {
    arrived.clear();
    waiting = 0;
  }
};

/// Never freed before the network, so that sockets and events may point to it; `generation` tells whether it
/// is still theirs.
struct alignas(64) Connection {
  enum class Side : std::uint8_t { opening, open, closed, vanished };
  Network* network = nullptr;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  Process* process[2] = {nullptr, nullptr};
  Endpoint* endpoint[2] = {nullptr, nullptr};
  Time established{kStart};
  Side side[2] = {Side::closed, Side::closed};
  bool swallowed[2] = {false, false};
  bool in_use = false;
  bool black_hole = false;
  Direction direction[2];  ///< 0: from the client (side 0) to the server (side 1)
};
static_assert(sizeof(Link) == 64 && sizeof(Direction) == 64 && sizeof(Connection) == 192);

}  // namespace detail

inline std::uint32_t Socket::index() const { return connection_ == nullptr ? 0 : connection_->slot; }

inline detail::Connection* Socket::connection() const {
  if (connection_ == nullptr || !connection_->in_use || connection_->generation != generation_)
    return nullptr;
  return connection_;
}

class Network {
 public:
  explicit Network(Simulation& simulation, NetworkOptions options = {});
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Simulation& sim() const { return simulation_; }
  const NetworkCounts& counts() const { return counts_; }

  /// The latency law between two zones (both ways; a == b: inside). Before the first connection between them.
  void set_latency(std::string_view zone_a, std::string_view zone_b, Distribution law);
  void set_bandwidth(const Node& node, std::int64_t bytes_per_second);

  /// From now on and until it ends, the process accepts connections for this endpoint.
  void listen(Process& server, Endpoint& endpoint);
  void stop_listening(Process& server);
  /// Opens a connection. Data may be sent at once; if it is refused, on_closed says so.
  Socket connect(Process& client, Process& server, Endpoint& endpoint);

  RuleHandle add_rule(std::unique_ptr<LinkRule> rule);

  /// Breaks every connection that touches the process (or only those with `peer`); what is on its way is
  /// lost.
  std::uint32_t reset_connections(const Process& process, const Process* peer = nullptr);
  /// The path forgets these connections: both sides believe them open, nothing passes any more.
  std::uint32_t half_open_connections(const Process& process, const Process* peer = nullptr);

  /// A shared reference that turns null when the network goes: for handles that may outlive it.
  const std::shared_ptr<Network*>& self() const { return self_; }

 private:
  friend class Socket;
  friend class RuleHandle;

  using Port = detail::Port;
  using Link = detail::Link;
  using Direction = detail::Direction;
  using Connection = detail::Connection;
  using Side = Connection::Side;
  struct Rule {
    std::uint64_t bit;  ///< by which packets remember that it holds them
    std::unique_ptr<LinkRule> rule;
  };

  Link& link(Process& from, Process& to);
  Port& port(const Node& node);
  const Distribution& latency(const Node& from, const Node& to) const;
  void watch(Process& process);
  void process_ended(Process& process, CloseReason reason);
  void power_restored(Node& node);

  Connection& take_connection();
  void release_if_done(Connection& connection);
  static detail::Envelope* notice_envelope(detail::Envelope::What what, CloseReason reason);
  void notice(Connection& connection, unsigned from_side, detail::Envelope::What what, CloseReason reason);
  void transmit(Connection& connection, unsigned from_side, detail::Envelope* envelope, bool control);
  Verdict judge(const Connection& connection, const detail::Envelope& envelope, unsigned from_side,
                bool control, std::uint64_t& holders);
  void arm(Connection& connection, unsigned from_side);
  void break_connection(Connection& connection);
  void end_rule(std::uint64_t bit);

  /// With the connection, what a callback needs: which life of it, which side.
  static std::uint64_t address(const Connection& connection, unsigned side) {
    return (std::uint64_t{connection.generation} << 1) | side;
  }
  static bool lives(const Connection& connection, std::uint64_t address) {
    return connection.in_use && connection.generation == address >> 1;
  }
  static void on_due(void* connection, std::uint64_t address);
  static void on_mail(void* connection, std::uint64_t address);
  void arrive(Connection& connection, unsigned from_side, detail::Envelope* envelope);
  void post(Connection& connection, unsigned from_side);
  void hand_over_next(Connection& connection, unsigned from_side);
  void hand_over(Connection& connection, unsigned to_side, detail::Envelope* envelope);
  void accept(Connection& connection);
  static Socket socket(Connection& connection, unsigned side) {
    return {&connection, connection.generation, side};
  }

  Simulation& simulation_;
  NetworkOptions options_;
  std::shared_ptr<Network*> self_;
  NetworkCounts counts_;
  std::map<std::pair<std::string, std::string>, Distribution> zone_latency_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::unique_ptr<Link>> links_;  ///< by the two entities
  std::map<std::uint32_t, std::unique_ptr<Port>> ports_;                            ///< by the node's entity
  std::map<std::uint32_t, Endpoint*> listening_;  ///< by the process's entity
  std::map<std::uint32_t, bool> watched_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> free_;
  std::vector<Rule> rules_;
};

}  // namespace wrackline::sim

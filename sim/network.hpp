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

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/connection.hpp"
#include "sim/distribution.hpp"
#include "sim/link_rule.hpp"
#include "sim/message.hpp"
#include "sim/node.hpp"
#include "sim/process.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

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
  /// Of what was sent: how much the process on the other side has not taken yet. It fills the buffers of a
  /// real connection, whose size is the caller's to know.
  std::uint64_t unread_bytes() const;
  Process& peer() const;
  friend bool operator==(const Socket&, const Socket&) = default;

 private:
  friend class Network;
  explicit Socket(detail::Direction& out) : out_{&out}, generation_{out.generation} {}
  /// The direction that it sends in; null if its connection has gone.
  detail::Direction* out() const {
    return out_ != nullptr && out_->generation == generation_ ? out_ : nullptr;
  }

  // Two words: it travels in registers.
  detail::Direction* out_ = nullptr;
  std::uint32_t generation_ = 0;
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
  using Side = detail::Side;
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
  void notice(Direction& direction, detail::Envelope::What what, CloseReason reason);
  void transmit(Direction& direction, detail::Envelope* envelope, bool control);
  Verdict judge(Direction& direction, const detail::Envelope& envelope, bool control, std::uint64_t& holders);
  Time not_before_handshake(Direction& direction);
  /// Not before what was sent earlier.
  void send_off(Direction& direction, detail::Envelope* envelope) {
    const bool first = direction.on_the_way.empty();
    if (!first) envelope->due = std::max(envelope->due, direction.on_the_way.back()->due);
    direction.on_the_way.push(envelope);
    if (first) arm(direction);
  }
  void arm(Direction& direction);
  void break_connection(Connection& connection);
  void end_rule(std::uint64_t bit);

  static void on_due(void* direction, std::uint64_t generation);
  static void on_mail(void* direction, std::uint64_t generation);
  void arrive(Direction& direction, detail::Envelope* envelope);
  void arrive_at_obstacle(Direction& direction, detail::Envelope* envelope);
  void post(Direction& direction);
  void hand_over_next(Direction& direction);
  void hand_over(Direction& direction, detail::Envelope* envelope);
  void accept(Connection& connection);

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

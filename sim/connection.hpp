// What the network keeps of a connection (sim/network.hpp), laid out by what a message touches.
//
// A message over an idle connection touches one line of memory of it: the direction that it travels in. All
// that is asked for every message lies there, also what belongs to the connection as a whole (its life, the
// state of both its ends); what is needed only when a connection opens, closes, or finds its receiver busy
// lies behind the two directions.
#pragma once

#include <cstdint>

#include "sim/distribution.hpp"
#include "sim/message.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

class Endpoint;
class Network;
class Process;

namespace detail {

/// The network interface of a node.
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

/// The state of one end of a connection.
enum class Side : std::uint8_t {
  opening,
  open,
  closed,
  vanished,  ///< its host lost power: it neither closes nor answers
};
constexpr bool is_up(Side side) { return side <= Side::open; }

struct Connection;

struct alignas(64) Direction {
  // What keeps a message from being handed over the moment that it arrives, or from leaving at once.
  static constexpr std::uint8_t kMuted = 1;      ///< the receiver does not read
  static constexpr std::uint8_t kWaiting = 2;    ///< earlier messages wait in the inbox
  static constexpr std::uint8_t kBlackHole = 4;  ///< the path has forgotten the connection
  static constexpr std::uint8_t kHandshake = 8;  ///< data may have to wait until it is established
  static constexpr std::uint8_t kSilenced = 16;  ///< data was lost: none that follows can be delivered
  static constexpr std::uint8_t kOfSending = kHandshake | kSilenced;

  Network* network = nullptr;
  Link* link = nullptr;
  Process* receiver = nullptr;
  Endpoint* endpoint = nullptr;  ///< the receiver's
  EventHandle next;              ///< of the first on the way
  EnvelopeQueue on_the_way;
  std::uint32_t generation = 0;  ///< of the connection: sockets and events of earlier ones do not match
  std::uint8_t from_side = 0;
  Side sender = Side::closed;
  Side receivers_side = Side::closed;
  std::uint8_t obstacles = 0;

  void set(std::uint8_t obstacle, bool there) {
    obstacles = static_cast<std::uint8_t>(there ? obstacles | obstacle : obstacles & ~obstacle);
  }
  bool has(std::uint8_t obstacle) const { return (obstacles & obstacle) != 0; }
  Direction& back() { return from_side == 0 ? this[1] : this[-1]; }
  Connection& connection();
};

/// Messages that arrived and wait until the process takes them.
struct Inbox {
  EnvelopeQueue arrived;
  std::uint32_t waiting = 0;  ///< how many those are
  std::uint32_t posted = 0;   ///< mail given to the process for them
};

/// Never freed before the network, so that sockets and events may point into it; the generation tells whether
/// it is still theirs. Side 0 is the client's, side 1 the server's.
struct Connection {
  Direction direction[2];  ///< by the side that sends
  Inbox inbox[2];          ///< of each direction
  Time established{kStart};
  std::uint32_t slot = 0;
  bool in_use = false;
  bool swallowed[2] = {false, false};  ///< something was sent to this side while its host had no power

  Direction& to(unsigned side) { return direction[1 - side]; }
  Process& process(unsigned side) { return *to(side).receiver; }
  Side side(unsigned side) const { return direction[side].sender; }
  void set_side(unsigned side, Side state) {
    direction[side].sender = state;
    to(side).receivers_side = state;
  }
  void set_black_hole(bool there) {
    for (Direction& way : direction) way.set(Direction::kBlackHole, there);
  }
  void drop_arrived(Direction& way) {
    inbox[way.from_side].arrived.clear();
    inbox[way.from_side].waiting = 0;
    way.set(Direction::kWaiting, false);
  }
};
static_assert(sizeof(Link) == 64 && sizeof(Direction) == 64 && sizeof(Connection) == 192);

inline Connection& Direction::connection() {
  // The directions come first in it.
  return *reinterpret_cast<Connection*>(this - from_side);
}

}  // namespace detail
}  // namespace wrackline::sim

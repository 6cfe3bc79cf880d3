// How a fault reaches the network: a rule looks at each packet when it is sent and decides; the network
// applies. A rule can be tested without a network, and it ends when its handle goes out of scope.
//
// The verdicts, on top of the link's own latency and bandwidth:
//   pass           as if the rule were not there
//   deliver_after  that much later; what follows on the connection waits behind it (TCP is in order)
//   hold           kept back until the rule ends, then sent at the next retransmission of TCP (0.2 s, 0.6
//   s, 1.4 s, ...
//                  after the first attempt, at most 120 s apart); what follows waits behind it
//   drop           vanishes, and with it all data that follows on the connection in that direction (TCP
//   delivers
//                  in order or not at all); the connection lives on, and only a timeout of the caller's can
//                  notice
//   reset          vanishes, and the connection breaks: both sides are told at once
// Of several rules the hardest verdict wins, and delays add up. Packets already on their way are not touched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "sim/time.hpp"

namespace wrackline::sim {

class Node;
class Process;

struct Packet {
  const Process& from;
  const Process& to;
  Time now;
  std::uint64_t nth;   ///< on this ordered pair of processes, from 0: what a decision may be a function of
  std::uint32_t kind;  ///< as the model numbered it
  std::uint32_t bytes;
  bool to_server;  ///< a request, from the side that connected; otherwise a response
  bool control;    ///< opening or closing of the connection, not data
};

struct Verdict {
  enum class Action : std::uint8_t { pass, hold, drop, reset };  // from soft to hard
  Action action = Action::pass;
  Duration after{0};

  static constexpr Verdict pass() { return {}; }
  static constexpr Verdict deliver_after(Duration delay) { return {Action::pass, delay}; }
  static constexpr Verdict hold() { return {Action::hold, Duration{0}}; }
  static constexpr Verdict drop() { return {Action::drop, Duration{0}}; }
  static constexpr Verdict reset() { return {Action::reset, Duration{0}}; }
  friend constexpr bool operator==(const Verdict&, const Verdict&) = default;
};

class LinkRule {
 public:
  virtual ~LinkRule() = default;
  /// Called once per packet in the order of sending. Draws only from the rule's own streams.
  virtual Verdict decide(const Packet& packet) = 0;
};

}  // namespace wrackline::sim

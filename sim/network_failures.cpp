// The network when things go wrong: ends of processes, power that comes back, broken connections, rules that
// end. What a connection does while all is well is in network.cpp.
#include <algorithm>
#include <cassert>

#include "sim/network.hpp"

namespace wrackline::sim {
namespace {

using detail::Envelope;
/// TCP's retransmission timer: first after 200 ms, then doubling up to 120 s (tcp(7), RFC 6298 with Linux's
/// bounds).
constexpr Duration kFirstRetransmission = std::chrono::milliseconds{200};
constexpr Duration kLongestRetransmission = std::chrono::seconds{120};

Time next_retransmission(Time first_attempt, Time not_before) {
  Time attempt = first_attempt;
  Duration gap = kFirstRetransmission;
  while (attempt < not_before) {
    attempt += gap;
    gap = std::min(gap * 2, kLongestRetransmission);
  }
  return attempt;
}

}  // namespace

void Network::process_ended(Process& process, CloseReason reason) {
  listening_.erase(process.id().value());
  const bool host_lives = process.node().powered();
  for (const auto& connection : connections_) {
    for (unsigned side = 0; side < 2; ++side) {
      if (!connection->in_use || &connection->process(side) != &process) continue;
      if (!detail::is_up(connection->side(side))) continue;
      Direction& inbound = connection->to(side);
      inbound.endpoint = nullptr;
      connection->drop_arrived(inbound);
      connection->set_side(side, host_lives ? Side::closed : Side::vanished);
      if (host_lives) {
        notice(inbound.back(), Envelope::What::closed, reason);
      } else {
        release_if_done(*connection);
      }
    }
  }
}

void Network::power_restored(Node& node) {
  for (const auto& connection : connections_) {
    for (unsigned side = 0; side < 2; ++side) {
      if (!connection->in_use || connection->side(side) != Side::vanished) continue;
      if (&connection->process(side).node() != &node) continue;
      if (!connection->swallowed[side]) continue;
      // The peer's retransmission meets a host that does not know the connection.
      connection->set_side(side, Side::closed);
      notice(connection->direction[side], Envelope::What::closed, CloseReason::reset);
    }
  }
}

void Network::break_connection(Connection& connection) {
  ++counts_.resets;
  const std::uint32_t generation = connection.direction[0].generation;
  for (Direction& direction : connection.direction) {
    simulation_.cancel(direction.next);
    direction.on_the_way.clear();
    connection.drop_arrived(direction);
    direction.set(Direction::kBlackHole, false);
  }
  for (unsigned side = 0; side < 2; ++side) {
    if (!detail::is_up(connection.side(side))) continue;
    Direction& inbound = connection.to(side);
    Envelope* envelope = notice_envelope(Envelope::What::closed, CloseReason::reset);
    envelope->sent = envelope->due = simulation_.now();
    inbound.set(Direction::kMuted, false);
    send_off(inbound, envelope);
    // Nothing can be sent any more; the endpoint hears of it by an event of this instant.
  }
  if (connection.in_use && connection.direction[0].generation == generation) {
    for (unsigned side = 0; side < 2; ++side) {
      if (connection.side(side) == Side::vanished) connection.set_side(side, Side::closed);
    }
    release_if_done(connection);
  }
}

std::uint32_t Network::reset_connections(const Process& process, const Process* peer) {
  std::uint32_t broken = 0;
  for (const auto& connection : connections_) {
    if (!connection->in_use) continue;
    for (unsigned side = 0; side < 2; ++side) {
      if (&connection->process(side) != &process) continue;
      if (peer != nullptr && &connection->process(1 - side) != peer) continue;
      break_connection(*connection);
      ++broken;
      break;
    }
  }
  return broken;
}

std::uint32_t Network::half_open_connections(const Process& process, const Process* peer) {
  std::uint32_t hit = 0;
  for (const auto& connection : connections_) {
    if (!connection->in_use || connection->direction[0].has(Direction::kBlackHole)) continue;
    for (unsigned side = 0; side < 2; ++side) {
      if (&connection->process(side) != &process) continue;
      if (peer != nullptr && &connection->process(1 - side) != peer) continue;
      connection->set_black_hole(true);
      ++hit;
      break;
    }
  }
  return hit;
}

RuleHandle Network::add_rule(std::unique_ptr<LinkRule> rule) {
  std::uint64_t taken = 0;
  for (const Rule& other : rules_) taken |= other.bit;
  assert(taken != ~std::uint64_t{0} && "at most 64 rules at a time");
  const std::uint64_t bit = ~taken & (taken + 1);
  rules_.push_back({bit, std::move(rule)});
  return {self_, bit};
}

void Network::end_rule(std::uint64_t bit) {
  std::erase_if(rules_, [bit](const Rule& rule) { return rule.bit == bit; });
  const Time now = simulation_.now();
  for (const auto& connection : connections_) {
    if (!connection->in_use) continue;
    for (Direction& direction : connection->direction) {
      bool head_was_held = false;
      Time not_before = now;
      for (Envelope* envelope = direction.on_the_way.front(); envelope != nullptr;
           envelope = direction.on_the_way.after(envelope)) {
        if ((envelope->held_by & bit) != 0) {
          envelope->held_by &= ~bit;
          if (envelope->held_by != 0) continue;
          head_was_held = head_was_held || envelope == direction.on_the_way.front();
          envelope->due = next_retransmission(envelope->due, now);
        }
        // In order: what waited behind a held packet comes after it.
        envelope->due = not_before = std::max(envelope->due, not_before);
      }
      if (head_was_held) arm(direction);
    }
  }
}

}  // namespace wrackline::sim

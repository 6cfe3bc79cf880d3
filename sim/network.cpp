#include "sim/network.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sim {
namespace {

using detail::Envelope;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint32_t kControlBytes = 60;
/// Below this many ns-bytes the quotient of two doubles, cut off, is the exact one: and much faster than the
/// integers'.
constexpr std::uint32_t kExactInDouble = (std::uint64_t{1} << 53) / kNsPerSecond;

Duration serialisation(std::uint32_t bytes, std::int64_t bytes_per_second) {
  if (bytes_per_second <= 0) return Duration{0};
  const std::int64_t ns_bytes = static_cast<std::int64_t>(bytes) * kNsPerSecond;
  if (bytes < kExactInDouble) [[likely]] {
    return Duration{
        static_cast<std::int64_t>(static_cast<double>(ns_bytes) / static_cast<double>(bytes_per_second))};
  }
  return Duration{ns_bytes / bytes_per_second};
}

}  // namespace

bool Socket::send(Message message) {
  detail::Connection* here = connection();
  if (here == nullptr) return false;
  const Network::Side state = here->side[side_];
  if (state != Network::Side::open && state != Network::Side::opening) return false;
  here->network->transmit(*here, side_, message.release(), false);
  return true;
}

void Socket::close() {
  detail::Connection* here = connection();
  if (here == nullptr || here->side[side_] == Network::Side::closed) return;
  here->side[side_] = Network::Side::closed;
  here->endpoint[side_] = nullptr;
  here->direction[1 - side_].drop_arrived();
  here->network->notice(*here, side_, Envelope::What::closed, CloseReason::closed);
}

void Socket::stop_reading() {
  if (detail::Connection* here = connection()) here->direction[1 - side_].muted = true;
}

void Socket::resume_reading() {
  if (connection() == nullptr) return;
  detail::Direction& inbound = connection_->direction[1 - side_];
  inbound.muted = false;
  // A post may run at once and even end the connection.
  while (connection() != nullptr && !inbound.muted && inbound.posted < inbound.waiting) {
    connection_->network->post(*connection_, 1U - side_);
  }
}

bool Socket::is_open() const {
  const detail::Connection* here = connection();
  return here != nullptr && here->side[side_] != Network::Side::closed;
}

Process& Socket::peer() const {
  const detail::Connection* here = connection();
  assert(here != nullptr);
  return *here->process[1 - side_];
}

void RuleHandle::end() {
  if (network_ != nullptr && *network_ != nullptr && bit_ != 0) (*network_)->end_rule(bit_);
  bit_ = 0;
}

Network::Network(Simulation& simulation, NetworkOptions options)
    : simulation_{simulation}, options_{std::move(options)}, self_{std::make_shared<Network*>(this)} {}

Network::~Network() {
  *self_ = nullptr;
  for (const auto& connection : connections_) {
    for (Direction& direction : connection->direction) simulation_.cancel(direction.next);
  }
}

void Network::set_latency(std::string_view zone_a, std::string_view zone_b, Distribution law) {
  zone_latency_[std::minmax(std::string{zone_a}, std::string{zone_b})] = std::move(law);
}

void Network::set_bandwidth(const Node& node, std::int64_t bytes_per_second) {
  port(node).bytes_per_second = bytes_per_second;
}

Network::Port& Network::port(const Node& node) {
  auto& port = ports_[node.id().value()];
  if (port == nullptr) port = std::make_unique<Port>(Port{options_.bytes_per_second});
  return *port;
}

const Distribution& Network::latency(const Node& from, const Node& to) const {
  if (&from == &to) return options_.same_node;
  const auto own = zone_latency_.find(std::minmax(from.zone(), to.zone()));
  if (own != zone_latency_.end()) return own->second;
  return from.zone() == to.zone() ? options_.same_zone : options_.cross_zone;
}

Network::Link& Network::link(Process& from, Process& to) {
  auto& link = links_[{from.id().value(), to.id().value()}];
  if (link == nullptr) {
    const std::string name = "network " + from.name() + " > " + to.name();
    const bool local = &from.node() == &to.node();
    link = std::make_unique<Link>(Link{Stream{simulation_.seed(), name, "latency"},
                                       &latency(from.node(), to.node()), local ? nullptr : &port(from.node()),
                                       0, simulation_.entity(name)});
  }
  return *link;
}

void Network::watch(Process& process) {
  if (!std::exchange(watched_[process.id().value()], true)) {
    process.listen([self = self_](Process& changed, ProcessChange change) {
      if (*self == nullptr) return;
      if (change == ProcessChange::crashed) (*self)->process_ended(changed, CloseReason::reset);
      if (change == ProcessChange::stopped) (*self)->process_ended(changed, CloseReason::closed);
    });
  }
  if (!std::exchange(watched_[process.node().id().value()], true)) {
    process.node().listen([self = self_](Node& node, NodeChange change) {
      if (*self != nullptr && change == NodeChange::power_restored) (*self)->power_restored(node);
    });
  }
}

void Network::listen(Process& server, Endpoint& endpoint) {
  watch(server);
  listening_[server.id().value()] = &endpoint;
}

void Network::stop_listening(Process& server) { listening_.erase(server.id().value()); }

Socket Network::connect(Process& client, Process& server, Endpoint& endpoint) {
  assert(client.alive());
  watch(client);
  watch(server);
  Connection& connection = take_connection();
  connection.process[0] = &client;
  connection.process[1] = &server;
  connection.endpoint[0] = &endpoint;
  connection.side[0] = Side::opening;
  connection.side[1] = Side::closed;
  connection.direction[0].link = &link(client, server);
  connection.direction[1].link = &link(server, client);
  const Socket client_socket = socket(connection, 0);
  notice(connection, 0, Envelope::What::open, CloseReason::closed);
  // TCP sends no data before the answer to its SYN is back.
  if (client_socket.connection() != nullptr) {
    Link& back = *connection.direction[1].link;
    connection.established = connection.direction[0].last_due + back.latency->sample_duration(back.stream);
  }
  return client_socket;
}

Network::Connection& Network::take_connection() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->network = this;
    connections_.back()->slot = free_.back();
  }
  Connection& connection = *connections_[free_.back()];
  free_.pop_back();
  connection.in_use = true;
  ++connection.generation;
  connection.black_hole = false;
  connection.established = kStart;
  for (unsigned side = 0; side < 2; ++side) {
    Direction& direction = connection.direction[side];
    direction.last_due = kStart;
    direction.next = {};
    direction.posted = 0;
    direction.muted = false;
    connection.swallowed[side] = false;
    connection.endpoint[side] = nullptr;
  }
  return connection;
}

void Network::release_if_done(Connection& connection) {
  for (unsigned side = 0; side < 2; ++side) {
    if (connection.side[side] != Side::closed && connection.side[side] != Side::vanished) return;
    if (!connection.direction[side].on_the_way.empty()) return;
  }
  for (Direction& direction : connection.direction) direction.drop_arrived();
  connection.in_use = false;
  free_.push_back(connection.slot);
}

Envelope* Network::notice_envelope(Envelope::What what, CloseReason reason) {
  Envelope* envelope = Message::make(0, kControlBytes, false).release();
  envelope->what = what;
  envelope->reason = static_cast<std::uint8_t>(reason);
  return envelope;
}

void Network::notice(Connection& connection, unsigned from_side, Envelope::What what, CloseReason reason) {
  transmit(connection, from_side, notice_envelope(what, reason), true);
}

Verdict Network::judge(const Connection& connection, const Envelope& envelope, unsigned from_side,
                       bool control, std::uint64_t& holders) {
  const Packet packet{*connection.process[from_side],
                      *connection.process[1 - from_side],
                      simulation_.now(),
                      connection.direction[from_side].link->packets,
                      envelope.kind,
                      envelope.bytes,
                      from_side == 0,
                      control};
  Verdict sum;
  for (const Rule& rule : rules_) {
    const Verdict verdict = rule.rule->decide(packet);
    sum.after += verdict.after;
    if (verdict.action > sum.action) sum.action = verdict.action;
    if (verdict.action == Verdict::Action::hold) holders |= rule.bit;
  }
  return sum;
}

void Network::transmit(Connection& connection, unsigned from_side, Envelope* envelope, bool control) {
  Direction& direction = connection.direction[from_side];
  Link& link = *direction.link;
  const Time now = simulation_.now();
  envelope->sent = now;
  simulation_.absorb(std::uint64_t{envelope->kind} << 32 | envelope->bytes, envelope->correlation);
  ++counts_.sent;
  counts_.bytes += envelope->bytes;

  // The link's own draw comes first and always, so that a rule's verdict moves no later one.
  Time leaves = control ? now : std::max(now, connection.established);
  if (link.port != nullptr) {
    leaves =
        std::max(leaves, link.port->free_at) + serialisation(envelope->bytes, link.port->bytes_per_second);
    if (!control) link.port->free_at = leaves;
  }
  envelope->due = leaves + link.latency->sample_duration(link.stream);

  if (!rules_.empty()) [[unlikely]] {
    const Verdict verdict = judge(connection, *envelope, from_side, control, envelope->held_by);
    if (verdict.after > Duration{0}) {
      ++counts_.delayed;
      envelope->due += verdict.after;
    }
    if (verdict.action == Verdict::Action::hold) ++counts_.held;
    if (verdict.action >= Verdict::Action::drop) {
      ++counts_.dropped;
      ++link.packets;
      detail::discard(envelope);
      if (verdict.action == Verdict::Action::reset) break_connection(connection);
      return;
    }
  }
  ++link.packets;
  envelope->due = std::max(envelope->due, direction.last_due);
  direction.last_due = envelope->due;
  const bool first = direction.on_the_way.empty();
  direction.on_the_way.push(envelope);
  if (first) arm(connection, from_side);
}

void Network::arm(Connection& connection, unsigned from_side) {
  Direction& direction = connection.direction[from_side];
  const Envelope* next = direction.on_the_way.front();
  if (next == nullptr || next->held_by != 0) return;
  direction.next = simulation_.schedule(std::max(next->due, simulation_.now()),
                                        {&Network::on_due, &connection, address(connection, from_side)},
                                        direction.link->entity);
}

/// In the process's name.
[[gnu::always_inline]] inline void Network::hand_over(Connection& connection, unsigned to_side,
                                                      Envelope* envelope) {
  Message message{envelope};
  const Envelope::What what = message.what();
  Endpoint* endpoint = connection.endpoint[to_side];
  const Socket here = socket(connection, to_side);
  if (what == Envelope::What::closed) {
    const auto reason = static_cast<CloseReason>(message.reason());
    connection.side[to_side] = Side::closed;
    connection.endpoint[to_side] = nullptr;
    release_if_done(connection);
    if (endpoint != nullptr) endpoint->on_closed(here, reason);
    return;
  }
  if (endpoint == nullptr) return;
  if (what == Envelope::What::opened) {
    if (connection.side[to_side] == Side::opening) connection.side[to_side] = Side::open;
    endpoint->on_open(here);
    return;
  }
  ++counts_.delivered;
  endpoint->on_message(here, std::move(message));
}

[[gnu::always_inline]] inline void Network::arrive(Connection& connection, unsigned from_side,
                                                   Envelope* envelope) {
  const unsigned to_side = 1 - from_side;
  Process& receiver = *connection.process[to_side];
  if (connection.black_hole) {
    ++counts_.dropped;
    detail::discard(envelope);
    release_if_done(connection);
    return;
  }
  if (!receiver.powered() || connection.side[to_side] == Side::vanished) {
    // A host without power says nothing; one that has come back does not know the connection.
    ++counts_.dropped;
    connection.side[to_side] = Side::vanished;
    connection.swallowed[to_side] = true;
    detail::discard(envelope);
    if (receiver.powered()) {
      connection.side[to_side] = Side::closed;
      notice(connection, to_side, Envelope::What::closed, CloseReason::reset);
    } else {
      release_if_done(connection);
    }
    return;
  }
  if (envelope->what == Envelope::What::open) {
    detail::discard(envelope);
    accept(connection);
    return;
  }
  if (connection.side[to_side] == Side::closed) {
    detail::discard(envelope);
    release_if_done(connection);
    return;
  }
  Direction& direction = connection.direction[from_side];
  if (!direction.muted && direction.waiting == 0 && receiver.takes_mail_at_once()) [[likely]] {
    receiver.enter([&] { hand_over(connection, to_side, envelope); });
    return;
  }
  direction.arrived.push(envelope);
  ++direction.waiting;
  if (!direction.muted) post(connection, from_side);
}

void Network::on_due(void* object, std::uint64_t address) {
  auto& connection = *static_cast<Connection*>(object);
  if (!lives(connection, address)) return;
  const auto from_side = static_cast<unsigned>(address & 1);
  Network& self = *connection.network;
  detail::EnvelopeQueue& on_the_way = connection.direction[from_side].on_the_way;
  Envelope* envelope = on_the_way.pop();
  if (!on_the_way.empty()) self.arm(connection, from_side);
  self.arrive(connection, from_side, envelope);
}

void Network::accept(Connection& connection) {
  Process& server = *connection.process[1];
  const auto listener = listening_.find(server.id().value());
  if (listener == listening_.end() || !server.alive()) {
    notice(connection, 1, Envelope::What::closed, CloseReason::refused);
    return;
  }
  connection.side[1] = Side::open;
  connection.endpoint[1] = listener->second;
  // The draw for the answer was made at connect(): it arrives when the client's first data may leave.
  Envelope* answer = notice_envelope(Envelope::What::opened, CloseReason::closed);
  Direction& direction = connection.direction[1];
  answer->sent = simulation_.now();
  answer->due = std::max({simulation_.now(), connection.established, direction.last_due});
  direction.last_due = answer->due;
  const bool first = direction.on_the_way.empty();
  direction.on_the_way.push(answer);
  if (first) arm(connection, 1);
}

void Network::post(Connection& connection, unsigned from_side) {
  ++connection.direction[from_side].posted;
  connection.process[1 - from_side]->deliver(
      {&Network::on_mail, &connection, address(connection, from_side)});
}

void Network::on_mail(void* object, std::uint64_t address) {
  auto& connection = *static_cast<Connection*>(object);
  if (lives(connection, address))
    connection.network->hand_over_next(connection, static_cast<unsigned>(address & 1));
}

void Network::hand_over_next(Connection& connection, unsigned from_side) {
  Direction& direction = connection.direction[from_side];
  if (direction.posted > 0) --direction.posted;
  if (direction.muted || direction.arrived.empty()) return;
  --direction.waiting;
  hand_over(connection, 1 - from_side, direction.arrived.pop());
}

}  // namespace wrackline::sim

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
  detail::Direction* here = out();
  if (here == nullptr || !detail::is_up(here->sender)) return false;
  here->network->transmit(*here, message.release(), false);
  return true;
}

void Socket::close() {
  detail::Direction* here = out();
  if (here == nullptr || here->sender == detail::Side::closed) return;
  detail::Connection& connection = here->connection();
  connection.set_side(here->from_side, detail::Side::closed);
  here->back().endpoint = nullptr;
  connection.drop_arrived(here->back());
  here->network->notice(*here, Envelope::What::closed, CloseReason::closed);
}

void Socket::stop_reading() {
  if (detail::Direction* here = out()) here->back().set(detail::Direction::kMuted, true);
}

void Socket::resume_reading() {
  if (out() == nullptr) return;
  detail::Direction& inbound = out_->back();
  const detail::Inbox& inbox = out_->connection().inbox[inbound.from_side];
  inbound.set(detail::Direction::kMuted, false);
  // A post may run at once and even end the connection.
  while (out() != nullptr && !inbound.has(detail::Direction::kMuted) && inbox.posted < inbox.waiting) {
    out_->network->post(inbound);
  }
}

bool Socket::is_open() const {
  const detail::Direction* here = out();
  return here != nullptr && here->sender != detail::Side::closed;
}

std::uint64_t Socket::unread_bytes() const {
  const detail::Direction* here = out();
  if (here == nullptr) return 0;
  std::uint64_t bytes = here->on_the_way.bytes();
  if (here->has(detail::Direction::kWaiting))
    bytes += out_->connection().inbox[here->from_side].arrived.bytes();
  return bytes;
}

Process& Socket::peer() const {
  const detail::Direction* here = out();
  assert(here != nullptr);
  return *here->receiver;
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
  Direction& there = connection.direction[0];
  Direction& back = connection.direction[1];
  there.receiver = &server;
  back.receiver = &client;
  back.endpoint = &endpoint;
  connection.set_side(0, Side::opening);
  there.link = &link(client, server);
  back.link = &link(server, client);
  const Socket client_socket{there};
  notice(there, Envelope::What::open, CloseReason::closed);
  // TCP sends no data before the answer to its SYN is back.
  if (client_socket.out() != nullptr) {
    const Time arrives = there.on_the_way.empty() ? kStart : there.on_the_way.back()->due;
    connection.established = arrives + back.link->latency->sample_duration(back.link->stream);
    there.set(Direction::kHandshake, true);
    back.set(Direction::kHandshake, true);
  }
  return client_socket;
}

Network::Connection& Network::take_connection() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.push_back(std::make_unique<Connection>());
    Connection& made = *connections_.back();
    made.slot = free_.back();
    for (unsigned side = 0; side < 2; ++side) {
      made.direction[side].network = this;
      made.direction[side].from_side = static_cast<std::uint8_t>(side);
    }
  }
  Connection& connection = *connections_[free_.back()];
  free_.pop_back();
  connection.in_use = true;
  for (unsigned side = 0; side < 2; ++side) {
    Direction& direction = connection.direction[side];
    direction.next = {};
    direction.endpoint = nullptr;
    direction.obstacles = 0;
    connection.inbox[side].posted = 0;
    connection.swallowed[side] = false;
    connection.set_side(side, Side::closed);
  }
  return connection;
}

void Network::release_if_done(Connection& connection) {
  for (unsigned side = 0; side < 2; ++side) {
    if (detail::is_up(connection.side(side)) || !connection.direction[side].on_the_way.empty()) return;
  }
  for (Direction& direction : connection.direction) {
    connection.drop_arrived(direction);
    ++direction.generation;
  }
  connection.in_use = false;
  free_.push_back(connection.slot);
}

Envelope* Network::notice_envelope(Envelope::What what, CloseReason reason) {
  Envelope* envelope = Message::make(0, kControlBytes, false).release();
  envelope->what = what;
  envelope->reason = static_cast<std::uint8_t>(reason);
  return envelope;
}

void Network::notice(Direction& direction, Envelope::What what, CloseReason reason) {
  transmit(direction, notice_envelope(what, reason), true);
}

Verdict Network::judge(Direction& direction, const Envelope& envelope, bool control, std::uint64_t& holders) {
  const Packet packet{*direction.back().receiver,
                      *direction.receiver,
                      simulation_.now(),
                      direction.link->packets,
                      envelope.kind,
                      envelope.bytes,
                      direction.from_side == 0,
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

/// When data may leave, as far as the handshake goes.
Time Network::not_before_handshake(Direction& direction) {
  const Time established = direction.connection().established;
  if (established <= simulation_.now()) direction.set(Direction::kHandshake, false);
  return established;
}

void Network::transmit(Direction& direction, Envelope* envelope, bool control) {
  Link& link = *direction.link;
  const Time now = simulation_.now();
  envelope->sent = now;
  simulation_.absorb(std::uint64_t{envelope->kind} << 32 | envelope->bytes, envelope->correlation);
  ++counts_.sent;
  counts_.bytes += envelope->bytes;

  // The link's own draw comes first and always, so that a rule's verdict moves no later one.
  Time leaves = now;
  if (!control && direction.has(Direction::kHandshake)) [[unlikely]]
    leaves = std::max(now, not_before_handshake(direction));
  if (link.port != nullptr) {
    leaves =
        std::max(leaves, link.port->free_at) + serialisation(envelope->bytes, link.port->bytes_per_second);
    if (!control) link.port->free_at = leaves;
  }
  envelope->due = leaves + link.latency->sample_duration(link.stream);

  if (!rules_.empty() || direction.has(Direction::kSilenced)) [[unlikely]] {
    Verdict verdict = judge(direction, *envelope, control, envelope->held_by);
    if (!control && direction.has(Direction::kSilenced))
      verdict.action = std::max(verdict.action, Verdict::Action::drop);
    if (!control && verdict.action == Verdict::Action::drop) direction.set(Direction::kSilenced, true);
    if (verdict.after > Duration{0}) {
      ++counts_.delayed;
      envelope->due += verdict.after;
    }
    if (verdict.action == Verdict::Action::hold) ++counts_.held;
    if (verdict.action >= Verdict::Action::drop) {
      ++counts_.dropped;
      ++link.packets;
      detail::discard(envelope);
      if (verdict.action == Verdict::Action::reset) break_connection(direction.connection());
      return;
    }
  }
  ++link.packets;
  send_off(direction, envelope);
}

void Network::arm(Direction& direction) {
  const Envelope* next = direction.on_the_way.front();
  if (next == nullptr || next->held_by != 0) return;
  direction.next =
      simulation_.schedule(std::max(next->due, simulation_.now()),
                           {&Network::on_due, &direction, direction.generation}, direction.link->entity);
}

/// In the process's name.
[[gnu::always_inline]] inline void Network::hand_over(Direction& direction, Envelope* envelope) {
  Message message{envelope};
  const Envelope::What what = message.what();
  Endpoint* endpoint = direction.endpoint;
  const Socket here{direction.back()};
  if (what == Envelope::What::closed) {
    const auto reason = static_cast<CloseReason>(message.reason());
    Connection& connection = direction.connection();
    connection.set_side(1U - direction.from_side, Side::closed);
    direction.endpoint = nullptr;
    release_if_done(connection);
    if (endpoint != nullptr) endpoint->on_closed(here, reason);
    return;
  }
  if (endpoint == nullptr) return;
  if (what == Envelope::What::opened) {
    if (direction.receivers_side == Side::opening)
      direction.connection().set_side(1U - direction.from_side, Side::open);
    endpoint->on_open(here);
    return;
  }
  ++counts_.delivered;
  endpoint->on_message(here, std::move(message));
}

[[gnu::always_inline]] inline void Network::arrive(Direction& direction, Envelope* envelope) {
  // An event of the link's own: no process's code runs.
  if ((direction.obstacles & ~Direction::kOfSending) == 0 && detail::is_up(direction.receivers_side) &&
      direction.receiver->takes_mail_from_kernel()) [[likely]] {
    direction.receiver->enter([&] { hand_over(direction, envelope); });
    return;
  }
  arrive_at_obstacle(direction, envelope);
}

void Network::arrive_at_obstacle(Direction& direction, Envelope* envelope) {
  Connection& connection = direction.connection();
  const unsigned to_side = 1U - direction.from_side;
  const Process& receiver = *direction.receiver;
  if (direction.has(Direction::kBlackHole)) {
    ++counts_.dropped;
    detail::discard(envelope);
    release_if_done(connection);
    return;
  }
  if (!receiver.powered() || direction.receivers_side == Side::vanished) {
    // A host without power says nothing; one that has come back does not know the connection.
    ++counts_.dropped;
    connection.set_side(to_side, Side::vanished);
    connection.swallowed[to_side] = true;
    detail::discard(envelope);
    if (receiver.powered()) {
      connection.set_side(to_side, Side::closed);
      notice(direction.back(), Envelope::What::closed, CloseReason::reset);
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
  if (direction.receivers_side == Side::closed) {
    detail::discard(envelope);
    release_if_done(connection);
    return;
  }
  detail::Inbox& inbox = connection.inbox[direction.from_side];
  inbox.arrived.push(envelope);
  ++inbox.waiting;
  direction.set(Direction::kWaiting, true);
  if (!direction.has(Direction::kMuted)) post(direction);
}

void Network::on_due(void* object, std::uint64_t generation) {
  auto& direction = *static_cast<Direction*>(object);
  if (direction.generation != generation) return;
  Network& self = *direction.network;
  Envelope* envelope = direction.on_the_way.pop();
  if (!direction.on_the_way.empty()) self.arm(direction);
  self.arrive(direction, envelope);
}

void Network::accept(Connection& connection) {
  Direction& there = connection.direction[0];
  Direction& back = connection.direction[1];
  const auto listener = listening_.find(there.receiver->id().value());
  if (listener == listening_.end() || !there.receiver->alive()) {
    notice(back, Envelope::What::closed, CloseReason::refused);
    return;
  }
  connection.set_side(1, Side::open);
  there.endpoint = listener->second;
  // The draw for the answer was made at connect(): it arrives when the client's first data may leave.
  Envelope* answer = notice_envelope(Envelope::What::opened, CloseReason::closed);
  answer->sent = simulation_.now();
  answer->due = std::max(simulation_.now(), connection.established);
  send_off(back, answer);
}

void Network::post(Direction& direction) {
  ++direction.connection().inbox[direction.from_side].posted;
  direction.receiver->deliver({&Network::on_mail, &direction, direction.generation});
}

void Network::on_mail(void* object, std::uint64_t generation) {
  auto& direction = *static_cast<Direction*>(object);
  if (direction.generation == generation) direction.network->hand_over_next(direction);
}

void Network::hand_over_next(Direction& direction) {
  detail::Inbox& inbox = direction.connection().inbox[direction.from_side];
  if (inbox.posted > 0) --inbox.posted;
  if (direction.has(Direction::kMuted) || inbox.arrived.empty()) return;
  if (--inbox.waiting == 0) direction.set(Direction::kWaiting, false);
  hand_over(direction, inbox.arrived.pop());
}

}  // namespace wrackline::sim

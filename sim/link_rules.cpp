#include "sim/link_rules.hpp"

#include <algorithm>

#include "sim/process.hpp"

namespace wrackline::sim {
namespace {

bool holds(const std::vector<const Node*>& nodes, const Node& node) {
  return nodes.empty() || std::find(nodes.begin(), nodes.end(), &node) != nodes.end();
}

}  // namespace

bool PathFilter::matches(const Packet& packet) const {
  const Node& source = packet.from.node();
  const Node& target = packet.to.node();
  if (&source == &target) return false;
  if (traffic == Traffic::requests && !packet.to_server) return false;
  if (traffic == Traffic::responses && packet.to_server) return false;
  return (holds(from, source) && holds(to, target)) ||
         (both_ways && holds(from, target) && holds(to, source));
}

Verdict FilteredRule::decide(const Packet& packet) {
  if (!filter_.matches(packet)) return Verdict::pass();
  ++counts_.seen;
  const Verdict verdict = judge(packet);
  if (verdict != Verdict::pass()) ++counts_.struck;
  return verdict;
}

std::uint64_t FilteredRule::decision(const Packet& packet) {
  return mix(stream_key(packet.nth, packet.from.name(), packet.to.name()));
}

Verdict DelayRule::judge(const Packet& packet) {
  if (extra_.is_zero() || share_.is_zero()) return Verdict::pass();
  Stream stream = decider_.stream(decision(packet));
  if (!stream.chance(share_)) return Verdict::pass();
  return Verdict::deliver_after(extra_.sample_duration(stream));
}

Verdict LossRule::judge(const Packet& packet) {
  if (probability_.is_zero()) return Verdict::pass();
  Stream stream = decider_.stream(decision(packet));
  Duration late{0};
  Duration timeout = std::chrono::milliseconds{200};
  for (int losses = 0; losses < 10 && stream.chance(probability_); ++losses) {
    late += timeout;
    timeout *= 2;
  }
  return Verdict::deliver_after(late);
}

Verdict BandwidthRule::judge(const Packet& packet) {
  if (bytes_per_second_ <= 0) return Verdict::pass();
  const Time begins = std::max(packet.now, free_at_);
  free_at_ = begins + Duration{static_cast<std::int64_t>(packet.bytes) * 1'000'000'000 / bytes_per_second_};
  return Verdict::deliver_after(free_at_ - packet.now);
}

Verdict VanishRule::judge(const Packet& packet) {
  if (left_ == 0 || probability_.is_zero() || packet.control) return Verdict::pass();
  if (!decider_.chance(decision(packet), probability_)) return Verdict::pass();
  --left_;
  return verdict_;
}

}  // namespace wrackline::sim

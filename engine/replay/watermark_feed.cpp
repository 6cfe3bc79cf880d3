#include "engine/replay/watermark_feed.hpp"

#include <cassert>

namespace wrackline::replay {

namespace strategy = event_time::strategy;
using event_time::kMaxTimestamp;
using event_time::kMinTimestamp;

namespace {
constexpr std::uint32_t kNone = 0xffffffffU;
}  // namespace

std::optional<std::int64_t> BoundedFeed::bound_of(const strategy::Block& block) {
  if (block.options.scope != strategy::Scope::task ||
      block.options.emission != strategy::Emission::per_record || block.spec.type->needs_trace)
    return std::nullopt;
  const auto generator = strategy::make(block.spec);
  if (dynamic_cast<const strategy::Bounded*>(generator.get()) == nullptr) return std::nullopt;
  return generator->slack_ms();
}

WatermarkFeed::WatermarkFeed(const strategy::Block& block, std::int64_t phase_ms)
    : block_{block},
      one_{block.options.scope == strategy::Scope::task},
      max_{block.options.combine == strategy::Combine::max},
      timed_{block.options.emission == strategy::Emission::periodic || block.spec.type->uses_clock ||
             block.options.idle_timeout_ms > 0},
      phase_ms_{phase_ms} {
  // How long after a record the clock alone may still change something: all that the strategy can wait for,
  // and idleness, which takes up to three probes more than its time-out.
  for (std::size_t i = 0; i < block.spec.values.size(); ++i) {
    if (block.spec.type->parameters[i].type == strategy::ParameterType::duration &&
        (block.spec.type->adaptive || block.spec.type->uses_clock))
      patience_ms_ = std::max(patience_ms_, block.spec.values[i].integer);
  }
  if (block.options.idle_timeout_ms > 0)
    patience_ms_ = std::max(patience_ms_, block.options.idle_timeout_ms + 3 * block.options.interval_ms);
}

void WatermarkFeed::start(std::int64_t now_ms) {
  if (timed_) next_timer_ = now_ms + (phase_ms_ == 0 ? block_.options.interval_ms : phase_ms_);
  quiet_since_ms_ = now_ms;
}

WatermarkFeed::Partition& WatermarkFeed::partition(std::uint32_t number) {
  if (number >= slot_of_.size())
    slot_of_.resize(std::max<std::size_t>(number + std::size_t{1}, slot_of_.size() * 2), kNone);
  std::uint32_t& slot = slot_of_[number];
  if (slot == kNone) {
    slot = static_cast<std::uint32_t>(partitions_.size());
    partitions_.emplace_back().generator = strategy::make(block_.spec);
    least_.set(slot, kMinTimestamp);
  }
  return partitions_[slot];
}

std::int64_t WatermarkFeed::on_record(std::uint32_t number, const strategy::Observation& seen) {
  const std::uint32_t index = one_ ? 0 : number;
  Partition& mine = partition(index);
  mine.generator->on_record(seen);
  mine.idleness.on_record();
  quiet_since_ms_ = seen.arrival_ms;
  bool speaks = block_.options.emission == strategy::Emission::per_record;
  if (block_.options.emission == strategy::Emission::marker)
    speaks = ++mine.records % block_.options.marker_every == 0;
  if (!speaks) return current_;
  const std::int64_t said = mine.generator->watermark();
  const bool woke = mine.idle;
  if (said <= mine.published && !woke) return current_;
  if (woke) {
    mine.idle = false;
    --idle_;
  }
  publish(slot_of_[index], said);
  combine();
  return current_;
}

void WatermarkFeed::publish(std::size_t slot, std::int64_t watermark) {
  Partition& mine = partitions_[slot];
  mine.published = std::max(mine.published, watermark);
  greatest_ = std::max(greatest_, mine.published);
  least_.set(slot, mine.published);
}

void WatermarkFeed::combine() {
  if (partitions_.empty()) return;
  const std::int64_t said = max_ || idle_ == partitions_.size() ? greatest_ : least_.least();
  current_ = std::max(current_, said);
}

std::int64_t WatermarkFeed::on_timer() {
  assert(next_timer_ != kMaxTimestamp);
  const std::int64_t now_ms = next_timer_;
  next_timer_ += block_.options.interval_ms;
  for (std::size_t slot = 0; slot < partitions_.size(); ++slot) {
    Partition& mine = partitions_[slot];
    if (block_.options.idle_timeout_ms > 0 && mine.idleness.probe(now_ms, block_.options.idle_timeout_ms)) {
      if (!mine.idle) {
        mine.idle = true;
        ++idle_;
        least_.set(slot, kMaxTimestamp);
      }
      continue;
    }
    mine.generator->on_periodic(now_ms);
    if (block_.options.emission == strategy::Emission::marker) continue;
    const std::int64_t said = mine.generator->watermark();
    // Flink: whatever a partition emits makes it active again; without a record it has nothing to emit.
    if (said == kMinTimestamp) continue;
    if (mine.idle) {
      mine.idle = false;
      --idle_;
    } else if (said <= mine.published) {
      continue;
    }
    publish(slot, said);
  }
  combine();
  return current_;
}

std::int64_t WatermarkFeed::idle_firings(std::int64_t until_ms) const {
  const std::int64_t due = firings_before(until_ms);
  const std::int64_t quiet_ms = next_timer_ - quiet_since_ms_;
  if (quiet_ms > patience_ms_) return due;
  if (block_.options.idle_timeout_ms > 0) return 0;
  const std::int64_t fired = quiet_ms / interval_ms();
  return fired < 16 ? 0 : std::min(due, fired / 8);
}

strategy::Counters WatermarkFeed::counters() const {
  strategy::Counters all;
  for (const Partition& partition : partitions_) all += partition.generator->counters();
  return all;
}
std::int64_t WatermarkFeed::slack_ms() const {
  std::int64_t most = 0;
  for (const Partition& partition : partitions_) most = std::max(most, partition.generator->slack_ms());
  return most;
}
std::uint64_t WatermarkFeed::state_bytes() const {
  std::uint64_t bytes = 0;
  for (const Partition& partition : partitions_) bytes += partition.generator->state_bytes();
  return bytes;
}

}  // namespace wrackline::replay

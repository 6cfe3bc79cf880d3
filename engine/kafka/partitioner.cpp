#include "engine/kafka/partitioner.hpp"

#include <algorithm>

namespace wrackline::kafka {

std::int32_t murmur2(std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;

  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t block = std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8 |
                          std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 3]} << 24;
    block *= kMultiplier;
    block ^= block >> kShift;
    block *= kMultiplier;
    hash *= kMultiplier;
    hash ^= block;
  }
  if (at < bytes.size()) {
    for (std::size_t tail = bytes.size() - at; tail-- > 0;)
      hash ^= std::uint32_t{bytes[at + tail]} << (8 * tail);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(std::span<const std::uint8_t> serialized_key, std::int32_t partitions) {
  assert(partitions > 0);
  return to_positive(murmur2(serialized_key)) % partitions;
}

namespace {

/// Reads one code point and moves on by at least one byte.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  constexpr std::uint32_t kReplacement = 0xfffd;
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (lead < 0xc2 || lead > 0xf4 || at + more > text.size()) return kReplacement;
  std::uint32_t point = lead & (0x3fU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return kReplacement;
    point = point << 6 | (byte(at + i) & 0x3fU);
  }
  at += more;
  return point;
}

}  // namespace

std::int32_t java_string_hash(std::string_view utf8) {
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::uint32_t point = next_code_point(utf8, at);
    if (point >= 0x10000) {
      hash = 31 * hash + (0xd800U + ((point - 0x10000) >> 10));
      hash = 31 * hash + (0xdc00U + ((point - 0x10000) & 0x3ff));
    } else {
      hash = 31 * hash + point;
    }
  }
  return static_cast<std::int32_t>(hash);
}

std::int32_t coordinator_partition(std::string_view id, std::int32_t partitions) {
  assert(partitions > 0);
  const std::int32_t hash = java_string_hash(id);
  // The smallest int has no positive counterpart; Kafka lets it mean 0.
  const std::int32_t magnitude = hash == INT32_MIN ? 0 : hash < 0 ? -hash : hash;
  return magnitude % partitions;
}

void BuiltInPartitioner::update_load_stats(std::span<const std::int32_t> queue_sizes,
                                           std::span<const std::int32_t> partition_ids,
                                           std::size_t partition_count) {
  assert(queue_sizes.size() == partition_ids.size() && queue_sizes.size() <= partition_count);
  cumulative_.clear();
  if (queue_sizes.empty() || partition_count < 2) return;
  const auto [shortest, longest] = std::minmax_element(queue_sizes.begin(), queue_sizes.end());
  // Equal queues need no weights, unless some partitions are excluded: then only the weights know which.
  if (*shortest == *longest && queue_sizes.size() == partition_count) return;

  ids_.assign(partition_ids.begin(), partition_ids.end());
  std::int32_t sum = 0;
  for (const std::int32_t size : queue_sizes) cumulative_.push_back(sum += *longest + 1 - size);
}

std::int32_t BuiltInPartitioner::next_partition(const TopicView& topic, std::int32_t random) const {
  assert(random >= 0);
  if (!cumulative_.empty()) {
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), random % cumulative_.back());
    return ids_[static_cast<std::size_t>(found - cumulative_.begin())];
  }
  if (topic.available.empty()) return random % topic.partitions;
  return topic.available[static_cast<std::size_t>(random) % topic.available.size()];
}

}  // namespace wrackline::kafka

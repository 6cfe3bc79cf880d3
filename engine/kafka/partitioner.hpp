// Which partition a record goes to, and which internal partition coordinates an id.
//
// Modelled: the producer's built-in partitioner (KIP-480, KIP-794: keyed by murmur2; without a key sticky for
// batch.size bytes, weighted by queue length), the placement of group and transaction coordinators by Java's
// string hash. Not modelled: custom partitioner classes. Rules P-9 to P-11; classes BuiltInPartitioner and
// Utils.
//
// The random source is a parameter of every call that may draw, so that a draw comes from the producer's own
// stream.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace wrackline::kafka {

/// Kafka's variant of MurmurHash2 (seed 0x9747b28c), signed as Java sees it.
std::int32_t murmur2(std::span<const std::uint8_t> bytes);
/// Clears the sign bit: Kafka's way to make a hash non-negative. Not an absolute value.
constexpr std::int32_t to_positive(std::int32_t number) { return number & 0x7fffffff; }
/// Keyed records: over all partitions, whether they have a leader or not.
std::int32_t partition_for_key(std::span<const std::uint8_t> serialized_key, std::int32_t partitions);

/// Java's String.hashCode over UTF-16 code units; the text is UTF-8. Ill-formed bytes count as U+FFFD.
std::int32_t java_string_hash(std::string_view utf8);
/// Partition of __consumer_offsets (or __transaction_state) whose leader coordinates `id`.
std::int32_t coordinator_partition(std::string_view id, std::int32_t partitions);

/// One per topic and producer: the choice for records without a key.
class BuiltInPartitioner {
 public:
  explicit BuiltInPartitioner(std::int32_t sticky_batch_bytes) : sticky_batch_bytes_{sticky_batch_bytes} {
    assert(sticky_batch_bytes >= 1);
  }

  /// What the topic looks like to the client: how many partitions, and which of them have a leader
  /// (ascending).
  struct TopicView {
    std::int32_t partitions = 0;
    std::span<const std::int32_t> available;
  };

  /// The partition that the next record without a key goes to. `draw` returns a non-negative random 31-bit
  /// number.
  template <typename Draw>
  std::int32_t current_partition(const TopicView& topic, Draw&& draw) {
    if (current_ < 0) start(next_partition(topic, draw()));
    return current_;
  }

  /// `bytes` were appended to the current partition. It is left after batch.size bytes if its queue holds no
  /// incomplete batch (`enable_switch`), after twice as many in any case.
  template <typename Draw>
  void appended(std::int32_t bytes, const TopicView& topic, bool enable_switch, Draw&& draw) {
    produced_bytes_ += bytes;
    const std::int64_t enough = sticky_batch_bytes_;
    if ((produced_bytes_ >= enough && enable_switch) || produced_bytes_ >= 2 * enough) {
      start(next_partition(topic, draw()));
    }
  }

  /// Queue lengths of the partitions that may be chosen, and their ids; `partition_count` counts the whole
  /// topic. Fewer ids than partitions means some were excluded (no leader, or not available for too long).
  void update_load_stats(std::span<const std::int32_t> queue_sizes,
                         std::span<const std::int32_t> partition_ids, std::size_t partition_count);
  void forget_load_stats() { cumulative_.clear(); }

  /// Upper end of the weighted choice; 0 while the choice is uniform.
  std::int32_t weight_total() const { return cumulative_.empty() ? 0 : cumulative_.back(); }

 private:
  std::int32_t next_partition(const TopicView& topic, std::int32_t random) const;
  void start(std::int32_t partition) {
    current_ = partition;
    produced_bytes_ = 0;
  }

  std::int32_t sticky_batch_bytes_;
  std::int32_t current_ = -1;
  std::int64_t produced_bytes_ = 0;
  std::vector<std::int32_t> cumulative_;  ///< running sum of the weights; empty: uniform
  std::vector<std::int32_t> ids_;
};

}  // namespace wrackline::kafka

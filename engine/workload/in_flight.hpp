// The records that have been created but have not arrived at the producer yet, given back in order of
// arrival.
//
// A timing wheel of two levels plus a list for what lies beyond, sized by the rate so that a bucket of the
// first level holds a record or two: pushing and taking cost a few nanoseconds each whatever the delays are,
// and the memory is that of the records in flight. Order: (arrival, ordinal), so equal arrivals keep the
// order of creation.
//
// A tick is one bucket of the near wheel, a page is 2^12 ticks, a book 2^12 pages. The near wheel holds the
// current page, the far wheel the later pages of the current book, `beyond_` the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::workload {

struct InFlightRecord {
  std::int64_t arrival_ns = 0;
  std::int64_t created_ns = 0;
  std::int64_t event_time_ms = 0;
  std::uint64_t ordinal = 0;
  std::uint32_t key = 0;
  std::uint32_t size_bytes = 0;
};

class InFlight {
 public:
  /// `mean_gap_ns`: the expected distance of two arrivals; only speed depends on it, never the order.
  explicit InFlight(std::int64_t mean_gap_ns);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;

  /// Arrivals before what was taken already are allowed (they come next).
  void push(const InFlightRecord& record) {
    std::uint32_t index = free_;
    if (index != kNone) {
      free_ = nodes_[index].next;
    } else {
      index = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    nodes_[index].record = record;
    ++size_;
    place(index);
  }

  /// The next record in order if it arrives at or before `limit_ns`, else null. Valid until the next push or
  /// pop.
  const InFlightRecord* peek(std::int64_t limit_ns) {
    if (ready_at_ == ready_.size() && !refill(limit_ns)) return nullptr;
    const Ready& next = ready_[ready_at_];
    return next.arrival_ns <= limit_ns ? &nodes_[next.node].record : nullptr;
  }
  /// Takes what peek() showed.
  void pop() {
    const std::uint32_t index = ready_[ready_at_++].node;
    nodes_[index].next = free_;
    free_ = index;
    --size_;
  }

  /// The earliest arrival; the largest integer if empty.
  std::int64_t earliest_ns() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  static constexpr int kBits = 12;
  static constexpr std::uint64_t kBuckets = std::uint64_t{1} << kBits;
  static constexpr std::uint64_t kMask = kBuckets - 1;
  struct Node {
    InFlightRecord record;
    std::uint32_t next = kNone;
  };
  /// A record whose bucket has been opened; sorted by (arrival, ordinal).
  struct Ready {
    std::int64_t arrival_ns = 0;
    std::uint64_t ordinal = 0;
    std::uint32_t node = 0;
    friend bool operator<(const Ready& a, const Ready& b) {
      return a.arrival_ns != b.arrival_ns ? a.arrival_ns < b.arrival_ns : a.ordinal < b.ordinal;
    }
  };

  std::uint64_t tick_of(std::int64_t arrival_ns) const {
    return arrival_ns <= 0 ? 0 : static_cast<std::uint64_t>(arrival_ns) >> shift_;
  }
  void place(std::uint32_t index) {
    const std::uint64_t tick = tick_of(nodes_[index].record.arrival_ns);
    if (tick < now_tick_) {
      insert_ready(index);
    } else if (tick >> kBits == now_tick_ >> kBits) {
      link(near_[tick & kMask], index);
      ++near_count_;
    } else if (tick >> (2 * kBits) == now_tick_ >> (2 * kBits)) {
      link(far_[(tick >> kBits) & kMask], index);
      ++far_count_;
    } else {
      link(beyond_, index);
    }
  }
  void link(std::uint32_t& head, std::uint32_t index) {
    nodes_[index].next = head;
    head = index;
  }
  void insert_ready(std::uint32_t index);
  bool refill(std::int64_t limit_ns);
  void enter(std::uint64_t tick);
  void place_all(std::uint32_t head);
  std::int64_t earliest_in(std::uint32_t head) const;

  int shift_ = 0;               ///< log2 of a bucket's width in ns
  std::uint64_t now_tick_ = 0;  ///< the first bucket that is not open yet
  std::size_t size_ = 0;
  std::size_t near_count_ = 0;
  std::size_t far_count_ = 0;
  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;
  std::vector<std::uint32_t> near_;
  std::vector<std::uint32_t> far_;
  std::uint32_t beyond_ = kNone;
  std::vector<Ready> ready_;
  std::size_t ready_at_ = 0;
};

}  // namespace wrackline::workload

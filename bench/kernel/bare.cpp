// The floor: the same workloads as loops over a 4-ary heap of 16-byte entries, with a switch for a kernel. No
// events, no processes, no order of ties beyond insertion, no hash. Everything else is given as a ratio to
// this.
#include <deque>
#include <vector>

#include "bench/kernel/measure.hpp"

namespace {

struct Entry {
  std::uint64_t low;  // insertion:40 | what:24
  std::uint64_t time;
};

class Heap {
 public:
  void push(std::uint64_t time, std::uint32_t what) {
    const Entry entry{(inserted_++ << 24) | what, time};
    if (hole_) {
      hole_ = false;
      sift(entry);
      return;
    }
    std::size_t at = heap_.size();
    heap_.push_back(entry);
    while (at > 0 && before(entry, heap_[(at - 1) / 4])) {
      heap_[at] = heap_[(at - 1) / 4];
      at = (at - 1) / 4;
    }
    heap_[at] = entry;
  }
  Entry pop() {
    if (hole_) {
      const Entry last = heap_.back();
      heap_.pop_back();
      if (!heap_.empty()) sift(last);
    }
    hole_ = true;
    return heap_.front();
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static bool before(const Entry& a, const Entry& b) {
    return ((Wide{a.time} << 64) | a.low) < ((Wide{b.time} << 64) | b.low);
  }
  void sift(Entry entry) {
    std::size_t at = 0;
    const std::size_t size = heap_.size();
    Entry* const heap = heap_.data();
    for (;;) {
      const std::size_t child = 4 * at + 1;
      std::size_t least = child;
      if (child + 4 <= size) {
        const std::size_t left = child + (before(heap[child + 1], heap[child]) ? 1 : 0);
        const std::size_t right = child + 2 + (before(heap[child + 3], heap[child + 2]) ? 1 : 0);
        least = before(heap[right], heap[left]) ? right : left;
      } else if (child < size) {
        for (std::size_t i = child + 1; i < size; ++i) {
          if (before(heap[i], heap[least])) least = i;
        }
      } else {
        break;
      }
      if (!before(heap[least], entry)) break;
      heap[at] = heap[least];
      at = least;
    }
    heap[at] = entry;
  }
  std::vector<Entry> heap_;
  std::uint64_t inserted_ = 0;
  bool hole_ = false;
};

void hold(const bench::Arguments& arguments) {
  Heap heap;
  bench::Draws draws;
  bench::Meter meter{arguments.settle(), arguments.events};
  std::uint64_t check = 0;
  for (std::uint32_t i = 0; i < arguments.n; ++i)
    heap.push(static_cast<std::uint64_t>(draws.exponential_ns()), i);
  do {
    const Entry due = heap.pop();
    const std::uint32_t what = due.low & 0xffffff;
    check = check * 31 + what;
    heap.push(due.time + static_cast<std::uint64_t>(draws.exponential_ns()), what);
  } while (!meter.tick());
  meter.report("bare", arguments.n, check);
}

void actors(const bench::Arguments& arguments) {
  struct Actor {
    std::uint64_t box[4];
    std::uint64_t seen = 0;
  };
  std::vector<Actor> all(arguments.n);
  Heap heap;
  bench::Draws draws;
  bench::Meter meter{arguments.settle(), arguments.events};
  for (std::uint32_t i = 0; i < arguments.n; ++i)
    heap.push(static_cast<std::uint64_t>(draws.exponential_ns()), i);
  std::uint64_t check = 0;
  do {
    const Entry due = heap.pop();
    Actor& actor = all[due.low & 0xffffff];
    actor.box[++actor.seen & 3] = due.time;
    check += actor.seen;
    heap.push(due.time + static_cast<std::uint64_t>(draws.exponential_ns()), draws.below(arguments.n));
  } while (!meter.tick());
  meter.report("bare", arguments.n, check);
}

void mm1(const bench::Arguments& arguments) {
  Heap heap;
  bench::Draws draws;
  bench::Meter meter{1000, arguments.events};
  std::deque<std::uint64_t> line;
  bool busy = false;
  std::uint64_t waited_us = 0;
  auto service = [&] { return static_cast<std::uint64_t>(draws.exponential_ns()); };
  auto gap = [&] { return static_cast<std::uint64_t>(draws.exponential() / 0.9 * 1e9); };
  heap.push(gap(), 0);
  for (;;) {
    const Entry due = heap.pop();
    if ((due.low & 0xffffff) == 0) {
      heap.push(due.time + gap(), 0);
      if (busy) {
        line.push_back(due.time);
      } else {
        busy = true;
        heap.push(due.time + service(), 1);
      }
    } else {
      if (meter.tick()) break;
      if (line.empty()) {
        busy = false;
      } else {
        waited_us += (due.time - line.front()) / 1000;
        line.pop_front();
        heap.push(due.time + service(), 1);
      }
    }
  }
  meter.report("bare", 2, waited_us / meter.count() / 1000);
}

}  // namespace

int main(int count, char** values) {
  const bench::Arguments arguments{count, values};
  if (arguments.workload == "hold") {
    hold(arguments);
  } else if (arguments.workload == "actors") {
    actors(arguments);
  } else if (arguments.workload == "mm1") {
    mm1(arguments);
  } else {
    return 64;
  }
  return 0;
}

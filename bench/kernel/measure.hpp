// What all benchmark programs share, ours and the peers': the random draws, the clock, and the line that is
// printed.
//
// A run is timed in chunks of a few hundred events, far shorter than a scheduling slice, and the
// lower-quartile chunk is its figure: it stays clean while other guests of the host steal the processor
// (reference/kernel.md §0).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace bench {

/// xoshiro256++, seeded by SplitMix64; and the exponential by its inverse, as in every C++ program here.
class Draws {
 public:
  explicit Draws(std::uint64_t seed = 42) {
    for (std::uint64_t& word : state_) {
      std::uint64_t z = (seed += 0x9e3779b97f4a7c15U);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  double exponential() { return -std::log(1.0 - static_cast<double>(next() >> 11) * 0x1.0p-53); }
  /// Mean one second.
  std::int64_t exponential_ns() { return static_cast<std::int64_t>(exponential() * 1e9); }
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  static std::uint64_t rotate(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }
  std::uint64_t state_[4];
};

/// Counts events and looks at the clock once per chunk.
class Meter {
 public:
  /// The first `settle` events are not timed; after `events` more, done() holds.
  Meter(std::uint64_t settle, std::uint64_t events, std::uint64_t chunk = 512)
      : next_mark_{settle}, end_{settle + events}, chunk_{chunk} {
    marks_.reserve(events / chunk + 2);
  }
  /// Call once per event. True when the run is over.
  bool tick() {
    if (++count_ < next_mark_) return false;
    mark();
    return count_ >= end_;
  }
  bool done() const { return count_ >= end_; }
  std::uint64_t count() const { return count_; }

  void report(const std::string& name, std::uint64_t n, std::uint64_t check) const {
    std::vector<double> ns;
    for (std::size_t i = 1; i < marks_.size(); ++i)
      ns.push_back((marks_[i] - marks_[i - 1]) * 1e9 / static_cast<double>(chunk_));
    std::sort(ns.begin(), ns.end());
    auto quantile = [&ns](double q) {
      return ns.empty() ? 0.0 : ns[static_cast<std::size_t>(static_cast<double>(ns.size() - 1) * q)];
    };
    std::printf(
        "{\"name\": \"%s\", \"n\": %llu, \"events\": %llu, \"p10\": %.2f, \"p25\": %.2f, \"p50\": %.2f, "
        "\"mib\": %.1f, \"check\": %llu}\n",
        name.c_str(), static_cast<unsigned long long>(n), static_cast<unsigned long long>(end_),
        quantile(0.10), quantile(0.25), quantile(0.50), peak_mib(), static_cast<unsigned long long>(check));
    std::fflush(stdout);
  }

 private:
  /// From /proc: what getrusage says includes the parent's memory at the time of the fork.
  static double peak_mib() {
    double kib = 0;
    if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
      char line[256];
      while (std::fgets(line, sizeof line, status) != nullptr) {
        if (std::strncmp(line, "VmHWM:", 6) == 0) kib = std::atof(line + 6);
      }
      std::fclose(status);
    }
    return kib / 1024.0;
  }
  void mark() {
    marks_.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count());
    next_mark_ = std::min(count_ + chunk_, end_);
    if (count_ + chunk_ > end_) next_mark_ = end_ + chunk_;
    if (count_ + chunk_ > end_) end_ = count_;
  }
  std::uint64_t count_ = 0;
  std::uint64_t next_mark_;
  std::uint64_t end_;
  std::uint64_t chunk_;
  std::vector<double> marks_;
};

/// `program <workload> <n> <events>`
struct Arguments {
  std::string workload;
  std::uint32_t n;
  std::uint64_t events;
  Arguments(int count, char** values) {
    if (count < 4) {
      std::fprintf(stderr, "usage: %s WORKLOAD N EVENTS\n", values[0]);
      std::exit(64);
    }
    workload = values[1];
    n = static_cast<std::uint32_t>(std::strtoul(values[2], nullptr, 10));
    events = std::strtoull(values[3], nullptr, 10);
  }
  std::uint64_t settle() const { return std::min<std::uint64_t>(n, events / 2); }
};

}  // namespace bench

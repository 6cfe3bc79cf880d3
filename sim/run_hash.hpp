// The fingerprint of a run: a 128-bit rolling hash over every event, always on, and the means to find the
// first event in which two runs differ.
//
//   RunHash    absorbs two words per event and whatever models add (moments, message payloads)
//   HashTrail  checkpoints of it as the run goes along: small, savable, comparable
//   EventRecord  what happened in one event, kept only inside a window of event indices
//
// To bisect: compare two trails, which gives the window between the last equal and the first different
// checkpoint; repeat both runs recording that window; compare the records. `first_difference` does all three.
//
// Not cryptographic: it tells accidents apart, not adversaries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/entity.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};
/// 32 hexadecimal digits.
std::string to_string(Hash128 hash);

class RunHash {
 public:
  void absorb(std::uint64_t a, std::uint64_t b) {
    // Two lanes that feed each other; each step is a bijection of the state for given input, so no two states
    // merge.
    first_ = (rotate(first_, 29) ^ a) * 0x9fb21c651e98df25U;
    second_ = (rotate(second_, 31) + b) * 0xd6e8feb86659fd93U ^ first_;
  }
  Hash128 value() const;

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }
  std::uint64_t first_ = 0x243f6a8885a308d3U;
  std::uint64_t second_ = 0x13198a2e03707344U;
};

struct Checkpoint {
  std::uint64_t events = 0;  ///< so many events had been executed
  Time at{};
  Hash128 hash;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// A half-open range of event indices.
struct EventWindow {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  friend bool operator==(const EventWindow&, const EventWindow&) = default;
};

/// One executed event, and the hash after all it did.
struct EventRecord {
  std::uint64_t index = 0;
  Time at{};
  unsigned priority = 0;
  std::string source;                ///< name of the entity that scheduled it
  std::uint64_t counter = 0;         ///< it was the entity's so-manieth event
  std::vector<std::string> moments;  ///< announced while it ran
  Hash128 after;
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};
std::string to_string(const EventRecord& record);

/// The checkpoints of one run. The spacing starts at `interval` and doubles whenever the trail is full, by a
/// rule that depends on nothing but the event count, so trails of two runs have checkpoints in common.
class HashTrail {
 public:
  explicit HashTrail(std::uint64_t interval = 1024) : interval_{interval} {}

  void add(const Checkpoint& checkpoint);
  void finish(const Checkpoint& last) { last_ = last; }
  std::uint64_t interval() const { return interval_; }
  const std::vector<Checkpoint>& checkpoints() const { return checkpoints_; }
  const Checkpoint& last() const { return last_; }

  /// Lines of text, one checkpoint each: what `--hash-trail FILE` writes and `diff-hash` reads.
  std::string save() const;
  /// Nothing if the text is not a trail.
  static std::optional<HashTrail> load(const std::string& text);

 private:
  static constexpr std::size_t kMost = 4096;
  std::uint64_t interval_;
  std::vector<Checkpoint> checkpoints_;
  Checkpoint last_;
};

/// Where two trails part: after begin events they were equal, at end they are not. Nothing if they agree.
std::optional<EventWindow> differing_window(const HashTrail& a, const HashTrail& b);

/// One run as the bisection sees it: its trail, and the records of the window asked for.
struct RecordedRun {
  HashTrail trail;
  std::vector<EventRecord> records;
};
using RepeatRun = std::function<RecordedRun(EventWindow record)>;

struct Difference {
  std::uint64_t index = 0;
  std::optional<EventRecord> a;  ///< nothing: this run had ended
  std::optional<EventRecord> b;
};
/// The first event in which the two runs differ, found by repeating each at most twice.
std::optional<Difference> first_difference(const RepeatRun& a, const RepeatRun& b);
std::string to_string(const Difference& difference);

}  // namespace wrackline::sim

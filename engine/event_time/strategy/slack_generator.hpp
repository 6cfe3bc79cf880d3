// The frame that most adaptive strategies share: look at the lateness of each record, keep a slack B, say
// W = M - B - 1, and never be silent for too long.
//
// A strategy gives the policy: `bool update(const Observation&, std::int64_t lateness_ms, bool behind)`
// (true: it changed its mind), `std::int64_t slack_ms()`, `std::size_t bytes()`. Lateness is max(0, M - e), M
// with the record itself included; it needs no agreement between the clocks.
//
// Maximum silence (science.md 0.7): if event time went on but the watermark did not for `max_silence`, the
// largest slack that the recent records justify is taken instead: W = M - 2 q - 1, q the 99th percentile of
// the last 512 latenesses. One absurd record can then hold the watermark for that long, but not for ever.
// Silence begins with the first record that is newer than all before and yet moves nothing; a source that
// sends nothing is idle, not silent.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/event_time/sketch/rank.hpp"
#include "engine/event_time/strategy/strategy.hpp"

namespace wrackline::event_time::strategy {

/// M, and how far behind it a record is.
class EventTimes {
 public:
  /// The record's lateness, 0 if it is the newest so far.
  std::int64_t add(TimestampMs event_ms) {
    newest_ = event_ms > max_ || !any_;
    if (newest_) {
      max_ = event_ms;
      any_ = true;
      return 0;
    }
    return saturating_sub(max_, event_ms);
  }
  bool any() const { return any_; }
  /// Whether the last record moved it.
  bool newest() const { return newest_; }
  TimestampMs max() const { return max_; }
  /// M - slack - 1.
  TimestampMs less(std::int64_t slack_ms) const { return saturating_sub(saturating_sub(max_, slack_ms), 1); }

 private:
  TimestampMs max_ = kMinTimestamp;
  bool any_ = false;
  bool newest_ = false;
};

/// A bound that was computed in floating point, as whole milliseconds: the fraction cut off (M - B is the
/// same test then), not beyond the axis.
inline std::int64_t whole_ms(double ms) {
  constexpr double kFurthest = 9.0e18;
  return ms >= kFurthest ? static_cast<std::int64_t>(kFurthest) : ms > 0 ? static_cast<std::int64_t>(ms) : 0;
}

class SilenceGuard {
 public:
  static constexpr std::size_t kRecent = 512;

  /// 0: never speaks.
  explicit SilenceGuard(std::int64_t max_silence_ms) : max_silence_ms_{max_silence_ms} {
    if (max_silence_ms > 0) recent_.reserve(kRecent);
  }
  void note(std::int64_t lateness_ms) {
    if (max_silence_ms_ == 0) return;
    if (recent_.size() < kRecent) {
      recent_.push_back(lateness_ms);
    } else {
      recent_[next_++ % kRecent] = lateness_ms;
    }
  }
  void moved() { waiting_ = false; }
  /// Event time went on, the watermark did not.
  void held(std::int64_t now_ms) {
    if (waiting_) return;
    waiting_ = true;
    since_ms_ = now_ms;
  }
  /// Whether it is time to speak; then not again before another max_silence.
  bool due(std::int64_t now_ms) {
    if (!waiting_ || max_silence_ms_ == 0 || now_ms - since_ms_ < max_silence_ms_) return false;
    since_ms_ = now_ms;
    return true;
  }
  std::int64_t slack_ms() const {
    if (recent_.empty()) return 0;
    std::array<std::int64_t, kRecent> sorted;
    const auto end = std::copy(recent_.begin(), recent_.end(), sorted.begin());
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(sketch::rank_of(0.99, recent_.size()) - 1);
    std::nth_element(sorted.begin(), at, end);
    return saturating_add(*at, *at);
  }
  std::size_t bytes() const { return recent_.capacity() * sizeof(std::int64_t); }

 private:
  std::int64_t max_silence_ms_;
  std::int64_t since_ms_ = 0;
  bool waiting_ = false;
  std::size_t next_ = 0;
  std::vector<std::int64_t> recent_;
};

template <class Policy>
class SlackGenerator final : public Generator {
 public:
  SlackGenerator(Policy policy, std::int64_t max_silence_ms)
      : policy_{std::move(policy)}, silence_{max_silence_ms} {}

  void on_record(const Observation& seen) override {
    const bool behind = seen.event_ms <= watermark();
    const std::int64_t lateness_ms = times_.add(seen.event_ms);
    silence_.note(lateness_ms);
    if (policy_.update(seen, lateness_ms, behind)) ++counters_.adaptations;
    if (raise_to(times_.less(policy_.slack_ms()))) {
      silence_.moved();
      return;
    }
    if (times_.newest()) silence_.held(seen.arrival_ms);
    break_silence(seen.arrival_ms);
  }
  void on_periodic(std::int64_t now_ms) override {
    if (!times_.any()) return;
    if constexpr (requires { policy_.tick(now_ms); }) {
      if (policy_.tick(now_ms) && raise_to(times_.less(policy_.slack_ms()))) silence_.moved();
    }
    break_silence(now_ms);
  }
  std::int64_t slack_ms() const override { return policy_.slack_ms(); }
  std::size_t state_bytes() const override { return policy_.bytes() + silence_.bytes(); }
  const Policy& policy() const { return policy_; }

 private:
  void break_silence(std::int64_t now_ms) {
    if (!silence_.due(now_ms)) return;
    const TimestampMs fallback = times_.less(silence_.slack_ms());
    if (fallback <= watermark()) return;
    raise_to(fallback);
    silence_.moved();
    ++counters_.fallbacks;
  }

  Policy policy_;
  EventTimes times_;
  SilenceGuard silence_;
};

}  // namespace wrackline::event_time::strategy

// A small pipeline told by hand: the hooks in the order a model would call them, with defaults that a test
// can ignore.
#pragma once

#include <initializer_list>
#include <vector>

#include "sim/observer.hpp"

namespace wrackline::analysis::testing {

inline sim::Time at_ms(std::int64_t ms) { return sim::Time{std::chrono::milliseconds{ms}}; }
inline sim::EventId event(std::uint64_t n, std::uint16_t source = 0) { return {source, n}; }

inline std::vector<sim::EventId> events(std::initializer_list<std::uint64_t> ordinals) {
  std::vector<sim::EventId> ids;
  for (const std::uint64_t n : ordinals) ids.push_back(event(n));
  return ids;
}
inline std::vector<sim::EventId> range(std::uint64_t from, std::uint64_t until, std::uint16_t source = 0) {
  std::vector<sim::EventId> ids;
  for (std::uint64_t n = from; n < until; ++n) ids.push_back(event(n, source));
  return ids;
}

class Script {
 public:
  explicit Script(sim::Observer& observer) : to_{observer} {}

  /// Event n of source 0 at `ms`, stamped by a right clock unless said otherwise.
  void create(std::int64_t ms, std::uint32_t key = 0, std::int64_t stamped_wrong_by_ms = 0) {
    const sim::CreatedRecord record{event(next_++), key, ms + stamped_wrong_by_ms, at_ms(ms), at_ms(ms)};
    to_.created({&record, 1});
  }
  void append(const std::vector<sim::EventId>& ids, std::int64_t ms) {
    to_.appended({}, offset_, ids, at_ms(ms));
  }
  void commit(const std::vector<sim::EventId>& ids, std::int64_t ms) {
    to_.committed({}, offset_, ids, at_ms(ms));
    offset_ += static_cast<std::int64_t>(ids.size());
  }
  void poll(const std::vector<sim::EventId>& ids, std::int64_t first, std::int64_t ms) {
    to_.polled(0, {}, first, ids, at_ms(ms));
  }
  void process(const std::vector<sim::EventId>& ids, std::int64_t ms) { to_.processed(0, ids, at_ms(ms)); }
  /// Appended, acknowledged, committed, polled and processed without trouble.
  void flow(const std::vector<sim::EventId>& ids, std::int64_t ms) {
    append(ids, ms);
    to_.told(sim::Told::acknowledged, ids, at_ms(ms + 1));
    const std::int64_t first = offset_;
    commit(ids, ms + 1);
    poll(ids, first, ms + 2);
    process(ids, ms + 3);
  }
  static sim::VisibleResult row(std::uint32_t key, std::int64_t start_ms, std::int64_t end_ms,
                                const std::vector<sim::EventId>& ids, bool overwrites = false,
                                std::uint32_t pane = 0) {
    sim::VisibleResult result;
    result.key = key;
    result.window_start_ms = start_ms;
    result.window_end_ms = end_ms;
    result.pane = pane;
    result.contributions = ids;
    result.overwrites = overwrites;
    for (const sim::EventId id : ids) result.digest += sim::mix(id);
    return result;
  }
  void show(std::uint32_t key, std::int64_t start_ms, std::int64_t end_ms,
            const std::vector<sim::EventId>& ids, std::int64_t ms, bool overwrites = false,
            std::uint32_t pane = 0) {
    to_.visible(row(key, start_ms, end_ms, ids, overwrites, pane), at_ms(ms));
  }

  std::uint64_t created() const { return next_; }

 private:
  sim::Observer& to_;
  std::uint64_t next_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace wrackline::analysis::testing

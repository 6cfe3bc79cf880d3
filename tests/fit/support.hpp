// Traces made up for tests: one source or several, with known delays and known faults of their clocks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/fit/fit.hpp"
#include "sim/distribution.hpp"

namespace wrackline::fit {

struct MadeRow {
  std::int64_t event_ms = 0;
  std::int64_t arrival_ms = 0;
  std::uint32_t key = 0;
};

inline constexpr std::int64_t kBeginMs = 1'700'000'000'000;

class MadeTrace {
 public:
  /// Rows every `gap_ms` from one source; `stamp` is what its clock shows at a true time.
  void source(std::uint32_t key, int rows, std::int64_t gap_ms, const sim::Distribution& delay_ms,
              const std::function<std::int64_t(std::int64_t)>& stamp = {}) {
    sim::Stream draws{11, "source " + std::to_string(key), "delays"};
    for (int i = 0; i < rows; ++i) {
      const std::int64_t created = kBeginMs + i * gap_ms + key;
      const std::int64_t event = stamp ? stamp(created) : created;
      rows_.push_back({event, created + delay_ms.sample_int(draws), key});
    }
  }
  void add(const MadeRow& row) { rows_.push_back(row); }

  std::vector<MadeRow>& rows() {
    std::sort(rows_.begin(), rows_.end(), [](const MadeRow& a, const MadeRow& b) {
      if (a.arrival_ms != b.arrival_ms) return a.arrival_ms < b.arrival_ms;
      return a.key != b.key ? a.key < b.key : a.event_ms < b.event_ms;
    });
    return rows_;
  }
  Fitter fitter() {
    std::vector<std::int64_t> events;
    std::vector<std::int64_t> arrivals;
    std::vector<std::uint32_t> keys;
    for (const MadeRow& row : rows()) {
      events.push_back(row.event_ms);
      arrivals.push_back(row.arrival_ms);
      keys.push_back(row.key);
    }
    Fitter made;
    made.add({events, arrivals, keys});
    return made;
  }
  std::string csv() {
    std::string text = "key,event_time_ms,arrival_time_ms\n";
    for (const MadeRow& row : rows())
      text += "dev" + std::to_string(row.key) + "," + std::to_string(row.event_ms) + "," +
              std::to_string(row.arrival_ms) + "\n";
    return text;
  }

 private:
  std::vector<MadeRow> rows_;
};

}  // namespace wrackline::fit

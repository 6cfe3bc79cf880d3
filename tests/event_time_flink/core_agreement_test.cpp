// Within the core's range - event time, tumbling and hopping, the default trigger - the pipeline's fast
// operator and the engine's own decide alike: which records are late, and which window holds what at each
// firing.
#include <algorithm>
#include <tuple>
#include <vector>

#include "engine/event_time/flink/window_operator.hpp"
#include "engine/event_time/window_operator.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

/// (window start, key, sum): a firing.
using Firing = std::tuple<TimestampMs, std::uint32_t, std::int64_t>;

struct Draws {
  std::uint64_t state;
  std::int64_t below(std::int64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>((state >> 33U) % static_cast<std::uint64_t>(n));
  }
};

std::vector<Firing> sorted(std::vector<Firing> firings) {
  std::sort(firings.begin(), firings.end());
  return firings;
}

TEST_CASE("L-1 to L-10: the core's window operator and Flink's agree on random records and watermarks") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Draws draws{seed};
    const std::int64_t slide = 1 + draws.below(20);
    const std::int64_t size = draws.below(3) == 0 ? slide : 1 + draws.below(60);
    const std::int64_t offset = draws.below(slide);
    const std::int64_t lateness = draws.below(2) == 0 ? 0 : draws.below(40);

    WindowOperator core{WindowAssigner::hopping(size, slide, offset), lateness, Lineage::none};
    flink::WindowOperator exact{{.assigner = {.kind = flink::WindowAssigner::Kind::sliding,
                                              .size_ms = size,
                                              .slide_ms = slide,
                                              .offset_ms = offset},
                                 .allowed_lateness_ms = lateness,
                                 .reduce = true}};
    PaneBatch panes;
    flink::WindowResults results;
    TimestampMs now = -50;
    for (int step = 0; step < 200; ++step) {
      panes.clear();
      results.clear();
      if (draws.below(4) == 0) {
        now += draws.below(30);
        core.advance_watermark(now, panes);
        exact.advance_watermark(now, results);
      } else {
        const auto key = static_cast<std::uint32_t>(draws.below(3));
        const TimestampMs ts = now - 40 + draws.below(80);
        const std::int64_t value = draws.below(100) - 50;
        const auto verdict = core.add(0, key, ts, {}, value, panes);
        const auto engine = exact.add(key, {.value = value, .timestamp = ts}, results);
        REQUIRE((verdict == WindowOperator::Verdict::accepted) ==
                (engine == flink::WindowOperator::Verdict::accepted));
        REQUIRE((verdict == WindowOperator::Verdict::late_dropped) ==
                (engine == flink::WindowOperator::Verdict::late));
      }
      std::vector<Firing> from_core;
      for (const Pane& pane : panes.panes)
        from_core.emplace_back(pane.window.start_ms, pane.key, pane.aggregate.sum);
      std::vector<Firing> from_exact;
      for (const flink::WindowResult& result : results.results)
        from_exact.emplace_back(result.window.start, result.key, result.sum);
      REQUIRE(sorted(from_core) == sorted(from_exact));
    }
  }
}

}  // namespace
}  // namespace wrackline::event_time

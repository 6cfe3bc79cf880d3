// How fast a trace is replayed: ours, measured whole (lags, latencies, completeness, state), against two
// peers that only count what is behind and dropped and how many results fire - the straightforward loop that
// a person would write (a map of windows, each with a hash map of keys), and the pipeline's own window
// operator.
//
//   bench_replay WORKLOAD ROWS KEYS ROUNDS
//
// The rows are made once: a Poisson stream of 100 000 records a second with lognormal delays (median 100 ms,
// sigma 0.45), KEYS equally likely keys. Processor time of the thread, by chunks of 65 536 rows; a JSON line
// a round with the median chunk and the lower quartile.
#include <ctime>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/kernel/measure.hpp"
#include "engine/event_time/partition_watermarks.hpp"
#include "engine/event_time/window_operator.hpp"
#include "engine/replay/replay.hpp"
#include "sim/distribution.hpp"

namespace {

using namespace wrackline;

constexpr std::size_t kChunkRows = 65'536;

struct Trace {
  std::vector<std::int64_t> event_ms;
  std::vector<std::int64_t> arrival_ms;
  std::vector<std::uint32_t> key;
};

Trace make_trace(std::size_t rows, std::uint32_t keys) {
  sim::Stream stream{42, "bench", "replay"};
  const auto gap = sim::Distribution::exponential(0.01);
  const auto delay = sim::Distribution::lognormal_median_sigma(100, 0.45);
  struct Row {
    double arrival;
    std::int64_t event_ms;
    std::uint32_t key;
  };
  std::vector<Row> made(rows);
  double at = 1.6e12;
  for (Row& row : made) {
    at += gap.sample(stream);
    row = {at + delay.sample(stream), static_cast<std::int64_t>(at),
           static_cast<std::uint32_t>(stream.below(keys))};
  }
  std::sort(made.begin(), made.end(), [](const Row& a, const Row& b) { return a.arrival < b.arrival; });
  Trace trace;
  for (const Row& row : made) {
    trace.event_ms.push_back(row.event_ms);
    trace.arrival_ms.push_back(static_cast<std::int64_t>(row.arrival));
    trace.key.push_back(row.key);
  }
  return trace;
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Feeds the rows chunk by chunk and prints what a row costs.
template <class Feed, class Check>
void measure(const char* name, const Trace& trace, Feed&& feed, Check&& check) {
  std::vector<double> ns;
  const std::size_t rows = trace.event_ms.size();
  for (std::size_t at = 0; at + kChunkRows <= rows; at += kChunkRows) {
    const double before = cpu_seconds();
    feed(at, kChunkRows);
    ns.push_back((cpu_seconds() - before) * 1e9 / static_cast<double>(kChunkRows));
  }
  std::sort(ns.begin(), ns.end());
  std::printf("{\"name\": \"%s\", \"p25\": %.2f, \"p50\": %.2f, \"check\": %llu}\n", name, ns[ns.size() / 4],
              ns[ns.size() / 2], static_cast<unsigned long long>(check()));
  std::fflush(stdout);
}

struct Workload {
  const char* name;
  const char* watermark;
  replay::WindowSpec window;
  const char* aggregates = "count";
  bool read = false;  ///< with values, and somebody looks at every result
};

constexpr const char* kBounded = "bounded=200ms,interval=0,scope=task";

const std::vector<Workload>& workloads() {
  using replay::WindowSpec;
  static const std::vector<Workload> all{
      {"tumbling", "bounded=200ms,interval=0,scope=task", WindowSpec::tumbling(5000)},
      {"tumbling-periodic", "bounded=200ms,scope=task", WindowSpec::tumbling(5000)},
      {"hopping", "bounded=200ms,interval=0,scope=task", WindowSpec::hopping(60'000, 5000)},
      {"quantile", "sliding_quantile=0.99,interval=0,scope=task", WindowSpec::tumbling(5000)},
      {"k-slack", "k_slack,interval=0,scope=task", WindowSpec::tumbling(5000)},
      {"per-key", "bounded=200ms,interval=0,scope=partition", WindowSpec::tumbling(5000)},
      {"session", "bounded=200ms,interval=0,scope=task", WindowSpec::session(20)},
      {"statistics", kBounded, WindowSpec::tumbling(5000), "mean"},
      {"distinct", kBounded, WindowSpec::tumbling(5000), "distinct", true},
      {"distinct-sketch", kBounded, WindowSpec::tumbling(5000), "distinct_sketch", true},
      {"exact-quantile", kBounded, WindowSpec::tumbling(5000), "quantile", true},
      {"quantile-sketch", kBounded, WindowSpec::tumbling(5000), "quantile_sketch", true},
      {"t-digest", kBounded, WindowSpec::tumbling(5000), "quantile_t_digest", true},
      {"sliding", kBounded, WindowSpec::sliding(5000)},
      {"sliding-mean", kBounded, WindowSpec::sliding(500), "mean", true},
      {"sliding-sketch", kBounded, WindowSpec::sliding(500), "quantile_sketch", true},
      {"count", kBounded, WindowSpec::count(100)},
      {"count-overlapping", kBounded, WindowSpec::count(100, 10), "mean", true},
      {"global", kBounded, WindowSpec::global()},
  };
  return all;
}

void run_ours(const Workload& workload, const Trace& trace) {
  replay::ReplayConfig config;
  config.watermark = *event_time::strategy::parse_text(workload.watermark).block;
  config.window = workload.window;
  const std::vector<std::string> names{workload.aggregates};
  const bool is_quantile = names.front().find("quantile") != std::string::npos;
  config.aggregates = replay::parse_aggregates(names, is_quantile ? std::optional{0.99} : std::nullopt).list;
  if (workload.window.kind == replay::WindowKind::global) config.early_every_ms = 1000;
  std::vector<std::int64_t> values;
  if (workload.read) {
    sim::Stream stream{42, "bench", "values"};
    for (std::size_t i = 0; i < trace.event_ms.size(); ++i)
      values.push_back(static_cast<std::int64_t>(stream.below(10'000)));
    // One row is kept and all are made.
    config.rows = replay::RowsOf::keys;
    config.most_rows = 1;
  }
  replay::Replay ours{{config}};
  const replay::Columns all{trace.event_ms, trace.arrival_ms, trace.key, values};
  measure(
      "wrackline", trace, [&](std::size_t at, std::size_t rows) { ours.feed(all.slice(at, rows)); },
      [] { return 0; });
  const auto result = ours.finish().front();
  std::printf("{\"name\": \"counts\", \"behind\": %llu, \"dropped\": %llu, \"results\": %llu}\n",
              static_cast<unsigned long long>(result.behind), static_cast<unsigned long long>(result.dropped),
              static_cast<unsigned long long>(result.windows.results));
}

/// What one writes first: a bucket for each window, a hash map of keys in each.
void run_loop(const Workload& workload, const Trace& trace) {
  std::map<std::int64_t, std::unordered_map<std::uint32_t, std::int64_t>> windows;
  std::int64_t newest = INT64_MIN / 2;
  std::uint64_t behind = 0;
  std::uint64_t dropped = 0;
  std::uint64_t results = 0;
  const std::int64_t size = workload.window.size_ms;
  const std::int64_t slide = workload.window.step_ms;
  measure(
      "plain loop", trace,
      [&](std::size_t at, std::size_t rows) {
        for (std::size_t i = at; i < at + rows; ++i) {
          const std::int64_t event_ms = trace.event_ms[i];
          const std::int64_t watermark = newest - 200;
          if (event_ms < watermark) ++behind;
          bool any = false;
          for (std::int64_t start = event_ms / slide * slide; start > event_ms - size; start -= slide) {
            if (start + size <= watermark) continue;
            ++windows[start][trace.key[i]];
            any = true;
          }
          if (!any) ++dropped;
          if (event_ms > newest) {
            newest = event_ms;
            while (!windows.empty() && windows.begin()->first + size <= newest - 200) {
              results += windows.begin()->second.size();
              windows.erase(windows.begin());
            }
          }
        }
      },
      [&] { return behind + dropped + results; });
}

/// The same, and it also notes what the percentiles need: every lag, every record's latency (not sorted yet).
void run_measuring_loop(const Workload& workload, const Trace& trace) {
  struct Bucket {
    std::unordered_map<std::uint32_t, std::int64_t> counts;
    std::vector<std::int64_t> events;
  };
  std::map<std::int64_t, Bucket> windows;
  std::vector<std::int64_t> lags;
  std::vector<std::int64_t> latencies;
  std::int64_t newest = INT64_MIN / 2;
  std::uint64_t behind = 0;
  std::uint64_t dropped = 0;
  const std::int64_t size = workload.window.size_ms;
  const std::int64_t slide = workload.window.step_ms;
  measure(
      "measuring loop", trace,
      [&](std::size_t at, std::size_t rows) {
        for (std::size_t i = at; i < at + rows; ++i) {
          const std::int64_t event_ms = trace.event_ms[i];
          const std::int64_t watermark = newest - 200;
          if (event_ms < watermark) ++behind;
          bool first = true;
          for (std::int64_t start = event_ms / slide * slide; start > event_ms - size; start -= slide) {
            if (start + size <= watermark) continue;
            Bucket& bucket = windows[start];
            ++bucket.counts[trace.key[i]];
            if (start == event_ms / slide * slide) bucket.events.push_back(event_ms);
            first = false;
          }
          if (first) ++dropped;
          if (event_ms > newest) {
            newest = event_ms;
            while (!windows.empty() && windows.begin()->first + size <= newest - 200) {
              for (const std::int64_t event : windows.begin()->second.events)
                latencies.push_back(trace.arrival_ms[i] - event);
              windows.erase(windows.begin());
            }
          }
          lags.push_back(trace.arrival_ms[i] - newest + 200);
        }
      },
      [&] { return behind + dropped + lags.size() + latencies.size(); });
}

void run_operator(const Workload& workload, const Trace& trace) {
  auto strategy = event_time::WatermarkStrategy::bounded(200);
  strategy.emission = event_time::WatermarkStrategy::Emission::per_record;
  event_time::PartitionWatermarks watermarks{strategy};
  watermarks.add_partition(0);
  event_time::WindowOperator windows{
      event_time::WindowAssigner::hopping(workload.window.size_ms, workload.window.step_ms), 0,
      event_time::Lineage::none};
  event_time::PaneBatch fired;
  std::uint64_t behind = 0;
  std::uint64_t dropped = 0;
  measure(
      "window operator", trace,
      [&](std::size_t at, std::size_t rows) {
        for (std::size_t i = at; i < at + rows; ++i) {
          const std::int64_t event_ms = trace.event_ms[i];
          if (event_ms <= watermarks.current()) ++behind;
          const auto verdict = windows.add(0, trace.key[i], event_ms, {1, i}, 1, fired);
          if (verdict == event_time::WindowOperator::Verdict::late_dropped) ++dropped;
          windows.advance_watermark(watermarks.on_record(0, event_ms), fired);
          fired.clear();
        }
      },
      [&] { return behind + dropped; });
}

}  // namespace

int main(int count, char** values) {
  if (count < 5) {
    std::fprintf(stderr, "usage: %s WORKLOAD ROWS KEYS ROUNDS\n", values[0]);
    return 64;
  }
  const Trace trace = make_trace(std::strtoull(values[2], nullptr, 10),
                                 static_cast<std::uint32_t>(std::strtoul(values[3], nullptr, 10)));
  const std::string_view wanted = values[1];
  for (const Workload& workload : workloads()) {
    if (wanted != workload.name) continue;
    const bool has_peers = wanted == "tumbling" || wanted == "hopping";
    for (int round = 0; round < std::atoi(values[4]); ++round) {
      run_ours(workload, trace);
      if (has_peers) {
        run_loop(workload, trace);
        run_measuring_loop(workload, trace);
        run_operator(workload, trace);
      }
    }
    return 0;
  }
  std::fprintf(stderr, "no workload %s\n", values[1]);
  return 64;
}

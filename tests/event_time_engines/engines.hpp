// The three engines over one list of records, for docs/three-engines.md: what each says after each arrival.
//
// Times are whole seconds on the page and milliseconds below. Each engine is run as its users run it: Flink
// with a bounded-out-of-orderness watermark said after every record, Spark with one record per micro-batch
// (and the batch without data that follows), Kafka Streams without record cache, stores in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wrackline::event_time::engines {

struct Arrival {
  std::string key;
  std::int64_t seconds = 0;
  bool right = false;  ///< of a join's second stream
};

/// What an engine emitted and dropped on each arrival, one cell each.
using Cells = std::vector<std::string>;

enum class Windowing : std::uint8_t { tumbling, session };

/// Size or gap, and the disorder that each engine is told to expect.
struct Setting {
  Windowing windowing = Windowing::tumbling;
  std::int64_t window_s = 10;
  std::int64_t disorder_s = 5;
  std::int64_t flink_lateness_s = 5;
};

Cells flink_counts(const std::vector<Arrival>& arrivals, const Setting& setting);
Cells spark_counts(const std::vector<Arrival>& arrivals, const Setting& setting);
Cells streams_counts(const std::vector<Arrival>& arrivals, const Setting& setting);
/// Kafka Streams with suppress(untilWindowCloses).
Cells streams_final_counts(const std::vector<Arrival>& arrivals, const Setting& setting);

/// Flink's interval join is inner; the other two are left joins.
Cells flink_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s);
Cells spark_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s);
Cells streams_join(const std::vector<Arrival>& arrivals, std::int64_t within_s, std::int64_t disorder_s);

/// "a [0,10) = 2", with seconds; a whole list is joined by "; ", an empty one is "-".
std::string count_text(const std::string& key, std::int64_t start_ms, std::int64_t end_ms, bool end_included,
                       const std::string& value);
std::string cell(const std::vector<std::string>& said);
std::int64_t key_number(const std::string& key);
std::string key_text(std::int64_t number);
/// The name of the n-th arrival's record in a join: L1, R2, ...
std::string join_name(const std::vector<Arrival>& arrivals, std::size_t at);

}  // namespace wrackline::event_time::engines

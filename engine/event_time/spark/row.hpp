// Values, rows and schemas as Spark's stateful operators see them. ("Surprise n" in this room:
// docs/surprises/spark.md.)
//
// Modelled: SQL NULL, bigint, timestamp in microseconds, string (interned by whoever feeds the query: only
// equality matters here) and the struct of two timestamps that window() and session_window() make. A column
// may carry the event-time mark of withWatermark (EventTimeWatermark.delayKey in the real metadata);
// projections keep the mark, so an operator finds out from its input's schema alone whether and by what it
// may call a row late. Not modelled: other types, nested expressions.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::event_time::spark {

struct Value {
  enum class Kind : std::uint8_t { null, bigint, timestamp, string, window };

  Kind kind = Kind::null;
  std::int64_t a = 0;  ///< the number, the microseconds, the id of the string, the start of the window
  std::int64_t b = 0;  ///< the end of the window

  static Value null() { return {}; }
  static Value bigint(std::int64_t number) { return {Kind::bigint, number, 0}; }
  static Value timestamp(std::int64_t us) { return {Kind::timestamp, us, 0}; }
  static Value string(std::int64_t id) { return {Kind::string, id, 0}; }
  static Value window(std::int64_t start_us, std::int64_t end_us) { return {Kind::window, start_us, end_us}; }

  bool is_null() const { return kind == Kind::null; }
  bool operator==(const Value&) const = default;
};

using Row = std::span<const Value>;

struct Column {
  std::string name;
  Value::Kind type = Value::Kind::bigint;
  /// Set: the column is event time, with this delay (withWatermark, or derived from such a column).
  std::optional<std::int64_t> watermark_delay_ms{};
  bool session_window = false;
};
using Schema = std::vector<Column>;

std::optional<std::size_t> find_column(const Schema& schema, std::string_view name);

/// WatermarkSupport.findEventTimeColumn: the first marked column. More than one is an error for the operator
/// under statefulOperator.allowMultiple (surprise 3); without it the first one counts.
struct EventTimeColumn {
  std::optional<std::size_t> index;
  bool ambiguous = false;
};
EventTimeColumn find_event_time_column(const Schema& schema);

/// Late, or due for eviction: `<=`, in microseconds; a window is as old as its end; NULL is never old.
inline bool not_after(const Value& event_time, std::int64_t watermark_ms) {
  if (event_time.is_null()) return false;
  return (event_time.kind == Value::Kind::window ? event_time.b : event_time.a) <= watermark_ms * 1000;
}

/// Milliseconds of a timestamp as the statistics count them: rounded down.
inline std::int64_t us_to_ms(std::int64_t us) { return us >= 0 ? us / 1000 : -((-us + 999) / 1000); }

/// Rows of one width in one flat block. Every row knows the input partition it came by: what is aggregated
/// before the shuffle is aggregated per partition, and the late count of session windows shows it.
class RowBatch {
 public:
  explicit RowBatch(std::size_t width) : width_{width} {}

  std::size_t width() const { return width_; }
  std::size_t size() const { return partitions_.size(); }
  bool empty() const { return partitions_.empty(); }
  Row row(std::size_t i) const { return {cells_.data() + i * width_, width_}; }
  std::uint32_t partition(std::size_t i) const { return partitions_[i]; }

  /// A new row of NULLs, to be filled in.
  std::span<Value> append(std::uint32_t partition = 0) {
    cells_.resize(cells_.size() + width_);
    partitions_.push_back(partition);
    return {cells_.data() + (partitions_.size() - 1) * width_, width_};
  }
  void append(Row row, std::uint32_t partition = 0) {
    assert(row.size() == width_);
    cells_.insert(cells_.end(), row.begin(), row.end());
    partitions_.push_back(partition);
  }
  void clear() {
    cells_.clear();
    partitions_.clear();
  }

 private:
  std::size_t width_;
  std::vector<Value> cells_;
  std::vector<std::uint32_t> partitions_;
};

std::uint64_t hash_of(Row row);

/// Entry of StateOperatorProgress.
struct OperatorMetrics {
  std::int64_t total = 0;       ///< numRowsTotal
  std::int64_t updated = 0;     ///< numRowsUpdated
  std::int64_t removed = 0;     ///< numRowsRemoved
  std::int64_t dropped = 0;     ///< numRowsDroppedByWatermark
  std::int64_t duplicates = 0;  ///< numDroppedDuplicateRows of the two deduplications
};

/// The two watermarks of a stateful operator in one batch (3.4 and later): what the batch before evicted by
/// makes a row late; what the offset log says for this batch evicts.
struct BatchWatermarks {
  std::int64_t late_ms = 0;
  std::int64_t eviction_ms = 0;
  std::int64_t batch_timestamp_ms = 0;  ///< the clock as the batch began
};

enum class OutputMode : std::uint8_t { append, update, complete };

}  // namespace wrackline::event_time::spark

// What a window computes, and the accumulator that computes it record by record.
//
//   count, sum, min, max, mean    algebraic: one cache line, whatever the number of records
//   distinct                      exactly (keeps the different values) or by HyperLogLog (1.6 % at 4 KiB)
//   quantile                      exactly (holistic: keeps all values) or by DDSketch (1 % of the value) or
//                                 t-digest (finest at the ends)
//
// Every accumulator also keeps count, sum, least and greatest value and the digest of its records: that is
// how a result is judged. Accumulators merge; all but the t-digest give the same result in whatever order
// records and merges come. `value` of a result is whole: the mean is cut towards zero, as Flink SQL's AVG
// over integers; `real` is the same as a double. The p-quantile is the ceil(p n)-th smallest value. DDSketch
// counts values below zero as zero.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/event_time/pane.hpp"
#include "engine/event_time/sketch/dd_sketch.hpp"
#include "engine/event_time/sketch/hyper_log_log.hpp"
#include "engine/event_time/sketch/t_digest.hpp"

namespace wrackline::event_time::window {

struct AggregateSpec {
  enum class Function : std::uint8_t {
    count,
    sum,
    min,
    max,
    mean,
    distinct,
    distinct_sketch,
    quantile,
    quantile_sketch,  ///< DDSketch
    quantile_t_digest,
  };
  Function function = Function::count;
  double quantile = 0.5;     ///< of the quantiles: 0 <= p <= 1
  int precision = 12;        ///< of distinct_sketch
  double alpha = 0.01;       ///< of quantile_sketch: relative error
  double compression = 100;  ///< of quantile_t_digest

  bool is_sketch() const {
    return function == Function::distinct_sketch || function == Function::quantile_sketch ||
           function == Function::quantile_t_digest;
  }
  std::vector<std::string> problems() const;
};

/// The functions with their names and a line of meaning, in the order of the enumeration.
struct AggregateName {
  AggregateSpec::Function function;
  std::string_view name;
  std::string_view doc;
};
const std::vector<AggregateName>& aggregate_names();

struct AggregateResult {
  std::int64_t value = 0;
  double real = 0;
  friend bool operator==(const AggregateResult&, const AggregateResult&) = default;
};

class Accumulator {
 public:
  Accumulator() = default;
  explicit Accumulator(const AggregateSpec& spec);

  void add(sim::EventId id, std::int64_t value) {
    basic_.add(id, value);
    if (detail_.index() != 0) add_detail(value);
  }
  void merge(const Accumulator& other);
  const Aggregate& basic() const { return basic_; }
  bool empty() const { return basic_.count == 0; }
  /// Of at least one record.
  AggregateResult result(const AggregateSpec& spec) const;
  /// What a backend would store.
  std::size_t size_bytes() const;

 private:
  struct Different {
    void add(std::int64_t value);
    void tidy();
    std::vector<std::int64_t> values;  ///< the first `tidied` ascending and different, then what came since
    std::size_t tidied = 0;
  };
  using Values = std::vector<std::int64_t>;
  void add_detail(std::int64_t value);

  Aggregate basic_;
  std::variant<std::monostate, Different, Values, sketch::HyperLogLog, sketch::DDSketch, sketch::TDigest>
      detail_;
};

}  // namespace wrackline::event_time::window

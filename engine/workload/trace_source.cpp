#include "engine/workload/trace_source.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/clock.hpp"

namespace wrackline::workload {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

std::vector<std::string> TraceOptions::problems() const {
  std::vector<std::string> found;
  constexpr std::uint64_t kMost = 1'000'000;
  if (time_scale.numerator == 0 || time_scale.denominator == 0 || time_scale.numerator > kMost ||
      time_scale.denominator > kMost)
    found.push_back("the time scale must lie between 1/1000000 and 1000000");
  if (loop_gap_ms < 0)
    found.push_back(fmt::format("the loop gap must be 0 ms or more, not {} ms", loop_gap_ms));
  if (values.low > values.high)
    found.push_back(
        fmt::format("values: the lowest ({}) is above the highest ({})", values.low, values.high));
  if (!poison.is_probability()) found.push_back("poison: the share must lie between 0 and 1");
  for (std::string& problem : read.problems()) found.push_back(std::move(problem));
  return found;
}

TraceSource::Opener TraceSource::from_file(std::string path) {
  return [path = std::move(path)] { return open_trace(path); };
}

TraceSource::Opener TraceSource::from_text(std::string text) {
  return [text = std::move(text)]() -> std::unique_ptr<std::istream> {
    return std::make_unique<std::istringstream>(text);
  };
}

TraceSource::TraceSource(const TraceOptions& options, Opener opener, std::uint64_t seed)
    : options_{options},
      opener_{std::move(opener)},
      keys_{options.keys != nullptr ? options.keys : std::make_shared<TraceKeys>()},
      poison_{options.poison, sim::stream_key(seed, options.name, "poison")},
      real_from_ns_{sim::to_ns(options.start)},
      trace_from_ns_{sim::to_ns(options.start)} {
  assert(options.problems().empty());
  if (open_pass()) load_next();
}

bool TraceSource::open_pass() {
  reader_.reset();
  input_ = opener_();
  if (input_ == nullptr) {
    problems_.add({0, 0, "the trace can not be opened", {}, {}, TraceProblems::Kind::file});
    return false;
  }
  reader_.emplace(*input_, *keys_, pass_ == 0 ? problems_ : repeated_, options_.read);
  return true;
}

void TraceSource::load_next() {
  has_row_ = false;
  if (options_.count && next_ordinal_ >= *options_.count) return;
  const std::int64_t last_arrival_ms = row_.arrival_ms;
  if (!reader_ || !reader_->next(row_)) {
    ++pass_;
    // A trace without a single good row would be opened again and again.
    if (!any_row_ || (options_.loops != 0 && pass_ >= options_.loops)) return;
    shift_ms_ = last_arrival_ms + options_.loop_gap_ms - first_arrival_ms_;
    if (!open_pass() || !reader_->next(row_)) return;
  }
  if (!any_row_) first_arrival_ms_ = row_.arrival_ms;
  any_row_ = true;
  row_.arrival_ms += shift_ms_;
  row_.event_time_ms += shift_ms_;
  has_row_ = row_.arrival_ms - first_arrival_ms_ <= kLatestTraceTimeMs;
}

std::int64_t TraceSource::scaled(std::int64_t ms, std::int64_t unit) const {
  __extension__ using Wide = __int128;
  const auto denominator = static_cast<Wide>(options_.time_scale.denominator);
  const Wide product = Wide{ms} * unit * static_cast<Wide>(options_.time_scale.numerator);
  Wide quotient = product / denominator;
  if (product % denominator < 0) --quotient;
  // A quarter of the axis is more than 70 years: what lies beyond never comes, and no sum overflows.
  constexpr Wide kLargest = std::numeric_limits<std::int64_t>::max() / 4;
  return static_cast<std::int64_t>(std::clamp(quotient, -kLargest, kLargest));
}

std::int64_t TraceSource::natural_arrival_ns() const {
  return warped(sim::to_ns(options_.start) + scaled(row_.arrival_ms - first_arrival_ms_, kNsPerMs));
}

std::int64_t TraceSource::warped(std::int64_t trace_ns) const {
  if (rate_ == 1) return real_from_ns_ + (trace_ns - trace_from_ns_);
  if (rate_ == 0) return std::numeric_limits<std::int64_t>::max();
  const double real = static_cast<double>(trace_ns - trace_from_ns_) / rate_;
  if (real > 4e18) return std::numeric_limits<std::int64_t>::max();
  return real_from_ns_ + static_cast<std::int64_t>(real);
}

sim::Time TraceSource::next_event() const {
  if (!has_row_) return sim::kNever;
  return sim::from_ns(gate_.would_pass_at(natural_arrival_ns()));
}

void TraceSource::pull(sim::Time until, ArrivalBatch& batch) {
  while (has_row_) {
    const std::int64_t natural_ns = natural_arrival_ns();
    // Only what is taken may make the gate forget: under the rate lever a later row can be due earlier than
    // it looks now.
    if (gate_.would_pass_at(natural_ns) > sim::to_ns(until)) return;
    const std::int64_t arrived_ns = gate_.passes_at(natural_ns);
    const std::int64_t delay_ns = scaled(std::max<std::int64_t>(0, row_.delay_ms()), kNsPerMs);
    const auto created = sim::from_ns(std::max<std::int64_t>(0, natural_ns - delay_ns));
    const std::int64_t origin_ms = options_.event_times == TraceOptions::EventTimes::keep
                                       ? first_arrival_ms_
                                       : sim::true_wall_ms(options_.start);
    const std::int64_t event_time_ms = origin_ms + scaled(row_.event_time_ms - first_arrival_ms_, 1);
    const sim::EventId id{options_.index, next_ordinal_++};
    batch.created.push_back({id, row_.key, event_time_ms, created});
    batch.ids.push_back(id);
    batch.keys.push_back(row_.key);
    batch.event_times_ms.push_back(event_time_ms);
    batch.created_at.push_back(created);
    batch.arrived_at.push_back(sim::from_ns(arrived_ns));
    batch.sizes_bytes.push_back(options_.size_bytes);
    load_next();
  }
}

void TraceSource::set_rate_factor(sim::Time now, double factor) {
  assert(factor >= 0);
  const std::int64_t now_ns = sim::to_ns(now);
  if (rate_ != 0 && now_ns > real_from_ns_)
    trace_from_ns_ += static_cast<std::int64_t>(static_cast<double>(now_ns - real_from_ns_) * rate_);
  real_from_ns_ = std::max(real_from_ns_, now_ns);
  rate_ = factor;
}

}  // namespace wrackline::workload

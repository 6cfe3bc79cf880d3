#include "engine/fit/clock_trouble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/fit/duration_text.hpp"
#include "engine/fit/values.hpp"

namespace wrackline::fit {
namespace {

constexpr double kWrapMs = 4'294'967.296;
constexpr double kHourMs = 3'600'000;
constexpr std::size_t kFewestForSlope = 200;
constexpr double kShortestForSlopeMs = 60'000;
/// What a clock without a time server does; less is the way's doing.
constexpr double kLeastPpm = 1;
constexpr std::size_t kFewestForOffset = 20;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const std::size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle), values.end());
  const double upper = values[middle];
  if (values.size() % 2 == 1) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle))) /
         2;
}

/// The smallest delay of each stretch of time.
struct Envelope {
  std::vector<double> at_ms;
  std::vector<double> delay_ms;
};

Envelope envelope_of(const std::vector<SampledRow>& rows) {
  constexpr std::size_t kMost = 64;
  constexpr std::size_t kRowsEach = 20;
  const std::size_t buckets = std::clamp<std::size_t>(rows.size() / kRowsEach, 8, kMost);
  Envelope envelope;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t from = rows.size() * b / buckets;
    const std::size_t until = rows.size() * (b + 1) / buckets;
    const SampledRow* least = &rows[from];
    for (std::size_t i = from; i < until; ++i)
      if (rows[i].delay_ms() < least->delay_ms()) least = &rows[i];
    envelope.at_ms.push_back(static_cast<double>(least->arrival_ms - rows.front().arrival_ms));
    envelope.delay_ms.push_back(static_cast<double>(least->delay_ms()));
  }
  return envelope;
}

struct Line {
  double slope = 0;
  double level = 0;
  double scatter = 0;  ///< median of the absolute residuals
};

/// Theil and Sen: the median of all slopes.
Line line_through(const Envelope& envelope) {
  const std::size_t n = envelope.at_ms.size();
  std::vector<double> slopes;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const double across = envelope.at_ms[j] - envelope.at_ms[i];
      if (across > 0) slopes.push_back((envelope.delay_ms[j] - envelope.delay_ms[i]) / across);
    }
  }
  Line line;
  line.slope = median(slopes);
  std::vector<double> levels(n);
  for (std::size_t i = 0; i < n; ++i) levels[i] = envelope.delay_ms[i] - line.slope * envelope.at_ms[i];
  line.level = median(levels);
  for (double& level : levels) level = std::fabs(level - line.level);
  line.scatter = median(levels);
  return line;
}

struct Step {
  std::size_t at = 0;  ///< the first stretch after it
  double by_ms = 0;
  double scatter = 0;
};

/// The place where two levels leave the least residue.
Step step_in(const Envelope& envelope) {
  const std::size_t n = envelope.delay_ms.size();
  Step best;
  best.scatter = std::numeric_limits<double>::infinity();
  double least = best.scatter;
  for (std::size_t at = 2; at + 2 <= n; ++at) {
    const auto middle = envelope.delay_ms.begin() + static_cast<std::ptrdiff_t>(at);
    const double before = median({envelope.delay_ms.begin(), middle});
    const double after = median({middle, envelope.delay_ms.end()});
    double residue = 0;
    std::vector<double> residues;
    for (std::size_t i = 0; i < n; ++i) {
      residues.push_back(std::fabs(envelope.delay_ms[i] - (i < at ? before : after)));
      residue += residues.back();
    }
    if (residue >= least) continue;
    least = residue;
    best = {at, after - before, median(std::move(residues))};
  }
  return best;
}

double residue_of(const Envelope& envelope, const Line& line) {
  double residue = 0;
  for (std::size_t i = 0; i < envelope.at_ms.size(); ++i)
    residue += std::fabs(envelope.delay_ms[i] - line.level - line.slope * envelope.at_ms[i]);
  return residue;
}

double residue_of(const Envelope& envelope, const Step& step) {
  const auto middle = envelope.delay_ms.begin() + static_cast<std::ptrdiff_t>(step.at);
  const double before = median({envelope.delay_ms.begin(), middle});
  double residue = 0;
  for (std::size_t i = 0; i < envelope.delay_ms.size(); ++i)
    residue += std::fabs(envelope.delay_ms[i] - before - (i < step.at ? 0 : step.by_ms));
  return residue;
}

class Examination {
 public:
  explicit Examination(const Statistics& statistics) : statistics_{statistics} {}

  std::vector<Trouble> run() {
    by_key_.resize(statistics_.sources().size());
    for (const SampledRow& row : statistics_.sample())
      if (row.key < by_key_.size()) by_key_[row.key].push_back(row);
    medians();
    for (std::uint32_t key = 0; key < by_key_.size(); ++key) {
      if (statistics_.sources()[key].rows > 0) examine(key);
    }
    std::sort(found_.begin(), found_.end(), [](const Trouble& a, const Trouble& b) {
      if (a.kind != b.kind) return a.kind < b.kind;
      if (std::fabs(a.amount) != std::fabs(b.amount)) return std::fabs(a.amount) > std::fabs(b.amount);
      return a.key < b.key;
    });
    return std::move(found_);
  }

 private:
  void medians() {
    std::vector<double> all;
    for (const auto& rows : by_key_) {
      std::vector<double> delays;
      for (const SampledRow& row : rows) delays.push_back(static_cast<double>(row.delay_ms()));
      medians_.push_back(median(std::move(delays)));
      if (rows.size() >= kFewestForOffset) all.push_back(medians_.back());
    }
    judged_ = all.size();
    common_ms_ = median(all);
    for (double& one : all) one = std::fabs(one - common_ms_);
    scatter_ms_ = median(std::move(all));
  }

  void tell(TroubleKind kind, std::uint32_t key, double amount, std::string text, std::int64_t at_ms = 0) {
    found_.push_back({kind, key, amount, statistics_.sources()[key].rows, at_ms, std::move(text)});
  }

  void examine(std::uint32_t key) {
    const std::vector<SampledRow>& rows = by_key_[key];
    const SourceCounts& counts = statistics_.sources()[key];
    const bool off = offset(key, rows);
    if (rows.size() >= kFewestForSlope) envelope(key, rows);
    if (counts.freezes > 0)
      tell(TroubleKind::freeze, key, static_cast<double>(counts.longest_freeze_ms),
           fmt::format("its clock stood still {} time{}, for up to {}", counts.freezes,
                       counts.freezes == 1 ? "" : "s",
                       duration_text(static_cast<double>(counts.longest_freeze_ms))));
    if (counts.negative > 0)
      tell(TroubleKind::negative, key, static_cast<double>(counts.negative),
           fmt::format("{} of {} delays are negative, down to {}", counts.negative, counts.rows,
                       duration_text(static_cast<double>(counts.smallest_delay_ms))));
    wraps(key, rows, off);
    // A clock that stands still repeats itself.
    if (counts.repeats > 0 && counts.freezes == 0)
      tell(TroubleKind::repeats, key, static_cast<double>(counts.repeats),
           fmt::format("{} of {} rows repeat the event time of an earlier one", counts.repeats, counts.rows));
  }

  bool offset(std::uint32_t key, const std::vector<SampledRow>& rows) {
    const double by_ms = medians_[key] - common_ms_;
    // A source that speaks rarely is judged only where the error is beyond doubt.
    const bool far = std::fabs(by_ms) >= kHourMs && std::fabs(by_ms) > 20 * scatter_ms_ && judged_ >= 2;
    if (far) {
      tell(
          by_ms > 0 ? TroubleKind::far_behind : TroubleKind::far_ahead, key, by_ms,
          fmt::format("its clock is {} {}", duration_text(std::fabs(by_ms)), by_ms > 0 ? "behind" : "ahead"));
      return true;
    }
    const double least_ms = std::max({8 * scatter_ms_, 100.0, std::fabs(common_ms_)});
    if (judged_ < 3 || rows.size() < kFewestForOffset || std::fabs(by_ms) < least_ms) return false;
    tell(TroubleKind::offset, key, by_ms,
         fmt::format("its median delay is {} {} the others': a clock {}{}", duration_text(std::fabs(by_ms)),
                     by_ms > 0 ? "above" : "below", by_ms > 0 ? "behind" : "ahead",
                     by_ms > 0 ? ", or a slower way" : ""));
    return true;
  }

  void envelope(std::uint32_t key, const std::vector<SampledRow>& rows) {
    const Envelope envelope = envelope_of(rows);
    const Line line = line_through(envelope);
    const Step step = step_in(envelope);
    const double span_ms = envelope.at_ms.back() - envelope.at_ms.front();
    if (span_ms < kShortestForSlopeMs) return;
    if (residue_of(envelope, step) < residue_of(envelope, line) && std::fabs(step.by_ms) >= 50 &&
        std::fabs(step.by_ms) > 8 * std::max(step.scatter, 1.0)) {
      const std::int64_t at_ms = rows.front().arrival_ms + static_cast<std::int64_t>(envelope.at_ms[step.at]);
      tell(TroubleKind::step, key, -step.by_ms,
           fmt::format("its shortest delays {} by {}, {} after the trace begins: a clock that stepped {}{}",
                       step.by_ms > 0 ? "rose" : "fell", duration_text(std::fabs(step.by_ms)),
                       duration_text(static_cast<double>(at_ms - statistics_.first_arrival_ms())),
                       step.by_ms > 0 ? "back" : "forward",
                       step.by_ms > 0 ? ", or a longer way" : ", or a shorter way"),
           at_ms);
      return;
    }
    const double change_ms = line.slope * span_ms;
    // Six standard errors of a slope through so many stretches; half a millisecond is what the clock of the
    // trace can not show.
    const double deviation_ms = 1.4826 * std::max(line.scatter, 0.5);
    const double error_ms = deviation_ms * std::sqrt(12 / static_cast<double>(envelope.at_ms.size()));
    if (std::fabs(change_ms) < std::max(6 * error_ms, 3.0)) return;
    if (std::fabs(line.slope) * 1e6 < kLeastPpm) return;
    tell(TroubleKind::drift, key, -line.slope * 1e6,
         fmt::format("its clock drifts by {:+.4g} ppm: {} over the trace", -line.slope * 1e6,
                     duration_text(std::fabs(change_ms))));
  }

  void wraps(std::uint32_t key, const std::vector<SampledRow>& rows, bool off) {
    if (off || rows.size() < 5) return;
    std::uint64_t wrapped = 0;
    const double around = std::max(2'000.0, 4 * std::fabs(medians_[key]));
    for (const SampledRow& row : rows) {
      const double late = static_cast<double>(row.delay_ms()) - medians_[key];
      if (std::fabs(late - kWrapMs) <= std::min(around, 60'000.0)) ++wrapped;
    }
    if (wrapped == 0) return;
    tell(TroubleKind::wrap32, key, static_cast<double>(wrapped),
         fmt::format("{} rows are 4294.97 s late: a 32-bit counter of microseconds wrapped", wrapped));
  }

  const Statistics& statistics_;
  std::vector<std::vector<SampledRow>> by_key_;
  std::vector<double> medians_;
  std::size_t judged_ = 0;
  double common_ms_ = 0;
  double scatter_ms_ = 0;
  std::vector<Trouble> found_;
};

}  // namespace

std::string_view name_of(TroubleKind kind) {
  switch (kind) {
    case TroubleKind::far_behind:
      return "far_behind";
    case TroubleKind::far_ahead:
      return "far_ahead";
    case TroubleKind::offset:
      return "offset";
    case TroubleKind::drift:
      return "drift";
    case TroubleKind::step:
      return "step";
    case TroubleKind::freeze:
      return "freeze";
    case TroubleKind::negative:
      return "negative";
    case TroubleKind::wrap32:
      return "wrap32";
    case TroubleKind::repeats:
      break;
  }
  return "repeats";
}

std::vector<Trouble> clock_trouble(const Statistics& statistics) { return Examination{statistics}.run(); }

std::vector<SourceSummary> source_summaries(const Statistics& statistics) {
  std::vector<std::vector<std::int64_t>> delays(statistics.sources().size());
  for (const SampledRow& row : statistics.sample())
    if (row.key < delays.size()) delays[row.key].push_back(row.delay_ms());
  std::vector<SourceSummary> all;
  for (std::uint32_t key = 0; key < delays.size(); ++key) {
    const SourceCounts& counts = statistics.sources()[key];
    if (counts.rows == 0) continue;
    SourceSummary& source = all.emplace_back();
    source.key = key;
    source.counts = counts;
    source.sampled = delays[key].size();
    if (delays[key].empty()) continue;
    std::sort(delays[key].begin(), delays[key].end());
    source.p50_ms = quantile(delays[key], 0.5);
    source.p95_ms = quantile(delays[key], 0.95);
    source.p99_ms = quantile(delays[key], 0.99);
  }
  std::sort(all.begin(), all.end(), [](const SourceSummary& a, const SourceSummary& b) {
    return a.counts.rows != b.counts.rows ? a.counts.rows > b.counts.rows : a.key < b.key;
  });
  return all;
}

}  // namespace wrackline::fit

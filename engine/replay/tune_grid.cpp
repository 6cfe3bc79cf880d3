#include "engine/replay/tune_grid.hpp"

#include <algorithm>
#include <array>

namespace wrackline::replay {

namespace strategy = event_time::strategy;

void TraceProfile::add(const Columns& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::int64_t event_ms = columns.event_ms[i];
    newest_ms_ = std::max(newest_ms_, event_ms);
    lateness_.insert(newest_ms_ - event_ms);
    delay_.insert(columns.arrival_ms[i] - event_ms);
  }
}

std::int64_t rounded_up(std::int64_t ms) {
  std::int64_t unit = 1;
  while (ms / unit >= 100) unit *= 10;
  return (ms + unit - 1) / unit * unit;
}

namespace {

constexpr std::array<std::uint32_t, 12> kQuantiles{2500, 5000, 7500, 9000, 9500, 9700,
                                                   9800, 9900, 9950, 9970, 9990, 9999};
constexpr std::array<double, 9> kShares{0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999};

/// Quantiles of what was seen, what was seen most, and half as much again.
std::vector<std::int64_t> distances(const Spread& seen) {
  std::vector<std::int64_t> found{0};
  for (const std::uint32_t q : kQuantiles)
    found.push_back(rounded_up(std::max<std::int64_t>(seen.quantile(q).value_or(0), 0)));
  const std::int64_t most = std::max<std::int64_t>(seen.greatest().value_or(0), 0);
  found.push_back(rounded_up(most));
  found.push_back(rounded_up(most + most / 2));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

class Grid {
 public:
  Grid(const TraceProfile& profile, const GridOptions& options)
      : options_{options}, lateness_{distances(profile.lateness())}, delays_{distances(profile.delay())} {}

  void add_all_of(const strategy::StrategyType& type) {
    const strategy::Spec fallback = strategy::defaults(type);
    add(fallback);
    using strategy::ParameterType;
    for (const strategy::Parameter& parameter : type.parameters) {
      const std::string_view name = parameter.name;
      if (parameter.type == ParameterType::duration &&
          (name == "bound" || name == "grace" || name == "delay")) {
        vary(fallback, name, lateness_);
      } else if (parameter.type == ParameterType::duration && name == "lag") {
        vary(fallback, name, delays_);
      } else if (parameter.type == ParameterType::ratio && name == "p") {
        for (const double share : kShares) {
          strategy::Spec spec = fallback;
          spec.set(name, share);
          add(spec);
          // A longer memory, where there is one.
          if (type.find("n") != nullptr && type.name == "sliding_quantile") {
            spec.set("n", std::int64_t{10'000});
            add(spec);
          }
        }
      } else if (parameter.type == ParameterType::ratio && (name == "error" || name == "late_rate")) {
        for (const double share : {0.001, 0.005, 0.01, 0.03, 0.05}) {
          strategy::Spec spec = fallback;
          spec.set(name, share);
          add(spec);
        }
      }
    }
  }
  std::vector<strategy::Block> take() { return std::move(found_); }

 private:
  void vary(const strategy::Spec& fallback, std::string_view name, const std::vector<std::int64_t>& values) {
    for (const std::int64_t value : values) {
      strategy::Spec spec = fallback;
      spec.set(name, value);
      add(spec);
    }
  }
  void add(const strategy::Spec& spec) {
    strategy::Block block;
    block.spec = spec;
    block.options.scope = options_.per_key ? strategy::Scope::partition : strategy::Scope::task;
    if (options_.interval_ms == 0) {
      block.options.emission = strategy::Emission::per_record;
    } else {
      block.options.interval_ms = options_.interval_ms;
    }
    if (!strategy::problems(block).empty()) return;
    if (std::find(found_.begin(), found_.end(), block) == found_.end()) found_.push_back(block);
  }

  const GridOptions& options_;
  std::vector<std::int64_t> lateness_;
  std::vector<std::int64_t> delays_;
  std::vector<strategy::Block> found_;
};

}  // namespace

std::vector<strategy::Block> tune_grid(const TraceProfile& profile, const GridOptions& options) {
  Grid grid{profile, options};
  for (const strategy::StrategyType* const type : strategy::catalogue()) {
    const bool wanted = options.strategies.empty() ||
                        std::find(options.strategies.begin(), options.strategies.end(), type->name) !=
                            options.strategies.end();
    if (wanted && !type->needs_trace) grid.add_all_of(*type);
  }
  return grid.take();
}

}  // namespace wrackline::replay

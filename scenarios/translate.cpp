#include "scenarios/translate.hpp"

#include <cassert>
#include <limits>

#include "engine/workload/delay_models.hpp"
#include "engine/workload/delay_profiles.hpp"

namespace wrackline::scenarios {

namespace {

double ns(Duration value) { return static_cast<double>(value.count()); }

sim::Distribution uncapped(const Law& law) {
  using sim::Distribution;
  switch (law.kind) {
    case LawKind::kConstant:
      return Distribution::constant(law.a);
    case LawKind::kUniform:
      return Distribution::uniform(ns(law.a), ns(law.b));
    case LawKind::kExponential:
      return Distribution::exponential(ns(law.a));
    case LawKind::kNormal:
      return Distribution::normal(ns(law.a), ns(law.b));
    case LawKind::kLognormal:
      return Distribution::lognormal_median_sigma(ns(law.a), law.shape);
    case LawKind::kPareto:
      return Distribution::pareto(ns(law.a), law.shape);
    case LawKind::kWeibull:
      return Distribution::weibull(law.shape, ns(law.a));
    case LawKind::kGamma:
      return Distribution::gamma(law.shape, ns(law.a) / law.shape);
    case LawKind::kQuantiles: {
      if (law.knots.empty()) {
        const workload::DelayProfile* const profile = workload::find_delay_profile(law.profile);
        assert(profile != nullptr);
        return workload::delay_law(*profile);
      }
      std::vector<sim::Knot> knots;
      for (const auto& [p, value] : law.knots) knots.push_back({p, ns(value)});
      return Distribution::empirical(std::move(knots));
    }
    case LawKind::kMixture: {
      std::vector<std::pair<double, Distribution>> parts;
      for (const WeightedLaw& part : law.parts) parts.emplace_back(part.weight, distribution_of(part.law));
      return Distribution::mixture(std::move(parts));
    }
    case LawKind::kStall:
      return Distribution::stalls(distribution_of(law.parts.at(0).law), ns(law.a), ns(law.b));
    case LawKind::kFraction:
      return workload::fraction_delayed(law.shape, ns(law.a), ns(law.b));
    case LawKind::kBatch:
    case LawKind::kAutoregressive:
    case LawKind::kModel:
      break;  // no distributions: delay_law_of()
  }
  assert(false);
  return {};
}

}  // namespace

sim::Distribution distribution_of(const Law& law) {
  constexpr double kLowest = std::numeric_limits<double>::lowest();
  const auto bounded = [&](sim::Distribution made) {
    if (law.shift) made = made.shifted(ns(*law.shift));
    return law.cap ? made.clamped(kLowest, ns(*law.cap)) : made;
  };
  if (!law.cap && !law.shift) return uncapped(law);
  if (law.kind == LawKind::kStall) {
    // Bounded as a whole it would be drawn independently, and lose what makes it a stall.
    const sim::Distribution base = bounded(distribution_of(law.parts.at(0).law));
    return sim::Distribution::stalls(base, ns(law.a), ns(law.b));
  }
  return bounded(uncapped(law));
}

workload::DelayLaw delay_law_of(const Law& law) {
  switch (law.kind) {
    case LawKind::kBatch:
      return workload::BatchUpload{.period = law.a,
                                   .transfer = distribution_of(law.parts.at(0).law),
                                   .fails = sim::Ratio::nearest(law.shape),
                                   .fails_again = sim::Ratio::nearest(law.again),
                                   .retry = law.b};
    case LawKind::kAutoregressive:
      return workload::Autoregressive{distribution_of(law.parts.at(0).law), law.shape};
    case LawKind::kModel:
      return workload::find_delay_model(law.profile)->make();
    default:
      return distribution_of(law);
  }
}

std::vector<workload::ClockChange> clock_changes_of(const ClockSpec& clock) {
  using Change = workload::ClockChange;
  std::vector<Change> changes;
  for (const ClockChangeSpec& spec : clock.changes) {
    const sim::Time at = sim::kStart + spec.at;
    if (spec.step) changes.push_back({at, Change::Kind::step, *spec.step, 0});
    if (spec.drift_ppm)
      changes.push_back({at, Change::Kind::drift, {}, static_cast<std::int64_t>(*spec.drift_ppm * 1000)});
    if (spec.freeze) {
      changes.push_back({at, Change::Kind::freeze, {}, 0});
      const auto end = spec.catch_up ? Change::Kind::thaw_and_catch_up : Change::Kind::thaw;
      changes.push_back({at + *spec.freeze, end, {}, 0});
    }
    if (spec.wrap32) {
      changes.push_back({at, Change::Kind::step, -workload::kWrap32, 0});
      changes.push_back({at + *spec.wrap32, Change::Kind::step, workload::kWrap32, 0});
    }
  }
  return changes;
}

workload::ArrivalLaw arrival_law_of(const SourceSpec& source, std::int32_t share) {
  workload::ArrivalLaw law;
  law.records_per_second = static_cast<double>(source.rate.count) * 1e9 / ns(source.rate.per) / share;
  law.spacing = source.arrivals.kind == Arrivals::kConstant ? workload::ArrivalLaw::Spacing::constant
                                                            : workload::ArrivalLaw::Spacing::poisson;
  if (source.arrivals.kind == Arrivals::kBursts)
    law.shape = workload::BurstyRate::on_off(source.arrivals.period, source.arrivals.on_share);
  if (source.arrivals.kind == Arrivals::kDiurnal)
    law.shape = workload::DiurnalRate::sine(source.arrivals.period, source.arrivals.swing);
  return law;
}

workload::KeyLaw key_law_of(const KeySpec& keys) {
  const auto count = static_cast<std::uint32_t>(keys.count);
  switch (keys.kind) {
    case Keys::kUniform:
      return workload::KeyLaw::uniform(count);
    case Keys::kZipf:
      return workload::KeyLaw::zipf(keys.exponent, count);
    case Keys::kHot:
      return workload::KeyLaw::hot(static_cast<std::uint32_t>(keys.hot_keys), keys.hot_share, count);
    case Keys::kNone:
      break;
  }
  return workload::KeyLaw::none();
}

faults::FaultSpec fault_of(const FaultSpec& fault) {
  faults::FaultSpec spec;
  spec.id = fault.id;
  spec.what = fault.action;
  spec.target = fault.target;
  if (fault.at) {
    spec.timing = faults::At{*fault.at};
  } else if (!fault.when.empty()) {
    spec.timing = faults::When{fault.when, static_cast<std::uint64_t>(fault.nth),
                               static_cast<std::uint64_t>(fault.times), fault.where};
  } else if (fault.rate) {
    const double per_second = static_cast<double>(fault.rate->count) * 1e9 / ns(fault.rate->per);
    spec.timing = faults::Rate{per_second, fault.from, fault.until};
  }
  if (fault.duration) spec.lasts = distribution_of(*fault.duration);
  spec.probability = sim::Ratio::nearest(fault.chance);
  spec.params = fault.parameters;
  return spec;
}

std::vector<faults::FaultSpec> faults_of(const ScenarioSpec& scenario) {
  std::vector<faults::FaultSpec> specs;
  for (const FaultSpec& fault : scenario.faults) specs.push_back(fault_of(fault));
  return specs;
}

}  // namespace wrackline::scenarios

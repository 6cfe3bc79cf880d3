#include "faults/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/math.hpp"
#include "sim/ziggurat.hpp"

namespace wrackline::faults {
namespace {

std::string entity_of(const std::string& id) { return "fault " + id; }

void check_params(const FaultSpec& spec, const FaultType& type, std::size_t index,
                  std::vector<Problem>& problems) {
  for (const auto& [name, value] : spec.params) {
    const ParamDef* param = type.find(name);
    if (param == nullptr) {
      problems.push_back({index, name, fmt::format("{} has no parameter '{}'", type.name, name)});
    } else if (std::string wrong = check_setting(*param, value); !wrong.empty()) {
      problems.push_back({index, name, wrong});
    }
  }
  for (const ParamDef& param : type.params) {
    if (param.required && !spec.params.contains(param.name)) {
      problems.push_back(
          {index, std::string{param.name}, fmt::format("{} needs '{}'", type.name, param.name)});
    }
  }
}

bool is_zero(const Setting& setting) {
  if (const auto* share = std::get_if<sim::Ratio>(&setting)) return share->is_zero();
  if (const auto* law = std::get_if<sim::Distribution>(&setting)) return law->is_zero();
  return false;
}

std::vector<PlannedStrike> times_of(const FaultSpec& spec, std::uint64_t seed, sim::Time heal_at) {
  std::vector<PlannedStrike> strikes;
  if (const auto* at = std::get_if<At>(&spec.timing)) {
    strikes.push_back({sim::kStart + at->after_start, 0});
  } else if (const auto* rate = std::get_if<Rate>(&spec.timing); rate != nullptr && rate->per_second > 0) {
    sim::Stream stream{seed, entity_of(spec.id), "times"};
    sim::Time end = heal_at;
    if (rate->until) end = std::min(end, sim::kStart + *rate->until);
    sim::Time at_time = sim::kStart + rate->from;
    for (std::uint64_t n = 0; n < kMostStrikes; ++n) {
      at_time +=
          sim::Duration{sim::math::round_to_int(sim::draw_exponential(stream) * 1e9 / rate->per_second)};
      if (at_time >= end) break;
      strikes.push_back({at_time, n});
    }
  }
  const sim::Decider spared{seed, entity_of(spec.id), "probability"};
  std::erase_if(strikes, [&](const PlannedStrike& strike) {
    return strike.at >= heal_at || !spared.chance(strike.number, spec.probability);
  });
  return strikes;
}

bool is_idle(const FaultSpec& spec, const PlannedFault& planned) {
  if (spec.probability.is_zero()) return true;
  if (planned.lasts && planned.lasts->is_zero()) return true;
  if (const auto* rate = std::get_if<Rate>(&spec.timing); rate != nullptr && rate->per_second <= 0)
    return true;
  if (const auto* when = std::get_if<When>(&spec.timing); when != nullptr && when->times == 0) return true;
  return std::any_of(planned.type->params.begin(), planned.type->params.end(), [&](const ParamDef& param) {
    return param.intensity && is_zero(planned.params.find(param.name)->second);
  });
}

}  // namespace

std::vector<Problem> check(const std::vector<FaultSpec>& specs) {
  std::vector<Problem> problems;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const FaultSpec& spec = specs[i];
    if (spec.id.empty()) problems.push_back({i, "id", "a fault needs an id"});
    if (!ids.insert(spec.id).second)
      problems.push_back({i, "id", fmt::format("two faults have the id '{}'", spec.id)});
    const FaultType* type = find_fault(spec.what);
    if (type == nullptr) {
      const auto near = nearest_faults(spec.what);
      problems.push_back(
          {i, "do",
           fmt::format("there is no fault '{}'{}", spec.what,
                       near.empty() ? "" : fmt::format("; did you mean '{}'?", near.front()))});
      continue;
    }
    const bool takes_target = type->targets != TargetKind::none;
    if (takes_target && spec.target.empty()) {
      problems.push_back(
          {i, "target", fmt::format("{} needs a target: {}", type->name, to_string(type->targets))});
    }
    if (!takes_target && !spec.target.empty()) {
      problems.push_back({i, "target", fmt::format("{} takes no target", type->name)});
    }
    if (spec.lasts && !type->lasts) {
      problems.push_back({i, "for", fmt::format("{} is over as soon as it strikes", type->name)});
    }
    if (!spec.probability.is_probability()) problems.push_back({i, "probability", "must lie in [0, 1]"});
    if (const auto* rate = std::get_if<Rate>(&spec.timing); rate != nullptr && rate->per_second < 0) {
      problems.push_back({i, "rate", "must not be negative"});
    }
    if (const auto* when = std::get_if<When>(&spec.timing); when != nullptr && when->nth == 0) {
      problems.push_back({i, "nth", "counts from 1"});
    }
    check_params(spec, *type, i, problems);
  }
  return problems;
}

FaultPlan resolve(const std::vector<FaultSpec>& specs, std::uint64_t seed, sim::Time heal_at) {
  FaultPlan plan;
  plan.seed = seed;
  plan.heal_at = heal_at;
  for (const FaultSpec& spec : specs) {
    PlannedFault& planned = plan.faults.emplace_back();
    planned.type = find_fault(spec.what);
    planned.id = spec.id;
    planned.target = spec.target;
    planned.lasts = spec.lasts;
    planned.probability = spec.probability;
    planned.params = spec.params;
    for (const ParamDef& param : planned.type->params) {
      if (planned.params.contains(param.name)) continue;
      auto fallback = parse_setting(param, param.fallback, nullptr);
      if (fallback) planned.params.emplace(param.name, std::move(*fallback));
    }
    if (const auto* when = std::get_if<When>(&spec.timing)) planned.when = *when;
    planned.idle = is_idle(spec, planned);
    if (!planned.idle) planned.strikes = times_of(spec, seed, heal_at);
  }
  return plan;
}

std::string FaultPlan::describe() const {
  std::string text;
  for (const PlannedFault& fault : faults) {
    text += fmt::format("{}: {}", fault.id, fault.type->name);
    if (!fault.target.empty()) text += fmt::format(" on {}", fault.target);
    for (const ParamDef& param : fault.type->params) {
      const auto setting = fault.params.find(param.name);
      if (setting != fault.params.end() && param.type != ParamType::text) {
        text += fmt::format(" {}={}", param.name, faults::describe(param, setting->second));
      }
    }
    if (fault.lasts) {
      const ParamDef duration{"for", ParamType::duration, "", ""};
      text += fmt::format(" for {}", faults::describe(duration, *fault.lasts));
    }
    if (fault.probability != sim::Ratio::always())
      text += fmt::format(" with probability {}", fault.probability.to_string());
    if (fault.idle) text += " (idle)";
    text += '\n';
    if (fault.when) {
      text += fmt::format("  at {} number {}", fault.when->moment, fault.when->nth);
      if (fault.when->times != 1) text += fmt::format(" and the next {}", fault.when->times - 1);
      text += '\n';
    }
    for (const PlannedStrike& strike : fault.strikes) {
      const std::int64_t ns = sim::to_ns(strike.at);
      text += fmt::format("  at {}.{:09}s\n", ns / 1'000'000'000, ns % 1'000'000'000);
    }
  }
  return text;
}

}  // namespace wrackline::faults

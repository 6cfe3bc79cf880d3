#include "scenarios/run/run_one.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "scenarios/run/world.hpp"
#include "scenarios/translate.hpp"

namespace wrackline::scenarios {

namespace {

/// Memory is given back, and the drain looked at, at this pace of virtual time. Neither is an event: the run
/// does not notice.
constexpr std::chrono::milliseconds kStep{500};

class Run {
 public:
  Run(const RunTask& task, const RunOptions& options)
      : task_{task},
        options_{options},
        spec_{task.cell.spec},
        world_{spec_, task.seed, options.kernel},
        heal_at_{sim::kStart + spec_.duration},
        injector_{faults::World{world_.simulation(), &world_.network(), world_.disks()},
                  faults::resolve(faults_of(spec_), task.seed, heal_at_)} {
    if (options.prepare) options.prepare(world_);
  }

  std::vector<analysis::RunResult> run() {
    check_faults();
    world_.start();
    injector_.arm();
    advance_to(heal_at_);
    const bool drained = drain();
    return close(drained);
  }

  World& world() { return world_; }

 private:
  void check_faults() {
    for (const faults::Problem& problem : injector_.check()) {
      const FaultSpec& fault = spec_.faults[problem.fault];
      throw BadScenario{fault.place,
                        fmt::format("fault '{}', {}: {}", fault.id, problem.field, problem.message)};
    }
  }

  void advance_to(sim::Time until) {
    sim::Simulation& simulation = world_.simulation();
    while (simulation.now() < until) {
      simulation.run_until(std::min(simulation.now() + kStep, until));
      world_.housekeeping();
    }
  }

  bool drain() {
    sim::Simulation& simulation = world_.simulation();
    injector_.heal_all();
    for (auto& analysis : world_.analyses()) analysis->begin_liveness(simulation.now(), spec_.liveness_bound);
    const sim::Time bound = simulation.now() + spec_.liveness_bound;
    bool input_ended = false;
    while (simulation.now() < bound) {
      if (!input_ended && world_.sources_drained() && world_.consumers_caught_up()) {
        world_.end_of_input();
        input_ended = true;
      } else if (input_ended && world_.results_out()) {
        return true;
      }
      simulation.run_until(std::min(simulation.now() + kStep, bound));
      world_.housekeeping();
    }
    return false;
  }

  std::vector<analysis::RunResult> close(bool drained) {
    sim::Simulation& simulation = world_.simulation();
    world_.hold_the_rest();
    const std::vector<faults::FaultReport> reports = injector_.report();
    std::vector<analysis::RunResult> results;
    for (auto& analysis : world_.analyses()) {
      for (const faults::FaultReport& report : reports) {
        for (const faults::StrikeReport& strike : report.detail) analysis->fault_struck(strike.at);
      }
      analysis::RunAnalysis::End end;
      end.at = simulation.now();
      end.seed = task_.seed;
      end.run_id = run_id(task_.cell, task_.seed);
      end.hash = to_string(simulation.hash());
      if (!drained) end.waits_for = world_.waits_for();
      analysis::RunResult result = analysis->close(end);
      result.scenario = spec_.name;
      const event_time::strategy::Counters counters = world_.watermark_counters(results.size());
      result.watermark_adaptations = counters.adaptations;
      result.watermark_fallbacks = counters.fallbacks;
      result.model_version = std::string{kModelVersion};
      for (const Setting& setting : task_.cell.settings)
        result.cell.emplace_back(setting.path, setting.value);
      if (world_.analyses().size() > 1) result.job = spec_.jobs[results.size()].name;
      result.reproduce = reproduce_command(task_.plan, task_.cell, task_.seed, {});
      add_faults(reports, result);
      add_moments(result);
      analysis::judge(result);
      judge_expectations(spec_.expect, result);
      analysis::judge_expectations(result);
      results.push_back(std::move(result));
    }
    if (options_.finish) options_.finish(world_, reports, results);
    return results;
  }

  void add_faults(const std::vector<faults::FaultReport>& reports, analysis::RunResult& result) const {
    for (const faults::FaultReport& report : reports) {
      if (report.idle) continue;
      analysis::FaultReport told;
      told.id = report.id;
      told.action = report.what;
      told.strikes = report.strikes;
      told.runs_struck = report.struck() ? 1 : 0;
      told.add_effect("effects", report.effects);
      for (const faults::StrikeReport& strike : report.detail) {
        analysis::FaultReport::Strike one;
        one.seed = task_.seed;
        one.at_ns = sim::to_ns(strike.at);
        if (strike.healed != sim::kNever) one.until_ns = sim::to_ns(strike.healed);
        one.what = strike.targets;
        for (const auto& note : strike.notes) one.what += (one.what.empty() ? "" : "; ") + note.what;
        told.add_strike(std::move(one));
      }
      result.faults.push_back(std::move(told));
    }
  }

  void add_moments(analysis::RunResult& result) {
    const sim::MomentRegistry& moments = world_.simulation().moments();
    for (std::size_t i = 0; i < moments.all().size(); ++i) {
      if (moments.counts()[i] > 0)
        result.moments.push_back({std::string{moments.all()[i]->name}, moments.counts()[i]});
    }
    std::sort(result.moments.begin(), result.moments.end(),
              [](const analysis::MomentCount& a, const analysis::MomentCount& b) { return a.name < b.name; });
  }

  const RunTask& task_;
  const RunOptions& options_;
  const ScenarioSpec& spec_;
  World world_;
  sim::Time heal_at_;
  faults::Injector injector_;
};

}  // namespace

std::vector<analysis::RunResult> run_one(const RunTask& task, const RunOptions& options) {
  Run run{task, options};
  std::vector<analysis::RunResult> results = run.run();
  if (options.trail != nullptr) *options.trail = run.world().simulation().trail();
  if (options.records != nullptr) *options.records = run.world().simulation().records();
  return results;
}

std::vector<analysis::RunResult> run_one(const RunTask& task) { return run_one(task, RunOptions{}); }

}  // namespace wrackline::scenarios

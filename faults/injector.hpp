// Executes a fault plan on a simulation, heals everything at its time, and reports for each fault what it
// observably did.
//
//   Injector injector{{sim, &network, disks}, resolve(specs, seed, heal_at)};
//   injector.arm();                       // after the world is built, before it runs
//   sim.run_until(heal_at); ...
//   for (const FaultReport& report : injector.report()) if (!report.conclusive()) ...   // the verdict is
//   inconclusive
//
// A plan in which every fault is idle (zero intensity or probability) leaves the run's hash unchanged.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "faults/fault.hpp"
#include "faults/plan.hpp"

namespace wrackline::faults {

struct StrikeReport {
  std::uint64_t number = 0;
  sim::Time at{};
  sim::Time healed = sim::kNever;
  std::string targets;
  std::vector<std::pair<std::string, double>> drawn;  ///< parameters that came from a law
  std::vector<Scene::Note> notes;
  std::uint64_t effects() const;
};

struct FaultReport {
  std::string id;
  std::string what;
  std::string target;
  bool idle = false;
  std::uint64_t strikes = 0;          ///< times it was applied, whether or not it met anything
  std::uint64_t effects = 0;          ///< processes crashed, packets delayed, operations slowed, ...
  std::vector<StrikeReport> detail;   ///< the first 100 strikes
  std::vector<std::string> problems;  ///< selectors that named nobody or nothing

  bool struck() const { return effects > 0; }
  /// An idle fault was not meant to strike; any other that met nothing makes the run inconclusive.
  bool conclusive() const { return idle || struck(); }
  std::string describe() const;
};

class Injector {
 public:
  Injector(World world, FaultPlan plan);
  ~Injector();
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;

  /// Selectors, moments and levers that do not exist in this world. To be looked at before arm().
  std::vector<Problem> check() const;
  void arm();
  /// Ends every fault that still lasts, and strikes no more. Happens by itself at the plan's heal time.
  void heal_all();
  bool healed() const { return healed_; }
  /// Of rules and conditions (packets delayed, operations slowed), effects are counted when they end: after
  /// heal_all().
  std::vector<FaultReport> report() const;

 private:
  struct Active;
  struct Watch;

  void strike(std::size_t fault, std::uint64_t number, sim::Process* self);
  void on_strike(std::uint64_t packed);
  static void on_end(void* active, std::uint64_t);
  void end(Active& active);
  void on_moment(Watch& watch, const sim::Moment& moment);

  World world_;
  FaultPlan plan_;
  sim::EntityId entity_;
  std::vector<FaultReport> reports_;
  std::vector<std::unique_ptr<Active>> active_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<sim::EventHandle> events_;
  unsigned depth_ = 0;  ///< faults at work: an ended one may not be freed then
  bool armed_ = false;
  bool healed_ = false;
};

}  // namespace wrackline::faults

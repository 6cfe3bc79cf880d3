// A fault: a small type that decides; sim applies. One object is made per strike, so what it must undo it
// keeps itself.
//
//   class CpuThrottle final : public Fault {
//     void strike(Scene& scene) override;   // do it, and tell the scene what was done
//     void heal(Scene& scene) override;     // undo it; called once, when its time is over or all faults heal
//   };
//   const FaultType& cpu_throttle();        // its declaration, see vocabulary.hpp
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "faults/outages.hpp"
#include "faults/vocabulary.hpp"
#include "sim/disk.hpp"
#include "sim/lever.hpp"
#include "sim/network.hpp"
#include "sim/selector.hpp"
#include "sim/simulation.hpp"

namespace wrackline::faults {

class Injector;

/// What faults can reach.
struct World {
  sim::Simulation& sim;
  sim::Network* network = nullptr;
  std::vector<sim::Disk*> disks = {};
  /// Throttles in force, by the node's entity: several may overlap on one machine.
  std::map<std::uint32_t, std::vector<sim::Ratio>> throttles = {};
  /// Outages in force, and the faults that keep them.
  Claims claims = {};
};

/// One strike, as the fault sees it: who is hit, with which parameters, and where to report to.
class Scene {
 public:
  Scene(World& in_world, const FaultType& type, const Settings& with, std::string whom,
        std::vector<sim::Target> found, sim::Stream draws, sim::Duration length)
      : world{in_world},
        target{std::move(whom)},
        stream{draws},
        lasts{length},
        type_{type},
        settings_{with},
        targets_{std::move(found)} {}
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  World& world;
  std::string target;   ///< the selector, or the name for a lever
  sim::Stream stream;   ///< of this strike
  sim::Duration lasts;  ///< until it heals

  sim::Time now() const { return world.sim.now(); }
  /// The targets as processes (a machine: all of its) or as machines, without repetitions.
  std::vector<sim::Process*> processes() const;
  std::vector<sim::Node*> nodes() const;
  std::vector<sim::Disk*> disks() const;
  /// The machines that a selector in a parameter names.
  std::vector<sim::Node*> nodes_of(std::string_view selectors);

  bool flag(std::string_view param) const;
  const std::string& text(std::string_view param) const;
  sim::Ratio ratio(std::string_view param) const;
  const sim::Distribution& law(std::string_view param) const;
  /// Drawn now, once, and bounded to the parameter's range.
  sim::Duration duration(std::string_view param);
  double number(std::string_view param);
  std::int64_t count(std::string_view param);

  /// It observably did this.
  void did(std::string what, std::uint64_t effects = 1);
  /// It met nothing that it could have changed.
  void missed(std::string why);
  /// A fault that strikes one target after another calls back later in its own strike.
  void later(sim::Duration delay, std::function<void()> act);
  bool has_more_to_do() const { return pending_ > 0; }
  const std::vector<sim::Target>& targets() const { return targets_; }

  struct Note {
    sim::Time at{};
    std::string what;
    std::uint64_t effects = 0;
  };
  const std::vector<Note>& notes() const { return notes_; }
  const std::vector<std::pair<std::string, double>>& drawn() const { return drawn_; }

 private:
  friend class Injector;
  struct Deferred {
    Scene* scene;
    std::function<void()> act;
    sim::EventHandle event;
  };
  static void run_deferred(void* deferred, std::uint64_t);
  const Setting& setting(std::string_view param) const;
  double draw(std::string_view param);
  const FaultType& type_;
  const Settings& settings_;
  std::vector<sim::Target> targets_;
  std::vector<Note> notes_;
  std::vector<std::pair<std::string, double>> drawn_;
  std::vector<std::unique_ptr<Deferred>> deferred_;
  std::size_t pending_ = 0;
  sim::EntityId entity_;
};

class Fault {
 public:
  virtual ~Fault() = default;
  virtual void strike(Scene& scene) = 0;
  virtual void heal(Scene& /*scene*/) {}
};

/// For FaultType::make.
template <class T>
std::unique_ptr<Fault> make() {
  return std::make_unique<T>();
}

}  // namespace wrackline::faults

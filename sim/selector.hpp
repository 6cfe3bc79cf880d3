// Selectors: who a fault strikes, by role and not by address.
//
//   node(n1)   process(broker-2)   zone(a)   all(consumer)   random(broker)   one(consumer) majority(broker)
//   kafka.leader(payments/0)       consumer
//
// Models register *roles*: a name, and a function that says who plays it at the moment of asking. Combinators
// take a role or another selector: all(x) everybody, one(x) the first, random(x) one drawn, majority(x) a
// drawn half plus one. A bare role means all(role). The draw comes from the fault's own random stream, which
// it passes in; so does `self`, the process that announced the moment.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::sim {

class Node;
class Process;
class Simulation;

/// What a selector found. A process target is struck as a process; whoever needs machines asks for its node.
struct Target {
  Node* node = nullptr;        ///< always set
  Process* process = nullptr;  ///< null when a whole machine is meant
  friend bool operator==(const Target&, const Target&) = default;
};

struct Selection {
  std::vector<Target> targets;  ///< without repetitions, in the order of the roles' answers
  std::string
      error;  ///< empty if the selector was understood; no targets and no error: nobody plays the role now
  bool ok() const { return error.empty(); }
};

struct SelectorContext {
  Process* self = nullptr;
  std::function<std::uint64_t(std::uint64_t below)> draw;  ///< uniform in [0, below)
};

class SelectorRegistry {
 public:
  using Resolve = std::function<std::vector<Target>(std::span<const std::string> arguments)>;
  struct Role {
    std::vector<std::string> parameters;
    std::string meaning;
    Resolve resolve;
  };

  explicit SelectorRegistry(Simulation& simulation) : simulation_{simulation} {}

  /// One role per name and run.
  void add_role(std::string name, std::vector<std::string> parameters, std::string meaning, Resolve resolve);
  const std::map<std::string, Role, std::less<>>& roles() const { return roles_; }

  Selection select(std::string_view selector, const SelectorContext& context = {}) const;
  /// What is wrong with a selector, before the run: syntax, unknown roles, number of arguments. Empty if
  /// nothing is.
  std::string check(std::string_view selector) const;

 private:
  struct Parsed;
  Selection resolve(const Parsed& parsed, const SelectorContext* context) const;

  Simulation& simulation_;
  std::map<std::string, Role, std::less<>> roles_;
};

Target target_of(Process& process);
Target target_of(Node& node);

}  // namespace wrackline::sim

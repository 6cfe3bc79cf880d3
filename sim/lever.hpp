// Levers: the named actions that can be done to a model. A model registers them; a fault pulls them by name,
// without knowing the model (design §2). "kafka.elect_unclean(payments/0)" elects, "source.burst(app, 10)"
// bursts.
//
// A lever reports what it observably did: a pull that changed nothing says so, and then the fault has not
// struck.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::sim {

struct LeverOutcome {
  enum class Status : std::uint8_t {
    acted,         ///< the world is different now
    no_effect,     ///< understood, but there was nothing to do
    bad_argument,  ///< the arguments name nothing that exists
    unknown,       ///< there is no such lever
  };
  Status status = Status::no_effect;
  std::string what;  ///< one line: what happened, or what is wrong

  static LeverOutcome acted(std::string what) { return {Status::acted, std::move(what)}; }
  static LeverOutcome no_effect(std::string what) { return {Status::no_effect, std::move(what)}; }
  static LeverOutcome bad_argument(std::string what) { return {Status::bad_argument, std::move(what)}; }
  bool did_act() const { return status == Status::acted; }
};

struct Lever {
  using Action = std::function<LeverOutcome(std::span<const std::string> arguments)>;
  std::string name;
  std::vector<std::string> parameters;  ///< names, for messages; exactly so many arguments are required
  std::string meaning;
  Action action;
};

class LeverRegistry {
 public:
  /// One lever per name and run.
  void add(Lever lever);
  LeverOutcome pull(std::string_view name, std::span<const std::string> arguments) const;
  const Lever* find(std::string_view name) const;
  std::vector<std::string> nearest(std::string_view name) const;
  /// In the order of their names.
  const std::map<std::string, Lever, std::less<>>& all() const { return levers_; }

 private:
  std::map<std::string, Lever, std::less<>> levers_;
};

}  // namespace wrackline::sim

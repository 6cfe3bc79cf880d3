// A scenario as Python holds it: the plan, if there is one, and everything that was said about it. The
// diagnostics stay with the plan because a run can still find something wrong (BadScenario), and its place
// needs the text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/diagnostics.hpp"
#include "scenarios/plan.hpp"
#include "scenarios/run/run_one.hpp"

namespace wrackline::python {

/// What the Python side asks for; the strings are those of the command line.
struct Request {
  std::string path;
  std::optional<std::string> text;  ///< instead of the content of `path`, which then only gives the directory
  std::vector<std::string> sets;
  std::vector<std::string> sweeps;
  std::vector<std::string> readable;
  std::vector<std::uint64_t> seeds;
};

class LoadedPlan {
 public:
  explicit LoadedPlan(Request request);

  bool valid() const { return plan_.has_value(); }
  const scenarios::Plan& plan() const { return *plan_; }
  /// As `wrackline plan --json` writes it; only of a valid plan.
  std::string plan_json() const;
  std::string diagnostics_json() const;
  std::string diagnostics_text() const;
  std::string reproduce(std::size_t cell, std::uint64_t seed) const;

  /// Enters what only a run could find, so that it is shown like everything else.
  void report(const scenarios::BadScenario& bad);

 private:
  scenarios::LoadOptions options_;
  scenarios::Diagnostics diagnostics_;
  std::optional<scenarios::Plan> plan_;
};

}  // namespace wrackline::python

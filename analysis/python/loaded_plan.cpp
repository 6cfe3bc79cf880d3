#include "analysis/python/loaded_plan.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

namespace wrackline::python {

LoadedPlan::LoadedPlan(Request request) {
  options_.sets = std::move(request.sets);
  options_.sweeps = std::move(request.sweeps);
  options_.readable = std::move(request.readable);
  options_.seeds = std::move(request.seeds);
  if (request.text) {
    options_.reader = [path = std::filesystem::path(request.path).lexically_normal().string(),
                       text = std::move(*request.text)](const std::string& wanted) {
      if (wanted == path) return scenarios::FileContent{text, {}};
      return scenarios::read_file(wanted);
    };
  }
  plan_ = scenarios::load_plan(request.path, options_, diagnostics_);
}

std::string LoadedPlan::plan_json() const { return scenarios::to_json(*plan_).dump(); }

std::string LoadedPlan::diagnostics_json() const { return scenarios::to_json(diagnostics_).dump(); }

std::string LoadedPlan::diagnostics_text() const { return scenarios::to_text(diagnostics_); }

std::string LoadedPlan::reproduce(std::size_t cell, std::uint64_t seed) const {
  return scenarios::reproduce_command(*plan_, plan_->cells.at(cell), seed, options_);
}

void LoadedPlan::report(const scenarios::BadScenario& bad) {
  diagnostics_.report("WL1501", bad.at, bad.message);
}

}  // namespace wrackline::python

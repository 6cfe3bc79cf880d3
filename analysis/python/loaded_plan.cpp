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

std::string LoadedPlan::plan_json() const {
  nlohmann::json cells = nlohmann::json::array();
  for (const scenarios::Cell& cell : plan_->cells) {
    nlohmann::json settings = nlohmann::json::object();
    for (const auto& setting : cell.settings) settings[setting.path] = setting.value;
    cells.push_back({{"cell", cell.index},
                     {"settings", std::move(settings)},
                     {"hash", cell.hash},
                     {"resolved", nlohmann::json::parse(cell.resolved)}});
  }
  return nlohmann::json{{"name", plan_->name},       {"file", plan_->file},
                        {"hash", plan_->hash},       {"model_version", scenarios::kModelVersion},
                        {"seeds", plan_->seeds},     {"axes", plan_->axes},
                        {"cells", std::move(cells)}, {"without_effect", plan_->without_effect}}
      .dump();
}

std::string LoadedPlan::diagnostics_json() const { return scenarios::to_json(diagnostics_).dump(); }

std::string LoadedPlan::diagnostics_text() const { return scenarios::to_text(diagnostics_); }

std::string LoadedPlan::reproduce(std::size_t cell, std::uint64_t seed) const {
  return scenarios::reproduce_command(*plan_, plan_->cells.at(cell), seed, options_);
}

void LoadedPlan::report(const scenarios::BadScenario& bad) {
  diagnostics_.report("WL1501", bad.at, bad.message);
}

}  // namespace wrackline::python

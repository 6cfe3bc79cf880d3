// `validate` and `plan`: what a scenario asks for, before anything runs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.hpp"
#include "scenarios/diagnostics.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::cli {

namespace {

using scenarios::Cell;
using scenarios::Diagnostics;
using scenarios::Plan;

}  // namespace

std::optional<scenarios::LoadOptions> load_options(const ScenarioOptions& options, const Streams& streams) {
  scenarios::LoadOptions load;
  load.sets = options.sets;
  load.sweeps = options.sweeps;
  load.readable = options.readable;
  for (const std::string& directory : options.readable) {
    std::error_code error;
    if (std::filesystem::is_directory(directory, error)) continue;
    streams.err << fmt::format("--readable {}: there is no such directory\n", directory);
    return std::nullopt;
  }
  if (!options.seeds.empty()) {
    const auto seeds = scenarios::parse_seeds(options.seeds);
    if (!seeds) {
      streams.err << fmt::format("--seeds {}: write one seed, a range 1..1000, or a list 3,5,8, each once\n",
                                 options.seeds);
      return std::nullopt;
    }
    load.seeds = *seeds;
  }
  return load;
}

namespace {

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  if (seeds.size() == 1) return fmt::format("{}", seeds.front());
  bool consecutive = true;
  for (std::size_t i = 1; i < seeds.size(); ++i) consecutive = consecutive && seeds[i] == seeds[i - 1] + 1;
  if (consecutive) return fmt::format("{}..{}", seeds.front(), seeds.back());
  const std::size_t shown = std::min<std::size_t>(seeds.size(), 10);
  return fmt::format("{}{}",
                     fmt::join(seeds.begin(), seeds.begin() + static_cast<std::ptrdiff_t>(shown), ","),
                     shown < seeds.size() ? ",..." : "");
}

std::string plural(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

void print_plan(const Plan& plan, const Streams& streams) {
  streams.out << fmt::format("{}: {} x {} = {}, plan {}\n", plan.name, plural(plan.cells.size(), "cell"),
                             plural(plan.seeds.size(), "seed"),
                             plural(plan.cells.size() * plan.seeds.size(), "run"), plan.hash.substr(0, 16));
  streams.out << fmt::format("seeds {}\n\n", seeds_text(plan.seeds));
  std::vector<std::size_t> width;
  for (const std::string& axis : plan.axes) width.push_back(axis.size());
  for (const Cell& cell : plan.cells) {
    for (std::size_t i = 0; i < cell.settings.size(); ++i)
      width[i] = std::max(width[i], cell.settings[i].value.size());
  }
  std::string header = fmt::format("{:>5}", "cell");
  for (std::size_t i = 0; i < plan.axes.size(); ++i)
    header += fmt::format("  {:<{}}", plan.axes[i], width[i]);
  streams.out << header << "  hash\n";
  for (const Cell& cell : plan.cells) {
    std::string line = fmt::format("{:>5}", cell.index);
    for (std::size_t i = 0; i < cell.settings.size(); ++i)
      line += fmt::format("  {:<{}}", cell.settings[i].value, width[i]);
    streams.out << line << "  " << cell.hash.substr(0, 16) << "\n";
  }
  if (!plan.without_effect.empty()) {
    streams.out << "\nknown, without effect here:\n";
    for (const std::string& name : plan.without_effect) streams.out << "  " << name << "\n";
  }
}

}  // namespace

int validate(const ScenarioOptions& options, const Streams& streams) {
  const auto load = load_options(options, streams);
  if (!load) return kUsage;
  bool good = true;
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& file : options.files) {
    Diagnostics diagnostics;
    const auto plan = scenarios::load_plan(file, *load, diagnostics);
    good = good && plan.has_value();
    if (options.json) {
      const nlohmann::json found = scenarios::to_json(diagnostics);
      for (const auto& diagnostic : found.at("diagnostics")) all.push_back(diagnostic);
      continue;
    }
    streams.err << scenarios::to_text(diagnostics);
    if (plan && !options.quiet) {
      streams.out << fmt::format("{}: valid, {} x {}\n", file, plural(plan->cells.size(), "cell"),
                                 plural(plan->seeds.size(), "seed"));
    }
  }
  if (options.json)
    streams.out << nlohmann::json{{"valid", good}, {"diagnostics", std::move(all)}}.dump(2) << "\n";
  return good ? kPass : kBadInput;
}

int plan(const ScenarioOptions& options, const Streams& streams) {
  const auto load = load_options(options, streams);
  if (!load) return kUsage;
  Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(options.files.front(), *load, diagnostics);
  if (options.json && !plan) {
    streams.out << scenarios::to_json(diagnostics).dump(2) << "\n";
  } else {
    streams.err << scenarios::to_text(diagnostics);
  }
  if (!plan) return kBadInput;
  if (options.json) {
    streams.out << to_json(*plan).dump(2) << "\n";
  } else if (!options.quiet) {
    print_plan(*plan, streams);
  }
  return kPass;
}

}  // namespace wrackline::cli

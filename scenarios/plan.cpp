#include "scenarios/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "engine/workload/trace_reader.hpp"
#include "scenarios/files.hpp"
#include "scenarios/guarantees.hpp"
#include "scenarios/matrix.hpp"
#include "scenarios/sha256.hpp"
#include "scenarios/validate.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

/// Kafka's version decides defaults, so it is looked at before the rest is read; a wrong one is reported when
/// it is.
Version kafka_version(const Node& document) {
  const Node* const kafka = document.find("kafka");
  const Node* const version = kafka != nullptr ? kafka->find("version") : nullptr;
  return (version != nullptr && version->is_string() ? parse_version(version->text) : std::nullopt)
      .value_or(Version{4, 1});
}

/// The first seed that is there twice: its runs would count twice.
std::optional<std::uint64_t> twice(std::vector<std::uint64_t> seeds) {
  std::sort(seeds.begin(), seeds.end());
  const auto found = std::adjacent_find(seeds.begin(), seeds.end());
  return found == seeds.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::uint64_t> seeds_of(Node& document, const LoadOptions& options, Diagnostics& diagnostics) {
  SeedSpec spec;
  std::vector<std::uint64_t> seeds;
  if (const Node* const node = document.find("seeds"); node != nullptr && node->is_array()) {
    for (const Node& seed : node->items) {
      if (!seed.is_integer() || seed.integer < 0) {
        diagnostics.report("WL1102", seed.at, "a seed must be an integer from 0 on");
      } else {
        seeds.push_back(static_cast<std::uint64_t>(seed.integer));
      }
    }
    if (node->items.empty()) diagnostics.report("WL1113", node->at, "\"seeds\" is an empty list");
    if (const auto seed = twice(seeds))
      diagnostics.report("WL1104", node->at, fmt::format("the seed {} is given twice", *seed));
  } else if (node != nullptr && !node->is_null()) {
    ReadContext context{diagnostics, {}};
    read_object(seeds_decl(), *node, &spec, context);
  }
  document.erase("seeds");
  if (!options.seeds.empty()) return options.seeds;
  if (seeds.empty()) {
    seeds.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(spec.count, 1, 1'000'000)));
    std::iota(seeds.begin(), seeds.end(), static_cast<std::uint64_t>(spec.base));
  }
  return seeds;
}

void check_guarantees(const Node& document, Diagnostics& diagnostics) {
  const Node* const own = document.find("guarantees");
  if (own == nullptr || !own->is_object()) return;
  for (const Member& member : own->members) {
    if (member.key == "$comment") continue;
    BundleSpec bundle;
    ReadContext context{diagnostics, {}};
    read_object(guarantee_decl(), member.value, &bundle, context);
  }
}

/// What can not influence a run is no part of its identity.
std::string identity(nlohmann::json resolved) {
  for (const char* const name : {"name", "doc", "expect", "$schema", "version"}) resolved.erase(name);
  return resolved.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A file that was looked at, with the options that it was read with.
using TracesRead = std::set<std::string>;

void check_trace(const SourceSpec& source, const nlohmann::json& options, const std::string& name,
                 Location at, TracesRead& known, Diagnostics& diagnostics) {
  if (!source.trace_options.problems().empty()) return;  // reported
  if (!known.insert(*source.trace + options.dump()).second) return;
  const auto input = workload::open_trace(*source.trace);
  if (input == nullptr) {
    diagnostics.report("WL1114", at, fmt::format("the trace \"{}\" can not be opened", name));
    return;
  }
  constexpr std::size_t kMostShown = 5;
  const workload::TraceSummary summary = workload::summarize_trace(*input, source.trace_options);
  const workload::TraceProblems& problems = summary.problems;
  for (std::size_t i = 0; i < std::min(kMostShown, problems.listed().size()); ++i) {
    workload::TraceProblems::Problem problem = problems.listed()[i];
    std::replace(problem.option.begin(), problem.option.end(), '-', '_');
    if (!problem.option.empty())
      problem.what += fmt::format("; \"trace_options\": {{ \"{}\": \"{}\" }} would help",
                                  std::exchange(problem.option, {}), problem.value);
    diagnostics.report("WL1114", at, to_string(problem, name));
  }
  if (problems.count() > kMostShown)
    diagnostics.report(
        "WL1114", at,
        fmt::format("{}: {} problems in all, {} rows are good", name, problems.count(), summary.rows));
  if (!problems.empty()) return;
  for (const std::string& note : summary.counts.notes())
    diagnostics.report("WL1115", at, fmt::format("{}: {}", name, note));
}

void resolve_traces(ScenarioSpec& spec, const Node& document, const nlohmann::json& resolved,
                    const ScenarioFiles& files, bool look_inside, TracesRead& known,
                    Diagnostics& diagnostics) {
  for (SourceSpec& source : spec.sources) {
    if (!source.trace) continue;
    const Node* const sources = document.find("sources");
    const Node* const node = sources->find(source.name);
    const Node* const trace = node != nullptr ? node->find("trace") : nullptr;
    const Location at = trace != nullptr ? trace->at : Location{};
    const std::string name = *source.trace;
    if (auto path = files.resolve(name, at)) {
      source.trace = *path;
      const auto pointer = nlohmann::json::json_pointer("/sources") / source.name / "trace_options";
      // Where the files are not real ones, there is no trace to look at.
      if (look_inside)
        check_trace(source, resolved.value(pointer, nlohmann::json::object()), name, at, known, diagnostics);
    }
  }
}

void add_without_effect(const ScenarioSpec& spec, std::set<std::string>& names) {
  const auto add = [&](const PropertyValues& values) {
    for (const std::string_view name : values.without_effect())
      names.insert(fmt::format("{} {}", values.table().component(), name));
  };
  add(spec.kafka.config);
  for (const TopicSpec& topic : spec.kafka.topics) add(topic.config);
  for (const SourceSpec& source : spec.sources) add(source.config);
  for (const JobSpec& job : spec.jobs) add(job.config);
  for (const SinkSpec& sink : spec.sinks) add(sink.config);
}

std::string quoted_for_shell(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./=:,+@%-").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::optional<Plan> load_plan(const std::string& path, const LoadOptions& options, Diagnostics& diagnostics) {
  ScenarioFiles files(options, diagnostics);
  std::optional<Node> document = files.load(path);
  if (!document) return std::nullopt;
  Plan plan;
  plan.file = path;
  plan.seeds = seeds_of(*document, options, diagnostics);
  check_guarantees(*document, diagnostics);
  std::vector<RawCell> cells = expand_matrix(std::move(*document), options, diagnostics);
  std::set<std::string> without_effect;
  TracesRead traces;
  for (RawCell& raw : cells) {
    Cell& cell = plan.cells.emplace_back();
    cell.index = plan.cells.size() - 1;
    cell.settings = std::move(raw.settings);
    apply_guarantee(raw.document, diagnostics);
    if (const Node* const name = raw.document.find("guarantee"); name != nullptr)
      cell.spec.guarantee = name->text;
    ReadContext context{diagnostics, kafka_version(raw.document)};
    nlohmann::json resolved = read_object(scenario_decl(), raw.document, &cell.spec, context);
    validate(cell.spec, raw.document, diagnostics);
    resolve_traces(cell.spec, raw.document, resolved, files, options.resolve_links, traces, diagnostics);
    // The first cell that can not be read says what is wrong with all that share the mistake.
    if (plan.cells.size() > 64 && diagnostics.has_errors()) break;
    cell.resolved = identity(std::move(resolved));
    cell.hash = sha256(cell.resolved);
    add_without_effect(cell.spec, without_effect);
  }
  if (diagnostics.has_errors() || plan.cells.empty()) return std::nullopt;
  plan.name = plan.cells.front().spec.name;
  for (const Setting& setting : plan.cells.front().settings) plan.axes.push_back(setting.path);
  plan.without_effect.assign(without_effect.begin(), without_effect.end());
  std::string all(kModelVersion);
  for (const Cell& cell : plan.cells) all += "\n" + cell.hash;
  for (const std::uint64_t seed : plan.seeds) all += fmt::format("\n{}", seed);
  plan.hash = sha256(all);
  return plan;
}

std::string run_id(const Cell& cell, std::uint64_t seed) {
  return sha256(fmt::format("{}\n{}\n{}", cell.hash, seed, kModelVersion)).substr(0, 32);
}

std::string reproduce_command(const Plan& plan, const Cell& cell, std::uint64_t seed,
                              const LoadOptions& options) {
  std::string command = fmt::format("wrackline run {}", quoted_for_shell(plan.file));
  for (const std::string& directory : options.readable)
    command += fmt::format(" --readable {}", quoted_for_shell(directory));
  const auto varied = [&](const std::string& set) {
    return std::any_of(cell.settings.begin(), cell.settings.end(),
                       [&](const Setting& s) { return set.starts_with(s.path + "="); });
  };
  for (const std::string& set : options.sets) {
    if (!varied(set)) command += fmt::format(" --set {}", quoted_for_shell(set));
  }
  for (const Setting& setting : cell.settings)
    command += fmt::format(" --set {}", quoted_for_shell(setting.path + "=" + setting.set_value));
  return command + fmt::format(" --seed {}", seed);
}

std::optional<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
  constexpr std::uint64_t kMost = 1'000'000;
  std::vector<std::uint64_t> seeds;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const char* const end = part.data() + part.size();
    auto read = std::from_chars(part.data(), end, first);
    if (read.ec != std::errc{}) return std::nullopt;
    last = first;
    if (read.ptr != end) {
      if (std::string_view(read.ptr, static_cast<std::size_t>(end - read.ptr)).substr(0, 2) != "..")
        return std::nullopt;
      read = std::from_chars(read.ptr + 2, end, last);
      if (read.ec != std::errc{} || read.ptr != end || last < first) return std::nullopt;
    }
    if (last - first >= kMost || seeds.size() + (last - first) >= kMost) return std::nullopt;
    for (std::uint64_t n = 0; n <= last - first; ++n) seeds.push_back(first + n);
    if (comma == std::string_view::npos) return twice(seeds) ? std::nullopt : std::optional(seeds);
    text = text.substr(comma + 1);
  }
}

nlohmann::json to_json(const Plan& plan) {
  nlohmann::json cells = nlohmann::json::array();
  for (const Cell& cell : plan.cells) {
    nlohmann::json settings = nlohmann::json::object();
    for (const auto& setting : cell.settings) settings[setting.path] = setting.value;
    cells.push_back({{"cell", cell.index},
                     {"settings", std::move(settings)},
                     {"hash", cell.hash},
                     {"resolved", nlohmann::json::parse(cell.resolved)}});
  }
  return {{"name", plan.name},         {"file", plan.file},
          {"hash", plan.hash},         {"model_version", kModelVersion},
          {"seeds", plan.seeds},       {"axes", plan.axes},
          {"cells", std::move(cells)}, {"without_effect", plan.without_effect}};
}

}  // namespace wrackline::scenarios

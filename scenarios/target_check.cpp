#include "scenarios/target_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wrackline::scenarios {

namespace {

std::optional<TargetProblem> unknown(std::string_view what, std::string_view name,
                                     const std::vector<std::string>& all) {
  if (std::find(all.begin(), all.end(), name) != all.end()) return std::nullopt;
  const std::vector<std::string_view> known(all.begin(), all.end());
  return TargetProblem{fmt::format("there is no {} \"{}\"", what, name),
                       std::string(nearest_name(name, known).value_or(""))};
}

template <typename T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  for (const T& element : all) names.push_back(element.name);
  return names;
}

std::optional<TargetProblem> check_partition(const ScenarioSpec& scenario, std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos)
    return TargetProblem{fmt::format("\"{}\" is no partition; write topic/number", text), {}};
  const std::string_view topic = text.substr(0, slash);
  if (topic.starts_with("__")) return std::nullopt;  // an internal topic
  if (auto problem = unknown("topic", topic, names_of(scenario.kafka.topics))) return problem;
  const auto& spec = *std::find_if(scenario.kafka.topics.begin(), scenario.kafka.topics.end(),
                                   [&](const TopicSpec& t) { return t.name == topic; });
  std::int32_t number = -1;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool good =
      error == std::errc{} && end == digits.data() + digits.size() && number >= 0 && number < spec.partitions;
  if (good) return std::nullopt;
  return TargetProblem{
      fmt::format("topic \"{}\" has the partitions 0..{}, not {}", topic, spec.partitions - 1, digits), {}};
}

std::vector<std::string> groups_of(const ScenarioSpec& scenario) {
  std::vector<std::string> groups;
  for (const JobSpec& job : scenario.jobs) groups.push_back(job.group.empty() ? job.name : job.group);
  return groups;
}

std::optional<TargetProblem> check_selector(const ScenarioSpec& scenario, std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view role = text.substr(0, open);
  while (role.starts_with(' ')) role.remove_prefix(1);
  std::string_view argument = text.substr(open + 1, text.rfind(')') - open - 1);
  while (argument.starts_with(' ')) argument.remove_prefix(1);
  while (argument.ends_with(' ')) argument.remove_suffix(1);
  if (role == "node" || role == "process")
    return unknown(role == "node" ? "machine" : "process", argument, process_names(scenario));
  if (role == "zone") return unknown("zone", argument, scenario.kafka.zones);
  if (role == "kafka.leader" || role == "kafka.follower") return check_partition(scenario, argument);
  if (role == "kafka.coordinator") return unknown("group", argument, groups_of(scenario));
  return check_selector(scenario, argument);
}

}  // namespace

std::vector<std::string> process_names(const ScenarioSpec& scenario) {
  std::vector<std::string> names{"controller"};
  const auto add = [&](const std::string& name, std::int32_t count) {
    for (std::int32_t i = 1; i <= count; ++i) names.push_back(fmt::format("{}-{}", name, i));
  };
  add("broker", scenario.kafka.brokers);
  for (const SourceSpec& source : scenario.sources) add(source.name, source.trace ? 1 : source.producers);
  for (const JobSpec& job : scenario.jobs) add(job.name, job.parallelism);
  for (const SinkSpec& sink : scenario.sinks) {
    if (sink.kind != SinkKind::kTopic) names.push_back(sink.name);
  }
  return names;
}

std::optional<TargetProblem> check_target(const ScenarioSpec& scenario, const FaultSpec& fault) {
  const faults::FaultType* const type = faults::find_fault(fault.action);
  if (type == nullptr || fault.target.empty()) return std::nullopt;
  if (type->targets != faults::TargetKind::name) return check_selector(scenario, fault.target);
  if (fault.action.starts_with("source.")) return unknown("source", fault.target, names_of(scenario.sources));
  if (fault.action.starts_with("group.")) return unknown("group", fault.target, groups_of(scenario));
  if (fault.action.starts_with("kafka.")) return check_partition(scenario, fault.target);
  return std::nullopt;
}

std::vector<std::pair<std::string, TargetProblem>> check_parameters(const ScenarioSpec& scenario,
                                                                    const FaultSpec& fault) {
  std::vector<std::pair<std::string, TargetProblem>> found;
  const faults::FaultType* const type = faults::find_fault(fault.action);
  if (type == nullptr) return found;
  for (const faults::ParamDef& param : type->params) {
    const auto given = fault.parameters.find(param.name);
    if (!param.selects || given == fault.parameters.end()) continue;
    for (const std::string& selector : faults::selectors_in(std::get<std::string>(given->second))) {
      if (auto problem = check_selector(scenario, selector))
        found.emplace_back(param.name, std::move(*problem));
    }
  }
  return found;
}

}  // namespace wrackline::scenarios

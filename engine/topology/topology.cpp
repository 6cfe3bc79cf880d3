#include "engine/topology/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <iterator>
#include <utility>

#include "engine/topology/max_flow.hpp"

namespace wrackline::topology {

namespace {

using Digraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;

/// A stage may only feed what can really read it: producers write topics, jobs read topics, jobs write topics
/// or sinks.
bool may_feed(StageKind from, StageKind to) {
  switch (from) {
    case StageKind::source:
      return to == StageKind::topic;
    case StageKind::topic:
      return to == StageKind::job;
    case StageKind::job:
      return to == StageKind::topic || to == StageKind::sink;
    case StageKind::sink:
      return false;
  }
  return false;
}

template <typename Graph>
std::vector<bool> reachable_from(const Graph& graph, const std::vector<std::size_t>& starts) {
  std::vector<bool> reached(boost::num_vertices(graph), false);
  std::vector<std::size_t> open = starts;
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (reached[at]) continue;
    reached[at] = true;
    for (auto [edge, end] = boost::out_edges(at, graph); edge != end; ++edge) {
      open.push_back(boost::target(*edge, graph));
    }
  }
  return reached;
}

}  // namespace

const char* to_string(StageKind kind) {
  switch (kind) {
    case StageKind::source:
      return "source";
    case StageKind::topic:
      return "topic";
    case StageKind::job:
      return "job";
    case StageKind::sink:
      return "sink";
  }
  return "?";
}

void Topology::add(Stage stage) {
  if (find(stage.name)) {
    build_problems_.push_back({Problem::Kind::duplicate_name,
                               {stage.name},
                               fmt::format("the name '{}' is used by two stages", stage.name)});
    return;
  }
  stages_.push_back(std::move(stage));
}

void Topology::connect(const std::string& from, const std::string& to, bool keeps_key) {
  const auto tail = find(from);
  const auto head = find(to);
  for (const auto& [end, name] : {std::pair{tail, from}, std::pair{head, to}}) {
    if (!end) {
      build_problems_.push_back(
          {Problem::Kind::unknown_stage, {name}, fmt::format("there is no stage named '{}'", name)});
    }
  }
  if (!tail || !head) return;
  const Stage& reader = stages_[*head];
  const Stage& writer = stages_[*tail];
  if (!may_feed(writer.kind, reader.kind)) {
    build_problems_.push_back({Problem::Kind::impossible_edge,
                               {from, to},
                               fmt::format("{} '{}' cannot feed {} '{}'", to_string(writer.kind), from,
                                           to_string(reader.kind), to)});
    return;
  }
  hops_.push_back({*tail, *head, keeps_key});
}

std::optional<std::size_t> Topology::find(const std::string& name) const {
  const auto found =
      std::find_if(stages_.begin(), stages_.end(), [&](const Stage& s) { return s.name == name; });
  if (found == stages_.end()) return std::nullopt;
  return static_cast<std::size_t>(std::distance(stages_.begin(), found));
}

std::vector<Problem> Topology::validate() const {
  std::vector<Problem> problems = build_problems_;
  find_problems_of_shape(problems);
  find_problems_of_keys(problems);
  return problems;
}

void Topology::find_problems_of_shape(std::vector<Problem>& problems) const {
  Digraph graph(stages_.size());
  for (const Hop& hop : hops_) boost::add_edge(hop.from, hop.to, graph);

  std::vector<std::size_t> component(stages_.size());
  const std::size_t components =
      stages_.empty()
          ? 0
          : boost::strong_components(graph, boost::make_iterator_property_map(
                                                component.begin(), boost::get(boost::vertex_index, graph)));
  for (std::size_t c = 0; c < components; ++c) {
    std::vector<std::string> members;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (component[i] == c) members.push_back(stages_[i].name);
    }
    if (members.size() < 2) continue;
    std::string names;
    for (const std::string& name : members) names += (names.empty() ? "'" : ", '") + name + "'";
    problems.push_back({Problem::Kind::cycle, members, fmt::format("the stages {} form a cycle", names)});
  }

  std::vector<std::size_t> sources;
  std::vector<std::size_t> sinks;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].kind == StageKind::source) sources.push_back(i);
    if (stages_[i].kind == StageKind::sink) sinks.push_back(i);
  }
  const std::vector<bool> fed = reachable_from(graph, sources);
  const std::vector<bool> read = reachable_from(boost::make_reverse_graph(graph), sinks);
  // A topic that is read by nobody may still be what the user wants to measure: a source needs a topic, not a
  // sink.
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    const auto add = [&](Problem::Kind kind, std::string message) {
      problems.push_back({kind, {stage.name}, std::move(message)});
    };
    if (stage.kind == StageKind::job && boost::in_degree(i, graph) == 0) {
      add(Problem::Kind::job_without_input, fmt::format("job '{}' reads no topic", stage.name));
    }
    if (stage.kind == StageKind::job && !read[i] && boost::out_degree(i, graph) == 0) {
      add(Problem::Kind::job_without_output, fmt::format("job '{}' writes nowhere", stage.name));
    }
    if (stage.kind == StageKind::source && boost::out_degree(i, graph) == 0) {
      add(Problem::Kind::unused_source, fmt::format("source '{}' writes to no topic", stage.name));
    }
    if (stage.kind == StageKind::sink && !fed[i]) {
      add(Problem::Kind::unreachable_sink, fmt::format("no source reaches sink '{}'", stage.name));
    }
  }
}

void Topology::find_problems_of_keys(std::vector<Problem>& problems) const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].kind != StageKind::job || !stages_[i].needs_key) continue;
    for (const Hop& input : hops_) {
      if (input.to != i) continue;
      for (const Hop& writer : hops_) {
        if (writer.to != input.from) continue;
        const bool keyed = stages_[writer.from].kind == StageKind::job
                               ? writer.keeps_key
                               : stages_[writer.from].partitions_by_key;
        if (keyed) continue;
        problems.push_back(
            {Problem::Kind::key_change_without_shuffle,
             {stages_[writer.from].name, stages_[i].name},
             fmt::format("job '{}' keeps state by key, but '{}' writes '{}' without that key, so "
                         "records of one key land in several tasks",
                         stages_[i].name, stages_[writer.from].name, stages_[input.from].name)});
      }
    }
  }
}

std::vector<std::string> Topology::build_order() const {
  Digraph graph(stages_.size());
  for (const Hop& hop : hops_) boost::add_edge(hop.from, hop.to, graph);
  std::vector<std::size_t> reversed;
  boost::topological_sort(graph, std::back_inserter(reversed));
  std::vector<std::string> order;
  order.reserve(reversed.size());
  std::for_each(reversed.rbegin(), reversed.rend(), [&](std::size_t i) { order.push_back(stages_[i].name); });
  return order;
}

Bottleneck Topology::bottleneck() const {
  // Each stage is split into an arc in → out that carries its capacity.
  const std::size_t origin = 2 * stages_.size();
  const std::size_t destination = origin + 1;
  std::vector<FlowArc> arcs;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    arcs.push_back({2 * i, 2 * i + 1, stages_[i].capacity_records_per_second});
    if (stages_[i].kind == StageKind::source) arcs.push_back({origin, 2 * i, kUnlimited});
    if (stages_[i].kind == StageKind::sink) arcs.push_back({2 * i + 1, destination, kUnlimited});
  }
  for (const Hop& hop : hops_) arcs.push_back({2 * hop.from + 1, 2 * hop.to, kUnlimited});

  const MinCut cut = min_cut(destination + 1, arcs, origin, destination);
  Bottleneck found{cut.flow, {}};
  if (cut.flow == kUnlimited) return found;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (cut.on_origin_side[2 * i] && !cut.on_origin_side[2 * i + 1]) found.stages.push_back(stages_[i].name);
  }
  std::sort(found.stages.begin(), found.stages.end());
  return found;
}

std::optional<std::string> Topology::guarantee_ends_at(const std::string& source) const {
  const auto start = find(source);
  if (!start) return std::nullopt;
  Digraph graph(stages_.size());
  for (const Hop& hop : hops_) boost::add_edge(hop.from, hop.to, graph);
  const std::vector<bool> reached = reachable_from(graph, {*start});
  for (const std::string& name : build_order()) {
    const std::size_t i = *find(name);
    if (reached[i] && stages_[i].kind == StageKind::sink && stages_[i].replay == Replay::repeats) return name;
  }
  return std::nullopt;
}

}  // namespace wrackline::topology

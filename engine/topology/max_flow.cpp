#include "engine/topology/max_flow.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/push_relabel_max_flow.hpp>
#include <limits>

namespace wrackline::topology {

namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Network = boost::adjacency_list<
    boost::vecS, boost::vecS, boost::directedS, boost::no_property,
    boost::property<boost::edge_capacity_t, std::int64_t,
                    boost::property<boost::edge_residual_capacity_t, std::int64_t,
                                    boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>>;

}  // namespace

MinCut min_cut(std::size_t vertices, const std::vector<FlowArc>& arcs, std::size_t origin,
               std::size_t destination) {
  // Stands for "unlimited" inside the algorithm: above every finite cut, far from overflow.
  std::int64_t finite_total = 0;
  for (const FlowArc& arc : arcs) {
    if (arc.capacity != kUnlimited) finite_total += arc.capacity;
  }
  const std::int64_t unlimited = finite_total + 1;

  Network network(vertices);
  const auto capacity = boost::get(boost::edge_capacity, network);
  const auto residual = boost::get(boost::edge_residual_capacity, network);
  const auto reverse = boost::get(boost::edge_reverse, network);
  for (const FlowArc& arc : arcs) {
    const auto forward = boost::add_edge(arc.from, arc.to, network).first;
    const auto backward = boost::add_edge(arc.to, arc.from, network).first;
    capacity[forward] = arc.capacity == kUnlimited ? unlimited : arc.capacity;
    capacity[backward] = 0;
    reverse[forward] = backward;
    reverse[backward] = forward;
  }

  MinCut cut;
  cut.flow = boost::push_relabel_max_flow(network, origin, destination);
  if (cut.flow >= unlimited) cut.flow = kUnlimited;

  cut.on_origin_side.assign(vertices, false);
  std::vector<std::size_t> open{origin};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (cut.on_origin_side[at]) continue;
    cut.on_origin_side[at] = true;
    for (auto [edge, end] = boost::out_edges(at, network); edge != end; ++edge) {
      if (residual[*edge] > 0) open.push_back(boost::target(*edge, network));
    }
  }
  return cut;
}

}  // namespace wrackline::topology

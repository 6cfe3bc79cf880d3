// Maximum flow and minimum cut over Boost.Graph (push-relabel), for the bottleneck of a pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::topology {

struct FlowArc {
  std::size_t from;
  std::size_t to;
  std::int64_t capacity;  ///< records per second; INT64_MAX = unlimited
};

struct MinCut {
  std::int64_t flow = 0;             ///< INT64_MAX when an unlimited path exists
  std::vector<bool> on_origin_side;  ///< by vertex: still reachable in the residual graph
};

MinCut min_cut(std::size_t vertices, const std::vector<FlowArc>& arcs, std::size_t origin,
               std::size_t destination);

}  // namespace wrackline::topology

// "Did you mean ...?": the names closest to a mistyped one, by edit distance.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::sim {

/// Insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// At most `most` of the candidates, nearest first, none further away than a third of the name's length (at
/// least 2).
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates,
                                       std::size_t most = 3);

}  // namespace wrackline::sim

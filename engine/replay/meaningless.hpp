// Which figures of a replay mean nothing for a kind of windows, and why: whoever prints figures says that
// instead of a number.
#pragma once

#include <span>
#include <string_view>

#include "engine/replay/window_spec.hpp"

namespace wrackline::replay {

struct Meaningless {
  std::string_view figure;  ///< as in the JSON of a replay
  std::string_view why;
};

std::span<const Meaningless> meaningless(WindowKind kind);

/// What its first answers held of all there was: not known of windows whose dropped records leave no trace.
constexpr bool knows_completeness(WindowKind kind) { return kind <= WindowKind::session; }

}  // namespace wrackline::replay

// The fitted delays as a block to paste into a source of a scenario: "delay", and "clock" where the trace has
// so many negative delays that a clock must be ahead.
//
// What the block can not say: trends (the halves' distance is told beside it), and dependence of more than
// neighbours. A mixture or a gamma law with correlated neighbours becomes its quantile knots, because the
// autoregressive law needs a quantile function.
#pragma once

#include <string>

#include "engine/fit/fit.hpp"

namespace wrackline::fit {

/// The value of "delay": one line of JSON.
std::string delay_json(const Report& report);
/// The lines to paste: `"delay": {...},` and perhaps `"clock": {"offset": ...},`.
std::string delay_block(const Report& report);

}  // namespace wrackline::fit

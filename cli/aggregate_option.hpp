// --aggregate and --quantile, as the commands over a trace's windows take them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/replay/aggregates.hpp"

namespace wrackline::cli {

/// Count if there are no names; calls `complain(option, what)` for what is wrong.
replay::AggregateList aggregates_of(
    const std::vector<std::string>& names, const std::string& quantile,
    const std::function<void(const std::string&, const std::string&)>& complain);

}  // namespace wrackline::cli

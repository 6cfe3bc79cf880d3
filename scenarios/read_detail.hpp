// What the readers of objects and of single values share.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/document.hpp"

namespace wrackline::scenarios {

/// Whether a text can name a thing of the user's: Kafka's rule for topics.
bool is_name(std::string_view text);

/// What the user wrote, short enough for a message.
std::string shown(const Node& node);

}  // namespace wrackline::scenarios

// SHA-256 (FIPS 180-4), for names that must stay the same for ever: hashes of cells and run ids. Not for
// speed.
#pragma once

#include <string>
#include <string_view>

namespace wrackline::scenarios {

/// 64 hex digits.
std::string sha256(std::string_view bytes);

}  // namespace wrackline::scenarios

// The recorded traces: WRACKLINE_DATASETS, or ../shared/datasets. Where one is absent, a test skips it and
// says so.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/catch.hpp"

namespace wrackline::tests {

inline std::filesystem::path dataset(const std::string& name) {
  const char* const given = std::getenv("WRACKLINE_DATASETS");
  const std::filesystem::path folder =
      given != nullptr ? given : std::filesystem::path{WRACKLINE_SOURCE_DIR} / ".." / "shared" / "datasets";
  return folder / (name + ".csv");
}

inline bool available(const std::string& name) {
  if (std::filesystem::exists(dataset(name))) return true;
  WARN("skipped: there is no " << dataset(name).string());
  return false;
}

}  // namespace wrackline::tests

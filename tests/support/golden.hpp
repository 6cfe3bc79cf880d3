// Golden files: what a person reads is compared with tests/golden/<name>, byte by byte.
// WRACKLINE_UPDATE_GOLDEN=1 rewrites them; the diff then shows the reviewer what users will see.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/catch.hpp"

namespace wrackline::tests {

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(WRACKLINE_SOURCE_DIR) / "tests" / "golden" / name;
  const char* const update = std::getenv("WRACKLINE_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  INFO("golden file tests/golden/" << name << "; WRACKLINE_UPDATE_GOLDEN=1 rewrites it");
  REQUIRE(std::filesystem::exists(path));
  CHECK(text == read_whole(path));
}

}  // namespace wrackline::tests

// The program as its users call it, with what it printed kept apart.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/cli.hpp"

namespace wrackline::tests {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

inline Ran run_program(const std::vector<std::string>& arguments, const cli::Parts& parts = {}) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run(arguments, parts, {out, err});
  return {code, out.str(), err.str()};
}

}  // namespace wrackline::tests

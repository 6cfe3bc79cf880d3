#include <unistd.h>

#include <exception>
#include <filesystem>
#include <iostream>

#include "cli/cli.hpp"

namespace {

/// `wrackline conform ...` is the program wrackline-conform beside this one. Returns only if that can not be
/// started.
int call_conform(char* argv[]) {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::string program = (self.parent_path() / "wrackline-conform").string();
  execv(program.c_str(), argv + 1);
  std::cerr << "wrackline conform: " << program << " is not there; `cmake --build "
            << self.parent_path().string() << " --target wrackline-conform` builds it\n";
  return wrackline::cli::kUsage;
}

}  // namespace

int main(int argc, char* argv[]) {
  using namespace wrackline;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "conform") return call_conform(argv);
  try {
    return cli::run(arguments, {}, {std::cout, std::cerr, isatty(STDERR_FILENO) == 1});
  } catch (const std::exception& error) {
    std::cerr << "wrackline: internal error: " << error.what() << "\n";
    return cli::kInternal;
  }
}

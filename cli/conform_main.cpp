// wrackline-conform: `wrackline conform`, with the drivers of all engines. `wrackline` calls it.
#include <unistd.h>

#include <exception>
#include <iostream>

#include "cli/cli.hpp"

int main(int argc, char* argv[]) {
  using namespace wrackline;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  arguments.insert(arguments.begin(), "conform");
  try {
    return cli::run(arguments, {conform::kinds()}, {std::cout, std::cerr, isatty(STDERR_FILENO) == 1});
  } catch (const std::exception& error) {
    std::cerr << "wrackline-conform: internal error: " << error.what() << "\n";
    return cli::kInternal;
  }
}

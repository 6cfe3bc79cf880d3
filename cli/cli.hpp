// The program `wrackline`: arguments in, text out, an exit code. Everything else is done elsewhere.
//
// stdout carries the answer and nothing else; what is wrong, and progress, go to stderr. Exit codes (design
// §9): 0 pass, 1 expectation failed or a recorded case differs, 2 inconclusive, 64 usage, 65 bad scenario or
// input, 70 internal error or determinism breach, 130 interrupted.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "scenarios/conform/conform.hpp"

namespace wrackline::cli {

inline constexpr int kPass = 0;
inline constexpr int kFail = 1;
inline constexpr int kInconclusive = 2;
inline constexpr int kUsage = 64;
inline constexpr int kBadInput = 65;
inline constexpr int kInternal = 70;
inline constexpr int kInterrupted = 130;

/// What the program brings along and a test leaves out.
struct Parts {
  std::span<const conform::Kind> kinds;  ///< of recorded cases; empty: there is no `conform`
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

/// `arguments` without the name of the program.
int run(const std::vector<std::string>& arguments, const Parts& parts, const Streams& streams);

}  // namespace wrackline::cli

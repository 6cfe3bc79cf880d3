// Pass, fail or inconclusive, and why.
//
//   fail          something that the guarantee does not permit happened, or an expectation does not hold
//   inconclusive  nothing wrong was seen, but the run could not have shown it: a fault never struck, a
//                 "sometimes" never came, or the ledger could not judge exactly
//   pass          the rest
//
// A failure is a failure even if the run was also inconclusive.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::analysis {

enum class Outcome : std::uint8_t { pass, inconclusive, fail };  ///< the worse, the greater
std::string_view name_of(Outcome outcome);

struct Reason {
  Outcome outcome = Outcome::pass;
  std::string code;  ///< stable: "violation", "expectation", "books", "stuck", "fault_never_struck", ...
  std::string text;  ///< one sentence; the same sentence from several seeds is kept once
  std::uint64_t runs = 1;  ///< in how many runs
  friend auto operator<=>(const Reason&, const Reason&) = default;
};

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::vector<Reason> reasons;  ///< the worst first, then by code and text

  void add(Outcome outcome_of_reason, std::string code, std::string text);
  void merge(const Verdict& other);
  friend bool operator==(const Verdict&, const Verdict&) = default;

 private:
  void add(const Reason& reason);
  void arrange();
};

}  // namespace wrackline::analysis

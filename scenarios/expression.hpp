// The small language of expectations and of `matrix.where`: comparisons of numbers, durations and texts.
//
//   lost == 0                                     p99(result_latency) < 15s
//   duplicated.sink <= 10 and late_drop_rate < 1%      lost / produced < 0.001
//   guarantee != 'at_most_once' or not jobs.totals.parallelism > 4
//
// Precedence, from the loosest: or, and, not, comparison, + -, * /. Names may contain '.', '-' and '/'; a
// minus between two names needs blanks around it. What a name means is the caller's business; here it is only
// parsed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostics.hpp"

namespace wrackline::scenarios {

struct Expression {
  enum class Kind {
    kNumber,
    kDuration,
    kRatio,
    kText,
    kBool,
    kName,
    kCall,
    kNot,
    kNegate,
    kAnd,
    kOr,
    kCompare,
    kArithmetic
  };
  Kind kind = Kind::kNumber;
  Location at;
  double number = 0;  ///< also durations, in ns, and ratios
  std::string text;   ///< of kText, kName; of kCall as written: "p99(result_latency)"; the operator
  std::vector<Expression> operands;
};

/// What an expression is worth: a kind of quantity, and its value where it is known.
struct Quantity {
  enum class Kind { kNumber, kDuration, kText, kBool } kind = Kind::kNumber;
  bool known = true;
  double number = 0;
  std::string text;
  bool truth = false;
};
std::string_view to_string(Quantity::Kind kind);

/// `at` is the place of the first character of the text. Reports WL1601 and returns nothing when it is
/// malformed.
std::optional<Expression> parse_expression(std::string_view text, Location at, Diagnostics& diagnostics);

/// Gives names and calls their meaning; nothing for one that it has reported as unknown.
class Names {
 public:
  virtual ~Names() = default;
  virtual std::optional<Quantity> lookup(const Expression& name, Diagnostics& diagnostics) const = 0;
};

/// Evaluates; quantities that do not fit together are reported (WL1603) and give nothing. Unknown values make
/// the result unknown, unless the other operand of `and` / `or` decides it alone.
std::optional<Quantity> evaluate(const Expression& expression, const Names& names, Diagnostics& diagnostics);

}  // namespace wrackline::scenarios

// The vocabulary of faults: what can go wrong, declared once per fault, for everybody who needs the list. The
// scenario loader checks `do` and parameters against it, the schema and `explain FAULT` are printed from it,
// the injector makes faults by it.
//
//   for (const FaultType* type : vocabulary()) fmt::print("{}: {}\n", type->name, type->summary);
//   const FaultType* type = find_fault("process.crash");            // null, and nearest_faults() for the
//   message std::optional<Setting> value = parse_setting(*type->find("by"), "250ms", &error);
//
// A fault lives in one file (faults/<name>.cpp, dots as underscores), is registered by one line in
// faults/all_faults.inc, and has one test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/random.hpp"

namespace wrackline::faults {

class Fault;

/// The kind of a parameter: what is written in a scenario, and what a Setting holds for it.
enum class ParamType : std::uint8_t {
  duration,  ///< "250ms", or a law of durations: a Distribution of ns, drawn once per strike (or per packet,
             ///< see doc)
  offset,    ///< a duration that may be negative: a Distribution of ns
  number,    ///< 2.5, or a law: a Distribution
  count,     ///< a whole number, or a law: a Distribution
  ratio,     ///< a share or probability in [0, 1], "1/1000" or 0.001: a Ratio
  bytes_per_second,  ///< "10MB/s": a Distribution
  flag,              ///< true or false: a bool
  choice,            ///< one of `choices`: a string
  text,              ///< a string: names, selectors
};
std::string_view to_string(ParamType type);

/// A parameter's value. Fixed durations, numbers, counts and rates are constant Distributions.
using Setting = std::variant<bool, std::string, sim::Ratio, sim::Distribution>;

struct ParamDef {
  std::string_view name;
  ParamType type;
  std::string_view
      fallback;  ///< the default as it would be written; empty: none (text), or required if `required`
  std::string_view doc;
  bool required = false;
  /// A fault with a zero here does nothing at all: it is not even scheduled, and the hash stays what it was.
  bool intensity = false;
  std::vector<std::string_view> choices = {};
  /// Of quantities, in the base unit (ns, bytes per second): where it is narrower than its type's; also of
  /// what a law draws. Through least() and greatest().
  std::optional<double> min = {};
  std::optional<double> max = {};
  bool selects = false;  ///< of text: selectors of machines, joined by '+', groups parted by '|'
};
/// The selectors in such a text.
std::vector<std::string> selectors_in(std::string_view text);
/// The range of a quantity: what a fixed value must lie in, and draws of a law are bounded to.
double least(const ParamDef& param);
double greatest(const ParamDef& param);
/// "1ms..3660d"; empty for what is no quantity.
std::string range_text(const ParamDef& param);

/// What a target selector must find.
enum class TargetKind : std::uint8_t {
  processes,  ///< processes; a machine stands for all its processes
  nodes,      ///< machines; a process stands for its machine
  name,       ///< a name handed to a lever as it is: "payments/0", "app"
  none,       ///< takes no target
};
std::string_view to_string(TargetKind kind);

using Settings = std::map<std::string, Setting, std::less<>>;

struct FaultType {
  std::string_view name;
  std::string_view summary;
  TargetKind targets;
  /// Whether it lasts: `for` is its length (without: until all faults heal). Otherwise it strikes and is
  /// over, and `for` is an error.
  bool lasts;
  std::vector<ParamDef> params;
  std::string_view basis;  ///< where it is known from: a reference chapter, an issue, a manual
  std::unique_ptr<Fault> (*make)();

  const ParamDef* find(std::string_view param) const;
};

/// All faults, by name.
std::span<const FaultType* const> vocabulary();
const FaultType* find_fault(std::string_view name);
/// Names close to a mistyped one, best first.
std::vector<std::string> nearest_faults(std::string_view name);

/// A setting from how it is written ("250ms", "1/100", "10MB/s", "true"); laws come as Distributions from the
/// loader. On error, nothing, and `error` says what is wrong.
std::optional<Setting> parse_setting(const ParamDef& param, std::string_view text, std::string* error);
/// Whether a Setting is of the parameter's kind and in range; empty if it is.
std::string check_setting(const ParamDef& param, const Setting& setting);
/// As it would be written.
std::string describe(const ParamDef& param, const Setting& setting);

}  // namespace wrackline::faults

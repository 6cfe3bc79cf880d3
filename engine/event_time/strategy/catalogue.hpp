// The catalogue: which watermark strategies there are, each with its parameters, declared once.
//
// The scenario field `jobs.*.watermark`, its schema, `list`, `explain` and completion, the CLI's --watermark
// and Python's keyword arguments are made from these declarations; parsing and range checks too. A strategy
// is its own file with one StrategyType; catalogue.cpp has one line for it.
//
// Text forms of one choice:
//   scenario / JSON  {"sliding_quantile": {"p": 0.99, "n": 1000}}, shorthand {"sliding_quantile": 0.99},
//                    {"bounded": "200ms"}, a bare name "ascending", a bare duration "200ms" (bounded)
//   command line     bounded=200ms   sliding_quantile=0.99,n=1000   sliding_quantile,p=0.99   k_slack
// and, beside the strategy, how it is emitted and combined (options.hpp): interval=0,idle_timeout=2s.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/event_time/strategy/options.hpp"
#include "engine/event_time/strategy/strategy.hpp"

namespace wrackline::event_time::strategy {

enum class ParameterType : std::uint8_t {
  duration,  ///< "200ms", "1h30m": whole milliseconds; a bare 0 is allowed
  integer,
  number,
  ratio,    ///< 0.01 or "1%"
  boolean,  ///< true / false
  choice,   ///< one of Parameter::choices
};
std::string_view to_string(ParameterType type);

struct Parameter {
  std::string_view name;
  ParameterType type;
  std::string_view default_text;  ///< as it would stand in a file
  double min;                     ///< in ms for durations; bounds are inclusive unless exclusive_min
  double max;
  std::string_view doc;
  std::vector<std::string_view> choices = {};
  bool exclusive_min = false;
  bool exclusive_max = false;
};

/// Durations (ms), integers, booleans (0 or 1) and choices (their index) in `integer`; ratios and numbers in
/// `number` (where the others stand too).
struct ParameterValue {
  std::int64_t integer = 0;
  double number = 0;
  friend bool operator==(const ParameterValue&, const ParameterValue&) = default;
};

struct StrategyType;

/// A strategy with a value for each of its parameters.
struct Spec {
  const StrategyType* type = nullptr;
  std::vector<ParameterValue> values;  ///< in the order of type->parameters

  const ParameterValue& at(std::string_view parameter) const;  ///< asserts that there is one
  std::int64_t integer(std::string_view parameter) const { return at(parameter).integer; }
  double number(std::string_view parameter) const { return at(parameter).number; }
  void set(std::string_view parameter, std::int64_t value);
  void set(std::string_view parameter, double value);
  friend bool operator==(const Spec&, const Spec&) = default;
};

struct StrategyType {
  std::string_view name;              ///< "sliding_quantile"
  std::string_view id;                ///< "W11"
  std::string_view doc;               ///< one line
  std::string_view source;            ///< where it is known from
  std::vector<Parameter> parameters;  ///< the first is the one that the shorthand sets
  bool adaptive = false;              ///< looks at the data and changes its slack; then it has max_silence
  bool uses_clock = false;            ///< moves by arrival time too, so it needs on_periodic()
  bool uses_values = false;           ///< reads Observation::value (or key)
  bool lag_by_records = false;        ///< its lag is so many records, whatever time they take
  bool needs_trace = false;  ///< W17: wants the whole trace beforehand, see perfect.hpp; no generator
  Scope default_scope = Scope::partition;
  std::unique_ptr<Generator> (*make)(const Spec&) = nullptr;  ///< null iff needs_trace
  /// What is impossible about values that are each in range (say, a minimum above a maximum).
  void (*check)(const Spec&, std::vector<std::string>& problems) = nullptr;

  const Parameter* find(std::string_view parameter) const;
};

/// A strategy with the options beside it: what a `watermark` block says.
struct Block {
  Spec spec;
  Options options;
  friend bool operator==(const Block&, const Block&) = default;
};

/// An option of a block, declared as a parameter is. An empty default_text: not set.
struct OptionField {
  Parameter parameter;
  void (*apply)(Options&, const ParameterValue&);
  std::string (*text)(const Options&);  ///< as it would be written; empty: nothing to write
};

/// In the order of the W-ids.
std::span<const StrategyType* const> catalogue();
const StrategyType* find(std::string_view name);
/// All parameters at their defaults.
Spec defaults(const StrategyType& type);
/// Ranges and checks, in words; empty if the strategy can run.
std::vector<std::string> problems(const Spec& spec);
std::vector<std::string> problems(const Block& block);
/// A fresh generator; needs a spec without problems whose type has one.
std::unique_ptr<Generator> make(const Spec& spec);

/// Either a block or everything that is wrong with the text, each with the nearest valid name where there is
/// one.
struct ParsedBlock {
  std::optional<Block> block;
  std::vector<std::string> errors;
};
ParsedBlock parse_json(const nlohmann::json& value);
ParsedBlock parse_text(std::string_view text);
/// The canonical command-line form, in which only what differs from the defaults is written; parses back to
/// the same block.
std::string to_text(const Block& block);
std::string to_text(const Spec& spec);

/// One value by its parameter's declaration; an error message instead if it is not valid.
std::optional<ParameterValue> parse_value(const Parameter& parameter, std::string_view text,
                                          std::string& error);
std::string to_text(const Parameter& parameter, const ParameterValue& value);

}  // namespace wrackline::event_time::strategy

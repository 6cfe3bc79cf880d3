// `wrackline conform`: replays cases recorded from the real engines against the models, step by step.
//
// The objects stepped here are the ones that the simulation runs; a driver only translates JSON into calls
// and the decisions back into JSON. One driver per kind, one file per driver, one line in registry.cpp.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace wrackline::conform {

using Json = nlohmann::json;

struct Agree {};
/// The first step at which the model and the engine part.
struct Differs {
  std::size_t step = 0;
  Json expected;
  Json got;
};
/// The case needs a rule that is not built; decided from the inputs of the case alone.
struct NotModelled {
  std::string what;
};
using Outcome = std::variant<Agree, Differs, NotModelled>;

/// Answers one step: given its `in`, returns what the model did, in the form of the recorded `out`.
/// Throws NotModelledError when the step needs a rule that is not built.
struct NotModelledError {
  std::string what;
};

using Driver = Outcome (*)(const Json& recorded_case);

/// A model that was opened with the `config` of a case and answers operation by operation: what `conform`
/// holds against a recording, and what the Python package plays with.
struct Session {
  Json refusal;  ///< null, or the `open` with which the engine refuses the configuration
  std::function<Json(const Json& in)> step;  ///< empty after a refusal
};
/// Looks at kind, version and config; throws NotModelledError.
using Open = Session (*)(const Json& recorded_case);

/// The callable of a session: a `Steps` with `Json operator()(const Json& in)`, made of the arguments.
template <typename Steps, typename... Arguments>
std::function<Json(const Json& in)> steps_of(Arguments&&... arguments) {
  auto steps = std::make_shared<Steps>(std::forward<Arguments>(arguments)...);
  return [steps](const Json& in) { return (*steps)(in); };
}

/// A kind of event time can be opened without a recording; nothing for any other.
Open find_open(std::string_view kind);

struct Kind {
  std::string_view name;  ///< as in the `kind` field, e.g. "kafka.log"
  Driver driver;
};

/// All kinds that have a driver, by name.
std::span<const Kind> kinds();
const Kind* find_kind(std::string_view name);

/// Steps every `in` of the case through `step` and compares its answer with `out`, whole. `Step` is a
/// callable `Json(const Json& in)`.
template <typename Step>
Outcome replay(const Json& recorded_case, Step&& step) {
  std::size_t index = 0;
  std::optional<Differs> differs;
  try {
    for (const Json& recorded : recorded_case.at("steps")) {
      Json got = step(recorded.at("in"));
      if (!differs && got != recorded.at("out")) differs = Differs{index, recorded.at("out"), std::move(got)};
      ++index;
    }
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
  if (differs) return *differs;
  return Agree{};
}

/// Opens the case and steps it through; a refusal is held against the case's `open`.
Outcome judge(const Json& recorded_case, Open open);

}  // namespace wrackline::conform

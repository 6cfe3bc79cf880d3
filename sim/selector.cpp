#include "sim/selector.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "sim/nearest.hpp"
#include "sim/node.hpp"
#include "sim/simulation.hpp"

namespace wrackline::sim {

namespace {

constexpr std::string_view kBuiltIn[] = {"self", "node", "process", "zone",
                                         "all",  "one",  "random",  "majority"};

bool is_combinator(std::string_view name) {
  return name == "all" || name == "one" || name == "random" || name == "majority";
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Selection failed(std::string error) { return {{}, std::move(error)}; }

}  // namespace

/// name, or name(argument, argument): the arguments as written, nested selectors included.
struct SelectorRegistry::Parsed {
  std::string name;
  std::vector<std::string> arguments;
  std::string error;

  explicit Parsed(std::string_view text) {
    text = trimmed(text);
    const std::size_t open = text.find('(');
    name = trimmed(text.substr(0, open));
    if (name.empty()) error = fmt::format("'{}' names nobody", text);
    if (open == std::string_view::npos) return;
    if (text.back() != ')') {
      error = fmt::format("'{}' lacks its closing parenthesis", text);
      return;
    }
    int depth = 0;
    std::size_t begin = open + 1;
    const std::size_t end = text.size() - 1;
    for (std::size_t at = begin; at <= end && error.empty(); ++at) {
      if (at == end || (text[at] == ',' && depth == 0)) {
        const std::string_view argument = trimmed(text.substr(begin, at - begin));
        if (!argument.empty()) arguments.emplace_back(argument);
        begin = at + 1;
      } else if (text[at] == '(') {
        ++depth;
      } else if (text[at] == ')' && --depth < 0) {
        error = fmt::format("'{}' has a parenthesis too many", text);
      }
    }
    if (depth > 0) error = fmt::format("'{}' lacks a closing parenthesis", text);
  }
};

Target target_of(Process& process) { return {&process.node(), &process}; }
Target target_of(Node& node) { return {&node, nullptr}; }

void SelectorRegistry::add_role(std::string name, std::vector<std::string> parameters, std::string meaning,
                                Resolve resolve) {
  assert(std::find(std::begin(kBuiltIn), std::end(kBuiltIn), name) == std::end(kBuiltIn));
  const bool added =
      roles_.emplace(std::move(name), Role{std::move(parameters), std::move(meaning), std::move(resolve)})
          .second;
  assert(added && "two roles of one name");
  static_cast<void>(added);
}

Selection SelectorRegistry::select(std::string_view selector, const SelectorContext& context) const {
  return resolve(Parsed{selector}, &context);
}

std::string SelectorRegistry::check(std::string_view selector) const {
  return resolve(Parsed{selector}, nullptr).error;
}

/// Without a context: only checks.
Selection SelectorRegistry::resolve(const Parsed& parsed, const SelectorContext* context) const {
  if (!parsed.error.empty()) return failed(parsed.error);
  const std::string& name = parsed.name;
  auto takes = [&](std::size_t count, std::string_view parameters) {
    return parsed.arguments.size() == count ? std::string{}
                                            : fmt::format("{}({}) takes {} arguments, not {}", name,
                                                          parameters, count, parsed.arguments.size());
  };

  if (name == "self") {
    if (std::string wrong = takes(0, ""); !wrong.empty()) return failed(wrong);
    if (context == nullptr) return {};
    if (context->self == nullptr) return failed("'self' needs a moment that a process announced");
    return {{target_of(*context->self)}, {}};
  }
  if (name == "node" || name == "process" || name == "zone") {
    if (std::string wrong = takes(1, "name"); !wrong.empty()) return failed(wrong);
    const std::string& wanted = parsed.arguments[0];
    Selection found;
    std::vector<std::string> names;
    for (const auto& node : simulation_.nodes()) {
      if (name == "process") continue;
      const std::string& its_name = name == "node" ? node->name() : node->zone();
      names.push_back(its_name);
      if (its_name == wanted) found.targets.push_back(target_of(*node));
    }
    for (Process* process : simulation_.processes()) {
      if (name != "process") break;
      names.push_back(process->name());
      if (process->name() == wanted) found.targets.push_back(target_of(*process));
    }
    if (found.targets.empty()) {
      found.error = fmt::format("there is no {} '{}'", name, wanted);
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      if (const auto close = nearest_names(wanted, names); !close.empty()) {
        found.error += fmt::format("; did you mean {}?", fmt::join(close, " or "));
      }
    }
    return found;
  }
  if (is_combinator(name)) {
    if (std::string wrong = takes(1, "selector"); !wrong.empty()) return failed(wrong);
    Selection among = resolve(Parsed{parsed.arguments[0]}, context);
    if (!among.ok() || context == nullptr || among.targets.empty() || name == "all") return among;
    if (name == "one") {
      among.targets.resize(1);
      return among;
    }
    assert(context->draw && "a random selector needs a stream to draw from");
    const std::size_t wanted = name == "random" ? 1 : among.targets.size() / 2 + 1;
    for (std::size_t i = 0; i < wanted; ++i) {
      const std::size_t drawn = i + static_cast<std::size_t>(context->draw(among.targets.size() - i));
      std::swap(among.targets[i], among.targets[drawn]);
    }
    among.targets.resize(wanted);
    return among;
  }

  const auto role = roles_.find(name);
  if (role == roles_.end()) {
    std::vector<std::string> names(std::begin(kBuiltIn), std::end(kBuiltIn));
    for (const auto& [known, unused] : roles_) names.push_back(known);
    std::string error = fmt::format("nobody plays the role '{}'", name);
    if (const auto close = nearest_names(name, names); !close.empty()) {
      error += fmt::format("; did you mean {}?", fmt::join(close, " or "));
    }
    return failed(error);
  }
  const auto& parameters = role->second.parameters;
  if (std::string wrong = takes(parameters.size(), fmt::to_string(fmt::join(parameters, ", ")));
      !wrong.empty()) {
    return failed(wrong);
  }
  if (context == nullptr) return {};
  Selection found;
  for (const Target& target : role->second.resolve(parsed.arguments)) {
    if (std::find(found.targets.begin(), found.targets.end(), target) == found.targets.end()) {
      found.targets.push_back(target);
    }
  }
  return found;
}

}  // namespace wrackline::sim

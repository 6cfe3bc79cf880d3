// `diff-hash`: where two runs part, by the trails of their hashes.
#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "cli/commands.hpp"
#include "scenarios/plan.hpp"
#include "sim/run_hash.hpp"

namespace wrackline::cli {

namespace {

std::optional<sim::HashTrail> load_trail(const std::string& path, const Streams& streams) {
  const auto content = scenarios::read_file(path);
  if (!content.text) {
    streams.err << fmt::format("{} {}\n", path, content.error);
    return std::nullopt;
  }
  auto trail = sim::HashTrail::load(*content.text);
  if (!trail) streams.err << fmt::format("{} is no hash trail\n", path);
  return trail;
}

}  // namespace

int diff_hash(const std::string& first, const std::string& second, const Streams& streams) {
  const auto a = load_trail(first, streams);
  const auto b = load_trail(second, streams);
  if (!a || !b) return kBadInput;
  const auto window = sim::differing_window(*a, *b);
  if (!window) {
    streams.out << fmt::format("equal: {} events, hash {}\n", a->last().events,
                               sim::to_string(a->last().hash));
    return kPass;
  }
  streams.out << fmt::format("the runs are equal up to event {} and differ at event {}\n", window->begin,
                             window->end);
  return kFail;
}

}  // namespace wrackline::cli

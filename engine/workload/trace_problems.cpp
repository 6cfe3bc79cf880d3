#include "engine/workload/trace_problems.hpp"

#include <fmt/format.h>

#include <utility>

namespace wrackline::workload {

void TraceProblems::add(Problem problem) {
  std::uint64_t& same = by_kind_[static_cast<std::size_t>(problem.kind)];
  if (listed_.size() < kMostListed && same < kMostListedOfAKind) listed_.push_back(std::move(problem));
  ++same;
  ++count_;
}

std::string_view name_of(TraceProblems::Kind kind) {
  switch (kind) {
    case TraceProblems::Kind::file:
      return "file";
    case TraceProblems::Kind::header:
      return "header";
    case TraceProblems::Kind::malformed:
      return "malformed";
    case TraceProblems::Kind::unit:
      return "unit";
    case TraceProblems::Kind::absurd:
      return "absurd";
    case TraceProblems::Kind::unsorted:
      return "unsorted";
    case TraceProblems::Kind::negative:
      return "negative";
    case TraceProblems::Kind::duplicate:
      break;
  }
  return "duplicate";
}

std::string to_string(const TraceProblems::Problem& problem, std::string_view file) {
  std::string text{file};
  if (problem.line > 0) text += fmt::format(":{}", problem.line);
  if (problem.column > 0) text += fmt::format(":{}", problem.column);
  text += ": " + problem.what;
  if (!problem.option.empty()) text += fmt::format(" [--{} {}]", problem.option, problem.value);
  return text;
}

std::string to_string(const TraceProblems& problems, std::string_view file) {
  std::string text;
  std::array<std::uint64_t, TraceProblems::kKinds> listed{};
  for (const TraceProblems::Problem& problem : problems.listed()) {
    text += to_string(problem, file) + "\n";
    ++listed[static_cast<std::size_t>(problem.kind)];
  }
  for (std::size_t k = 0; k < TraceProblems::kKinds; ++k) {
    const auto kind = static_cast<TraceProblems::Kind>(k);
    if (problems.count(kind) > listed[k])
      text += fmt::format("{}: and {} more ({})\n", file, problems.count(kind) - listed[k], name_of(kind));
  }
  return text;
}

}  // namespace wrackline::workload

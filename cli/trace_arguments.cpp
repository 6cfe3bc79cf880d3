#include "cli/trace_arguments.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ostream>

#include "scenarios/units.hpp"

namespace wrackline::cli {

void add_trace_options(CLI::App& command, workload::TraceReadOptions& options) {
  using Kind = workload::TraceOption::Kind;
  for (const workload::TraceOption& option : workload::trace_options()) {
    std::string doc{option.doc};
    if (option.kind == Kind::choice) {
      for (std::size_t i = 0; i < option.choices.size(); ++i)
        doc +=
            fmt::format("{}{} ({})", i == 0 ? " " : ", ", option.choices[i].first, option.choices[i].second);
    }
    if (!option.fallback.empty()) doc += fmt::format(" [{}]", option.fallback);
    const auto set = [&options, &option](const std::string& given) {
      if (option.set_text != nullptr) {
        option.set_text(options, given);
        return;
      }
      if (option.kind == Kind::duration_ms) {
        const auto parsed = scenarios::parse_duration(given);
        const auto ms =
            parsed.value ? std::chrono::floor<std::chrono::milliseconds>(*parsed.value).count() : 0;
        if (ms <= 0) {
          throw CLI::ValidationError(fmt::format("--{}", option.name),
                                     fmt::format("\"{}\" is no duration of 1ms or more: \"10s\" is", given));
        }
        option.set_number(options, ms);
        return;
      }
      for (std::size_t i = 0; i < option.choices.size(); ++i) {
        if (option.choices[i].first == given) return option.set_number(options, static_cast<std::int64_t>(i));
      }
      std::string names;
      for (const auto& [name, meaning] : option.choices)
        names += (names.empty() ? "" : ", ") + std::string{name};
      throw CLI::ValidationError(fmt::format("--{}", option.name),
                                 fmt::format("\"{}\" is none of {}", given, names));
    };
    command.add_option_function<std::string>(fmt::format("--{}", option.name), set, doc);
  }
}

std::unique_ptr<std::istream> open_trace(const std::string& path, const workload::TraceReadOptions& options,
                                         const Streams& streams) {
  const auto problems = options.problems();
  for (const std::string& problem : problems) streams.err << problem << "\n";
  if (!problems.empty()) return nullptr;
  auto input = workload::open_trace(path);
  if (input == nullptr) streams.err << fmt::format("{}: the trace can not be opened\n", path);
  return input;
}

bool report_problems(const workload::TraceProblems& problems, const std::string& path,
                     const Streams& streams) {
  if (problems.empty()) return false;
  streams.err << to_string(problems, path);
  streams.err << fmt::format("{}: {} problem{}; nothing was guessed\n", path, problems.count(),
                             problems.count() == 1 ? "" : "s");
  return true;
}

}  // namespace wrackline::cli

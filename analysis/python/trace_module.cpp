// Traces: reading them into columns, and what they say about their delays.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/waiting.hpp"
#include "engine/event_time/strategy/text.hpp"
#include "engine/fit/duration_text.hpp"
#include "engine/fit/fit.hpp"
#include "engine/fit/report_json.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "engine/workload/trace_reader.hpp"

namespace wrackline::python {

namespace {

constexpr std::size_t kChunkRows = 65'536;

std::string python_name(std::string_view option) {
  std::string name{option};
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

workload::TraceReadOptions options_of(const std::map<std::string, std::string>& given) {
  using Kind = workload::TraceOption::Kind;
  workload::TraceReadOptions options;
  std::vector<std::string> problems;
  for (const auto& [name, text] : given) {
    const workload::TraceOption* option = nullptr;
    std::string known;
    for (const workload::TraceOption& one : workload::trace_options()) {
      known += (known.empty() ? "" : ", ") + python_name(one.name);
      if (python_name(one.name) == name) option = &one;
    }
    if (option == nullptr) {
      problems.push_back("there is no option '" + name + "'; known: " + known);
    } else if (option->set_text != nullptr) {
      option->set_text(options, text);
    } else if (option->kind == Kind::duration_ms) {
      const auto ms = event_time::strategy::parse_duration_ms(text);
      if (ms && *ms > 0) {
        option->set_number(options, *ms);
      } else {
        problems.push_back(name + "='" + text + "' is no duration of 1ms or more: \"10s\" is");
      }
    } else {
      std::string names;
      bool found = false;
      for (std::size_t i = 0; i < option->choices.size(); ++i) {
        names += (names.empty() ? "" : ", ") + std::string{option->choices[i].first};
        if (option->choices[i].first != text) continue;
        option->set_number(options, static_cast<std::int64_t>(i));
        found = true;
      }
      if (!found) problems.push_back(name + "='" + text + "' is none of " + names);
    }
  }
  for (std::string& problem : options.problems()) problems.push_back(std::move(problem));
  refuse(problems);
  return options;
}

py::list option_table() {
  py::list all;
  for (const workload::TraceOption& option : workload::trace_options()) {
    py::list choices;
    for (const auto& [value, meaning] : option.choices)
      choices.append(py::make_tuple(std::string{value}, std::string{meaning}));
    all.append(py::make_tuple(python_name(option.name), std::string{option.fallback}, std::string{option.doc},
                              choices));
  }
  return all;
}

py::dict counts_of(const workload::TraceCounts& counts) {
  py::dict out;
  out["rows"] = counts.rows;
  out["negative"] = counts.negative;
  out["negative_clamped"] = counts.negative_clamped;
  out["negative_dropped"] = counts.negative_dropped;
  out["absurd_kept"] = counts.absurd_kept;
  out["absurd_dropped"] = counts.absurd_dropped;
  out["unsorted_kept"] = counts.unsorted_kept;
  out["reordered"] = counts.reordered;
  out["duplicates"] = counts.duplicates;
  out["duplicates_dropped"] = counts.duplicates_dropped;
  return out;
}

py::dict read_trace(const std::string& path, const std::map<std::string, std::string>& given) {
  const workload::TraceReadOptions options = options_of(given);
  workload::TraceKeys keys;
  workload::TraceProblems problems;
  workload::TraceColumns columns;
  workload::TraceCounts counts;
  interruptible([&](const std::atomic<bool>& stop) {
    const auto input = workload::open_trace(path);
    if (input == nullptr) throw std::invalid_argument(path + ": the trace can not be opened");
    workload::TraceReader reader{*input, keys, problems, options};
    while (!stop && reader.read(columns, kChunkRows)) {
    }
    counts = reader.counts();
  });
  py::list names;
  for (std::size_t i = 0; i < keys.size(); ++i)
    names.append(lenient(keys.name_of(static_cast<std::uint32_t>(i))));
  py::list listed;
  for (const auto& problem : problems.listed()) {
    listed.append(py::make_tuple(problem.line, problem.column, std::string{name_of(problem.kind)},
                                 lenient(problem.what), python_name(problem.option), lenient(problem.value)));
  }
  py::dict out;
  out["event_ms"] = owned(std::move(columns.event_ms));
  out["arrival_ms"] = owned(std::move(columns.arrival_ms));
  out["key"] = owned(std::move(columns.key));
  out["value"] = counts.values ? py::object(owned(std::move(columns.value))) : py::none();
  out["keys"] = names;
  out["counts"] = counts_of(counts);
  out["notes"] = counts.notes();
  out["problems"] = listed;
  out["problem_count"] = problems.count();
  return out;
}

fit::Report fit_columns(const Times& event_ms, const Times& arrival_ms, const Keys& key,
                        const std::optional<Times>& value) {
  const TraceArrays arrays{event_ms, arrival_ms, key, value};
  arrays.check();
  if (event_ms.size() == 0) throw py::value_error("a trace without rows has no delays");
  const auto events = span_of(event_ms);
  const auto arrivals = span_of(arrival_ms);
  const auto keys = span_of(key);
  const auto values = span_of(value);
  fit::Report report;
  interruptible([&](const std::atomic<bool>& stop) {
    fit::Fitter fitter;
    for (std::size_t at = 0; at < events.size() && !stop; at += kChunkRows) {
      const std::size_t rows = std::min(kChunkRows, events.size() - at);
      fitter.add({events.subspan(at, rows), arrivals.subspan(at, rows), keys.subspan(at, rows),
                  values.empty() ? values : values.subspan(at, rows)});
    }
    if (!stop) report = fitter.finish();
  });
  return report;
}

/// Law number `law` of the table, or -1 for the chosen one, at delays in ms.
py::array_t<double> cdf(const fit::Report& report, int law, const py::array_t<double>& delays_ms) {
  const fit::Law& chosen =
      law < 0 ? report.choice.law : report.choice.candidates.at(static_cast<std::size_t>(law)).law;
  const auto shift = static_cast<double>(report.choice.shift_ms);
  py::array_t<double> out(delays_ms.size());
  const auto in = delays_ms.unchecked<1>();
  auto cells = out.mutable_unchecked<1>();
  for (py::ssize_t i = 0; i < in.shape(0); ++i) cells(i) = chosen.cdf(in(i) + shift);
  return out;
}

py::list profile_table() {
  py::list all;
  const auto shares = workload::profile_shares();
  for (const workload::DelayProfile& profile : workload::delay_profiles()) {
    all.append(py::make_tuple(std::string{profile.name}, std::string{profile.description},
                              std::vector<double>(shares.begin(), shares.end()),
                              std::vector<double>(profile.knots_ms.begin(), profile.knots_ms.end())));
  }
  return all;
}

}  // namespace

void bind_trace(py::module_& module) {
  module.def("read_trace", read_trace, py::arg("path"), py::arg("options"));
  module.def("trace_options", option_table);
  module.def("delay_profiles", profile_table);
  module.def("duration_text", fit::duration_text, py::arg("ms"));
  module.def("parse_duration_ms", event_time::strategy::parse_duration_ms, py::arg("text"));
  module.def("format_duration_ms", event_time::strategy::format_duration_ms, py::arg("ms"));
  py::class_<fit::Report>(module, "FitReport")
      .def("json",
           [](const fit::Report& report) {  // With the numbers of keys where `fit --json` has their names.
             return fit::to_json(report, [](std::uint32_t key) { return nlohmann::json(key); }).dump();
           })
      .def("cdf", cdf, py::arg("law"), py::arg("delays_ms"));
  module.def("fit", fit_columns, py::arg("event_ms"), py::arg("arrival_ms"), py::arg("key"),
             py::arg("value").none(true));
}

}  // namespace wrackline::python

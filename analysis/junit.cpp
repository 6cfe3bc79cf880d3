#include "analysis/junit.hpp"

#include <algorithm>
#include <vector>

namespace wrackline::analysis {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        // XML 1.0 has no way to write other control characters.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return out;
}

/// Virtual time in seconds with three decimals, in integers.
std::string seconds(std::int64_t ns) {
  const std::int64_t ms = ns / 1'000'000;
  std::string fraction = std::to_string(ms % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(ms / 1000) + "." + fraction;
}

struct Case {
  std::string name;
  std::int64_t virtual_ns = 0;
  Outcome outcome = Outcome::pass;
  std::string message;
  std::string details;
};

std::vector<Case> cases_of(const RunResult& cell) {
  std::vector<Case> cases;
  Case guarantee{cell_name(cell) + ": guarantee", cell.virtual_ns(), Outcome::pass, {}, {}};
  for (const Reason& reason : cell.verdict.reasons) {
    if (reason.code == "expectation") continue;
    if (guarantee.message.empty()) guarantee.message = reason.text;
    guarantee.outcome = std::max(guarantee.outcome, reason.outcome);
    guarantee.details += std::string{name_of(reason.outcome)} + ": " + reason.text + " (" +
                         std::to_string(reason.runs) + " of " +
                         std::to_string(std::max<std::uint64_t>(cell.runs(), 1)) + " runs)\n";
  }
  for (const AnomalyInfo& info : anomalies()) {
    if (guarantee.outcome == Outcome::pass) break;
    for (const AnomalyExample& example : cell.anomalies.examples_of(info.anomaly)) {
      guarantee.details += std::string{info.name} + ", seed " + std::to_string(example.seed) + ", " +
                           seconds(example.at_ns) + " s: " + example.what + "\n";
    }
  }
  cases.push_back(guarantee);
  for (const ExpectationResult& expectation : cell.expectations) {
    Case one{cell_name(cell) + ": " + expectation.text, 0, expectation.outcome, {}, {}};
    if (one.outcome != Outcome::pass) {
      one.message = expectation.measured + " (seed " + std::to_string(expectation.seed) + "; " +
                    std::to_string(expectation.runs_not_passed) + " of " + std::to_string(expectation.runs) +
                    " runs)";
    }
    cases.push_back(one);
  }
  for (Case& one : cases) {
    if (one.outcome != Outcome::pass && !cell.reproduce.empty())
      one.details += "reproduce: " + cell.reproduce + "\n";
  }
  return cases;
}

}  // namespace

std::string cell_name(const RunResult& cell) {
  std::string name;
  for (const auto& [axis, value] : cell.cell) name += (name.empty() ? "" : ", ") + value;
  if (name.empty()) name = name_of(cell.guarantee);
  if (!cell.job.empty()) name += ", job " + cell.job;
  return name;
}

std::string to_junit(std::span<const RunResult> cells) {
  // Suites in the order in which the scenarios first appear.
  std::vector<std::pair<std::string, std::vector<Case>>> suites;
  for (const RunResult& cell : cells) {
    if (suites.empty() || suites.back().first != cell.scenario) suites.push_back({cell.scenario, {}});
    const auto more = cases_of(cell);
    suites.back().second.insert(suites.back().second.end(), more.begin(), more.end());
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& [scenario, cases] : suites) {
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::int64_t total_ns = 0;
    for (const Case& one : cases) {
      failures += one.outcome == Outcome::fail ? 1 : 0;
      errors += one.outcome == Outcome::inconclusive ? 1 : 0;
      total_ns += one.virtual_ns;
    }
    out += "  <testsuite name=\"" + escaped(scenario) + "\" tests=\"" + std::to_string(cases.size()) +
           "\" failures=\"" + std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
           "\" time=\"" + seconds(total_ns) + "\">\n";
    for (const Case& one : cases) {
      out += "    <testcase classname=\"" + escaped(scenario) + "\" name=\"" + escaped(one.name) +
             "\" time=\"" + seconds(one.virtual_ns) + "\"";
      if (one.outcome == Outcome::pass) {
        out += "/>\n";
        continue;
      }
      const std::string tag = one.outcome == Outcome::fail ? "failure" : "error";
      out += ">\n      <" + tag + " message=\"" + escaped(one.message) + "\" type=\"" +
             std::string{name_of(one.outcome)} + "\">" + escaped(one.details) + "</" + tag +
             ">\n    </testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string to_annotations(std::span<const RunResult> cells, const std::string& file) {
  const auto property = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '%')
        out += "%25";
      else if (c == '\r')
        out += "%0D";
      else if (c == '\n')
        out += "%0A";
      else if (c == ':')
        out += "%3A";
      else if (c == ',')
        out += "%2C";
      else
        out += c;
    }
    return out;
  };
  const auto message = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '%')
        out += "%25";
      else if (c == '\r')
        out += "%0D";
      else if (c == '\n')
        out += "%0A";
      else
        out += c;
    }
    return out;
  };
  std::string out;
  for (const RunResult& cell : cells) {
    for (const Reason& reason : cell.verdict.reasons) {
      if (reason.outcome == Outcome::pass) continue;
      out += reason.outcome == Outcome::fail ? "::error " : "::warning ";
      if (!file.empty()) out += "file=" + property(file) + ",";
      out += "title=" + property(cell.scenario + ": " + cell_name(cell)) + "::" + message(reason.text);
      if (!cell.reproduce.empty()) out += message("\nreproduce: " + cell.reproduce);
      out += "\n";
    }
  }
  return out;
}

}  // namespace wrackline::analysis

// `explain`, `list`, `schema`: what there is, and what it means.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analysis/names/anomaly.hpp"
#include "analysis/names/metric.hpp"
#include "cli/commands.hpp"
#include "engine/kafka/config/properties.hpp"
#include "engine/workload/delay_models.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "faults/vocabulary.hpp"
#include "scenarios/catalog.hpp"
#include "scenarios/guarantees.hpp"
#include "scenarios/plan.hpp"
#include "scenarios/schema.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::cli {

namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string name;
  std::string doc;
};

std::vector<Entry> properties() {
  std::vector<Entry> all;
  for (const PropertyTable* table : kafka::property_tables()) {
    for (const Property& property : table->all()) {
      const bool modelled = property.effect == PropertyClass::kModelled;
      const std::string_view value = default_text(property, kafka::kNewestVersion);
      all.push_back({fmt::format("{} {}", table->component(), property.name),
                     fmt::format("{}{}", modelled ? "" : "(no effect) ", value.empty() ? "(empty)" : value)});
    }
  }
  return all;
}

std::vector<Entry> metrics() {
  std::vector<Entry> all;
  for (const auto& metric : analysis::metrics()) all.push_back({metric.name, metric.doc});
  for (const auto& latency : analysis::latencies())
    all.push_back({fmt::format("p99({})", latency.name), std::string(latency.doc)});
  return all;
}

std::vector<Entry> choices_of(const scenarios::ObjectDecl& decl, std::string_view field) {
  std::vector<Entry> all;
  for (const auto& [name, doc] : decl.find(field)->choices)
    all.push_back({std::string(name), std::string(doc)});
  return all;
}

std::vector<Entry> strategies() {
  std::vector<Entry> all;
  const auto add = [&](std::string_view path, const scenarios::ObjectDecl& decl, std::string_view skip) {
    for (const auto& field : decl.fields) {
      if (skip.find(field.name) == std::string_view::npos)
        all.push_back({fmt::format("{} {}", path, field.name), std::string(field.doc)});
    }
  };
  std::string options;
  for (const auto& option : event_time::strategy::option_fields())
    options += fmt::format("{} ", option.parameter.name);
  add("watermark", scenarios::job_decl().find("watermark")->object(), options);
  add("window", scenarios::job_decl().find("window")->object(), "offset allowed_lateness");
  for (Entry& entry : choices_of(scenarios::job_decl(), "commit"))
    all.push_back({"commit " + entry.name, entry.doc});
  for (Entry& entry : choices_of(scenarios::sink_decl(), "kind"))
    all.push_back({"sink " + entry.name, entry.doc});
  for (const auto& field : scenarios::law_decl().fields) {
    if (field.name != "cap" && field.name != "shift")
      all.push_back({fmt::format("distribution {}", field.name), std::string(field.doc)});
  }
  for (const auto& field : scenarios::delay_decl().fields) {
    if (scenarios::law_decl().find(field.name) == nullptr)
      all.push_back({fmt::format("delay {}", field.name), std::string(field.doc)});
  }
  return all;
}

/// Complete scenarios below a directory; parts that others extend have no name and are left out.
std::vector<Entry> scenario_files(const std::string& directory) {
  std::vector<Entry> all;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".jsonc") continue;
    scenarios::Diagnostics diagnostics;
    const auto content = scenarios::read_file(it->path().string());
    if (!content.text) continue;
    const auto document = scenarios::parse_document(it->path().string(), *content.text, diagnostics);
    const auto* const name = document.find("name");
    const auto* const doc = document.find("doc");
    if (name != nullptr) all.push_back({it->path().generic_string(), doc != nullptr ? doc->text : ""});
  }
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return all;
}

std::vector<Entry> entries(const std::string& what, const std::string& directory) {
  std::vector<Entry> all;
  if (what == "faults") {
    for (const auto* fault : faults::vocabulary())
      all.push_back({std::string(fault->name), std::string(fault->summary)});
  } else if (what == "moments") {
    for (const auto* moment : scenarios::moment_catalog())
      all.push_back({std::string(moment->name), std::string(moment->meaning)});
  } else if (what == "properties") {
    all = properties();
  } else if (what == "metrics") {
    all = metrics();
  } else if (what == "anomalies") {
    for (const auto& anomaly : analysis::anomalies())
      all.push_back({std::string(anomaly.name), std::string(anomaly.doc)});
  } else if (what == "delays") {
    for (const auto& model : workload::delay_models())
      all.push_back({fmt::format("model {}", model.name), std::string(model.description)});
    for (const auto& profile : workload::delay_profiles())
      all.push_back({fmt::format("quantiles {}", profile.name), std::string(profile.description)});
  } else if (what == "guarantees") {
    for (const auto& bundle : scenarios::shipped_guarantees().members)
      all.push_back({bundle.key, bundle.value.find("doc")->text});
  } else if (what == "codes") {
    for (const auto& code : scenarios::codes())
      all.push_back({std::string(code.name), std::string(code.title)});
  } else if (what == "strategies") {
    all = strategies();
  } else if (what == "scenarios") {
    all = scenario_files(directory);
  }
  return all;
}

}  // namespace

const std::vector<std::string>& list_subjects() {
  static const std::vector<std::string> subjects{"anomalies",  "codes",     "delays",  "faults",
                                                 "guarantees", "metrics",   "moments", "properties",
                                                 "scenarios",  "strategies"};
  return subjects;
}

int list(const std::string& what, const std::string& directory, bool json, const Streams& streams) {
  const std::vector<Entry> all = entries(what, directory);
  if (json) {
    nlohmann::json names = nlohmann::json::array();
    for (const Entry& entry : all) names.push_back({{"name", entry.name}, {"doc", entry.doc}});
    streams.out << nlohmann::json{{what, std::move(names)}}.dump(2) << "\n";
    return kPass;
  }
  std::size_t width = 0;
  for (const Entry& entry : all) width = std::max(width, entry.name.size());
  for (const Entry& entry : all) streams.out << fmt::format("{:<{}}  {}\n", entry.name, width, entry.doc);
  if (all.empty())
    streams.err << fmt::format(
        "no {}{}\n", what,
        what == "scenarios" ? fmt::format(" below {}; --dir says where to look", directory) : "");
  return kPass;
}

int explain(const std::vector<std::string>& topics, const Streams& streams) {
  int result = kPass;
  bool first = true;
  for (const std::string& topic : topics) {
    const auto text = scenarios::explain(topic);
    if (!text) {
      const auto nearest = scenarios::nearest_topic(topic);
      streams.err << fmt::format("nothing is called \"{}\"{}\n", topic,
                                 nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "");
      result = kUsage;
      continue;
    }
    streams.out << (first ? "" : "\n") << *text;
    first = false;
  }
  return result;
}

int schema(const Streams& streams) {
  streams.out << scenarios::scenario_schema().dump(2) << "\n";
  return kPass;
}

}  // namespace wrackline::cli

// `wrackline explain`: the declarations, told to a person.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "analysis/names/anomaly.hpp"
#include "analysis/names/metric.hpp"
#include "engine/kafka/config/properties.hpp"
#include "engine/workload/delay_models.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "faults/vocabulary.hpp"
#include "scenarios/catalog.hpp"
#include "scenarios/guarantees.hpp"
#include "scenarios/schema.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

std::string_view severity_name(Severity severity) {
  return severity == Severity::kError ? "error" : severity == Severity::kWarning ? "warning" : "note";
}

/// Breaks a text into lines of at most 96 columns.
std::string wrapped(std::string_view text, std::string_view indent = "  ") {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (column != 0 && column + 1 + word.size() > 96) {
      out += '\n';
      column = 0;
    }
    out += column == 0 ? fmt::format("{}{}", indent, word) : fmt::format(" {}", word);
    column += (column == 0 ? indent.size() : 1) + word.size();
    text = text.substr(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string explain_code(const Code& code) {
  return fmt::format("{}: {} ({})\n{}", code.name, code.title, severity_name(code.severity),
                     wrapped(code.explanation));
}

std::string range_of(const Property& property) {
  if (!property.choices.empty()) return fmt::format("{}", fmt::join(property.choices, ", "));
  if (property.min != INT64_MIN && property.max != INT64_MAX && property.max != INT32_MAX)
    return fmt::format("{}..{}", property.min, property.max);
  if (property.min != INT64_MIN) return fmt::format("{}..", property.min);
  return {};
}

std::string explain_property(const PropertyTable& table, const Property& property) {
  std::string out = fmt::format("{} ({})\n{}", property.name, table.component(), wrapped(property.doc));
  const std::string unit = property.unit.empty() ? "" : fmt::format(", {}", property.unit);
  out += fmt::format("  type     {}{}\n", to_string(property.type), unit);
  if (const std::string range = range_of(property); !range.empty())
    out += fmt::format("  range    {}\n", range);
  std::string defaults;
  for (const PropertyDefault& value : property.defaults) {
    const std::string text = value.text.empty() ? "(empty)" : std::string(value.text);
    defaults +=
        value.since == Version{} ? text : fmt::format("; from {} on: {}", to_string(value.since), text);
  }
  out += fmt::format("  default  {}\n", defaults);
  if (property.since != Version{}) out += fmt::format("  since    {}\n", to_string(property.since));
  out += fmt::format("  here     {}\n",
                     property.effect == PropertyClass::kModelled ? "modelled" : "known, without effect");
  return out;
}

std::string explain_fault(const faults::FaultType& fault) {
  std::string out = fmt::format("{} (fault)\n{}", fault.name, wrapped(fault.summary));
  out += fmt::format("  target   {}\n", to_string(fault.targets));
  out += fault.lasts ? "  for      how long it lasts; without it until all faults heal\n"
                     : "  for      none: it strikes and is over\n";
  for (const faults::ParamDef& parameter : fault.params) {
    const std::string extra = parameter.required           ? " (required)"
                              : parameter.fallback.empty() ? ""
                                                           : fmt::format(" (default {})", parameter.fallback);
    const bool told = parameter.type == faults::ParamType::ratio;  // by its type
    const std::string range = told ? "" : faults::range_text(parameter);
    out += fmt::format("  {:<8} {}{}{}, {}{}\n", parameter.name, to_string(parameter.type),
                       range.empty() ? "" : " ", range, parameter.doc, extra);
    if (!parameter.choices.empty())
      out += fmt::format("           one of {}\n", fmt::join(parameter.choices, ", "));
  }
  if (!fault.basis.empty()) out += fmt::format("  basis    {}\n", fault.basis);
  return out;
}

std::string explain_moment(const sim::MomentDef& moment) {
  std::string out = fmt::format("{} (moment)\n{}", moment.name, wrapped(moment.meaning));
  for (std::size_t i = 0; i < moment.attribute_count(); ++i)
    out += fmt::format("{}{}", i == 0 ? "  with     " : ", ", moment.attributes[i]);
  return out + "\n";
}

std::string explain_field(const std::string& path, const Field& field) {
  std::string out = fmt::format("{} (scenario field)\n{}", path, wrapped(field.doc));
  out += fmt::format("  type     {}\n", to_string(field.type));
  for (const auto& [name, doc] : field.choices) out += fmt::format("  {:<18} {}\n", name, doc);
  if (!field.default_text.empty()) out += fmt::format("  default  {}\n", field.default_text);
  if (field.required) out += "  required\n";
  if (const std::string range = range_text(field); !range.empty())
    out += fmt::format("  range    {}\n", range);
  if (field.object != nullptr) {
    const ObjectDecl& decl = field.object();
    out += "  fields\n";
    for (const Field& inner : decl.fields) out += fmt::format("    {:<18} {}\n", inner.name, inner.doc);
    if (!decl.shorthand.empty()) out += fmt::format("  A bare value stands for \"{}\".\n", decl.shorthand);
  }
  return out;
}

/// Visits every field under its path; objects that contain themselves are entered once.
void each_field(const ObjectDecl& decl, const std::string& prefix, std::vector<const ObjectDecl*>& open,
                const std::function<void(const std::string&, const Field&)>& visit) {
  if (std::find(open.begin(), open.end(), &decl) != open.end()) return;
  open.push_back(&decl);
  for (const Field& field : decl.fields) {
    const std::string path =
        prefix.empty() ? std::string(field.name) : fmt::format("{}.{}", prefix, field.name);
    visit(path, field);
    if (field.object == nullptr) continue;
    const bool many = field.type == FieldType::kMap || field.type == FieldType::kList;
    each_field(field.object(), many ? path + ".*" : path, open, visit);
  }
  open.pop_back();
}

void each_field(const std::function<void(const std::string&, const Field&)>& visit) {
  std::vector<const ObjectDecl*> open;
  each_field(scenario_decl(), "", open, visit);
}

std::string explain_guarantee(const Member& bundle) {
  std::string out = fmt::format("{} (guarantee)\n", bundle.key);
  if (const Node* const doc = bundle.value.find("doc")) out += wrapped(doc->text);
  for (const Member& part : bundle.value.members) {
    if (part.key == "doc") continue;
    if (part.value.is_object()) {
      for (const Member& property : part.value.members)
        out += fmt::format("  {:<9} {} = {}\n", part.key, property.key, to_plain_json(property.value).dump());
    } else {
      out += fmt::format("  {:<9} {}\n", part.key, part.value.text);
    }
  }
  return out;
}

std::string explain_scenario() {
  std::string out = fmt::format("scenario\n{}", wrapped(scenario_decl().doc));
  for (const Field& field : scenario_decl().fields)
    out += fmt::format("  {:<16} {}\n", field.name, field.doc);
  return out + "`wrackline explain sources`, `wrackline explain 'sources.*.delay'` and so on say more.\n";
}

}  // namespace

std::optional<std::string> explain(std::string_view topic) {
  if (topic == "scenario") return explain_scenario();
  if (const Code* const code = find_code(topic)) return explain_code(*code);
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "\n") + text; };
  for (const PropertyTable* table : kafka::property_tables()) {
    if (const Property* const property = table->find(topic)) add(explain_property(*table, *property));
  }
  if (const auto* const fault = faults::find_fault(topic)) add(explain_fault(*fault));
  if (const auto* const moment = find_moment(topic)) add(explain_moment(*moment));
  if (const auto* const metric = analysis::find_metric(topic))
    add(fmt::format("{} (metric, {})\n{}", metric->name, name_of(metric->unit), wrapped(metric->doc)));
  for (const analysis::LatencyInfo& latency : analysis::latencies()) {
    if (latency.name == topic)
      add(fmt::format("{} (latency, {})\n{}  missing  {}\n", latency.name, name_of(latency.unit),
                      wrapped(latency.doc), latency.missing));
  }
  for (const analysis::AnomalyInfo& anomaly : analysis::anomalies()) {
    if (anomaly.name == topic)
      add(fmt::format("{} (anomaly, in {})\n{}", anomaly.name, anomaly.unit, wrapped(anomaly.doc)));
  }
  for (const Member& bundle : shipped_guarantees().members) {
    if (bundle.key == topic) add(explain_guarantee(bundle));
  }
  if (const auto* const model = workload::find_delay_model(topic))
    add(fmt::format("{} (model of delays)\n{}  use      \"delay\": {{ \"model\": \"{}\" }}\n  basis    {}\n",
                    model->name, wrapped(model->description), model->name, model->basis));
  if (const auto* const profile = workload::find_delay_profile(topic))
    add(
        fmt::format("{} (measured delays)\n{}  use      \"delay\": {{ \"quantiles\": \"{}\" }}\n  basis    "
                    "science.md 6.3\n",
                    profile->name, wrapped(profile->description), profile->name));
  each_field([&](const std::string& path, const Field& field) {
    if (path == topic) add(explain_field(path, field));
  });
  return out.empty() ? std::nullopt : std::optional(out);
}

std::vector<std::string> topics() {
  std::vector<std::string> all{"scenario"};
  for (const Code& code : codes()) all.emplace_back(code.name);
  for (const PropertyTable* table : kafka::property_tables()) {
    for (const Property& property : table->all()) all.emplace_back(property.name);
  }
  for (const faults::FaultType* fault : faults::vocabulary()) all.emplace_back(fault->name);
  for (const sim::MomentDef* moment : moment_catalog()) all.emplace_back(moment->name);
  for (const auto& metric : analysis::metrics()) all.push_back(metric.name);
  for (const auto& latency : analysis::latencies()) all.emplace_back(latency.name);
  for (const auto& anomaly : analysis::anomalies()) all.emplace_back(anomaly.name);
  for (const Member& bundle : shipped_guarantees().members) all.push_back(bundle.key);
  for (const auto& model : workload::delay_models()) all.emplace_back(model.name);
  for (const auto& profile : workload::delay_profiles()) all.emplace_back(profile.name);
  each_field([&](const std::string& path, const Field&) { all.push_back(path); });
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::optional<std::string> nearest_topic(std::string_view topic) {
  const std::vector<std::string> all = topics();
  const std::vector<std::string_view> known(all.begin(), all.end());
  const auto nearest = nearest_name(topic, known);
  return nearest ? std::optional(std::string(*nearest)) : std::nullopt;
}

}  // namespace wrackline::scenarios

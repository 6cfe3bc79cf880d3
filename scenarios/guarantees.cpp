#include "scenarios/guarantees.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/kafka/config/properties.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

constexpr std::string_view kShipped = R"({
  "at_most_once": {
    "doc": "Nothing twice, losses allowed: acks=0 without retries, offsets committed before processing (kafka.md 6.2 A0, 6.3 M3).",
    "producer": { "acks": "0", "enable.idempotence": false, "retries": 0 },
    "consumer": { "auto.offset.reset": "earliest" },
    "commit": "before_processing",
    "sink": "append"
  },
  "at_least_once": {
    "doc": "Nothing acknowledged is lost, repeats allowed: acks=all with retries, without idempotence; offsets committed after processing (ALLr, M4).",
    "producer": { "acks": "all", "enable.idempotence": false, "retries": 2147483647 },
    "consumer": { "auto.offset.reset": "earliest" },
    "commit": "after_processing",
    "sink": "append"
  },
  "effectively_once": {
    "doc": "At least once into an idempotent sink: repeats rewrite the same row (IDEM, M4, upsert: bundle E7).",
    "producer": { "acks": "all", "enable.idempotence": true, "retries": 2147483647 },
    "consumer": { "auto.offset.reset": "earliest" },
    "commit": "after_processing",
    "sink": "upsert"
  }
})";

std::string text_of(const Node& node) {
  if (node.is_string() || node.is_numeric()) return node.text;
  if (node.is(Node::Kind::kBool)) return node.boolean ? "true" : "false";
  return to_plain_json(node).dump();
}

/// The parts of a bundle, checked once where they stand; a wrong one is then not applied.
class Bundle {
 public:
  Bundle(const Node& node, Diagnostics& diagnostics) {
    for (const Member& member : node.members) {
      if (member.key == "producer") producer_ = properties(member, kafka::producer_properties(), diagnostics);
      if (member.key == "consumer") consumer_ = properties(member, kafka::consumer_properties(), diagnostics);
      if (member.key == "commit") commit_ = &member.value;
      if (member.key == "sink") sink_ = &member.value;
    }
  }

  void apply(Node& scenario, std::string_view name, Location at, Diagnostics& diagnostics) const {
    const auto each = [&](std::string_view map, auto&& change) {
      Node* const elements = scenario.find(map);
      if (elements == nullptr || !elements->is_object()) return;
      for (Member& member : elements->members) {
        if (member.value.is_object()) change(member.value);
      }
    };
    const auto set_open = [&](Node& object, std::string_view key, const Node& value) {
      const Node* const given = object.find(key);
      if (given == nullptr || given->is_null()) {
        Node set = value;
        if (set.at.file < 0) set.at = at;  // a bundle that ships has no place of its own
        object.set(std::string(key), std::move(set), at);
      } else if (text_of(*given) != text_of(value)) {
        diagnostics.report("WL1404", given->at,
                           fmt::format("given explicitly: the guarantee {} would set \"{}\" to {}", name, key,
                                       text_of(value)));
      }
    };
    const auto set_properties = [&](Node& object, const Node* properties) {
      if (properties == nullptr || properties->members.empty()) return;
      Node* config = object.find("config");
      if (config == nullptr || !config->is_object()) {
        Node empty;
        empty.kind = Node::Kind::kObject;
        empty.at = object.at;
        config = &object.set("config", std::move(empty), at);
      }
      for (const Member& property : properties->members) set_open(*config, property.key, property.value);
    };
    each("sources", [&](Node& source) { set_properties(source, producer_); });
    each("jobs", [&](Node& job) {
      set_properties(job, consumer_);
      if (commit_ != nullptr) set_open(job, "commit", *commit_);
    });
    each("sinks", [&](Node& sink) {
      // A topic appends, too; and it is written by a producer: what holds for the sources' holds for it.
      const Node* const kind = sink.find("kind");
      const bool topic = kind != nullptr && kind->text == "topic";
      if (sink_ != nullptr && !(topic && sink_->text == "append")) set_open(sink, "kind", *sink_);
      if (topic) set_properties(sink, producer_);
    });
  }

 private:
  static const Node* properties(const Member& member, const PropertyTable& table, Diagnostics& diagnostics) {
    if (!member.value.is_object()) {
      diagnostics.report("WL1102", member.value.at,
                         fmt::format("\"{}\" must be an object of properties", member.key));
      return nullptr;
    }
    bool good = true;
    for (const Member& property : member.value.members) {
      if (table.find(property.key) != nullptr) continue;
      diagnostics.report("WL1201", property.key_at,
                         fmt::format("{} has no property \"{}\"", table.component(), property.key),
                         std::string(table.nearest(property.key).value_or("")));
      good = false;
    }
    return good ? &member.value : nullptr;
  }

  const Node* producer_ = nullptr;
  const Node* consumer_ = nullptr;
  const Node* commit_ = nullptr;
  const Node* sink_ = nullptr;
};

}  // namespace

const Node& shipped_guarantees() {
  static const Node node = from_plain_json(nlohmann::json::parse(kShipped), {});
  return node;
}

bool apply_guarantee(Node& scenario, Diagnostics& diagnostics) {
  const Node* const asked = scenario.find("guarantee");
  if (asked == nullptr || asked->is_null()) return true;
  if (!asked->is_string()) {
    diagnostics.report(
        "WL1102", asked->at,
        fmt::format("\"guarantee\" must be the name of a bundle, not {}", to_string(asked->kind)));
    return false;
  }
  const std::string name = asked->text;
  const Location at = asked->at;
  const Node* const own = scenario.find("guarantees");
  const Node* found = own != nullptr ? own->find(name) : nullptr;
  if (found == nullptr) found = shipped_guarantees().find(name);
  if (found == nullptr && name == "exactly_once") {
    diagnostics.report(
        "WL1402", at,
        "exactly_once needs transactions, which are not built yet; effectively_once is the nearest");
    return false;
  }
  if (found == nullptr || !found->is_object()) {
    std::vector<std::string_view> known;
    for (const Member& member : shipped_guarantees().members) known.push_back(member.key);
    if (own != nullptr) {
      for (const Member& member : own->members) known.push_back(member.key);
    }
    diagnostics.report("WL1401", at,
                       fmt::format("there is no guarantee \"{}\"; there is {}", name, fmt::join(known, ", ")),
                       std::string(nearest_name(name, known).value_or("")));
    return false;
  }
  const Node bundle = *found;  // the scenario, in which it stands, changes below
  Bundle(bundle, diagnostics).apply(scenario, name, at, diagnostics);
  return true;
}

}  // namespace wrackline::scenarios

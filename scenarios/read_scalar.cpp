// Reading a single value by its field's type, unit and range.
#include <fmt/format.h>

#include <algorithm>

#include "engine/kafka/config/properties.hpp"
#include "scenarios/read_detail.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

using Json = nlohmann::json;
using Kind = Node::Kind;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 249 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '_' || c == '-';
         });
}

/// What the user wrote, short enough for a message.
std::string shown(const Node& node) {
  if (node.is_string()) {
    const bool cut = node.text.size() > 60;
    std::string text = nlohmann::json(node.text).dump(-1, ' ', true, Json::error_handler_t::replace);
    return cut ? text.substr(0, 57) + "...\"" : text;
  }
  if (node.is_numeric()) return node.text;
  if (node.is(Kind::kBool)) return node.boolean ? "true" : "false";
  return std::string(to_string(node.kind));
}

namespace {

class ScalarReader {
 public:
  ScalarReader(const Field& field, const Node& node, ReadContext& context, FieldValue& value, Json& resolved,
               std::string_view called)
      : field_(field),
        node_(node),
        context_(context),
        value_(value),
        resolved_(resolved),
        name_(called.empty() ? field.name : called) {}

  bool read() {
    switch (field_.type) {
      case FieldType::kBool:
        if (!node_.is(Kind::kBool)) return wrong_type("true or false");
        value_.integer = node_.boolean ? 1 : 0;
        resolved_ = node_.boolean;
        return true;
      case FieldType::kInteger:
        if (!node_.is_integer()) return wrong_type("an integer");
        return whole(node_.integer, [](std::int64_t v) { return fmt::format("{}", v); }) &&
               set(node_.integer);
      case FieldType::kNumber:
        return number();
      case FieldType::kRatio:
        return ratio();
      case FieldType::kDuration: {
        const auto parsed = quantity(parse_duration, "a duration such as \"250ms\"");
        if (!parsed) return false;
        resolved_ = format_duration(*parsed);
        return whole(parsed->count(), [](std::int64_t v) { return format_duration(Duration{v}); });
      }
      case FieldType::kRate: {
        const auto parsed = quantity(parse_rate, "a rate such as \"5k/s\"");
        if (!parsed) return false;
        if (parsed->count == 0)
          return report("WL1104", "a rate of zero emits nothing; leave the field out instead");
        value_.rate = *parsed;
        resolved_ = {{"count", parsed->count}, {"per", format_duration(parsed->per)}};
        return true;
      }
      case FieldType::kSize: {
        const auto parsed = quantity(parse_size, "a size such as \"64KiB\"");
        if (!parsed) return false;
        resolved_ = *parsed;
        return whole(*parsed, format_size);
      }
      case FieldType::kBandwidth: {
        const auto parsed = quantity(parse_bandwidth, "a bandwidth such as \"100MB/s\"");
        if (!parsed) return false;
        resolved_ = *parsed;
        return whole(*parsed, [](std::int64_t v) { return format_size(v) + "/s"; });
      }
      case FieldType::kString:
      case FieldType::kPath:
        return text();
      case FieldType::kName:
        return text() &&
               (is_name(node_.text) ||
                report("WL1111", fmt::format("{} is no name: letters, digits, '.', '_' and '-' make one",
                                             shown(node_))));
      case FieldType::kVersion:
        return version();
      case FieldType::kChoice:
        return choice();
      case FieldType::kNames:
        return names();
      case FieldType::kKnots:
        return knots();
      default:
        break;
    }
    return false;
  }

 private:
  bool report(std::string_view code, std::string message, std::string suggestion = {}) {
    context_.diagnostics.report(code, node_.at, std::move(message), std::move(suggestion));
    return false;
  }
  bool wrong_type(std::string_view wanted) {
    return report("WL1102", fmt::format("\"{}\" must be {}, not {}", name_, wanted, shown(node_)));
  }
  bool set(std::int64_t v) {
    value_.integer = v;
    resolved_ = v;
    return true;
  }

  template <typename Format>
  bool whole(std::int64_t v, Format&& format) {
    value_.integer = v;
    if (v >= field_.min && v <= field_.max) return true;
    if (v < field_.min)
      return report("WL1104",
                    fmt::format("\"{}\" must be at least {}, not {}", name_, format(field_.min), format(v)));
    return report("WL1104",
                  fmt::format("\"{}\" must be at most {}, not {}", name_, format(field_.max), format(v)));
  }

  /// The place inside the string at which the quantity is wrong.
  Location inside(std::size_t offset) const {
    Location at = node_.at;
    if (at.file < 0) return at;
    at.column += static_cast<std::int32_t>(offset) + 1;  // the opening quote
    at.length = std::max(1, node_.at.length - static_cast<std::int32_t>(offset) - 2);
    return at;
  }

  template <typename Parse>
  auto quantity(Parse parse, std::string_view wanted) -> decltype(parse(std::string_view{}).value) {
    if (!node_.is_string()) {
      if (node_.is_numeric()) {
        report("WL1106", fmt::format("\"{}\" needs a unit: {} of what? Write {}", name_, node_.text, wanted));
      } else {
        wrong_type(wanted);
      }
      return std::nullopt;
    }
    auto parsed = parse(node_.text);
    if (!parsed.value) {
      context_.diagnostics.report("WL1106", inside(parsed.offset),
                                  fmt::format("\"{}\": {}", name_, parsed.error));
    }
    return parsed.value;
  }

  bool number() {
    if (!node_.is_numeric()) return wrong_type("a number");
    value_.number = node_.is_integer() ? static_cast<double>(node_.integer) : node_.number;
    resolved_ = value_.number;
    return in_range();
  }
  bool ratio() {
    if (node_.is_string()) {
      const auto parsed = parse_ratio(node_.text);
      if (!parsed.value) {
        context_.diagnostics.report("WL1106", inside(parsed.offset),
                                    fmt::format("\"{}\": {}", name_, parsed.error));
        return false;
      }
      value_.number = *parsed.value;
    } else if (node_.is_numeric()) {
      value_.number = node_.is_integer() ? static_cast<double>(node_.integer) : node_.number;
    } else {
      return wrong_type("a ratio such as 0.01 or \"1%\"");
    }
    resolved_ = value_.number;
    return in_range();
  }
  bool in_range() {
    if (field_.positive && !(value_.number > 0))
      return report("WL1104", fmt::format("\"{}\" must be above 0, not {}", name_, shown(node_)));
    const bool low = field_.min != INT64_MIN && value_.number < static_cast<double>(field_.min);
    const bool high = field_.max != INT64_MAX && value_.number > static_cast<double>(field_.max);
    if (!low && !high) return true;
    return report("WL1104", fmt::format("\"{}\" must be at {} {}, not {}", name_, low ? "least" : "most",
                                        low ? field_.min : field_.max, shown(node_)));
  }

  bool text() {
    if (!node_.is_string()) return wrong_type(to_string(field_.type));
    if (node_.text.empty()) return report("WL1102", fmt::format("\"{}\" is empty", name_));
    value_.text = node_.text;
    resolved_ = node_.text;
    return true;
  }

  bool version() {
    if (!node_.is_string()) return wrong_type("a version in quotes such as \"4.1\"");
    const auto parsed = parse_version(node_.text);
    if (!parsed) return report("WL1110", fmt::format("{} is no version; write it as \"4.1\"", shown(node_)));
    if (*parsed < kafka::kOldestVersion || *parsed > kafka::kNewestVersion) {
      return report("WL1110",
                    fmt::format("version {} is not modelled; {} to {} are", to_string(*parsed),
                                to_string(kafka::kOldestVersion), to_string(kafka::kNewestVersion)));
    }
    value_.text = to_string(*parsed);
    resolved_ = value_.text;
    return true;
  }

  bool choice() {
    if (!node_.is_string()) return wrong_type("a text");
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < field_.choices.size(); ++i) {
      if (field_.choices[i].first == node_.text) {
        value_.integer = static_cast<std::int64_t>(i);
        value_.text = node_.text;
        resolved_ = node_.text;
        return true;
      }
      known.push_back(field_.choices[i].first);
    }
    for (const auto& [name, doc] : field_.not_built) {
      if (name == node_.text) {
        return report("WL1109", fmt::format("\"{}\": {} is not built yet; there is {}", name_, shown(node_),
                                            fmt::join(known, ", ")));
      }
    }
    const auto nearest = nearest_name(node_.text, known);
    return report(
        "WL1105",
        fmt::format("\"{}\" must be one of {}, not {}", name_, fmt::join(known, ", "), shown(node_)),
        std::string(nearest.value_or("")));
  }

  bool names() {
    std::vector<const Node*> all;
    if (node_.is_array()) {
      for (const Node& item : node_.items) all.push_back(&item);
    } else {
      all.push_back(&node_);
    }
    if (all.empty()) return report("WL1113", fmt::format("\"{}\" is an empty list", name_));
    bool good = true;
    for (const Node* item : all) {
      if (!item->is_string() || !is_name(item->text)) {
        const std::string_view code = item->is_string() ? "WL1111" : "WL1102";
        context_.diagnostics.report(
            code, item->at,
            fmt::format("\"{}\" must be a name or a list of names, not {}", name_, shown(*item)));
        good = false;
        continue;
      }
      if (std::find(value_.names.begin(), value_.names.end(), item->text) != value_.names.end()) {
        context_.diagnostics.report("WL1111", item->at,
                                    fmt::format("\"{}\" names {} twice", name_, shown(*item)));
        good = false;
      }
      value_.names.push_back(item->text);
    }
    resolved_ = value_.names;
    return good;
  }

  bool knots() {
    if (!node_.is_array() || node_.items.size() < 2)
      return wrong_type("a list of at least two [probability, duration]");
    resolved_ = Json::array();
    for (const Node& knot : node_.items) {
      const bool pair = knot.is_array() && knot.items.size() == 2 && knot.items[0].is_numeric() &&
                        knot.items[1].is_string();
      const auto duration = pair ? parse_duration(knot.items[1].text) : Parsed<Duration>{};
      if (!pair || !duration.value) {
        context_.diagnostics.report("WL1102", knot.at,
                                    "a knot is [probability, duration], e.g. [0.5, \"107ms\"]");
        return false;
      }
      if (duration.value->count() < field_.min || duration.value->count() > field_.max) {
        const bool low = duration.value->count() < field_.min;
        context_.diagnostics.report(
            "WL1104", knot.items[1].at,
            fmt::format("a knot must be at {} {}, not {}", low ? "least" : "most",
                        format_duration(Duration{low ? field_.min : field_.max}), shown(knot.items[1])));
        return false;
      }
      const double p =
          knot.items[0].is_integer() ? static_cast<double>(knot.items[0].integer) : knot.items[0].number;
      const bool rising = value_.knots.empty() ||
                          (p > value_.knots.back().first && *duration.value >= value_.knots.back().second);
      if (p < 0 || p > 1 || !rising) {
        context_.diagnostics.report("WL1104", knot.at,
                                    "probabilities must rise from 0 to 1, and durations must not fall");
        return false;
      }
      value_.knots.emplace_back(p, *duration.value);
      resolved_.push_back({p, format_duration(*duration.value)});
    }
    if (value_.knots.front().first != 0.0 || value_.knots.back().first != 1.0) {
      return report("WL1104", "the first knot must be at probability 0 and the last at 1");
    }
    return true;
  }

  const Field& field_;
  const Node& node_;
  ReadContext& context_;
  FieldValue& value_;
  Json& resolved_;
  std::string_view name_;
};

}  // namespace

bool read_scalar(const Field& field, const Node& node, ReadContext& context, FieldValue& value,
                 Json& resolved, std::string_view called) {
  return ScalarReader(field, node, context, value, resolved, called).read();
}

}  // namespace wrackline::scenarios

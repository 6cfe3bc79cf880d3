#include "scenarios/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/document_scan.hpp"
#include "scenarios/expression.hpp"
#include "scenarios/field_path.hpp"
#include "scenarios/units.hpp"
#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

/// Paths and values of a cell, as `where` sees them.
class CellNames : public Names {
 public:
  explicit CellNames(const Node& document) : document_(document) {}

  std::optional<Quantity> lookup(const Expression& name, Diagnostics& diagnostics) const override {
    const Node* const node = name.kind == Expression::Kind::kName ? find_path(document_, name.text) : nullptr;
    if (node == nullptr) {
      diagnostics.report("WL1304", name.at, fmt::format("\"{}\" is no field of this scenario", name.text));
      return std::nullopt;
    }
    Quantity value;
    if (node->is_numeric()) {
      value.number = node->is_integer() ? static_cast<double>(node->integer) : node->number;
    } else if (node->is(Node::Kind::kBool)) {
      value.kind = Quantity::Kind::kBool;
      value.truth = node->boolean;
    } else if (const auto duration = parse_duration(node->text); node->is_string() && duration.value) {
      value.kind = Quantity::Kind::kDuration;
      value.number = static_cast<double>(duration.value->count());
    } else if (node->is_string()) {
      value.kind = Quantity::Kind::kText;
      value.text = node->text;
    } else {
      diagnostics.report(
          "WL1304", name.at,
          fmt::format("\"{}\" is {}; compare one of its fields", name.text, to_string(node->kind)));
      return std::nullopt;
    }
    return value;
  }

 private:
  const Node& document_;
};

class Expansion {
 public:
  Expansion(Node scenario, const LoadOptions& options, Diagnostics& diagnostics)
      : scenario_(std::move(scenario)), options_(options), diagnostics_(diagnostics) {}

  std::vector<RawCell> run() {
    if (Node* const found = scenario_.find("matrix"); found != nullptr) {
      matrix_ = std::move(*found);
      scenario_.erase("matrix");
      read_matrix();
    }
    for (const std::string& sweep : options_.sweeps) add_sweep(sweep);
    for (const std::string& set : options_.sets) apply_set(set);
    check_paths();
    std::vector<RawCell> cells;
    if (!fits()) return cells;
    std::vector<std::size_t> row(axes_.size(), 0);
    do {
      if (auto cell = make(row)) cells.push_back(std::move(*cell));
    } while (!failed_ && next(row));
    if (cells.empty() && !failed_ && !diagnostics_.has_errors()) {
      diagnostics_.report("WL1306", matrix_.at, "\"where\" leaves no cell");
    }
    return cells;
  }

 private:
  void read_matrix() {
    if (!matrix_.is_object()) {
      diagnostics_.report("WL1102", matrix_.at,
                          fmt::format("\"matrix\" must be an object, not {}", to_string(matrix_.kind)));
      return;
    }
    for (const Member& member : matrix_.members) {
      if (member.key == "axes") {
        read_axes(member.value);
      } else if (member.key == "zip") {
        if (member.value.is_array()) {
          for (const Node& group : member.value.items) read_zip(group);
        } else {
          read_zip(member.value);
        }
      } else if (member.key == "where") {
        read_where(member.value);
      } else if (member.key != "$comment") {
        std::vector<std::string_view> known{"axes", "where", "zip"};
        diagnostics_.report("WL1101", member.key_at, fmt::format("matrix has no field \"{}\"", member.key),
                            std::string(nearest_name(member.key, known).value_or("")));
      }
    }
  }

  bool is_values(const Member& member) {
    if (member.value.is_array() && !member.value.items.empty()) return true;
    diagnostics_.report("WL1302", member.value.at,
                        fmt::format("the axis \"{}\" must be a list of at least one value", member.key));
    return false;
  }

  void read_axes(const Node& axes) {
    if (!axes.is_object()) {
      diagnostics_.report("WL1302", axes.at, "\"axes\" must be an object: a list of values by path");
      return;
    }
    for (const Member& member : axes.members) {
      if (member.key == "$comment" || !is_values(member)) continue;
      Axis axis{{member.key}, {}, member.key_at, {member.key_at}};
      for (const Node& value : member.value.items) axis.values.push_back({value});
      axes_.push_back(std::move(axis));
    }
  }

  void read_zip(const Node& group) {
    if (!group.is_object()) {
      diagnostics_.report("WL1302", group.at,
                          "a group of \"zip\" must be an object: a list of values by path");
      return;
    }
    Axis axis{{}, {}, group.at, {}};
    for (const Member& member : group.members) {
      if (member.key == "$comment" || !is_values(member)) continue;
      const std::size_t length = member.value.items.size();
      if (axis.paths.empty()) axis.values.resize(length);
      if (length != axis.values.size()) {
        diagnostics_.report(
            "WL1303", member.value.at,
            fmt::format("\"{}\" has {} values, but \"{}\" has {}; lists in \"zip\" go in lock-step",
                        member.key, length, axis.paths.front(), axis.values.size()));
        continue;
      }
      axis.paths.push_back(member.key);
      axis.paths_at.push_back(member.key_at);
      for (std::size_t i = 0; i < length; ++i) axis.values[i].push_back(member.value.items[i]);
    }
    if (!axis.paths.empty()) axes_.push_back(std::move(axis));
  }

  void read_where(const Node& where) {
    std::vector<const Node*> texts;
    if (where.is_array()) {
      for (const Node& item : where.items) texts.push_back(&item);
    } else {
      texts.push_back(&where);
    }
    for (const Node* text : texts) {
      if (!text->is_string()) {
        diagnostics_.report("WL1102", text->at, "\"where\" must be a condition or a list of conditions");
        continue;
      }
      Location at = text->at;
      ++at.column;
      if (auto expression = parse_expression(text->text, at, diagnostics_))
        where_.push_back(std::move(*expression));
    }
  }

  /// "path=a,b,c": commas inside brackets and quotes belong to a value.
  void add_sweep(const std::string& sweep) {
    const std::size_t equals = sweep.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == sweep.size() || first_bad_utf8(sweep)) {
      diagnostics_.report("WL1307", {}, fmt::format("--sweep {}: write it as path=value,value,...", sweep));
      return;
    }
    Axis axis{{sweep.substr(0, equals)}, {}, {}, {Location{}}};
    int depth = 0;
    bool quoted = false;
    std::string value;
    const auto flush = [&] {
      axis.values.push_back({parse_value(value, {})});
      value.clear();
    };
    for (const char c : std::string_view(sweep).substr(equals + 1)) {
      if (c == '"') quoted = !quoted;
      if (!quoted && (c == '{' || c == '[')) ++depth;
      if (!quoted && (c == '}' || c == ']')) --depth;
      if (c == ',' && depth == 0 && !quoted) {
        flush();
      } else {
        value += c;
      }
    }
    flush();
    const std::string& path = axis.paths.front();
    if (std::find(swept_.begin(), swept_.end(), path) != swept_.end())
      diagnostics_.report("WL1308", {}, fmt::format("--sweep {}: \"{}\" is swept twice", sweep, path));
    swept_.push_back(path);
    drop_path(path);
    axes_.push_back(std::move(axis));
  }

  /// A sweep over the path of an axis takes the place of that axis.
  void drop_path(const std::string& path) {
    std::erase_if(axes_,
                  [&](const Axis& axis) { return axis.paths.size() == 1 && axis.paths.front() == path; });
  }

  /// On the path of an axis, --set keeps the rows with that value, or puts that value in place of all.
  void apply_set(const std::string& set) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0 || first_bad_utf8(set)) {
      diagnostics_.report("WL1307", {}, fmt::format("--set {}: write it as path=value", set));
      return;
    }
    const std::string path = set.substr(0, equals);
    const Node value = parse_value(std::string_view(set).substr(equals + 1), {});
    for (Axis& axis : axes_) {
      const auto found = std::find(axis.paths.begin(), axis.paths.end(), path);
      if (found == axis.paths.end()) continue;
      const auto column = static_cast<std::size_t>(found - axis.paths.begin());
      const auto differs = [&](const std::vector<Node>& row) {
        return set_value(row[column]) != set_value(value);
      };
      if (!std::all_of(axis.values.begin(), axis.values.end(), differs)) {
        std::erase_if(axis.values, differs);
      } else {
        axis.values.resize(1);
        axis.values[0][column] = value;
      }
      return;
    }
    set_path(scenario_, path, value, {}, diagnostics_);
  }

  void check_paths() {
    std::vector<std::string_view> seen;
    for (const Axis& axis : axes_) {
      for (std::size_t k = 0; k < axis.paths.size(); ++k) {
        const std::string& path = axis.paths[k];
        if (std::find(seen.begin(), seen.end(), path) != seen.end()) {
          diagnostics_.report("WL1308", axis.paths_at[k], fmt::format("\"{}\" is varied twice", path));
        }
        seen.push_back(path);
      }
    }
  }

  bool fits() {
    std::size_t cells = 1;
    for (const Axis& axis : axes_) {
      if (axis.values.empty()) return false;
      if (cells > options_.max_cells / axis.values.size()) {
        diagnostics_.report("WL1305", matrix_.at,
                            fmt::format("the matrix has more than {} cells", options_.max_cells));
        return false;
      }
      cells *= axis.values.size();
    }
    return true;
  }

  bool next(std::vector<std::size_t>& row) const {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      if (++row[i] < axes_[i].values.size()) return true;
      row[i] = 0;
    }
    return false;
  }

  std::optional<RawCell> make(const std::vector<std::size_t>& row) {
    RawCell cell{{}, scenario_};
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Axis& axis = axes_[i];
      for (std::size_t k = 0; k < axis.paths.size(); ++k) {
        const Node& value = axis.values[row[i]][k];
        failed_ = !set_path(cell.document, axis.paths[k], value, axis.paths_at[k], diagnostics_) || failed_;
        cell.settings.push_back({axis.paths[k], shown_value(value), set_value(value)});
      }
    }
    for (const Expression& condition : where_) {
      const auto holds = evaluate(condition, CellNames(cell.document), diagnostics_);
      if (holds && holds->kind != Quantity::Kind::kBool) {
        diagnostics_.report("WL1603", condition.at, "\"where\" must be true or false");
      }
      failed_ = failed_ || !holds || holds->kind != Quantity::Kind::kBool;
      if (!failed_ && !holds->truth) return std::nullopt;
    }
    return cell;
  }

  Node scenario_;
  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  Node matrix_;
  std::vector<Axis> axes_;
  std::vector<std::string> swept_;  ///< paths of --sweep
  std::vector<Expression> where_;
  bool failed_ = false;
};

}  // namespace

std::string shown_value(const Node& node) {
  if (node.is_string() || node.is_numeric()) return node.text;
  if (node.is_object()) {
    std::string out;
    for (const Member& member : node.members) {
      const std::string inner = shown_value(member.value);
      out += fmt::format("{}{}{}{}", out.empty() ? "" : ", ", member.key, inner.empty() ? "" : " ", inner);
    }
    return out;
  }
  return to_plain_json(node).dump();
}

std::string set_value(const Node& node) {
  // A text that would be read back as something else keeps its quotes.
  if (node.is_string() && parse_value(node.text, {}).is_string()) return node.text;
  return to_plain_json(node).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<RawCell> expand_matrix(Node scenario, const LoadOptions& options, Diagnostics& diagnostics) {
  return Expansion(std::move(scenario), options, diagnostics).run();
}

}  // namespace wrackline::scenarios

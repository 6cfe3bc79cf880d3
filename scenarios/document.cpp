#include "scenarios/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/document_scan.hpp"

namespace wrackline::scenarios {

const Member* Node::member(std::string_view key) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const {
  const Member* const found = member(key);
  return found == nullptr ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node& Node::set(std::string key, Node value, Location key_at) {
  if (Node* const present = find(key)) {
    *present = std::move(value);
    return *present;
  }
  members.push_back({std::move(key), key_at, std::move(value)});
  return members.back().value;
}

bool Node::erase(std::string_view key) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  if (found == members.end()) return false;
  members.erase(found);
  return true;
}

std::string_view to_string(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kBool:
      return "a boolean";
    case Node::Kind::kInteger:
      return "an integer";
    case Node::Kind::kNumber:
      return "a number";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kArray:
      return "a list";
    case Node::Kind::kObject:
      return "an object";
  }
  return "";
}

namespace {

/// Builds nodes from SAX events; the scan's tokens, met in the same order, say where they stand.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(const Scan& scan, std::int32_t file, Diagnostics& diagnostics)
      : scan_(scan), file_(file), diagnostics_(diagnostics), cursor_(diagnostics.sources(), file) {}

  Node take() { return ok_ ? std::move(root_) : Node{}; }

  bool null() override { return add(Node::Kind::kNull) != nullptr; }
  bool boolean(bool value) override {
    Node* const node = add(Node::Kind::kBool);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool number_integer(number_integer_t value) override { return add_integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return too_large(fmt::format("{}", value));
    return add_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& raw) override {
    // The parser falls back to floating point for integers that do not fit; that would change the number
    // silently.
    if (raw.find_first_of(".eE") == std::string::npos) return too_large(raw);
    Node* const node = add(Node::Kind::kNumber);
    if (node == nullptr) return false;
    node->number = value;
    node->text = raw;
    return true;
  }
  bool string(string_t& value) override {
    Node* const node = add(Node::Kind::kString);
    if (node != nullptr) node->text = std::move(value);
    return node != nullptr;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Node::Kind::kObject); }
  bool key(string_t& value) override {
    const Location at = here();
    ++token_;
    if (!keys_.back().insert(value).second) {
      const Member* const first = open_.back()->member(value);
      diagnostics_.report(
          "WL1003", at,
          fmt::format("the key \"{}\" is given twice; first at line {}", value, first->key_at.line));
      key_ = fmt::format("{}\x01{}", value,
                         token_);  // kept apart, so that its value is checked for syntax as well
      discard_keys_ = true;
    } else {
      key_ = std::move(value);
    }
    key_at_ = at;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Node::Kind::kArray); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    ok_ = false;
    const std::size_t offset = position == 0 ? 0 : position - 1;
    if (error.id == 406) {
      diagnostics_.report("WL1004", here(), "the number is too large for a double");
      return false;
    }
    diagnostics_.report("WL1001", diagnostics_.sources().locate(file_, offset), reason(error.what()));
    return false;
  }

 private:
  Location here() {
    if (token_ >= scan_.tokens.size()) return {file_, 1, 1, 1};
    const Token& token = scan_.tokens[token_];
    return cursor_.locate(token.begin, token.end - token.begin);
  }

  Node* add(Node::Kind kind) {
    if (++values_ > kMaxValues) {
      diagnostics_.report("WL1006", here(), fmt::format("more than {} values in one file", kMaxValues));
      ok_ = false;
      return nullptr;
    }
    Node node;
    node.kind = kind;
    node.at = here();
    ++token_;
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    Node& parent = *open_.back();
    if (parent.is_array()) {
      parent.items.push_back(std::move(node));
      return &parent.items.back();
    }
    parent.members.push_back({std::move(key_), key_at_, std::move(node)});
    return &parent.members.back().value;
  }

  bool add_integer(std::int64_t value) {
    Node* const node = add(Node::Kind::kInteger);
    if (node == nullptr) return false;
    node->integer = value;
    node->text = fmt::format("{}", value);
    return true;
  }

  bool too_large(const std::string& raw) {
    diagnostics_.report("WL1004", here(), fmt::format("{} does not fit a 64-bit integer", raw));
    return null();
  }

  bool open(Node::Kind kind) {
    if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
      diagnostics_.report("WL1005", here(), fmt::format("nested deeper than {} levels", kMaxDepth));
      ok_ = false;
      return false;
    }
    Node* const node = add(kind);
    if (node == nullptr) return false;
    open_.push_back(node);
    keys_.emplace_back();
    return true;
  }

  bool close() {
    ++token_;
    if (discard_keys_ && open_.back()->is_object()) {
      std::erase_if(open_.back()->members,
                    [](const Member& m) { return m.key.find('\x01') != std::string::npos; });
    }
    open_.pop_back();
    keys_.pop_back();
    return true;
  }

  /// nlohmann's message without its own count of lines, which knows nothing of the blanked comments.
  static std::string reason(std::string_view what) {
    const std::size_t dash = what.find(" - ");
    std::string text(dash == std::string_view::npos ? what : what.substr(dash + 3));
    if (const std::size_t last_read = text.find("; last read: "); last_read != std::string::npos) {
      const std::size_t expected = text.find("; expected ", last_read);
      text =
          text.substr(0, last_read) + (expected == std::string::npos ? std::string{} : text.substr(expected));
    }
    return text;
  }

  const Scan& scan_;
  std::int32_t file_;
  Diagnostics& diagnostics_;
  SourceMap::Cursor cursor_;
  Node root_;
  std::vector<Node*> open_;
  std::vector<std::set<std::string>> keys_;  // of the open objects
  std::size_t token_ = 0;
  std::size_t values_ = 0;
  std::string key_;
  Location key_at_;
  bool discard_keys_ = false;
  bool ok_ = true;
};

}  // namespace

Node parse_document(std::string name, std::string text, Diagnostics& diagnostics) {
  if (text.size() > kMaxFileBytes) {
    const std::int32_t file = diagnostics.sources().add(std::move(name), {});
    diagnostics.report("WL1006", {file, 1, 1, 1},
                       fmt::format("the file has {} bytes; at most {} are read", text.size(), kMaxFileBytes));
    return {};
  }
  const std::int32_t file = diagnostics.sources().add(std::move(name), text);
  if (const auto bad = first_bad_utf8(text)) {
    diagnostics.report(
        "WL1002", diagnostics.sources().locate(file, *bad),
        fmt::format("the byte 0x{:02x} is no valid UTF-8 here", static_cast<unsigned char>(text[*bad])));
    return {};
  }
  Scan scan = scan_jsonc(text);
  if (scan.open_comment) {
    diagnostics.report("WL1001", diagnostics.sources().locate(file, *scan.open_comment, 2),
                       "the comment has no end");
    return {};
  }
  TreeBuilder builder(scan, file, diagnostics);
  nlohmann::json::sax_parse(scan.text, &builder);
  return builder.take();
}

Node parse_value(std::string_view text, Location at) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_discarded()) {
    // Numbers that do not fit stay text, so that the field they are meant for names the trouble.
    const bool exact = !json.is_number_float() || text.find_first_of(".eE") != std::string_view::npos;
    if (exact) return from_plain_json(json, at);
  }
  Node node;
  node.kind = Node::Kind::kString;
  node.at = at;
  node.text = std::string(text);
  return node;
}

nlohmann::json to_plain_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return nullptr;
    case Node::Kind::kBool:
      return node.boolean;
    case Node::Kind::kInteger:
      return node.integer;
    case Node::Kind::kNumber:
      return node.number;
    case Node::Kind::kString:
      return node.text;
    case Node::Kind::kArray: {
      nlohmann::json array = nlohmann::json::array();
      for (const Node& item : node.items) array.push_back(to_plain_json(item));
      return array;
    }
    case Node::Kind::kObject: {
      nlohmann::json object = nlohmann::json::object();
      for (const Member& member : node.members) object[member.key] = to_plain_json(member.value);
      return object;
    }
  }
  return nullptr;
}

Node from_plain_json(const nlohmann::json& json, Location at) {
  Node node;
  node.at = at;
  if (json.is_boolean()) {
    node.kind = Node::Kind::kBool;
    node.boolean = json.get<bool>();
  } else if (json.is_number_unsigned() && json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    node.kind = Node::Kind::kString;
    node.text = json.dump();
  } else if (json.is_number_integer()) {
    node.kind = Node::Kind::kInteger;
    node.integer = json.get<std::int64_t>();
    node.text = json.dump();
  } else if (json.is_number()) {
    node.kind = Node::Kind::kNumber;
    node.number = json.get<double>();
    node.text = json.dump();
  } else if (json.is_string()) {
    node.kind = Node::Kind::kString;
    node.text = json.get<std::string>();
  } else if (json.is_array()) {
    node.kind = Node::Kind::kArray;
    for (const nlohmann::json& item : json) node.items.push_back(from_plain_json(item, at));
  } else if (json.is_object()) {
    node.kind = Node::Kind::kObject;
    for (const auto& [key, value] : json.items())
      node.members.push_back({key, at, from_plain_json(value, at)});
  }
  return node;
}

void merge_over(Node& base, Node over) {
  if (!base.is_object() || !over.is_object()) {
    base = std::move(over);
    return;
  }
  for (Member& member : over.members) {
    if (member.value.is_null()) {
      base.erase(member.key);
    } else if (Node* const present = base.find(member.key)) {
      merge_over(*present, std::move(member.value));
    } else {
      base.members.push_back(std::move(member));
    }
  }
}

}  // namespace wrackline::scenarios

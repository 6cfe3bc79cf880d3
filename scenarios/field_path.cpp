#include "scenarios/field_path.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "scenarios/vocabulary.hpp"

namespace wrackline::scenarios {

namespace {

/// One step along the declarations: the key that the front of the path names at this place.
struct Step {
  std::string key;
  std::size_t used = 0;              ///< of the path, without the dot
  const Field* field = nullptr;      ///< declared there, if any
  const ObjectDecl* next = nullptr;  ///< for what follows
};

std::string_view head_of(std::string_view path) { return path.substr(0, path.find('.')); }

/// The longest member of `map` that the path begins with, else the first segment.
std::string_view longest_member(const Node* map, std::string_view path) {
  std::string_view best;
  if (map != nullptr) {
    for (const Member& member : map->members) {
      const bool begins = path.starts_with(member.key) &&
                          (path.size() == member.key.size() || path[member.key.size()] == '.');
      if (begins && member.key.size() > best.size()) best = member.key;
    }
  }
  return best.empty() ? head_of(path) : best;
}

/// Index of an entry of a list, by number or by its "id".
std::optional<std::size_t> entry_of(const Node& list, std::string_view segment) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Node* const id = list.items[i].find("id");
    if (id != nullptr && id->is_string() && id->text == segment) return i;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(segment.data(), segment.data() + segment.size(), index);
  const bool number = error == std::errc{} && end == segment.data() + segment.size();
  return number && index < list.items.size() ? std::optional(index) : std::nullopt;
}

struct Unknown {
  std::string message;
  std::string suggestion;
};

Unknown no_field(const ObjectDecl& decl, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Field& field : decl.fields) known.push_back(field.name);
  return {fmt::format("{} has no field \"{}\"", decl.name, name),
          std::string(nearest_name(name, known).value_or(""))};
}

Unknown no_member(const Field& field, const Node* map, std::string_view name) {
  std::vector<std::string_view> known;
  if (map != nullptr) {
    for (const Member& member : map->members) known.push_back(member.key);
  }
  return {fmt::format("there is no {} \"{}\"", field.object().name, name),
          std::string(nearest_name(name, known).value_or(""))};
}

/// Turns a value given in short form ("200ms" for a watermark) into the object it stands for.
void expand_shorthand(Node& node, const ObjectDecl& decl) {
  if (node.is_object() || node.is_null() || decl.shorthand.empty()) return;
  Node object;
  object.kind = Node::Kind::kObject;
  object.at = node.at;
  object.members.push_back({std::string(decl.shorthand), node.at, std::move(node)});
  node = std::move(object);
}

class Setter {
 public:
  Setter(Location at, std::optional<Unknown>& unknown) : at_(at), unknown_(unknown) {}

  void object(Node& node, const ObjectDecl& decl, std::string_view path, Node value) {
    expand_shorthand(node, decl);
    if (!node.is_object()) node = empty_object();
    const std::string_view name = head_of(path);
    const Field* const found = decl.find(name);
    if (found == nullptr && !decl.others) {
      unknown_ = no_field(decl, name);
      return;
    }
    const std::string_view rest =
        path.size() == name.size() ? std::string_view{} : path.substr(name.size() + 1);
    if (rest.empty()) {
      // A union holds one alternative: the new one takes the place of the other.
      for (const auto& group : decl.exactly_one) {
        const bool in_group = std::find(group.begin(), group.end(), name) != group.end();
        for (const std::string_view other : group) {
          if (in_group && other != name) node.erase(other);
        }
      }
      node.set(std::string(name), std::move(value), at_);
      return;
    }
    if (found == nullptr) {
      unknown_ = Unknown{fmt::format("\"{}\" has no parts", name), {}};
      return;
    }
    Node& child = node.find(name) != nullptr ? *node.find(name) : node.set(std::string(name), Node{}, at_);
    field(child, *found, rest, std::move(value));
  }

 private:
  Node empty_object() const {
    Node node;
    node.kind = Node::Kind::kObject;
    node.at = at_;
    return node;
  }

  void field(Node& node, const Field& decl, std::string_view path, Node value) {
    switch (decl.type) {
      case FieldType::kObject:
        return object(node, decl.object(), path, std::move(value));
      case FieldType::kProperties: {
        if (decl.properties().find(path) == nullptr) {
          unknown_ = Unknown{fmt::format("{} has no property \"{}\"", decl.properties().component(), path),
                             std::string(decl.properties().nearest(path).value_or(""))};
          return;
        }
        if (!node.is_object()) node = empty_object();
        node.set(std::string(path), std::move(value), at_);
        return;
      }
      case FieldType::kMap: {
        const std::string name(longest_member(&node, path));
        Node* const element = node.is_object() ? node.find(name) : nullptr;
        if (element == nullptr) {
          unknown_ = no_member(decl, &node, name);
          return;
        }
        if (path.size() == name.size()) {
          *element = std::move(value);
          return;
        }
        return object(*element, decl.object(), path.substr(name.size() + 1), std::move(value));
      }
      case FieldType::kList: {
        const std::string_view name = head_of(path);
        const auto index = entry_of(node, name);
        if (!index) {
          unknown_ = Unknown{fmt::format("there is no {} \"{}\"", decl.object().name, name), {}};
          return;
        }
        Node& entry = node.items[*index];
        if (path.size() == name.size()) {
          entry = std::move(value);
          return;
        }
        return object(entry, decl.object(), path.substr(name.size() + 1), std::move(value));
      }
      default:
        unknown_ = Unknown{fmt::format("\"{}\" has no parts", decl.name), {}};
    }
  }

  Location at_;
  std::optional<Unknown>& unknown_;
};

/// Follows a path without changing anything; `deepest` is the last value met.
const Node* follow(const Node& root, std::string_view path, const Node*& deepest) {
  const Node* node = &root;
  const ObjectDecl* object = &scenario_decl();
  const Field* field = nullptr;
  deepest = node;
  while (!path.empty()) {
    std::string_view key = head_of(path);
    const Node* next = nullptr;
    if (object != nullptr) {
      field = object->find(key);
      next = node->find(key);
      if (next == nullptr && !node->is_object() && key == object->shorthand)
        next = node;  // "200ms" for {"bounded": "200ms"}
      object = nullptr;
    } else if (field != nullptr && field->type == FieldType::kMap) {
      key = longest_member(node, path);
      next = node->find(key);
      object = &field->object();
    } else if (field != nullptr && field->type == FieldType::kProperties) {
      key = path;
      next = node->find(key);
    } else if (field != nullptr && field->type == FieldType::kList) {
      const auto index = entry_of(*node, key);
      next = index ? &node->items[*index] : nullptr;
      object = &field->object();
    }
    if (next == nullptr) return nullptr;
    node = deepest = next;
    path = path.size() == key.size() ? std::string_view{} : path.substr(key.size() + 1);
    if (object == nullptr && field != nullptr && field->type == FieldType::kObject) object = &field->object();
  }
  return node;
}

}  // namespace

const Node* find_path(const Node& root, std::string_view path) {
  const Node* deepest = nullptr;
  return follow(root, path, deepest);
}

Location place_of(const Node& root, std::string_view path) {
  const Node* deepest = nullptr;
  follow(root, path, deepest);
  return deepest->at;
}

bool set_path(Node& root, std::string_view path, Node value, Location at, Diagnostics& diagnostics) {
  // These are read before anything is varied: to accept them here would do nothing.
  const std::string_view head = head_of(path);
  if (head == "seeds" || head == "matrix" || head == "extends") {
    diagnostics.report(
        "WL1301", at,
        fmt::format("\"{}\": {} can not be varied{}", path, head,
                    head == "seeds" ? "; every cell runs with all seeds, --seeds chooses them" : ""));
    return false;
  }
  std::optional<Unknown> unknown;
  Setter(at, unknown).object(root, scenario_decl(), path, std::move(value));
  if (!unknown) return true;
  diagnostics.report("WL1301", at, fmt::format("\"{}\": {}", path, unknown->message), unknown->suggestion);
  return false;
}

}  // namespace wrackline::scenarios

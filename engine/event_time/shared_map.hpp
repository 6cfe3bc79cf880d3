// An ordered map whose copy costs nothing (shared.hpp).
//
// A B+ tree: entries in leaves, above them nodes that know the least key below each child. Copies share
// nodes; a change copies those on the way from the root to its leaf that others hold, too, so it costs the
// height of the tree, however many entries there are. Values that are large go in as Shared<T>: a leaf is
// copied whole.
//
// A node that an erasure leaves with few entries joins a neighbour if both fit in three quarters of one:
// neither does a map that empties keep what it once took, nor does the next insertion split what was joined.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/event_time/shared.hpp"

namespace wrackline::event_time {

/// Of a map that is a set.
struct NoValue {};

template <class Key, class Value = NoValue>
class SharedMap {
 public:
  SharedMap() = default;
  SharedMap(const SharedMap& other) : root_{share(other.root_)}, size_{other.size_} {}
  SharedMap(SharedMap&& other) noexcept
      : root_{std::exchange(other.root_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  SharedMap& operator=(SharedMap other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedMap() { release(root_); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool contains(const Key& key) const { return find(key) != nullptr; }
  /// Null: there is none. Until the next change.
  const Value* find(const Key& key) const {
    if (root_ == nullptr) return nullptr;
    const Node* node = root_;
    while (node->height > 0) node = inner(node).children[child_for(*node, key)];
    const std::uint32_t at = lower_bound(*node, key);
    return at < node->count && !(key < node->keys[at]) ? &leaf(node).values[at] : nullptr;
  }
  /// Of the least key; the map is not empty.
  const Key& first_key() const { return first_leaf().keys[0]; }
  const Value& first_value() const { return first_leaf().values[0]; }

  /// To write to; made if there is none. Until the next change.
  Value& own(const Key& key) {
    if (root_ == nullptr) root_ = new Leaf;
    Node* more = nullptr;
    Value& value = own(root_, key, more);
    if (more != nullptr) {
      auto* const above = new Inner;
      above->height = static_cast<std::uint16_t>(root_->height + 1);
      above->count = 2;
      above->keys[0] = root_->keys[0];
      above->keys[1] = more->keys[0];
      above->children[0] = root_;
      above->children[1] = more;
      root_ = above;
    }
    return value;
  }
  bool erase(const Key& key) {
    if (!contains(key)) return false;
    erase(root_, key);
    --size_;
    while (root_ != nullptr && (root_->count == 0 || (root_->height > 0 && root_->count == 1))) {
      Node* const below = root_->height > 0 && root_->count == 1 ? share(inner(root_).children[0]) : nullptr;
      release(root_);
      root_ = below;
    }
    return true;
  }

  /// `visit(key, value)` in the order of the keys. With `seen`: but for the leaves that it has seen.
  template <class Visit>
  void for_each(Visit&& visit, SeenParts* seen = nullptr) const {
    if (root_ != nullptr) for_each(*root_, visit, seen);
  }

 private:
  static constexpr std::uint32_t kWidth = 16;
  static constexpr std::uint32_t kFew = kWidth / 4;
  static constexpr int kJoined = kWidth / 4 * 3;

  struct Node {
    std::uint32_t owners = 1;
    std::uint16_t height = 0;  ///< of a leaf: 0
    std::uint16_t count = 0;
    std::array<Key, kWidth> keys{};  ///< of an inner node: no key below the child is less
  };
  struct Leaf : Node {
    std::array<Value, kWidth> values{};
  };
  struct Inner : Node {
    std::array<Node*, kWidth> children{};
  };
  static Leaf& leaf(Node* node) { return *static_cast<Leaf*>(node); }
  static const Leaf& leaf(const Node* node) { return *static_cast<const Leaf*>(node); }
  static Inner& inner(Node* node) { return *static_cast<Inner*>(node); }
  static const Inner& inner(const Node* node) { return *static_cast<const Inner*>(node); }

  static Node* share(Node* node) {
    if (node != nullptr) ++node->owners;
    return node;
  }
  static void release(Node* node) {
    if (node == nullptr || --node->owners > 0) return;
    if (node->height == 0) {
      delete &leaf(node);
      return;
    }
    for (std::uint32_t i = 0; i < node->count; ++i) release(inner(node).children[i]);
    delete &inner(node);
  }
  /// Nobody else holds what `link` leads to from now on.
  static void own(Node*& link) {
    if (link->owners == 1) return;
    Node* copy = nullptr;
    if (link->height == 0) {
      copy = new Leaf{leaf(link)};
    } else {
      copy = new Inner{inner(link)};
      for (std::uint32_t i = 0; i < copy->count; ++i) share(inner(copy).children[i]);
    }
    copy->owners = 1;
    --link->owners;
    link = copy;
  }

  static std::uint32_t lower_bound(const Node& node, const Key& key) {
    std::uint32_t at = 0;
    while (at < node.count && node.keys[at] < key) ++at;
    return at;
  }
  /// The last child whose keys may be that low; for less than all, the first.
  static std::uint32_t child_for(const Node& node, const Key& key) {
    std::uint32_t at = node.count - 1U;
    while (at > 0 && key < node.keys[at]) --at;
    return at;
  }
  const Leaf& first_leaf() const {
    const Node* node = root_;
    while (node->height > 0) node = inner(node).children[0];
    return leaf(node);
  }

  template <class Items, class Item>
  static void insert_at(Items& items, std::uint32_t count, std::uint32_t at, Item item) {
    for (std::uint32_t i = count; i > at; --i) items[i] = std::move(items[i - 1]);
    items[at] = std::move(item);
  }
  /// What is erased may own something: it goes at once, not when its place is needed.
  template <class Items>
  static void erase_at(Items& items, std::uint32_t count, std::uint32_t at) {
    for (std::uint32_t i = at; i + 1 < count; ++i) items[i] = std::move(items[i + 1]);
    items[count - 1] = typename Items::value_type{};
  }
  template <class Items>
  static void move_items(Items& source, std::uint32_t from, std::uint32_t count, Items& to,
                         std::uint32_t at) {
    for (std::uint32_t i = from; i < count; ++i)
      to[at + i - from] = std::exchange(source[i], typename Items::value_type{});
  }
  static std::array<Value, kWidth>& items(Leaf& node) { return node.values; }
  static std::array<Node*, kWidth>& items(Inner& node) { return node.children; }
  /// What stands in `source` from there on goes to the end of `to`.
  template <class Kind>
  static void move_all(Kind& source, std::uint32_t from, Kind& to) {
    move_items(source.keys, from, source.count, to.keys, to.count);
    move_items(items(source), from, source.count, items(to), to.count);
    to.count = static_cast<std::uint16_t>(to.count + source.count - from);
    source.count = static_cast<std::uint16_t>(from);
  }
  /// The upper half, as a node of its own.
  template <class Kind>
  static Node* split(Kind& node) {
    auto* const upper = new Kind;
    upper->height = node.height;
    move_all(node, kWidth / 2, *upper);
    return upper;
  }

  /// `more`: the upper half of the node, if it had to be split.
  Value& own(Node*& link, const Key& key, Node*& more) {
    own(link);
    Node* node = link;
    if (node->height == 0) {
      const std::uint32_t at = lower_bound(*node, key);
      if (at < node->count && !(key < node->keys[at])) return leaf(node).values[at];
      if (node->count == kWidth) {
        more = split(leaf(node));
        if (!(key < more->keys[0])) node = more;
      }
      const std::uint32_t into = lower_bound(*node, key);
      insert_at(node->keys, node->count, into, key);
      insert_at(leaf(node).values, node->count, into, Value{});
      ++node->count;
      ++size_;
      return leaf(node).values[into];
    }
    std::uint32_t at = child_for(*node, key);
    if (key < node->keys[at]) node->keys[at] = key;
    Node* above = nullptr;
    Value& value = own(inner(node).children[at], key, above);
    if (above == nullptr) return value;
    if (node->count == kWidth) {
      more = split(inner(node));
      if (at >= node->count) {
        at -= node->count;
        node = more;
      }
    }
    insert_at(node->keys, node->count, at + 1, above->keys[0]);
    insert_at(inner(node).children, node->count, at + 1, above);
    ++node->count;
    return value;
  }

  /// The key is there.
  static void erase(Node*& link, const Key& key) {
    own(link);
    Node& node = *link;
    if (node.height == 0) {
      const std::uint32_t at = lower_bound(node, key);
      erase_at(node.keys, node.count, at);
      erase_at(leaf(&node).values, node.count, at);
      --node.count;
      return;
    }
    const std::uint32_t at = child_for(node, key);
    Node*& child = inner(&node).children[at];
    erase(child, key);
    if (child->count == 0) {
      release(child);
      drop_child(node, at);
      return;
    }
    if (child->count > kFew || node.count == 1) return;
    const std::uint32_t left = at > 0 ? at - 1 : at;
    if (inner(&node).children[left]->count + inner(&node).children[left + 1]->count <= kJoined)
      join(node, left);
  }
  static void drop_child(Node& node, std::uint32_t at) {
    erase_at(node.keys, node.count, at);
    erase_at(inner(&node).children, node.count, at);
    --node.count;
  }
  /// The child and the one behind it become one; both fit.
  static void join(Node& node, std::uint32_t left) {
    Node*& lower = inner(&node).children[left];
    Node*& upper = inner(&node).children[left + 1];
    own(lower);
    own(upper);
    if (lower->height == 0) {
      move_all(leaf(upper), 0, leaf(lower));
    } else {
      move_all(inner(upper), 0, inner(lower));
    }
    release(upper);
    drop_child(node, left + 1);
  }

  template <class Visit>
  static void for_each(const Node& node, Visit&& visit, SeenParts* seen) {
    if (seen != nullptr && !seen->first(&node)) return;
    for (std::uint32_t i = 0; i < node.count; ++i) {
      if (node.height == 0) {
        visit(node.keys[i], leaf(&node).values[i]);
      } else {
        for_each(*inner(&node).children[i], visit, seen);
      }
    }
  }

  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace wrackline::event_time

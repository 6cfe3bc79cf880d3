// A value that copies share until one of them writes.
//
// State that goes with a commit is taken again and again and hardly ever asked for (processor/
// committed_states.hpp). So a copy of it costs nothing, and a change after a copy costs what it touches:
//
//   Shared<T>        one value; who writes to one that others hold, too, gets a copy of his own
//   SharedList<T>    (shared_list.hpp) grows at its end; copies share what they have in common
//   SharedMap<K, V>  (shared_map.hpp) ordered; copies share all nodes but those on the way to a change
//
// To whoever uses them they are plain values: no copy ever sees what another does. Owners are counted in
// plain integers: all copies live in one thread, as a run does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace wrackline::event_time {

/// What has been visited already of values that share their parts. Addresses only tell parts apart: no order
/// of anything comes from them. All parts outlive it.
class SeenParts {
 public:
  /// True the first time.
  bool first(const void* part) { return seen_.emplace(part, 0).second; }
  /// Of a part that only grows: how much of it has been visited. From now on, `size`.
  std::size_t up_to(const void* part, std::size_t size) {
    std::size_t& known = seen_[part];
    const std::size_t before = known;
    if (known < size) known = size;
    return before < size ? before : size;
  }

 private:
  std::unordered_map<const void*, std::size_t> seen_;
};

template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(const Shared& other) : cell_{other.cell_} {
    if (cell_ != nullptr) ++cell_->owners;
  }
  Shared(Shared&& other) noexcept : cell_{std::exchange(other.cell_, nullptr)} {}
  Shared& operator=(Shared other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Shared() {
    if (cell_ != nullptr && --cell_->owners == 0) delete cell_;
  }

  /// Nothing was ever written to it.
  bool null() const { return cell_ == nullptr; }
  const T& operator*() const { return cell_->value; }
  const T* operator->() const { return &cell_->value; }
  /// To write to; made if there is none.
  T& own() {
    if (cell_ == nullptr) {
      cell_ = new Cell;
    } else if (cell_->owners > 1) {
      Cell* const copy = new Cell{cell_->value};
      --cell_->owners;
      cell_ = copy;
    }
    return cell_->value;
  }
  /// The same for copies that still share.
  const void* part() const { return cell_; }

 private:
  struct Cell {
    T value{};
    std::uint32_t owners = 1;
  };
  Cell* cell_ = nullptr;
};

}  // namespace wrackline::event_time

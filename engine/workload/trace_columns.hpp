// A trace as columns, the form in which reader, replay, fit and Python pass it on: rows in order of arrival,
// times in Unix milliseconds, keys numbered in order of first appearance. A long trace comes in chunks that
// follow each other; the numbers of the keys go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace wrackline::workload {

struct TraceRow {
  std::int64_t arrival_ms = 0;
  std::int64_t event_time_ms = 0;
  std::int64_t value = 0;  ///< 0 where the trace has none
  std::uint32_t key = 0;   ///< index in TraceKeys
  std::uint64_t line = 0;  ///< of the file, from 1

  std::int64_t delay_ms() const { return arrival_ms - event_time_ms; }
};

struct TraceColumns {
  std::vector<std::int64_t> event_ms;
  std::vector<std::int64_t> arrival_ms;
  std::vector<std::uint32_t> key;
  std::vector<std::int64_t> value;  ///< empty where the trace has no such column

  std::size_t size() const { return event_ms.size(); }
  bool empty() const { return event_ms.empty(); }
  /// Keeps the memory.
  void clear() {
    event_ms.clear();
    arrival_ms.clear();
    key.clear();
    value.clear();
  }
};

/// The keys of a trace, numbered in order of first appearance.
class TraceKeys {
 public:
  static constexpr std::size_t kMostKeys = std::size_t{1} << 22;

  /// The number of the key; kFull if it is new and there are too many already.
  static constexpr std::uint32_t kFull = 0xffffffffU;
  std::uint32_t number_of(std::string_view key);
  const std::string& name_of(std::uint32_t number) const { return *names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Only looked up, never walked: its order reaches nothing.
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
  std::vector<const std::string*> names_;
};

}  // namespace wrackline::workload

// What is wrong with a trace: collected, by line, with the option that would make the file fit. The first
// hundred are listed, all are counted, by kind.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::workload {

class TraceProblems {
 public:
  static constexpr std::size_t kMostListed = 100;
  /// Of one kind: so that a thousand unsorted rows do not hide the one that is no number.
  static constexpr std::size_t kMostListedOfAKind = 25;

  enum class Kind : std::uint8_t { file, header, malformed, unit, absurd, unsorted, negative, duplicate };
  static constexpr std::size_t kKinds = 8;

  struct Problem {
    std::uint64_t line = 0;    ///< 0: the file as a whole
    std::uint32_t column = 0;  ///< of the line, in bytes from 1; 0: the line as a whole
    std::string what;
    /// The option that would help and its value ("time-unit", "us"); empty: none.
    std::string option = {};
    std::string value = {};
    Kind kind = Kind::malformed;
    friend bool operator==(const Problem&, const Problem&) = default;
  };

  void add(Problem problem);
  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  std::uint64_t count(Kind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  const std::vector<Problem>& listed() const { return listed_; }

 private:
  std::vector<Problem> listed_;
  std::array<std::uint64_t, kKinds> by_kind_{};
  std::uint64_t count_ = 0;
};

std::string_view name_of(TraceProblems::Kind kind);

/// "trace.csv:3:9: arrival_time_ms must be ... [--time-unit us]"
std::string to_string(const TraceProblems::Problem& problem, std::string_view file);
/// All that is listed, one a line, and how many more there are.
std::string to_string(const TraceProblems& problems, std::string_view file);

}  // namespace wrackline::workload

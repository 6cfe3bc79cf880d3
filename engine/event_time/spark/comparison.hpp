// Conditions on rows: comparisons of a column with a column or a number, and IS NOT NULL; NULL is not true.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

enum class CompareOp : std::uint8_t { lt, le, gt, ge, eq, ne, is_not_null };

struct Comparison {
  std::size_t left = 0;
  CompareOp op = CompareOp::eq;
  std::optional<std::size_t> right{};  ///< a column; absent: the literal
  Value literal{};
  std::int64_t right_plus = 0;  ///< added to the right side (the offset of a time range)

  bool holds(Row row) const {
    const Value& l = row[left];
    if (l.is_null()) return false;
    if (op == CompareOp::is_not_null) return true;
    const Value& r = right ? row[*right] : literal;
    if (r.is_null()) return false;
    const std::int64_t other = r.a + right_plus;
    switch (op) {
      case CompareOp::lt:
        return l.a < other;
      case CompareOp::le:
        return l.a <= other;
      case CompareOp::gt:
        return l.a > other;
      case CompareOp::ge:
        return l.a >= other;
      case CompareOp::eq:
        return l.a == other && l.b == r.b;
      case CompareOp::ne:
        return l.a != other || l.b != r.b;
      case CompareOp::is_not_null:
        break;
    }
    return true;
  }
};

inline bool all_hold(std::span<const Comparison> conditions, Row row) {
  for (const Comparison& condition : conditions)
    if (!condition.holds(row)) return false;
  return true;
}

}  // namespace wrackline::event_time::spark

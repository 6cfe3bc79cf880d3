// science.md 6.4: what the recorded traces lose under a bounded watermark, every integer.
#pragma once

#include <cstdint>
#include <vector>

namespace wrackline::tests {

struct GoldenCounts {
  const char* trace;
  std::uint64_t rows;
  std::vector<std::uint64_t>
      behind;  ///< at bounds of 0 / 10 / 50 / 100 / 150 / 200 / 300 / 500 / 1000 / 2000 / 4000 ms
  std::vector<std::uint64_t>
      dropped_1s;  ///< windows of 1 s, bounds of 0 / 50 / 100 / 200 / 500 / 1000 / 2000 ms
  std::vector<std::uint64_t> dropped_5s;  ///< windows of 5 s, bounds of 0 / 100 / 200 / 500 / 1000 ms
  std::uint64_t dropped_lateness;         ///< windows of 1 s, a bound of 100 ms, allowed lateness of 500 ms
};

inline const std::vector<GoldenCounts>& golden_counts() {
  static const std::vector<GoldenCounts> table{
      {"umts-d1",
       9600,
       {1544, 1523, 722, 421, 390, 177, 35, 26, 11, 2, 1},
       {148, 43, 26, 21, 15, 6, 2},
       {25, 3, 3, 2, 0},
       9},
      {"umts-d2",
       10800,
       {3666, 3352, 2247, 1281, 691, 111, 39, 31, 20, 7, 0},
       {95, 33, 32, 29, 21, 14, 5},
       {19, 7, 7, 2, 2},
       19},
      {"umts-d3",
       9600,
       {3277, 3123, 1595, 1021, 63, 55, 55, 50, 33, 18, 5},
       {1111, 555, 102, 40, 39, 29, 14},
       {258, 34, 19, 17, 11},
       36},
      {"umts-d4",
       8400,
       {2302, 2104, 1095, 611, 50, 48, 38, 25, 16, 4, 0},
       {481, 23, 23, 23, 17, 10, 1},
       {97, 7, 7, 2, 2},
       12},
      {"umts-d5",
       8400,
       {1584, 1298, 267, 34, 25, 25, 19, 14, 5, 0, 0},
       {15, 15, 14, 12, 8, 2, 0},
       {2, 2, 2, 2, 1},
       8},
      {"exchange-bybit",
       3260,
       {183, 132, 124, 118, 110, 98, 74, 58, 22, 0, 0},
       {52, 52, 52, 52, 52, 2, 0},
       {2, 2, 2, 2, 2},
       12},
  };
  return table;
}

}  // namespace wrackline::tests

// HyperLogLog: how many different values were there, in a few kilobytes (Flajolet, Fusy, Gandouet, Meunier
// 2007).
//
// 2^precision registers hold the longest run of zeros seen in the hashes that fell to them; the standard
// error is 1.04 / sqrt(registers). The estimate is Ertl's improved one ("New cardinality estimation
// algorithms for HyperLogLog sketches", 2017, algorithm 6): right from 0 on, without correction tables, and
// of + - * / and sqrt only, so it gives the same bits everywhere. Merging is the maximum by register: exact,
// in any order. Few values are kept as a sorted list of (register, run) pairs instead, a fraction of the
// memory and the same estimate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wrackline::event_time::sketch {

class HyperLogLog {
 public:
  static constexpr int kLeastPrecision = 4;
  static constexpr int kGreatestPrecision = 18;

  /// 12: 4096 registers, a standard error of 1.6 %.
  explicit HyperLogLog(int precision = 12);

  void add(std::int64_t value);
  /// Of well mixed 64 bits.
  void add_hash(std::uint64_t hash);
  /// The other must have the same precision.
  void merge(const HyperLogLog& other);

  double estimate() const;
  /// The estimate to the nearest integer.
  std::int64_t count() const;
  int precision() const { return precision_; }
  bool sparse() const { return registers_.empty(); }
  std::size_t size_bytes() const { return registers_.empty() ? few_.size() * 4 : registers_.size(); }
  friend bool operator==(const HyperLogLog& a, const HyperLogLog& b);

 private:
  void put(std::uint32_t reg, std::uint8_t run);
  void make_dense();

  int precision_;
  std::vector<std::uint32_t> few_;       ///< register << 8 | run, ascending
  std::vector<std::uint8_t> registers_;  ///< empty while sparse
};

}  // namespace wrackline::event_time::sketch

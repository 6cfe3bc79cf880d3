// Which key does the n-th record have? A pure function of 64 random bits, so that anybody can recompute it.
//
// Modelled: no key at all, uniform, Zipf (rank r has weight r^-s; rank 1 is key 0), hot keys (the first few
// keys get a fixed share, the rest is uniform). Keys are indices into the source's key space, 0 .. count-1.
// Zipf holds an alias table of 16 bytes a key, so its key space is limited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/discrete.hpp"
#include "sim/event_id.hpp"

namespace wrackline::workload {

/// A record without a key: the partitioner is free to choose.
inline constexpr std::uint32_t kNoKey = 0xffffffffU;

struct KeyLaw {
  enum class Kind : std::uint8_t { none, uniform, zipf, hot };
  static constexpr std::uint32_t kMostZipfKeys = 1U << 22;

  Kind kind = Kind::uniform;
  std::uint32_t count = 1;
  double zipf_exponent = 1;
  std::uint32_t hot_count = 1;
  double hot_share = 0.5;  ///< of the records, for the hot keys together

  static KeyLaw none() { return {.kind = Kind::none}; }
  static KeyLaw uniform(std::uint32_t count) { return {.kind = Kind::uniform, .count = count}; }
  static KeyLaw zipf(double exponent, std::uint32_t count) {
    return {.kind = Kind::zipf, .count = count, .zipf_exponent = exponent};
  }
  static KeyLaw hot(std::uint32_t hot_count, double hot_share, std::uint32_t count) {
    return {.kind = Kind::hot, .count = count, .hot_count = hot_count, .hot_share = hot_share};
  }
  std::vector<std::string> problems() const;
};

class KeyPicker {
 public:
  explicit KeyPicker(const KeyLaw& law);

  std::uint32_t pick(std::uint64_t bits) const {
    switch (kind_) {
      case KeyLaw::Kind::uniform:
        return high(bits, count_);
      case KeyLaw::Kind::zipf:
        return zipf_->pick(bits);
      case KeyLaw::Kind::hot: {
        const std::uint64_t second = sim::mix(bits);
        return bits < hot_threshold_ ? high(second, hot_count_)
                                     : hot_count_ + high(second, count_ - hot_count_);
      }
      case KeyLaw::Kind::none:
        break;
    }
    return kNoKey;
  }

 private:
  static std::uint32_t high(std::uint64_t bits, std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint32_t>((Wide{bits} * bound) >> 64);
  }

  KeyLaw::Kind kind_;
  std::uint64_t count_;
  std::uint32_t hot_count_;
  std::uint64_t hot_threshold_ = 0;
  std::optional<sim::AliasTable> zipf_;
};

}  // namespace wrackline::workload

#include "engine/workload/key_law.hpp"

#include <cassert>

#include <fmt/format.h>

#include "sim/math.hpp"

namespace wrackline::workload {
namespace {

/// share * 2^64, saturating: how many of the 64-bit numbers belong to the share.
std::uint64_t threshold_of(double share) {
  if (!(share > 0)) return 0;
  if (share >= 1) return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(share * 0x1p63) * 2;
}

}  // namespace

std::vector<std::string> KeyLaw::problems() const {
  std::vector<std::string> found;
  if (kind == Kind::none) return found;
  if (count == 0 || count == kNoKey) found.push_back(fmt::format("a key space can not have {} keys", count));
  if (kind == Kind::zipf) {
    if (!(zipf_exponent >= 0) || zipf_exponent > 10)
      found.push_back(fmt::format("the Zipf exponent must lie between 0 and 10, not {}", zipf_exponent));
    if (count > kMostZipfKeys)
      found.push_back(
          fmt::format("Zipf: at most {} keys, not {} (a table is held for them)", kMostZipfKeys, count));
  }
  if (kind == Kind::hot) {
    if (hot_count == 0 || hot_count >= count)
      found.push_back(fmt::format("hot keys: between 1 and {} of {} keys can be hot, not {}",
                                  count > 0 ? count - 1 : 0, count, hot_count));
    if (!(hot_share >= 0) || hot_share > 1)
      found.push_back(fmt::format("hot keys: their share must lie between 0 and 1, not {}", hot_share));
  }
  return found;
}

KeyPicker::KeyPicker(const KeyLaw& law) : kind_{law.kind}, count_{law.count}, hot_count_{law.hot_count} {
  assert(law.problems().empty());
  if (kind_ == KeyLaw::Kind::hot) hot_threshold_ = threshold_of(law.hot_share);
  if (kind_ == KeyLaw::Kind::zipf) {
    std::vector<double> weights(count_);
    for (std::size_t i = 0; i < count_; ++i)
      weights[i] = sim::math::pow(static_cast<double>(i + 1), -law.zipf_exponent);
    zipf_.emplace(weights);
  }
}

}  // namespace wrackline::workload

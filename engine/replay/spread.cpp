#include "engine/replay/spread.hpp"

namespace wrackline::replay {

void Spread::insert(std::int64_t value, std::uint64_t times, std::int64_t exact_sum) {
  if (times == 0) return;
  cell_of(value) += times;
  count_ += times;
  sum_ += exact_sum;
  least_ = std::min(least_, value);
  greatest_ = std::max(greatest_, value);
}

void Spread::merge(const Spread& other) {
  if (other.count_ == 0) return;
  const auto add = [](std::vector<std::uint64_t>& mine, const std::vector<std::uint64_t>& theirs) {
    if (mine.size() < theirs.size()) mine.resize(theirs.size());
    for (std::size_t i = 0; i < theirs.size(); ++i) mine[i] += theirs[i];
  };
  add(counts_, other.counts_);
  add(below_, other.below_);
  count_ += other.count_;
  sum_ += other.sum_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

double Spread::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}
std::optional<std::int64_t> Spread::least() const {
  return count_ == 0 ? std::nullopt : std::optional{least_};
}
std::optional<std::int64_t> Spread::greatest() const {
  return count_ == 0 ? std::nullopt : std::optional{greatest_};
}

std::int64_t Spread::middle_of(std::size_t bucket) {
  constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  const std::size_t shift = bucket < 2 * kSub ? 0 : (bucket >> kSubBits) - 1;
  const auto from = static_cast<std::int64_t>((bucket - (shift << kSubBits)) << shift);
  return from + (((std::int64_t{1} << shift) - 1) >> 1);
}

std::optional<std::int64_t> Spread::quantile(std::uint32_t per_10000) const {
  if (count_ == 0) return std::nullopt;
  __extension__ using Wide = unsigned __int128;
  const auto rank = static_cast<std::uint64_t>((Wide{count_} * per_10000 + 9999) / 10000);
  const std::uint64_t wanted = std::max<std::uint64_t>(rank, 1);
  std::uint64_t below = 0;
  for (std::size_t i = below_.size(); i-- > 0;) {
    below += below_[i];
    if (below >= wanted) return std::clamp(~middle_of(i), least_, greatest_);
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below >= wanted) return std::clamp(middle_of(i), least_, greatest_);
  }
  return greatest_;
}

bool operator==(const Spread& a, const Spread& b) {
  if (a.count_ != b.count_ || a.sum_ != b.sum_) return false;
  return a.count_ == 0 || (a.least_ == b.least_ && a.greatest_ == b.greatest_ && a.counts_ == b.counts_ &&
                           a.below_ == b.below_);
}

}  // namespace wrackline::replay

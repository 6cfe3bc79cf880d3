#include "analysis/books.hpp"

#include <numeric>

namespace wrackline::analysis {

namespace {

constexpr std::array<std::string_view, kFates> kFateNames{
    "delivered", "late_dropped", "dead_lettered", "shed", "expired", "rejected", "lost", "pending"};
constexpr std::array<std::string_view, kLossTold> kToldNames{"acknowledged", "told_failed", "outcome_unknown",
                                                             "fire_and_forget"};
constexpr std::array<std::string_view, kLossHops> kHopNames{"producer", "log", "consumer", "processor",
                                                            "sink"};
constexpr std::array<std::string_view, kDuplicateHops> kDuplicateNames{"log", "processor", "sink"};

template <std::size_t N>
void add(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) {
  for (std::size_t i = 0; i < N; ++i) to[i] += from[i];
}

template <std::size_t N>
std::uint64_t total(const std::array<std::uint64_t, N>& of) {
  return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

}  // namespace

std::string_view name_of(Fate fate) { return kFateNames[static_cast<std::size_t>(fate)]; }
std::string_view name_of(LossTold told) { return kToldNames[static_cast<std::size_t>(told)]; }
std::string_view name_of(LossHop hop) { return kHopNames[static_cast<std::size_t>(hop)]; }
std::string_view name_of(DuplicateHop hop) { return kDuplicateNames[static_cast<std::size_t>(hop)]; }

std::uint64_t Books::lost_told(LossTold told) const { return total(lost_by[static_cast<std::size_t>(told)]); }

std::uint64_t Books::lost_at(LossHop hop) const {
  std::uint64_t sum = 0;
  for (const auto& told : lost_by) sum += told[static_cast<std::size_t>(hop)];
  return sum;
}

bool Books::closes() const {
  std::uint64_t lost = 0;
  for (const auto& told : lost_by) lost += total(told);
  return total(fates) == produced && lost == (*this)[Fate::lost] && (!join || join->closes());
}

Books& Books::operator+=(const Books& other) {
  produced += other.produced;
  add(fates, other.fates);
  for (std::size_t i = 0; i < kLossTold; ++i) add(lost_by[i], other.lost_by[i]);
  add(duplicates, other.duplicates);
  add(duplicated_events, other.duplicated_events);
  rejected_by_guard += other.rejected_by_guard;
  reported_again += other.reported_again;
  late_in_some_windows += other.late_in_some_windows;
  lost_in_some_windows += other.lost_in_some_windows;
  if (other.join) join = join.value_or(JoinBooks{}) += *other.join;
  return *this;
}

}  // namespace wrackline::analysis

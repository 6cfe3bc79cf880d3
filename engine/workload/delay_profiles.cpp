#include "engine/workload/delay_profiles.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace wrackline::workload {
namespace {

constexpr std::size_t kKnots = 13;
using Knots = std::array<double, kKnots>;

constexpr Knots kShares{0, .01, .05, .1, .25, .5, .75, .9, .95, .99, .995, .999, 1};

// Milliseconds, measured on the traces named (science.md 6.3).
constexpr Knots kBybit{82, 83, 84, 84, 85, 86, 89, 203, 437.3, 1305.6, 1525.9, 1938.6, 2007};
constexpr Knots kCoinbase{-18, -17, -16, -16, -14, -13, -9, -1, 10, 37, 57, 6881.8, 107120};
constexpr Knots kHelium{-194, 470, 471, 472, 479, 611, 1295, 2712, 2798, 3079, 3737, 52348, 2916612};
constexpr Knots kMachines{2002,  58124, 59051,  59708,  61212,  63621,   65995,
                          67620, 68635, 127628, 172993, 302504, 15315452};
constexpr Knots kTaxi{0,       47320,   175600,  243000,  390000,  654000, 1111000,
                      1720600, 2290400, 3456040, 3905040, 4627312, 6460000};
constexpr Knots kUmts1{22, 45, 57, 67, 85, 107, 134, 201, 264, 306, 386, 1418.5, 4673};
constexpr Knots kUmts2{30, 47, 55, 63, 89, 114, 150, 219, 264, 304, 322, 1854.4, 3629};
constexpr Knots kUmts3{10, 29, 47, 55, 68, 94, 140, 223, 244, 292, 735.1, 3025.5, 5531};
constexpr Knots kUmts4{6, 31, 47, 55, 66, 80, 129, 222, 246, 280, 445, 1760.8, 3190};
constexpr Knots kUmts5{11, 28, 42, 48, 60, 77, 111, 152, 226, 251, 267, 1049.1, 1632};

constexpr std::array<DelayProfile, 10> kProfiles{{
    {"exchange-bybit", "market data feed: constant base of 82 ms, stalls of up to 2 s", kBybit},
    {"exchange-coinbase", "market data feed behind a slow clock: nine delays of ten are negative", kCoinbase},
    {"lorawan-helium", "sensor uplinks over a public network: 0.6 s, and a tail of up to 49 min", kHelium},
    {"machines", "industrial machines that upload once a minute", kMachines},
    {"nyc-taxi", "taxi trips: known at their end, 11 min after their start", kTaxi},
    {"umts-d1", "phones over a mobile network, empty payload", kUmts1},
    {"umts-d2", "phones over a mobile network, 512 bytes", kUmts2},
    {"umts-d3", "phones over a mobile network, 1 KiB", kUmts3},
    {"umts-d4", "phones over a mobile network, 2 KiB", kUmts4},
    {"umts-d5", "phones over a mobile network, 10 KiB", kUmts5},
}};

}  // namespace

std::span<const double> profile_shares() { return kShares; }

std::span<const DelayProfile> delay_profiles() { return kProfiles; }

const DelayProfile* find_delay_profile(std::string_view name) {
  const auto* found = std::find_if(kProfiles.begin(), kProfiles.end(),
                                   [name](const DelayProfile& profile) { return profile.name == name; });
  return found == kProfiles.end() ? nullptr : found;
}

sim::Distribution delay_law(const DelayProfile& profile) {
  constexpr double kNsPerMs = 1e6;
  // "Shift negative traces first": the logarithm needs positive values, of at least a millisecond.
  const double shift_ms = std::max(0.0, 1 - profile.knots_ms.front());
  std::vector<sim::Knot> knots;
  for (std::size_t i = 0; i < kKnots; ++i)
    knots.push_back({kShares[i], (profile.knots_ms[i] + shift_ms) * kNsPerMs});
  const auto law = sim::Distribution::empirical(std::move(knots), true);
  return shift_ms > 0 ? law.shifted(-shift_ms * kNsPerMs) : law;
}

}  // namespace wrackline::workload

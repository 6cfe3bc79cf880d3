#include "engine/workload/delay_models.hpp"

#include <algorithm>
#include <array>

#include "sim/math.hpp"

namespace wrackline::workload {
namespace {

using sim::Distribution;

constexpr double kMs = 1e6;
constexpr double kSecond = 1e9;
constexpr double kMinute = 60 * kSecond;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;

sim::Duration time_of(double ns) { return sim::Duration{static_cast<std::int64_t>(ns)}; }

/// 99 % LogN(ln 100 ms, .45) + 1 % Pareto(300 ms, 1.5), at most 10 s.
DelayLaw phones_umts() {
  return Distribution::mixture({{99, Distribution::lognormal_median_sigma(100 * kMs, 0.45)},
                                {1, Distribution::pareto(300 * kMs, 1.5)}})
      .clamped(0, 10 * kSecond);
}

/// 0.85 LogN(ln 30 s, 1) + 0.15 Weibull(shape .6, scale 20 h), at most 14 d.
DelayLaw desktop_telemetry() {
  return Distribution::mixture({{85, Distribution::lognormal_median_sigma(30 * kSecond, 1)},
                                {15, Distribution::weibull(0.6, 20 * kHour)}})
      .clamped(0, 14 * kDay);
}

/// P50 63.6 s, P95 68.6, P99 127.6, P99.9 302.5: the saw-tooth is ten seconds high, so the uploads that carry
/// it come every ten; a missed one is repeated a minute later. One upload in 48 is missed, and of its
/// repetitions four in nine.
DelayLaw machines_upload() {
  return BatchUpload{.period = time_of(10 * kSecond),
                     .transfer = Distribution::uniform(57.8 * kSecond, 59.6 * kSecond),
                     .fails = {1, 48},
                     .fails_again = {4, 9},
                     .retry = time_of(60 * kSecond)};
}

/// Two example rows of 28 and 39 s; the server takes a batch every 20 to 30 s.
DelayLaw city_buses() {
  return BatchUpload{.period = time_of(25 * kSecond),
                     .transfer = Distribution::uniform(14 * kSecond, 20 * kSecond),
                     .fails = {},
                     .fails_again = {},
                     .retry = {}};
}

/// Healthy: P50 238-240 ms, P99 271 ms; one record in a thousand meets an outage and comes with its flush.
DelayLaw lorawan_gateway() {
  const auto healthy = Distribution::lognormal_median_sigma(199 * kMs, 0.065).shifted(40 * kMs);
  return Distribution::stalls(healthy, 999 * 90 * kSecond, 90 * kSecond);
}

/// A public network: 0.48 to 2.6 s by device, P99.9 52 s, at most 48.6 min.
DelayLaw lorawan_public() {
  return Distribution::empirical({{0, 470 * kMs},
                                  {0.25, 479 * kMs},
                                  {0.5, 611 * kMs},
                                  {0.75, 1295 * kMs},
                                  {0.9, 2712 * kMs},
                                  {0.99, 3079 * kMs},
                                  {0.995, 3737 * kMs},
                                  {0.999, 52348 * kMs},
                                  {1, 2916612 * kMs}});
}

/// 82 ms and a little, and stalls: 5 % above 0.44 s, up to 2 s. A stall holds everything and lets it go
/// together; an eighth of the time stands still, for 0.4 s on average.
DelayLaw market_feed() {
  const auto base = Distribution::exponential(3 * kMs).shifted(82 * kMs);
  return Distribution::stalls(base, 2.8 * kSecond, 0.4 * kSecond);
}

/// LogN(ln 654 s, .85), P99 58 min: the plain law has a P99 of 79 min, so the tail is cut where trips end.
DelayLaw taxi_trips() {
  return Distribution::lognormal_median_sigma(654 * kSecond, 0.85).redrawn_within(0, 70 * kMinute);
}

/// .35 (20 min) + .15 (8 h) + .5 (8 d), window of 30 days.
DelayLaw ad_conversions() {
  return Distribution::mixture({{35, Distribution::exponential(20 * kMinute)},
                                {15, Distribution::exponential(8 * kHour)},
                                {50, Distribution::exponential(8 * kDay)}})
      .redrawn_within(0, 30 * kDay);
}

DelayLaw fraction_delayed_generator() { return fraction_delayed(0.5, 0, 2 * kSecond); }

/// 72 of 625,703 out of order, lateness P50 179 ms, at most 919 ms.
DelayLaw football_tracking() {
  return Distribution::mixture(
      {{625'703 - 72, Distribution::constant(0.0)},
       {72, Distribution::lognormal_median_sigma(179 * kMs, 0.7).redrawn_within(0, 919 * kMs)}});
}

/// P50 34 h, P95 12.6 d, P99 44 d.
DelayLaw citizen_science() {
  return Distribution::empirical(
      {{0, kHour}, {0.5, 34 * kHour}, {0.95, 12.6 * kDay}, {0.99, 44 * kDay}, {1, 365 * kDay}});
}

template <int kMuTimesTwo, int kSigmaTimesTwo>
DelayLaw lsm() {
  // The grid's mu is the logarithm of milliseconds.
  const double median_ms = sim::math::exp(kMuTimesTwo / 2.0);
  return Distribution::lognormal_median_sigma(median_ms * kMs, kSigmaTimesTwo / 2.0);
}

constexpr std::string_view kLsmRow = "science.md 6.1: LSM/time-series research";
constexpr std::string_view kLsm =
    "benchmark grid of log-structured stores: lognormal, with constant arrivals";

constexpr std::array<DelayModel, 21> kModels{{
    {"ad-conversions", "conversions after a click: 35 % within an hour, half within a day, window of 30 days",
     "science.md 6.1: ad conversions", ad_conversions},
    {"citizen-science", "uploads of observations: P50 34 h, P95 12.6 d, P99 44 d",
     "science.md 6.1: citizen science uploads", citizen_science},
    {"city-buses", "positions of buses, taken by the server every 20 to 30 s", "science.md 6.1: city buses",
     city_buses},
    {"desktop-telemetry", "pings of browsers: most soon, those of closed ones hours or days later",
     "science.md 6.1: desktop telemetry", desktop_telemetry},
    {"football-tracking", "sensors on a pitch: nearly ordered, one in ten thousand 0.2 s late",
     "science.md 6.1: football tracking", football_tracking},
    {"fraction-delayed", "the research baseline: half of the records 0 to 2 s late, the others not",
     "science.md 6.1: synthetic disorder generator", fraction_delayed_generator},
    {"lorawan-gateway", "sensor uplinks over a good network: 240 ms, and flushes after outages",
     "science.md 6.1: LoRaWAN, healthy path", lorawan_gateway},
    {"lorawan-public", "sensor uplinks over a public network: 0.5 to 2.6 s, a tail of up to 49 min",
     "science.md 6.1: LoRaWAN, public network", lorawan_public},
    {"lsm-mu4-sigma1", kLsm, kLsmRow, lsm<8, 2>},
    {"lsm-mu4-sigma1.5", kLsm, kLsmRow, lsm<8, 3>},
    {"lsm-mu4-sigma2", kLsm, kLsmRow, lsm<8, 4>},
    {"lsm-mu4.5-sigma1", kLsm, kLsmRow, lsm<9, 2>},
    {"lsm-mu4.5-sigma1.5", kLsm, kLsmRow, lsm<9, 3>},
    {"lsm-mu4.5-sigma2", kLsm, kLsmRow, lsm<9, 4>},
    {"lsm-mu5-sigma1", kLsm, kLsmRow, lsm<10, 2>},
    {"lsm-mu5-sigma1.5", kLsm, kLsmRow, lsm<10, 3>},
    {"lsm-mu5-sigma2", kLsm, kLsmRow, lsm<10, 4>},
    {"machines-upload", "industrial machines: P50 63.6 s in saw-teeth, rare backlogs of several minutes",
     "science.md 6.1: industrial machines", machines_upload},
    {"market-feed", "exchange feed: 82 ms, and stalls that hold everything for up to seconds",
     "science.md 6.1: market data feed", market_feed},
    {"phones-umts", "phones over a mobile network: 100 ms, one in a hundred 0.3 to 10 s",
     "science.md 6.1: phones over mobile network", phones_umts},
    {"trips", "trips known at their end: P50 11 min, P99 58 min",
     "science.md 6.1: trips (start known at end)", taxi_trips},
}};

}  // namespace

std::span<const DelayModel> delay_models() { return kModels; }

const DelayModel* find_delay_model(std::string_view name) {
  const auto* found = std::find_if(kModels.begin(), kModels.end(),
                                   [name](const DelayModel& model) { return model.name == name; });
  return found == kModels.end() ? nullptr : found;
}

sim::Distribution fraction_delayed(double share, double min_ns, double max_ns) {
  // A mixture's weights are positive.
  if (share <= 0) return {};
  const auto delayed = Distribution::uniform(min_ns, max_ns);
  if (share >= 1) return delayed;
  return Distribution::mixture({{1 - share, Distribution::constant(0.0)}, {share, delayed}});
}

}  // namespace wrackline::workload

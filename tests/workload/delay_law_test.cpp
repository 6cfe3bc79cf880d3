// Delays under which neighbours hang together, and the named models of science.md 6.1: each gives what its
// row states.
#include "engine/workload/delay_law.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "engine/workload/delay_models.hpp"
#include "sim/math.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::workload {
namespace {

using namespace std::chrono_literals;

std::vector<double> drawn_ms(const DelayLaw& law, int count, sim::Duration gap, std::uint64_t seed = 1) {
  DelayProcess process{law, seed, "device"};
  std::vector<double> delays;
  delays.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    delays.push_back(static_cast<double>(process.next(sim::kStart + i * gap).count()) / 1e6);
  return delays;
}

/// Of a law of stalls, the values without their order in time.
std::vector<double> marginal_ms(const DelayLaw& law, int count) {
  sim::Stream stream{7, "device", "marginal"};
  std::vector<double> delays;
  for (int i = 0; i < count; ++i)
    delays.push_back(
        static_cast<double>(std::get<sim::Distribution>(law.law()).sample_duration(stream).count()) / 1e6);
  return delays;
}

double at(std::vector<double>& delays, double p) {
  const auto nth = delays.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(delays.size() - 1));
  std::nth_element(delays.begin(), nth, delays.end());
  return *nth;
}

double share_within(const std::vector<double>& delays, double ms) {
  return static_cast<double>(std::count_if(delays.begin(), delays.end(), [&](double d) { return d <= ms; })) /
         static_cast<double>(delays.size());
}

double lag1_log(const std::vector<double>& delays) {
  std::vector<double> logs;
  for (const double delay : delays) logs.push_back(sim::math::log(std::max(delay, 1.0)));
  double mean = 0;
  for (const double x : logs) mean += x / static_cast<double>(logs.size());
  double variance = 0;
  double covariance = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    variance += (logs[i] - mean) * (logs[i] - mean);
    if (i > 0) covariance += (logs[i] - mean) * (logs[i - 1] - mean);
  }
  return covariance / variance;
}

DelayLaw model(const std::string& name) {
  const DelayModel* found = find_delay_model(name);
  REQUIRE(found != nullptr);
  return found->make();
}

constexpr double kSecond = 1'000;
constexpr double kMinute = 60 * kSecond;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;

TEST_CASE("A batch upload lets everything between two uploads arrive together") {
  const BatchUpload batch{.period = 10s, .transfer = sim::Distribution::uniform(1e9, 2e9)};
  DelayProcess process{batch, 3, "device"};
  std::vector<std::int64_t> arrivals;
  for (int i = 0; i < 1000; ++i) {
    const sim::Time created = sim::kStart + i * 100ms;
    arrivals.push_back(sim::to_ns(created + process.next(created)));
  }
  CHECK(std::is_sorted(arrivals.begin(), arrivals.end()));
  std::vector<std::int64_t> uploads = arrivals;
  uploads.erase(std::unique(uploads.begin(), uploads.end()), uploads.end());
  CHECK(uploads.size() >= 10);
  CHECK(uploads.size() <= 12);
  CHECK(std::count(arrivals.begin(), arrivals.end(), uploads[1]) == 100);
  // Another device uploads at another phase.
  DelayProcess other{batch, 3, "another"};
  CHECK(other.next(sim::kStart) != DelayProcess(batch, 3, "device").next(sim::kStart));
}

TEST_CASE("A failed upload takes all of its records along to the next try") {
  const BatchUpload batch{
      .period = 10s, .transfer = {}, .fails = {1, 10}, .fails_again = {1, 2}, .retry = 60s};
  const auto delays = drawn_ms(batch, 400'000, 100ms);
  CHECK(1 - share_within(delays, 10 * kSecond) == Approx(0.1).epsilon(0.1));
  CHECK(1 - share_within(delays, 70 * kSecond) == Approx(0.05).epsilon(0.15));
  CHECK(lag1_log(delays) > 0.8);
}

TEST_CASE("An autoregressive law keeps its marginal and makes neighbours alike") {
  const auto marginal = sim::Distribution::lognormal_median_sigma(100e6, 0.5);
  for (const double lag1 : {0.9, 0.0, -0.5}) {
    auto delays = drawn_ms(Autoregressive{marginal, lag1}, 200'000, 1ms);
    CHECK(lag1_log(delays) == Approx(lag1).margin(0.01));
    CHECK(at(delays, 0.5) == Approx(100).epsilon(0.02));
    CHECK(at(delays, 0.99) == Approx(100 * std::exp(0.5 * 2.326348)).epsilon(0.05));
  }
}

TEST_CASE("Impossible laws of delay are told") {
  using Texts = std::vector<std::string>;
  CHECK(DelayLaw{BatchUpload{}}.problems() == Texts{"batch upload: the period must be longer than 0"});
  CHECK(DelayLaw{BatchUpload{.period = 1s, .transfer = {}, .fails = {1, 2}}}.problems() ==
        Texts{"batch upload: the time until a failed upload is repeated must be longer than 0"});
  CHECK(DelayLaw{Autoregressive{sim::Distribution::gamma(2, 1e6), 1}}.problems().size() == 2);
  CHECK(DelayLaw{}.is_zero());
  CHECK_FALSE(DelayLaw{BatchUpload{.period = 1s}}.is_zero());
}

TEST_CASE("Each model has a name, a line, its row and a possible law") {
  for (const DelayModel& each : delay_models()) {
    CAPTURE(std::string{each.name});
    CHECK_FALSE(each.description.empty());
    CHECK(each.basis.starts_with("science.md 6.1"));
    CHECK(each.make().problems().empty());
    CHECK(find_delay_model(each.name) == &each);
  }
  CHECK(std::is_sorted(delay_models().begin(), delay_models().end(),
                       [](const DelayModel& a, const DelayModel& b) { return a.name < b.name; }));
  CHECK(find_delay_model("phones") == nullptr);
}

TEST_CASE("phones-umts: median 77 to 114 ms, tail of index 1.5 above P99, at most 10 s") {
  auto delays = drawn_ms(model("phones-umts"), 1'000'000, 1ms);
  CHECK(at(delays, 0.5) == Approx(100).epsilon(0.02));
  CHECK(share_within(delays, 300) == Approx(0.99 * 0.9927).epsilon(0.003));
  // Twice as far out, 2^-1.5 as many.
  CHECK((1 - share_within(delays, 1200)) / (1 - share_within(delays, 600)) ==
        Approx(std::pow(2, -1.5)).epsilon(0.1));
  CHECK(*std::max_element(delays.begin(), delays.end()) == 10 * kSecond);
}

TEST_CASE("desktop-telemetry: 90 % within 4 h, 95 % and more within two days, nothing after 14 days") {
  auto delays = drawn_ms(model("desktop-telemetry"), 300'000, 1ms);
  CHECK(share_within(delays, 4 * kHour) == Approx(0.90).margin(0.01));
  CHECK(share_within(delays, 2 * kDay) >= 0.95);
  CHECK(*std::max_element(delays.begin(), delays.end()) <= 14 * kDay);
}

TEST_CASE("machines-upload: P50 63.6 s, P95 68.6, P99 127.6, P99.9 302.5, in saw-teeth") {
  auto delays = drawn_ms(model("machines-upload"), 2'000'000, 500ms);
  CHECK(lag1_log(delays) > 0.5);
  CHECK(at(delays, 0.5) == Approx(63.6 * kSecond).epsilon(0.01));
  CHECK(at(delays, 0.95) == Approx(68.6 * kSecond).epsilon(0.01));
  CHECK(at(delays, 0.99) == Approx(127.6 * kSecond).epsilon(0.02));
  CHECK(at(delays, 0.999) == Approx(302.5 * kSecond).epsilon(0.05));
}

TEST_CASE("city-buses: 28 and 39 s are ordinary, uploads 20 to 30 s apart") {
  auto delays = drawn_ms(model("city-buses"), 100'000, 1s);
  CHECK(at(delays, 0.05) < 28 * kSecond);
  CHECK(at(delays, 0.95) > 39 * kSecond);
  CHECK(*std::max_element(delays.begin(), delays.end()) < 50 * kSecond);
}

TEST_CASE(
    "lorawan: a healthy path of P50 238-240 ms and P99 271 ms; in public P99.9 52 s, at most 48.6 min") {
  auto healthy = marginal_ms(model("lorawan-gateway"), 1'000'000);
  CHECK(at(healthy, 0.5) == Approx(239).epsilon(0.01));
  CHECK(at(healthy, 0.99) == Approx(271).epsilon(0.015));
  CHECK(1 - share_within(healthy, 400) == Approx(1e-3).epsilon(0.1));
  auto open = drawn_ms(model("lorawan-public"), 1'000'000, 1ms);
  CHECK(at(open, 0.5) >= 480);
  CHECK(at(open, 0.5) <= 2600);
  CHECK(at(open, 0.999) == Approx(52 * kSecond).epsilon(0.1));
  CHECK(*std::max_element(open.begin(), open.end()) <= 48.62 * kMinute);
}

TEST_CASE("market-feed: 82 ms, 5 % above 0.44 s, up to 2 s, strongly correlated") {
  auto delays = drawn_ms(model("market-feed"), 1'000'000, 9ms);
  CHECK(*std::min_element(delays.begin(), delays.end()) >= 82);
  CHECK(lag1_log(delays) > 0.9);
  CHECK(at(delays, 0.5) == Approx(85).epsilon(0.03));
  CHECK(1 - share_within(delays, 440) == Approx(0.05).epsilon(0.15));
  CHECK(at(delays, 0.999) == Approx(2 * kSecond).epsilon(0.15));
}

TEST_CASE("trips: median 654 s, P99 58 min") {
  auto delays = drawn_ms(model("trips"), 300'000, 1ms);
  CHECK(at(delays, 0.5) == Approx(654 * kSecond).epsilon(0.03));
  CHECK(at(delays, 0.99) == Approx(58 * kMinute).epsilon(0.03));
}

TEST_CASE("ad-conversions: about 35 % within 1 h, about half within 24 h, nothing after 30 days") {
  auto delays = drawn_ms(model("ad-conversions"), 300'000, 1ms);
  CHECK(share_within(delays, kHour) == Approx(0.35).margin(0.02));
  CHECK(share_within(delays, kDay) == Approx(0.50).margin(0.06));
  CHECK(*std::max_element(delays.begin(), delays.end()) <= 30 * kDay);
}

TEST_CASE("fraction-delayed: of 20,490 events about 10,330 are out of order, the longest delay is near 2 s") {
  const auto delays = drawn_ms(model("fraction-delayed"), 20'490, 1ms);
  std::vector<std::pair<double, int>> arrivals;
  for (int i = 0; i < 20'490; ++i) arrivals.emplace_back(i + delays[static_cast<std::size_t>(i)], i);
  std::sort(arrivals.begin(), arrivals.end());
  int latest = -1;
  int out_of_order = 0;
  for (const auto& [arrival, event] : arrivals) {
    if (event < latest) ++out_of_order;
    latest = std::max(latest, event);
  }
  CHECK(out_of_order == Approx(10'330).epsilon(0.03));
  CHECK(*std::max_element(delays.begin(), delays.end()) == Approx(1998).epsilon(0.005));
}

TEST_CASE("football-tracking: one in ten thousand late, P50 of those 179 ms, at most 919 ms") {
  auto delays = drawn_ms(model("football-tracking"), 2'000'000, 1ms);
  CHECK(1 - share_within(delays, 0) == Approx(72.0 / 625'703).epsilon(0.25));
  std::vector<double> late;
  std::copy_if(delays.begin(), delays.end(), std::back_inserter(late), [](double d) { return d > 0; });
  CHECK(at(late, 0.5) == Approx(179).epsilon(0.15));
  CHECK(*std::max_element(late.begin(), late.end()) <= 919);
}

TEST_CASE("citizen-science: P50 34 h, P95 12.6 d, P99 44 d") {
  auto delays = drawn_ms(model("citizen-science"), 300'000, 1ms);
  CHECK(at(delays, 0.5) == Approx(34 * kHour).epsilon(0.03));
  CHECK(at(delays, 0.95) == Approx(12.6 * kDay).epsilon(0.05));
  CHECK(at(delays, 0.99) == Approx(44 * kDay).epsilon(0.05));
}

TEST_CASE("lsm: mu of 4, 4.5, 5 and sigma of 1, 1.5, 2, in milliseconds") {
  for (const auto& [name, mu, sigma] :
       {std::tuple{"lsm-mu4-sigma1", 4.0, 1.0}, std::tuple{"lsm-mu4.5-sigma1.5", 4.5, 1.5},
        std::tuple{"lsm-mu5-sigma2", 5.0, 2.0}}) {
    auto delays = drawn_ms(model(name), 200'000, 1ms);
    CHECK(at(delays, 0.5) == Approx(std::exp(mu)).epsilon(0.03));
    CHECK(at(delays, 0.8413) == Approx(std::exp(mu + sigma)).epsilon(0.05));
  }
}

}  // namespace
}  // namespace wrackline::workload

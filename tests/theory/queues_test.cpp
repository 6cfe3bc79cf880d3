// V01-V05, V18: queues. Arrivals from a real source, service on a node's processor, in virtual time
// (science.md 4.1, 4.8).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "engine/workload/source.hpp"
#include "sim/node.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::theory {
namespace {

using namespace std::chrono_literals;

/// One unit of the formulas is 1 ms.
constexpr double kUnitNs = 1e6;

/// A node with k servers, fed by a source; notes for every record how long it waited and stayed.
class Station {
 public:
  Station(workload::SourceOptions options, sim::Distribution service, unsigned servers,
          std::uint64_t seed = 1)
      : sim_{{.seed = seed}},
        node_{sim_.add_node("station", "", servers)},
        process_{node_.add_process("server")},
        source_{std::move(options), seed},
        service_{std::move(service)},
        service_draws_{seed, "station", "service"},
        world_{sim_.entity("world")} {
    wake_at(source_.next_event());
  }

  void run() { sim_.run(); }
  /// The servers stand still for `length` from `at` on.
  void pause_at(sim::Time at, sim::Duration length) {
    sim_.schedule(at, sim::Callback::to<&Station::halt>(*this), world_);
    sim_.schedule(at + length, sim::Callback::to<&Station::go_on>(*this), world_);
  }

  const std::vector<std::int64_t>& sojourns_ns() const { return sojourns_ns_; }
  std::vector<double> sojourns() const { return in_units(sojourns_ns_); }
  std::vector<double> waits() const {
    std::vector<double> found = in_units(sojourns_ns_);
    for (std::size_t i = 0; i < found.size(); ++i) found[i] -= static_cast<double>(services_ns_[i]) / kUnitNs;
    return found;
  }
  /// The integral of the number of records at the station over time, in record-nanoseconds.
  std::int64_t occupancy() const { return occupancy_; }
  sim::Duration busy_time() { return node_.cpu().busy_time(); }
  sim::Time now() const { return sim_.now(); }

 private:
  static std::vector<double> in_units(const std::vector<std::int64_t>& ns) {
    std::vector<double> units;
    for (const std::int64_t value : ns) units.push_back(static_cast<double>(value) / kUnitNs);
    return units;
  }
  void wake_at(sim::Time at) {
    if (at != sim::kNever) sim_.schedule(at, sim::Callback::to<&Station::arrive>(*this), world_);
  }
  void arrive() {
    batch_.clear();
    source_.pull(sim_.now(), batch_);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      count(+1);
      const sim::Duration cost = service_.sample_duration(service_draws_);
      const std::uint64_t record = arrived_.size();
      arrived_.push_back(sim_.now());
      services_ns_.push_back(cost.count());
      sojourns_ns_.push_back(0);
      node_.cpu().run(process_, cost, sim::Callback::to<&Station::leave>(*this, record));
    }
    wake_at(source_.next_event());
  }
  void leave(std::uint64_t record) {
    count(-1);
    sojourns_ns_[record] = (sim_.now() - arrived_[record]).count();
  }
  void count(int change) {
    occupancy_ += present_ * (sim_.now() - counted_at_).count();
    counted_at_ = sim_.now();
    present_ += change;
  }
  void halt() { node_.cpu().set_speed(0); }
  void go_on() { node_.cpu().set_speed(sim::Cpu::kFullSpeed); }

  sim::Simulation sim_;
  sim::Node& node_;
  sim::Process& process_;
  workload::Source source_;
  sim::Distribution service_;
  sim::Stream service_draws_;
  sim::EntityId world_;
  workload::ArrivalBatch batch_;
  std::vector<sim::Time> arrived_;
  std::vector<std::int64_t> services_ns_;
  std::vector<std::int64_t> sojourns_ns_;
  std::int64_t present_ = 0;
  std::int64_t occupancy_ = 0;
  sim::Time counted_at_ = sim::kStart;
};

workload::SourceOptions arrivals(
    double per_unit, std::uint64_t count,
    workload::ArrivalLaw::Spacing spacing = workload::ArrivalLaw::Spacing::poisson) {
  workload::SourceOptions options;
  options.name = "customers";
  options.arrivals.records_per_second = per_unit * 1e9 / kUnitNs;
  options.arrivals.spacing = spacing;
  options.count = count;
  return options;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}
double quantile(std::vector<double> values, double p) {
  const auto at = static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

TEST_CASE("V01: Little's law is an identity, to the nanosecond") {
  Station station{arrivals(0.8, 100'000), sim::Distribution::exponential(kUnitNs), 1};
  station.run();
  std::int64_t stayed = 0;
  for (const std::int64_t ns : station.sojourns_ns()) stayed += ns;
  CHECK(station.occupancy() == stayed);
}

TEST_CASE("V02: M/M/1 sojourn times, rho 0.8") {
  Station station{arrivals(0.8, 1'000'000), sim::Distribution::exponential(kUnitNs), 1};
  station.run();
  const auto sojourns = station.sojourns();
  CHECK(mean(sojourns) == Approx(5).epsilon(0.03));
  CHECK(quantile(sojourns, 0.50) == Approx(3.466).epsilon(0.03));
  CHECK(quantile(sojourns, 0.95) == Approx(14.979).epsilon(0.04));
  CHECK(quantile(sojourns, 0.99) == Approx(23.026).epsilon(0.06));
  CHECK(mean(station.waits()) == Approx(4).epsilon(0.035));
}

TEST_CASE("V03: M/D/1 waits, rho 0.8") {
  Station station{arrivals(0.8, 1'000'000), sim::Distribution::constant(kUnitNs), 1};
  station.run();
  const auto waits = station.waits();
  CHECK(mean(waits) == Approx(2).epsilon(0.02));
  CHECK(quantile(waits, 0.95) == Approx(6.620).epsilon(0.03));
}

TEST_CASE("V04: M/G/1 with lognormal service, rho 0.7 (Pollaczek-Khinchine)") {
  // Mean 1 and sigma 1: mu = -1/2.
  const auto service = sim::Distribution::lognormal(std::log(kUnitNs) - 0.5, 1);
  Station station{arrivals(0.7, 1'000'000), service, 1};
  station.run();
  CHECK(mean(station.waits()) == Approx(3.1713).epsilon(0.05));
}

TEST_CASE("V05: M/M/4, offered load 3.2 (Erlang C)") {
  Station station{arrivals(3.2, 600'000), sim::Distribution::exponential(kUnitNs), 4};
  station.run();
  const auto waits = station.waits();
  const auto waited = std::count_if(waits.begin(), waits.end(), [](double wait) { return wait > 1e-9; });
  CHECK(static_cast<double>(waited) / 6e5 == Approx(0.5964).epsilon(0.01));
  CHECK(mean(waits) == Approx(0.7455).epsilon(0.02));
  CHECK(quantile(waits, 0.99) == Approx(5.111).epsilon(0.04));
}

TEST_CASE("V18: a pause of 3 s every minute at half load: what it does to the latency") {
  auto options = arrivals(0.1, 600'000, workload::ArrivalLaw::Spacing::constant);
  // 100 records/s, 5 ms each.
  Station station{options, sim::Distribution::constant(5 * kUnitNs), 1};
  for (int minute = 0; minute < 100; ++minute) station.pause_at(sim::kStart + minute * 60s + 31s, 3s);
  station.run();
  auto latencies = station.sojourns();
  for (double& latency : latencies) latency /= 1000;
  CHECK(mean(latencies) - 0.005 == Approx(0.150).epsilon(0.03));
  CHECK(quantile(latencies, 0.95) == Approx(1.5).epsilon(0.01));
  CHECK(quantile(latencies, 0.99) == Approx(2.7).epsilon(0.01));
}

}  // namespace
}  // namespace wrackline::theory

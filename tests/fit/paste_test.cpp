// From a trace to a scenario: what `fit` prints at its end is pasted, validates, runs, and is as late as the
// trace was.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "engine/fit/delay_block.hpp"
#include "engine/workload/delay_law.hpp"
#include "scenarios/plan.hpp"
#include "scenarios/translate.hpp"
#include "tests/fit/support.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/program.hpp"

namespace wrackline::fit {
namespace {

namespace fs = std::filesystem;
using sim::Distribution;
using tests::Ran;

class Folder {
 public:
  Folder() : path_{fs::temp_directory_path() / ("wrackline-fit-" + std::to_string(counter_++))} {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return (path_ / name).string();
  }

 private:
  static inline int counter_ = static_cast<int>(std::hash<std::string>{}(WRACKLINE_SOURCE_DIR) % 1000);
  fs::path path_;
};

std::string scenario_with(const std::string& block) {
  return "{ \"name\": \"pasted\", \"duration\": \"20s\", \"warmup\": \"1s\",\n"
         "  \"kafka\": { \"brokers\": 1, \"topics\": { \"in\": { \"partitions\": 1,\n"
         "    \"config\": { \"replication.factor\": 1, \"min.insync.replicas\": 1 } } } },\n"
         "  \"sources\": { \"app\": { \"topic\": \"in\", \"rate\": \"50/s\",\n" +
         block +
         "  } },\n"
         "  \"jobs\": { \"count\": { \"from\": \"in\", \"watermark\": \"1s\", \"window\": \"2s\", \"to\": "
         "\"out\",\n"
         "    \"config\": { \"auto.offset.reset\": \"earliest\" } } },\n"
         "  \"sinks\": { \"out\": { \"kind\": \"append\" } } }\n";
}

/// The delays that the pasted scenario's source has.
std::vector<double> delays_of_scenario(const std::string& file, int count) {
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(file, {}, diagnostics);
  INFO(scenarios::to_text(diagnostics));
  REQUIRE(plan);
  const auto& source = plan->cells.front().spec.sources.front();
  workload::DelayProcess process{scenarios::delay_law_of(source.delay), 5, "app-1"};
  const double ahead_ms = static_cast<double>(source.clock.offset.a.count()) / 1e6;
  std::vector<double> delays;
  for (int i = 0; i < count; ++i)
    delays.push_back(
        static_cast<double>(process.next(sim::kStart + i * std::chrono::milliseconds{10}).count()) / 1e6 -
        ahead_ms);
  std::sort(delays.begin(), delays.end());
  return delays;
}

void check_paste(const Folder& folder, const std::string& csv, double tolerance, double margin_ms = 2) {
  const std::string trace = folder.write("trace.csv", csv);
  const Ran text = tests::run_program({"fit", trace});
  INFO(text.out << text.err);
  REQUIRE(text.code == 0);
  const std::string mark = "To paste into a source of a scenario:\n\n";
  const auto at = text.out.find(mark);
  REQUIRE(at != std::string::npos);
  const std::string file = folder.write("pasted.jsonc", scenario_with(text.out.substr(at + mark.size())));
  const Ran valid = tests::run_program({"validate", file});
  INFO(valid.out << valid.err);
  REQUIRE(valid.code == 0);
  const Ran ran = tests::run_program({"run", file});
  INFO(ran.err);
  CHECK(ran.code == 0);

  const Ran json = tests::run_program({"fit", trace, "--json"});
  const auto report = nlohmann::json::parse(json.out);
  const auto delays = delays_of_scenario(file, 400'000);
  for (const auto& [name, p] : {std::pair{"p50_ms", 0.5}, std::pair{"p90_ms", 0.9}, std::pair{"p95_ms", 0.95},
                                std::pair{"p99_ms", 0.99}}) {
    CAPTURE(name);
    const double expected = report["delay"][name];
    CHECK(delays[static_cast<std::size_t>(p * static_cast<double>(delays.size()))] ==
          Approx(expected).epsilon(tolerance).margin(margin_ms));
  }
}

TEST_CASE("A fitted law, knots, phases, a tail: pasted, they validate, run and are as late as the trace") {
  const Folder folder;
  SECTION("lognormal") {
    MadeTrace trace;
    for (std::uint32_t key = 0; key < 4; ++key)
      trace.source(key, 4000, 100, Distribution::lognormal_median_sigma(200, 0.5));
    check_paste(folder, trace.csv(), 0.06);
  }
  SECTION("no law: the knots") {
    MadeTrace trace;
    trace.source(0, 8000, 50,
                 Distribution::mixture({{1, Distribution::normal(100, 5)},
                                        {1, Distribution::normal(900, 9)},
                                        {1, Distribution::normal(4000, 50)}}));
    check_paste(folder, trace.csv(), 0.06);
  }
  SECTION("phases") {
    MadeTrace trace;
    trace.source(
        0, 20'000, 50,
        Distribution::mixture({{70, Distribution::exponential(60)}, {30, Distribution::exponential(2000)}}));
    check_paste(folder, trace.csv(), 0.08);
  }
  SECTION("a clock that is ahead") {
    MadeTrace trace;
    trace.source(0, 8000, 50, Distribution::lognormal_median_sigma(200, 0.3),
                 [](std::int64_t t) { return t + 250; });
    const std::string csv = trace.csv();
    check_paste(folder, csv, 0.06, 15);
    const Ran told = tests::run_program({"fit", folder.write("again.csv", csv)});
    CHECK(told.out.find("\"clock\": { \"offset\": ") != std::string::npos);
    CHECK(told.out.find("delays are negative") != std::string::npos);
  }
}

TEST_CASE("Neighbours that hang together come out as stalls, uploads or an autoregressive law") {
  const Folder folder;
  SECTION("stalls") {
    workload::DelayProcess feed{
        Distribution::stalls(Distribution::exponential(3e6).shifted(80e6), 2.5e9, 0.5e9), 3, "feed"};
    MadeTrace trace;
    for (int i = 0; i < 60'000; ++i) {
      const auto delay = feed.next(sim::kStart + i * std::chrono::milliseconds{10});
      trace.add({kBeginMs + i * 10, kBeginMs + i * 10 + delay.count() / 1'000'000, 0});
    }
    const auto report = trace.fitter().finish();
    CHECK(report.lag1 > 0.8);
    CHECK(report.dependence == Dependence::stalls);
    CHECK(delay_json(report).starts_with("{ \"stall\": { \"base\": { \"exponential\": "));
    check_paste(folder, trace.csv(), 0.15);
  }
  SECTION("uploads") {
    workload::DelayProcess device{
        workload::BatchUpload{.period = std::chrono::seconds{10}, .transfer = Distribution::constant(2e9)}, 3,
        "device"};
    MadeTrace trace;
    for (int i = 0; i < 40'000; ++i) {
      const auto delay = device.next(sim::kStart + i * std::chrono::milliseconds{50});
      trace.add({kBeginMs + i * 50, kBeginMs + i * 50 + delay.count() / 1'000'000, 0});
    }
    const auto report = trace.fitter().finish();
    CHECK(report.dependence == Dependence::batches);
    check_paste(folder, trace.csv(), 0.06);
  }
  SECTION("autoregressive") {
    workload::DelayProcess way{
        workload::Autoregressive{Distribution::lognormal_median_sigma(300e6, 0.5), 0.95}, 3, "way"};
    MadeTrace trace;
    for (int i = 0; i < 60'000; ++i) {
      const auto delay = way.next(sim::kStart + i * std::chrono::milliseconds{200});
      trace.add({kBeginMs + i * 200, kBeginMs + i * 200 + delay.count() / 1'000'000, 0});
    }
    const auto report = trace.fitter().finish();
    CHECK(report.dependence == Dependence::autoregressive);
    check_paste(folder, trace.csv(), 0.15);
  }
}

TEST_CASE("fit tells what is wrong with a trace and guesses nothing; with the option named, it reads it") {
  const Folder folder;
  MadeTrace trace;
  trace.source(0, 500, 1000, Distribution::exponential(100));
  std::string microseconds = "key,event_time_ms,arrival_time_ms\n";
  for (const MadeRow& row : trace.rows())
    microseconds += "a," + std::to_string(row.event_ms) + "000," + std::to_string(row.arrival_ms) + "000\n";
  const std::string file = folder.write("us.csv", microseconds);
  const Ran wrong = tests::run_program({"fit", file});
  CHECK(wrong.code == cli::kBadInput);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.find("these look like microseconds [--time-unit us]") != std::string::npos);
  CHECK(wrong.err.find("us.csv:2:3: event_time_ms lies beyond") != std::string::npos);
  CHECK(tests::run_program({"fit", file, "--time-unit", "us"}).code == 0);
  CHECK(tests::run_program({"fit", folder.write("empty.csv", "")}).code == cli::kBadInput);
  CHECK(tests::run_program({"fit", folder.write("header.csv", "key,event_time_ms,arrival_time_ms\n")}).code ==
        cli::kBadInput);
  CHECK(tests::run_program({"fit", file + ".absent"}).code == cli::kBadInput);
  CHECK(tests::run_program({"fit", file, "--time-unit", "minutes"}).code == cli::kUsage);
  CHECK(tests::run_program({"fit", file, "--sort-window", "soon"}).code == cli::kUsage);
  const Ran by = tests::run_program({"fit", file, "--time-unit", "us", "--by", "key"});
  CHECK(by.out.find("  source ") != std::string::npos);
}

}  // namespace
}  // namespace wrackline::fit

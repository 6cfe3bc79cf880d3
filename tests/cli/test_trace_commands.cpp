// `replay` and `tune` as their users meet them: one screen of text, JSON, and what is said about wrong input.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cli.hpp"
#include "engine/event_time/strategy/catalogue.hpp"
#include "sim/distribution.hpp"
#include "sim/random.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"

using namespace wrackline;
namespace fs = std::filesystem;
using nlohmann::json;
using Result = tests::Ran;

namespace {

Result wrackline_with(const std::vector<std::string>& arguments) { return tests::run_program(arguments); }

/// Eight phones that report every 500 ms over a mobile network (science.md 6.1): lognormal delays, 1 % of
/// them with a Pareto tail. Written once to a directory of its own.
class PhonesTrace {
 public:
  PhonesTrace() : folder_{fs::temp_directory_path() / "wrackline-cli-trace"} {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    sim::Stream stream{7, "phones", "delays"};
    const auto delay =
        sim::Distribution::mixture({{0.99, sim::Distribution::lognormal_median_sigma(100, 0.45)},
                                    {0.01, sim::Distribution::pareto(300, 1.5)}});
    struct Row {
      std::int64_t arrival, event;
      int phone;
    };
    std::vector<Row> rows;
    for (int i = 0; i < 20'000; ++i) {
      const int phone = i % 8;
      const std::int64_t event = 1'700'000'000'000 + i / 8 * 500 + phone * 61;
      rows.push_back({event + std::min<std::int64_t>(delay.sample_int(stream), 10'000), event, phone});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.arrival < b.arrival; });
    std::ofstream file{path()};
    std::ofstream valued{valued_path()};
    file << "key,event_time_ms,arrival_time_ms\n";
    valued << "key,event_time_ms,arrival_time_ms,value\n";
    for (const Row& row : rows) {
      file << fmt::format("phone-{},{},{}\n", row.phone, row.event, row.arrival);
      // Any values that are bounded and far from uniform.
      const std::int64_t spread = row.event % 97;
      valued << fmt::format("phone-{},{},{},{}\n", row.phone, row.event, row.arrival, 50 + spread * spread);
    }
  }
  ~PhonesTrace() { fs::remove_all(folder_); }
  PhonesTrace(const PhonesTrace&) = delete;
  PhonesTrace& operator=(const PhonesTrace&) = delete;

  std::string path() const { return (folder_ / "phones.csv").string(); }
  /// The same with values.
  std::string valued_path() const { return (folder_ / "valued.csv").string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }

 private:
  fs::path folder_;
};

}  // namespace

TEST_CASE("replay prints one screen about one watermark, a line each about several") {
  const PhonesTrace phones;
  const Result one = wrackline_with({"replay", phones.path(), "--watermark", "bounded=200ms", "--window",
                                     "tumbling=5s", "--lateness", "1s"});
  CHECK(one.code == 0);
  CHECK(one.err.empty());
  CHECK(std::count(one.out.begin(), one.out.end(), '\n') <= 24);
  tests::check_golden("cli/replay.txt", one.out);

  const Result several = wrackline_with({"replay", phones.path(), "--watermark", "bounded=200ms",
                                         "--watermark", "sliding_quantile=0.99", "--watermark", "k_slack",
                                         "--window", "hopping=10s/2s", "--per-key"});
  CHECK(several.code == 0);
  tests::check_golden("cli/replay-several.txt", several.out);

  const Result rows =
      wrackline_with({"replay", phones.path(), "--watermark", "bounded=100ms,interval=0", "--window",
                      "session=300ms", "--rows", "3", "--early", "1s", "--max-age", "5s"});
  CHECK(rows.code == 0);
  tests::check_golden("cli/replay-rows.txt", rows.out);
}

TEST_CASE("replay says of each kind of windows what there is to say, and not more") {
  const PhonesTrace phones;
  std::string all;
  const auto add = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"replay", phones.valued_path(), "--watermark", "bounded=200ms"});
    const Result result = wrackline_with(arguments);
    INFO(result.err);
    CHECK(result.code == 0);
    all += result.out + "\n";
  };
  add({"--window", "sliding=10s", "--lateness", "1s", "--rows", "2"});
  add({"--window", "count=50/10", "--aggregate", "mean,quantile", "--quantile", "99%", "--rows", "2"});
  add({"--window", "global", "--early", "1m", "--early-records", "200", "--accumulation", "retracting",
       "--aggregate", "distinct", "--rows", "4"});
  add({"--window", "tumbling=1m", "--aggregate", "sum,count"});
  tests::check_golden("cli/replay-kinds.txt", all);
}

TEST_CASE("replay holds sketches against the exact aggregates, if both are asked for") {
  const PhonesTrace phones;
  const Result result =
      wrackline_with({"replay", phones.valued_path(), "--watermark", "bounded=200ms", "--window",
                      "hopping=1m/20s", "--aggregate", "distinct,distinct_sketch", "--aggregate",
                      "quantile,quantile_sketch,quantile_t_digest", "--quantile", "0.99", "--rows", "3"});
  CHECK(result.code == 0);
  tests::check_golden("cli/replay-sketches.txt", result.out);
  const Result json_result = wrackline_with({"replay", phones.path(), "--watermark", "bounded=200ms",
                                             "--window", "count=10", "--aggregate", "distinct", "--json"});
  REQUIRE(json_result.code == 0);
  const json one = json::parse(json_result.out)["replays"][0];
  CHECK(one["completeness"].is_null());
  CHECK(one["lost"].is_null());
  CHECK(one["result_latency"]["p99_ms"].is_null());
  CHECK(one["not_applicable"].size() == 4);
  const Result several =
      wrackline_with({"replay", phones.path(), "--watermark", "bounded=200ms", "--watermark", "k_slack",
                      "--window", "count=10", "--aggregate", "distinct"});
  CHECK(several.code == 0);
  tests::check_golden("cli/replay-several-counts.txt", several.out);
}

TEST_CASE("replay --json holds the same figures, and does not depend on the threads") {
  const PhonesTrace phones;
  const std::vector<std::string> arguments{"replay",      phones.path(), "--watermark", "bounded=200ms",
                                           "--watermark", "k_slack",     "--json"};
  const Result result = wrackline_with(arguments);
  REQUIRE(result.code == 0);
  const json all = json::parse(result.out);
  REQUIRE(all["replays"].size() == 2);
  const json& first = all["replays"][0];
  CHECK(all["keys"] == 8);
  CHECK(first["records"] == 20'000);
  CHECK(first["monotonicity_violations"] == 0);
  CHECK(first["result_latency"]["count"].get<int>() + first["unfired_windows"].get<int>() >= 250);
  CHECK(first["record_latency"]["count"].get<int>() + first["record_latency"]["missing"].get<int>() ==
        20'000);
  auto threaded = arguments;
  threaded.insert(threaded.end(), {"--jobs", "2"});
  CHECK(wrackline_with(threaded).out == result.out);
}

TEST_CASE("replay says everything that is wrong with its arguments, with 64") {
  const PhonesTrace phones;
  const Result wrong =
      wrackline_with({"replay", phones.path(), "--watermark", "bounded=fast", "--watermark",
                      "sliding_quantil", "--window", "hopping=10s", "--lateness", "5", "--max-age", "old"});
  CHECK(wrong.code == 64);
  CHECK(wrong.out.empty());
  tests::check_golden("cli/replay-wrong.txt", wrong.err);
  std::string kinds;
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--window", "sesion=30s"},
                                             {"--window", "sliding=10"},
                                             {"--window", "count=10/20"},
                                             {"--window", "count=ten"},
                                             {"--window", "global"},
                                             {"--window", "count=10", "--lateness", "1s", "--early", "1s"},
                                             {"--window", "tumbling=5s", "--early-records", "3"},
                                             {"--aggregate", "median,quantil", "--quantile", "0.9"},
                                             {"--aggregate", "quantile"},
                                             {"--aggregate", "quantile,quantile", "--quantile", "99"},
                                             {"--aggregate", "distinct,count,distinct"},
                                             {"--quantile", "0.5"}}) {
    std::vector<std::string> arguments{"replay", phones.path(), "--watermark", "bounded=1s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result result = wrackline_with(arguments);
    INFO(more[0] << " " << more[1]);
    CHECK(result.code == 64);
    CHECK(result.out.empty());
    kinds += fmt::format("{}\n{}\n", fmt::join(more, " "), result.err);
  }
  tests::check_golden("cli/replay-wrong-kinds.txt", kinds);
  CHECK(wrackline_with({"replay", phones.path()}).code == 64);
  CHECK(wrackline_with({"replay", phones.path(), "--watermark", "perfect"}).code == 64);
  CHECK(wrackline_with({"replay", phones.path(), "--watermark", "bounded,max_drift=1s"}).code == 64);
}

TEST_CASE("replay refuses traces that are none, with 65, by line") {
  const PhonesTrace phones;
  CHECK(wrackline_with({"replay", "no-such-file.csv", "--watermark", "ascending"}).code == 65);
  const std::string header = "key,event_time_ms,arrival_time_ms\n";
  const Result empty =
      wrackline_with({"replay", phones.file("empty.csv", header), "--watermark", "ascending"});
  CHECK(empty.code == 65);
  CHECK(empty.out.empty());
  const Result seconds =
      wrackline_with({"replay", phones.file("seconds.csv", header + "a,1700000000,1700000001\n"),
                      "--watermark", "ascending"});
  CHECK(seconds.code == 65);
  CHECK(seconds.err.find("--time-unit") != std::string::npos);
}

TEST_CASE("tune recommends, says why, and is judged on what it has not seen") {
  const PhonesTrace phones;
  const Result result =
      wrackline_with({"tune", phones.path(), "--window", "5s", "--late-rate", "1%", "--p99", "3s"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  tests::check_golden("cli/tune.txt", result.out);

  // With allowed lateness a second column says what the late panes add; 700 ms share no lattice with 5 s.
  const Result lenient =
      wrackline_with({"tune", phones.path(), "--window", "hopping=10s/5s", "--lateness", "2s", "--late-rate",
                      "0.5%", "--interval", "700ms", "--holdout", "0"});
  CHECK(lenient.code == 0);
  tests::check_golden("cli/tune-lateness.txt", lenient.out);

  // Of sliding windows it is not known how complete they are.
  const Result sliding =
      wrackline_with({"tune", phones.valued_path(), "--window", "sliding=10s", "--aggregate",
                      "quantile_sketch", "--quantile", "0.99", "--strategy", "bounded"});
  CHECK(sliding.code == 0);
  tests::check_golden("cli/tune-sliding.txt", sliding.out);

  const Result machine = wrackline_with({"tune", phones.path(), "--window", "5s", "--json"});
  REQUIRE(machine.code == 0);
  const json report = json::parse(machine.out);
  CHECK(report["fulfilled"] == true);
  CHECK(report["kept"] == true);
  const json& chosen = report["candidates"][report["recommended"].get<std::size_t>()];
  CHECK(chosen["interval"][1].get<double>() <= 0.01);
  // Every strategy of the catalogue that a job can use is among them, and each block reads back as itself.
  std::vector<std::string> tried;
  for (const json& candidate : report["candidates"]) {
    tried.push_back(candidate["strategy"]);
    const auto block = event_time::strategy::parse_json(candidate["block"]);
    INFO(candidate["block"].dump());
    REQUIRE(block.block.has_value());
    CHECK(event_time::strategy::to_text(*block.block) == candidate["watermark"].get<std::string>());
  }
  for (const auto* type : event_time::strategy::catalogue()) {
    INFO(type->name);
    CHECK((std::find(tried.begin(), tried.end(), type->name) != tried.end()) != type->needs_trace);
  }
}

TEST_CASE("tune exits with 1 where nothing fulfils what was asked, and names the nearest") {
  const PhonesTrace phones;
  const Result fast =
      wrackline_with({"tune", phones.path(), "--window", "5s", "--p99", "1ms", "--strategy", "bounded"});
  CHECK(fast.code == 1);
  CHECK(fast.out.find("no configuration promises both") != std::string::npos);
  const Result strict = wrackline_with({"tune", phones.path(), "--window", "1s", "--late-rate", "0.0001%"});
  CHECK(strict.code == 1);
  CHECK(strict.out.find("comes nearest") != std::string::npos);
}

TEST_CASE("tune says what is wrong with its arguments, with 64") {
  const PhonesTrace phones;
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{{"--late-rate", "much"},
                                                                                    {"--late-rate", "0"},
                                                                                    {"--holdout", "95%"},
                                                                                    {"--p99", "3"},
                                                                                    {"--strategy", "perfekt"},
                                                                                    {"--strategy", "perfect"},
                                                                                    {"--interval", "-1s"}}) {
    std::vector<std::string> arguments{"tune", phones.path(), "--window", "5s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    INFO(more[0] << " " << more[1]);
    const Result result = wrackline_with(arguments);
    CHECK(result.code == 64);
    CHECK_FALSE(result.err.empty());
    CHECK(result.out.empty());
  }
  std::string kinds;
  for (const char* const window : {"count=100", "global", "hoping=5s/1s"}) {
    const Result result = wrackline_with({"tune", phones.path(), "--window", window});
    CHECK(result.code == 64);
    kinds += result.err;
  }
  tests::check_golden("cli/tune-wrong-windows.txt", kinds);
}

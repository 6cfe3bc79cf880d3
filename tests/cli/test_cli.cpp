// The program as its users meet it: what it prints, where, and with which exit code.
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cli.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"

using namespace wrackline;
namespace fs = std::filesystem;
using nlohmann::json;
using Result = tests::Ran;

namespace {

conform::Outcome toy(const conform::Json& recorded) {
  return conform::replay(recorded, [](const conform::Json& in) -> conform::Json {
    if (in.contains("rare")) throw conform::NotModelledError{"the rare rule"};
    return in.at("n").get<int>() * 2;
  });
}

constexpr conform::Kind kToy[] = {{"toy.double", toy}};

Result wrackline_with(const std::vector<std::string>& arguments) {
  return tests::run_program(arguments, {kToy});
}

/// A directory of its own for each test, gone afterwards.
struct Scratch {
  fs::path path;
  explicit Scratch(const std::string& name) : path(fs::temp_directory_path() / ("wrackline-cli-" + name)) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Scratch() { fs::remove_all(path); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return (path / name).string();
  }
};

}  // namespace

TEST_CASE("usage errors exit with 64, help with 0") {
  CHECK(wrackline_with({}).code == 64);
  CHECK(wrackline_with({"fly"}).code == 64);
  CHECK(wrackline_with({"validate"}).code == 64);
  CHECK(wrackline_with({"list", "birds"}).code == 64);
  CHECK(wrackline_with({"plan", "scenarios/quickstart.jsonc", "--seeds", "x"}).code == 64);
  const Result help = wrackline_with({"--help"});
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK(wrackline_with({"--version"}).out.find("wrackline") == 0);
}

TEST_CASE("options that make no sense are refused before anything runs, and nothing is left behind") {
  const Scratch scratch("options");
  const std::string scenario = scratch.file(
      "s.jsonc", R"({ "name": "s", "duration": "1s", "kafka": { "brokers": 1, "topics": { "t": {} } },
                      "sources": { "a": { "topic": "t", "rate": "10/s" } },
                      "jobs": { "j": { "from": "t", "to": "k" } }, "sinks": { "k": {} } })");
  const std::string directory = scratch.path.string();
  const auto code = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"run", scenario, "--quiet"});
    return wrackline_with(options).code;
  };
  REQUIRE(code({}) == 0);
  for (const char* seeds : {"", "1,1", "3..1", "1e3", "NaN", "18446744073709551616"}) {
    INFO(seeds);
    CHECK(code({"--seeds", seeds}) == 64);
  }
  CHECK(code({"--seeds", "18446744073709551615"}) == 0);
  for (const char* jobs : {"", "0", "-1", "1.5", "1025"}) CHECK(code({"--jobs", jobs}) == 64);
  for (const char* file : {"--db", "--junit", "--trace", "--hash-trail"}) {
    INFO(file);
    CHECK(code({file, ""}) == 64);
    CHECK(code({file, directory}) == 65);
    CHECK(code({file, directory + "/none/x"}) == 65);
    CHECK(code({file, scenario + "/x"}) == 65);
    const std::string out = directory + "/out";
    CHECK(code({file, out, "--set", "duration=-1s"}) == 65);
    CHECK_FALSE(fs::exists(out));
  }
  for (const char* records : {"", "-1", "x", "99999999999999999999"})
    CHECK(code({"--trace", directory + "/out", "--trace-records", records}) == 64);
  CHECK(code({"--readable", ""}) == 64);
  CHECK(code({"--readable", directory + "/none"}) == 64);
  // What is read before anything is varied.
  for (const char* set : {"seeds.count=0", "seeds=5", "matrix.axes={}", "extends=x"}) {
    INFO(set);
    CHECK(code({"--set", set}) == 65);
  }
  CHECK(code({"--sweep", "duration=1s,2s", "--sweep", "duration=3s"}) == 65);
  CHECK(std::distance(fs::directory_iterator{scratch.path}, fs::directory_iterator{}) == 1);
}

TEST_CASE("validate: what is wrong goes to stderr, with 65; what is right to stdout, with 0") {
  const Result good = wrackline_with({"validate", "scenarios/quickstart.jsonc"});
  CHECK(good.code == 0);
  CHECK(good.out == "scenarios/quickstart.jsonc: valid, 6 cells x 3 seeds\n");
  CHECK(good.err.empty());
  const Result bad =
      wrackline_with({"validate", "tests/scenarios/bad/WL1106-units.jsonc", "scenarios/quickstart.jsonc"});
  CHECK(bad.code == 65);
  CHECK(bad.err.find("error[WL1106]") != std::string::npos);
  CHECK(bad.out.find("quickstart.jsonc: valid") != std::string::npos);
  CHECK(wrackline_with({"validate", "no-such-file.jsonc"}).code == 65);
  CHECK(wrackline_with({"validate", "--quiet", "scenarios/quickstart.jsonc"}).out.empty());
  const Result machine = wrackline_with({"validate", "--json", "tests/scenarios/bad/WL1106-units.jsonc"});
  CHECK(machine.code == 65);
  CHECK(machine.err.empty());
  CHECK(json::parse(machine.out)["diagnostics"][0]["code"] == "WL1106");
}

TEST_CASE("every ready-made scenario is valid, and says what it shows") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("scenarios/library")) {
    if (entry.path().extension() != ".jsonc") continue;
    INFO(entry.path());
    const Result result = wrackline_with({"validate", entry.path().string()});
    CHECK(result.code == 0);
    // One of them shows what a warning is about.
    CHECK(result.err.empty() != (entry.path().stem() == "design-fraud-sessions"));
    ++count;
  }
  CHECK(count >= 8);
  tests::check_golden("cli/list-scenarios.txt", wrackline_with({"list", "scenarios"}).out);
}

TEST_CASE("plan prints the runs") {
  const Result plan = wrackline_with({"plan", "scenarios/quickstart.jsonc", "--seeds", "1..1000", "--set",
                                      "kafka.brokers=5", "--sweep", "jobs.counts.parallelism=1,3"});
  CHECK(plan.code == 0);
  CHECK(plan.err.empty());
  CHECK(plan.out.find("12 cells x 1000 seeds = 12000 runs") != std::string::npos);
  tests::check_golden("cli/plan-quickstart.txt", wrackline_with({"plan", "scenarios/quickstart.jsonc"}).out);
  const json machine = json::parse(wrackline_with({"plan", "--json", "scenarios/quickstart.jsonc"}).out);
  CHECK(machine["cells"].size() == 6);
  CHECK(machine["cells"][0]["resolved"]["kafka"]["brokers"] == 3);
  CHECK(machine["cells"][0]["settings"]["guarantee"] == "at_most_once");
  CHECK(wrackline_with({"plan", "tests/scenarios/bad/WL1106-units.jsonc"}).out.empty());
}

TEST_CASE("a note about a property without effect reaches the plan") {
  const Result plan = wrackline_with(
      {"plan", "scenarios/quickstart.jsonc", "--set", "sources.phones.config.compression.type=lz4"});
  CHECK(plan.code == 0);
  CHECK(plan.out.find("kafka.producer compression.type") != std::string::npos);
  CHECK(plan.err.find("WL1205") != std::string::npos);
}

TEST_CASE("explain knows names, and the nearest to a wrong one") {
  CHECK(wrackline_with({"explain", "WL1106", "linger.ms"}).code == 0);
  const Result wrong = wrackline_with({"explain", "linger.sm"});
  CHECK(wrong.code == 64);
  CHECK(wrong.err == "nothing is called \"linger.sm\"; did you mean \"linger.ms\"?\n");
}

TEST_CASE("every list has entries, also as JSON") {
  for (const char* what : {"anomalies", "codes", "faults", "guarantees", "metrics", "moments", "properties",
                           "scenarios", "strategies"}) {
    INFO(what);
    CHECK(wrackline_with({"list", what}).out.size() > 100);
    CHECK(json::parse(wrackline_with({"list", what, "--json"}).out)[what].size() >= 3);
  }
  tests::check_golden("cli/list-strategies.txt", wrackline_with({"list", "strategies"}).out);
  tests::check_golden("cli/list-properties.txt", wrackline_with({"list", "properties"}).out);
}

TEST_CASE("new writes a valid scenario, and never over a file") {
  const Scratch scratch("new");
  const std::string path = (scratch.path / "my first.jsonc").string();
  const Result created = wrackline_with({"new", path});
  CHECK(created.code == 0);
  CHECK(wrackline_with({"validate", path}).code == 0);
  const std::string before = tests::read_whole(path);
  CHECK(wrackline_with({"new", path}).code == 64);
  CHECK(tests::read_whole(path) == before);
  CHECK(wrackline_with({"new", (scratch.path / "no" / "such" / "folder.jsonc").string()}).code == 64);
}

TEST_CASE("schema is JSON") {
  CHECK(json::parse(wrackline_with({"schema"}).out)["title"] == "wrackline scenario");
}

TEST_CASE("completion names every command") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = wrackline_with({"completion", shell}).out;
    for (const char* command : {"validate", "plan", "explain", "list", "new", "schema", "completion",
                                "conform", "diff-hash", "--sweep"}) {
      INFO(shell << " " << command);
      CHECK(script.find(command) != std::string::npos);
    }
  }
  tests::check_golden("cli/completion.bash", wrackline_with({"completion", "bash"}).out);
}

TEST_CASE("conform counts agreement by kind, from plain and compressed files") {
  const Scratch scratch("conform");
  const std::string agree =
      R"({"id":"a","kind":"toy.double","steps":[{"in":{"n":1},"out":2},{"in":{"n":2},"out":4}]})"
      "\n\n";
  const std::string missing = R"({"id":"b","kind":"toy.double","steps":[{"in":{"rare":1},"out":9}]})"
                              "\n";
  const std::string differs =
      R"({"id":"c","kind":"toy.double","steps":[{"in":{"n":1},"out":2},{"in":{"n":3},"out":7}]})";
  WHEN("all cases of built rules agree") {
    const Result result = wrackline_with({"conform", scratch.file("a.jsonl", agree + missing), "--json"});
    CHECK(result.code == 0);
    CHECK(json::parse(result.out) ==
          json::parse(R"({"kinds":[{"kind":"toy.double","cases":2,"agree":1,"not_modelled":1}]})"));
  }
  WHEN("a case differs") {
    const Result result = wrackline_with({"conform", scratch.file("a.jsonl", agree + missing + differs)});
    CHECK(result.code == 1);
    tests::check_golden("cli/conform.txt", result.out);
  }
  WHEN("the driver throws") {
    CHECK(wrackline_with(
              {"conform", scratch.file("a.jsonl", R"({"kind":"toy.double","steps":[{"in":{},"out":1}]})")})
              .code == 1);
  }
  WHEN("a kind is unknown") {
    const Result result =
        wrackline_with({"conform", scratch.file("a.jsonl", agree + R"({"kind":"toy.triple","steps":[]})")});
    CHECK(result.code == 65);
    CHECK(result.err == "unknown kind toy.triple (1 cases)\n");
  }
  WHEN("a line is no case, or the file is not there") {
    CHECK(wrackline_with({"conform", scratch.file("a.jsonl", agree + "{")}).code == 65);
    CHECK(wrackline_with({"conform", scratch.file("b.jsonl", "[]")}).code == 65);
    CHECK(wrackline_with({"conform", "no-such-file.jsonl"}).code == 65);
  }
  WHEN("the file is compressed") {
    const std::string path = (scratch.path / "a.jsonl.gz").string();
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, agree.data(), static_cast<unsigned>(agree.size()));
    gzclose(file);
    const Result result = wrackline_with({"conform", path, "--json"});
    CHECK(result.code == 0);
    CHECK(json::parse(result.out)["kinds"][0]["agree"] == 1);
  }
}

TEST_CASE("without drivers there is no conform") {
  std::ostringstream out;
  std::ostringstream err;
  CHECK(cli::run({"conform", "x"}, {}, {out, err}) == 64);
}

TEST_CASE("diff-hash needs trails") {
  const Scratch scratch("diff");
  const std::string path = scratch.file("a.trail", "no trail");
  CHECK(wrackline_with({"diff-hash", path, path}).code == 65);
  CHECK(wrackline_with({"diff-hash", path, "no-such-file"}).code == 65);
}

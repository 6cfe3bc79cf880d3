// Every diagnostic has a file in tests/scenarios/bad named after it, and a golden text of what the user sees.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scenarios/diagnostics.hpp"
#include "scenarios/plan.hpp"
#include "tests/support/golden.hpp"

using namespace wrackline;
using namespace wrackline::scenarios;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("tests/scenarios/bad")) {
    if (entry.path().extension() == ".jsonc") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// "// set: a=b" and "// sweep: a=b,c" at the top of a case are flags of the command line.
LoadOptions options_of(const std::string& path) {
  LoadOptions options;
  std::istringstream in(tests::read_whole(path));
  for (std::string line; std::getline(in, line) && line.starts_with("//");) {
    if (line.starts_with("// set: ")) options.sets.push_back(line.substr(8));
    if (line.starts_with("// sweep: ")) options.sweeps.push_back(line.substr(10));
  }
  return options;
}

Diagnostics diagnose(const std::string& name) {
  const std::string path = "tests/scenarios/bad/" + name + ".jsonc";
  Diagnostics diagnostics;
  load_plan(path, options_of(path), diagnostics);
  return diagnostics;
}

Diagnostics diagnose_text(std::string text) {
  LoadOptions options;
  options.reader = [&](const std::string&) { return FileContent{text, {}}; };
  options.resolve_links = false;
  Diagnostics diagnostics;
  load_plan("text.jsonc", options, diagnostics);
  return diagnostics;
}

bool reports(const Diagnostics& diagnostics, std::string_view code) {
  const auto all = diagnostics.sorted();
  return std::any_of(all.begin(), all.end(), [&](const Diagnostic& d) { return d.code->name == code; });
}

}  // namespace

TEST_CASE("each bad scenario gets the diagnostics that its golden file shows") {
  for (const std::string& name : bad_files()) {
    const Diagnostics diagnostics = diagnose(name);
    INFO(name);
    CHECK(reports(diagnostics, name.substr(0, 6)));
    tests::check_golden("scenarios/" + name + ".txt", to_text(diagnostics));
  }
}

TEST_CASE("every code has a case, an explanation, and no second meaning") {
  const std::set<std::string_view> elsewhere{"WL1006", "WL1010"};  // below: too large to be kept as a file
  std::set<std::string> seen;
  for (const std::string& name : bad_files()) seen.insert(name.substr(0, 6));
  std::string_view before;
  for (const Code& code : codes()) {
    INFO(code.name);
    CHECK((seen.contains(std::string(code.name)) || elsewhere.contains(code.name)));
    CHECK(code.explanation.size() > 20);
    CHECK(before < code.name);
    before = code.name;
  }
}

TEST_CASE("WL1006: files that are too large are not read") {
  GIVEN("a file of more than 4 MiB") {
    CHECK(reports(diagnose_text(std::string(kMaxFileBytes + 1, ' ')), "WL1006"));
  }
  GIVEN("a file of too many values") {
    std::string text = "[";
    for (std::size_t i = 0; i <= kMaxValues; ++i) text += "1,";
    CHECK(reports(diagnose_text(text + "1]"), "WL1006"));
  }
}

TEST_CASE("WL1010: a scenario of too many files") {
  int reads = 0;
  LoadOptions options;
  options.resolve_links = false;
  options.reader = [&](const std::string&) {
    ++reads;
    return FileContent{"{\"extends\": \"" + std::to_string(reads) + ".jsonc\"}", {}};
  };
  Diagnostics diagnostics;
  CHECK_FALSE(load_plan("a.jsonc", options, diagnostics));
  CHECK(reports(diagnostics, "WL1010"));
  CHECK(reads <= 33);
}

TEST_CASE("a file outside the scenario's directory is refused before it is touched") {
  std::vector<std::string> touched;
  LoadOptions options;
  options.resolve_links = false;
  std::string extends;
  options.reader = [&](const std::string& path) {
    touched.push_back(path);
    return FileContent{path == "dir/a.jsonc" ? "{\"extends\": \"" + extends + "\"}" : std::string("{}"), {}};
  };
  const auto load = [&](const std::string& target) {
    touched.clear();
    extends = target;
    Diagnostics diagnostics;
    load_plan("dir/a.jsonc", options, diagnostics);
    return reports(diagnostics, "WL1009");
  };
  CHECK(load("../b.jsonc"));
  CHECK(touched.size() == 1);
  CHECK(load("x/../../b.jsonc"));
  CHECK(load("/etc/passwd"));
  CHECK(load("/dir/b.jsonc"));
  CHECK(load(".."));
  CHECK(touched.size() == 1);
  CHECK_FALSE(load("x/../b.jsonc"));
  CHECK(touched.back() == "dir/b.jsonc");
  WHEN("the directory is named") {
    options.readable = {"/etc"};
    CHECK_FALSE(load("/etc/passwd"));
    CHECK(load("/etcetera"));
  }
}

TEST_CASE("a symbolic link out of the directory is refused") {
  const fs::path root = fs::temp_directory_path() / "wrackline-link-test";
  fs::remove_all(root);
  fs::create_directories(root / "inside");
  std::ofstream(root / "outside.jsonc") << "{}";
  fs::create_symlink(root / "outside.jsonc", root / "inside" / "link.jsonc");
  std::ofstream(root / "inside" / "a.jsonc") << "{\"extends\": \"link.jsonc\"}";
  Diagnostics diagnostics;
  load_plan((root / "inside" / "a.jsonc").string(), {}, diagnostics);
  CHECK(reports(diagnostics, "WL1009"));
  fs::remove_all(root);
}

TEST_CASE("diagnostics for programs") {
  const Diagnostics diagnostics = diagnose("WL1101-unknown-field");
  tests::check_golden("scenarios/WL1101-unknown-field.json", to_json(diagnostics).dump(2) + "\n");
}

TEST_CASE("columns count code points, and control characters do not reach the terminal") {
  const Diagnostics diagnostics = diagnose_text("{ /* \xC3\xA4\xC3\xB6 \x1b[31m */ \"nome\": 1 }");
  for (const Diagnostic& d : diagnostics.sorted()) {
    if (d.code->name == "WL1101") CHECK(d.at.column == 18);
  }
  CHECK(to_text(diagnostics).find('\x1b') == std::string::npos);
}

TEST_CASE("a byte order mark is no mistake") {
  const Diagnostics diagnostics = diagnose_text("\xEF\xBB\xBF{ \"name\": \"a\" }");
  CHECK_FALSE(reports(diagnostics, "WL1001"));
  CHECK_FALSE(reports(diagnostics, "WL1002"));
}

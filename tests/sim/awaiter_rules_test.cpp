// Traps of C++20 coroutines, and of g++ 12 in particular (kernel.md §3), kept out by rule: what can be said
// in types is said in types, the rest is grepped for in the tree.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "sim/channel.hpp"
#include "sim/node.hpp"
#include "sim/signal.hpp"
#include "sim/timeout.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;

namespace {

/// g++ 12 copies an awaiter that it reaches through a reference; the copy is never woken.
template <class Awaiter>
constexpr bool kStaysPut = !std::is_copy_constructible_v<Awaiter> && !std::is_move_constructible_v<Awaiter> &&
                           !std::is_copy_assignable_v<Awaiter>;

static_assert(kStaysPut<SleepAwaiter>);
static_assert(kStaysPut<LocalSleepAwaiter>);
static_assert(kStaysPut<TaskHandle::JoinAwaiter>);
static_assert(kStaysPut<Task<>::Awaiter>);
static_assert(kStaysPut<Task<int>::Awaiter>);
static_assert(kStaysPut<TimeoutAwaiter<int>>);
static_assert(kStaysPut<Channel<int>::ReceiveAwaiter>);
static_assert(kStaysPut<Channel<int>::ReceiveForAwaiter>);
static_assert(kStaysPut<WakeAwaiter>);
static_assert(kStaysPut<Cpu::WorkAwaiter>);
static_assert(kStaysPut<Process::ReachAwaiter>);

/// The resource itself is no awaitable: only what its functions return is.
template <class T>
concept Awaitable =
    requires(T& thing) { thing.await_ready(); } || requires(T& thing) { thing.operator co_await(); };
static_assert(!Awaitable<Channel<int>> && !Awaitable<Signal> && !Awaitable<Gate> && !Awaitable<OneShot<int>>);
static_assert(!Awaitable<Task<>> && !Awaitable<Cpu> && !Awaitable<TaskHandle>);

struct Rule {
  const char* what;
  std::regex breach;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"a capturing lambda inside a co_await expression",
       std::regex{R"(co_await[^;{]*\[[^\]\s][^\]]*\]\s*(\(|\{))"}},
      {"an awaiter reached through an index", std::regex{R"(co_await\s+[A-Za-z_][\w.]*\[[^\]]*\]\s*;)"}},
      {"a capturing lambda that is called at once as a coroutine",
       std::regex{R"(\[[^\]\s][^\]]*\]\s*(\([^)]*\))?\s*(mutable\s*)?->\s*Task<[^{]*\{[^{}]*\}\s*\()"}},
      {"a co_await inside a test macro", std::regex{R"((REQUIRE|CHECK)\w*\([^;]*co_await)"}},
  };
  return all;
}

std::vector<std::string> breaches(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.find("co_await") == std::string::npos && line.find("Task<") == std::string::npos) continue;
    if (const std::size_t comment = line.find("//"); comment != std::string::npos) line.resize(comment);
    for (const Rule& rule : rules()) {
      if (std::regex_search(line, rule.breach)) found.push_back(std::string{rule.what} + ": " + line);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("the rules of awaiting find what they are for", "[sim][rules]") {
  REQUIRE(breaches("co_await each(items, [&sum](int x) { sum += x; });").size() == 1);
  REQUIRE(breaches("co_await box[i];").size() == 1);
  REQUIRE(breaches("spawn([&x]() -> Task<> { co_return; }());").size() == 1);
  REQUIRE(breaches("REQUIRE("
                   "co_await channel.receive() == 1);")
              .size() == 1);
  REQUIRE(breaches("co_await boxes[i].receive();").empty());
  REQUIRE(breaches("auto sum = co_await add(values[1], values[2]);").empty());
  REQUIRE(breaches("process.spawn(\"x\", [&x]() -> Task<> { co_return; });").empty());
}

TEST_CASE("the tree keeps the rules of awaiting", "[sim][rules]") {
  const std::filesystem::path root{WRACKLINE_SOURCE_DIR};
  std::size_t read = 0;
  for (const char* folder : {"sim", "engine", "faults", "analysis", "scenarios", "cli", "bench", "tests"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& file : std::filesystem::recursive_directory_iterator{root / folder}) {
      const std::string extension = file.path().extension().string();
      if (extension != ".hpp" && extension != ".cpp") continue;
      if (file.path().filename() == "awaiter_rules_test.cpp") continue;
      std::ifstream in{file.path()};
      std::ostringstream text;
      text << in.rdbuf();
      ++read;
      for (const std::string& breach : breaches(text.str()))
        FAIL_CHECK(file.path().string() << ": " << breach);
    }
  }
  REQUIRE(read > 20);
}

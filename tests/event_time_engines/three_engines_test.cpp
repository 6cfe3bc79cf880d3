// The tables of docs/three-engines.md: the same arrivals under three engines. The golden file and the page
// hold the same tables; WRACKLINE_UPDATE_GOLDEN=1 rewrites both.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "tests/event_time_engines/engines.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

namespace wrackline::event_time::engines {
namespace {

const std::vector<Arrival> kCounted{{"a", 2},  {"a", 7}, {"b", 12}, {"a", 5}, {"b", 15}, {"a", 8},
                                    {"b", 17}, {"a", 9}, {"b", 20}, {"a", 3}, {"b", 40}};
const std::vector<Arrival> kJoined{
    {"a", 10}, {"a", 12, true}, {"b", 14}, {"c", 26, true}, {"b", 13, true}, {"c", 30},      {"b", 15, true},
    {"d", 45}, {"e", 46, true}, {"f", 62}, {"f", 63, true}, {"g", 90},       {"g", 91, true}};

using Column = std::pair<std::string, Cells>;

std::string table(const std::vector<Arrival>& arrivals, bool join, const std::vector<Column>& columns) {
  std::string text = "| arrival | record |";
  for (const Column& column : columns) text += " " + column.first + " |";
  text += "\n|---|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) text += "---|";
  text += "\n";
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    text += fmt::format("| {} | {}{}@{} |", i + 1, join ? join_name(arrivals, i) + ": " : "", arrivals[i].key,
                        arrivals[i].seconds);
    for (const Column& column : columns) text += " " + column.second[i] + " |";
    text += "\n";
  }
  return text;
}

std::map<std::string, std::string> tables() {
  const Setting tumbling{};
  const Setting session{Windowing::session, 4, 5};
  const auto counted = [](const Setting& setting) {
    return table(kCounted, false,
                 {{"Flink", flink_counts(kCounted, setting)},
                  {"Spark", spark_counts(kCounted, setting)},
                  {"Kafka Streams", streams_counts(kCounted, setting)},
                  {"Kafka Streams, suppressed", streams_final_counts(kCounted, setting)}});
  };
  return {{"tumbling", counted(tumbling)},
          {"session", counted(session)},
          {"join", table(kJoined, true,
                         {{"Flink (inner)", flink_join(kJoined, 5, 5)},
                          {"Spark (left outer)", spark_join(kJoined, 5, 5)},
                          {"Kafka Streams (left)", streams_join(kJoined, 5, 5)}})}};
}

std::string marker(const std::string& name) { return "<!-- table: " + name + " -->\n"; }
constexpr const char* kEnd = "<!-- end -->\n";

/// The page with the text between its marker and the end marker replaced.
std::string with_table(const std::string& page, const std::string& name, const std::string& made) {
  const auto begin = page.find(marker(name));
  REQUIRE(begin != std::string::npos);
  const auto from = begin + marker(name).size();
  const auto to = page.find(kEnd, from);
  REQUIRE(to != std::string::npos);
  return page.substr(0, from) + made + page.substr(to);
}

SCENARIO("the page about three engines shows what the three rooms' classes say") {
  const auto made = tables();
  std::string golden;
  for (const auto& [name, text] : made) golden += "## " + name + "\n\n" + text + "\n";
  tests::check_golden("three-engines.md", golden);

  const std::filesystem::path path =
      std::filesystem::path(WRACKLINE_SOURCE_DIR) / "docs" / "three-engines.md";
  const std::string page = tests::read_whole(path);
  std::string expected = page;
  for (const auto& [name, text] : made) expected = with_table(expected, name, text);
  const char* const update = std::getenv("WRACKLINE_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") std::ofstream(path, std::ios::binary) << expected;
  CHECK(tests::read_whole(path) == expected);
}

SCENARIO("what the page says below its tables holds") {
  GIVEN("tumbling windows") {
    const Setting setting{};
    const Cells flink = flink_counts(kCounted, setting);
    const Cells spark = spark_counts(kCounted, setting);
    const Cells streams = streams_counts(kCounted, setting);
    const Cells final_only = streams_final_counts(kCounted, setting);
    THEN("all first results of [0,10) come on arrival 5") {
      for (const Cells* cells : {&flink, &spark, &final_only}) {
        for (std::size_t i = 0; i < 4; ++i) CHECK((*cells)[i] == "-");
        CHECK((*cells)[4] == "a [0,10) = 3");
      }
      CHECK(streams[3] == "a [0,10) = 3");
    }
    THEN("only Flink, with its lateness, takes 6 and 8; nobody takes 10") {
      CHECK(flink[5] == "a [0,10) = 4 (again)");
      CHECK(flink[7] == "a [0,10) = 5 (again)");
      for (const Cells* cells : {&spark, &streams}) CHECK((*cells)[7] == "dropped");
      for (const Cells* cells : {&flink, &spark, &streams}) CHECK((*cells)[9] == "dropped");
    }
  }
  GIVEN("sessions") {
    const Setting setting{Windowing::session, 4, 5};
    THEN("Kafka Streams forgets the open session [5,8] one millisecond early") {
      CHECK(streams_counts(kCounted, setting)[7] == "a [9,9] = 1");
      CHECK(flink_counts(kCounted, setting)[8] == "a [2,13) = 5");
      CHECK(spark_counts(kCounted, setting)[6] == "a [5,12) = 3");
    }
  }
  GIVEN("a join") {
    const Cells flink = flink_join(kJoined, 5, 5);
    const Cells spark = spark_join(kJoined, 5, 5);
    const Cells streams = streams_join(kJoined, 5, 5);
    THEN("only Kafka Streams emits L2 unmatched, and then joins it") {
      CHECK(streams[3] == "L2+null");
      for (const Cells* cells : {&flink, &spark, &streams}) CHECK((*cells)[4] == "L2+R3");
    }
    THEN("the late record of 7 vanishes in Kafka Streams without a match or a drop") {
      CHECK(flink[6] == "dropped");
      CHECK(spark[6] == "dropped");
      CHECK(streams[6] == "-");
    }
    THEN("L4 is reported by stream time in Kafka Streams, by the slower side in Spark, never by Flink") {
      CHECK(streams[9] == "L4+null");
      CHECK(spark[10] == "L5+R6; L4+null");
      CHECK(flink[9] == "-");
    }
  }
  GIVEN("Flink without allowed lateness") {
    Setting setting{};
    setting.flink_lateness_s = 0;
    const Cells flink = flink_counts(kCounted, setting);
    THEN("it drops what the others drop") {
      for (const std::size_t at : {5U, 7U, 9U}) CHECK(flink[at] == "dropped");
    }
  }
}

}  // namespace
}  // namespace wrackline::event_time::engines

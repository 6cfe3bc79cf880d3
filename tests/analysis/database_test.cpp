#include "analysis/database.hpp"

#include <sqlite3.h>

#include <unistd.h>
#include <filesystem>

#include "tests/analysis/story.hpp"
#include "tests/support/golden.hpp"

namespace wrackline::analysis {
namespace {

struct TemporaryFile {
  TemporaryFile()
      : path{std::filesystem::temp_directory_path() /
             ("wrackline_test_" + std::to_string(getpid()) + ".sqlite")} {
    std::filesystem::remove(path);
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

/// The answer as text: a header, then a line per row.
std::string ask(const std::string& file, const std::string& sql, int run) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  const int prepared = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  INFO(sqlite3_errmsg(db) << " in " << sql);
  REQUIRE(prepared == SQLITE_OK);
  if (const int at = sqlite3_bind_parameter_index(statement, ":run"); at != 0)
    sqlite3_bind_int(statement, at, run);
  std::string out;
  const int columns = sqlite3_column_count(statement);
  for (int c = 0; c < columns; ++c)
    out += (c == 0 ? "" : " | ") + std::string{sqlite3_column_name(statement, c)};
  out += "\n";
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int c = 0; c < columns; ++c) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, c));
      out += (c == 0 ? "" : " | ") + std::string{text == nullptr ? "null" : text};
    }
    out += "\n";
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return out;
}

struct Query {
  std::string title;
  std::string sql;
};

/// The queries as docs/sql.md shows them.
std::vector<Query> documented() {
  const std::string text = tests::read_whole(std::filesystem::path(WRACKLINE_SOURCE_DIR) / "docs" / "sql.md");
  std::vector<Query> queries;
  std::string title;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("## ")) title = line.substr(3);
    if (line != "```sql") continue;
    const std::size_t close = text.find("```", at);
    queries.push_back({title, text.substr(at, close - at)});
    at = close + 4;
  }
  return queries;
}

}  // namespace

TEST_CASE("database: the queries of docs/sql.md find what the story holds") {
  TemporaryFile file;
  Database database{file.path.string()};
  const testing::Story appended = testing::tell_story(Guarantee::at_least_once, Reading::every_row);
  database.write(appended.result, appended.recording.get());
  const testing::Story upserted = testing::tell_story(Guarantee::effectively_once, Reading::upsert, 43);
  database.write(upserted.result, upserted.recording.get());
  std::string answers;
  const auto queries = documented();
  REQUIRE(queries.size() == 15);
  for (const int run : {1, 2}) {
    answers += "==== run " + std::to_string(run) + "\n";
    for (const Query& query : queries)
      answers += "-- " + query.title + "\n" + ask(file.path.string(), query.sql, run);
  }
  tests::check_golden("sql_answers.txt", answers);
}

TEST_CASE("database: a run that is there already is replaced, others stay") {
  TemporaryFile file;
  const testing::Story story = testing::tell_story(Guarantee::at_least_once, Reading::every_row);
  const testing::Story other = testing::tell_story(Guarantee::at_least_once, Reading::every_row, 7);
  Database{file.path.string()}.write(story.result, story.recording.get());
  Database{file.path.string()}.write(other.result, other.recording.get());
  Database{file.path.string()}.write(story.result, story.recording.get());
  REQUIRE(ask(file.path.string(), "SELECT run, seed FROM runs ORDER BY run", 0) ==
          "run | seed\n1 | 42\n2 | 7\n");
  REQUIRE(ask(file.path.string(), "SELECT count(*) FROM events", 0) == "count(*)\n40\n");
  REQUIRE(ask(file.path.string(),
              "SELECT value FROM metrics WHERE run = 1 AND phase = 'all' AND name = 'lost'",
              0) == "value\n1\n");
}

TEST_CASE("database: a file that is not ours is left alone") {
  TemporaryFile file;
  SECTION("not SQLite at all") {
    std::ofstream(file.path)
        << "these are my notes, and there are enough of them to fill a page of a database......";
    const std::string before = tests::read_whole(file.path);
    REQUIRE_THROWS_AS(Database{file.path.string()}, DatabaseError);
    REQUIRE(tests::read_whole(file.path) == before);
  }
  SECTION("somebody else's tables") {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(file.path.c_str(), &db) == SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE mine (x)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    const std::string before = tests::read_whole(file.path);
    REQUIRE_THROWS_AS(Database{file.path.string()}, DatabaseError);
    REQUIRE(tests::read_whole(file.path) == before);
  }
  SECTION("a folder that is not there") {
    REQUIRE_THROWS_AS(Database{"/nowhere/at/all.sqlite"}, DatabaseError);
  }
}

}  // namespace wrackline::analysis

// Recorded traces: what is read, what is refused and how it is told, and how a trace is replayed.
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "engine/workload/trace_source.hpp"
#include "sim/clock.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::workload {
namespace {

using namespace std::chrono_literals;

const std::string kHeader = "key,event_time_ms,arrival_time_ms\n";

struct ReadResult {
  std::vector<TraceRow> rows;
  std::vector<std::string> problems;
  TraceKeys keys;
};

ReadResult read(const std::string& text, std::size_t sort_window_rows = 0) {
  ReadResult result;
  std::istringstream input{text};
  TraceProblems problems;
  TraceReader reader{input, result.keys, problems, sort_window_rows};
  TraceRow row;
  while (reader.next(row)) result.rows.push_back(row);
  for (const auto& problem : problems.listed())
    result.problems.push_back(std::to_string(problem.line) + ": " + problem.what);
  return result;
}

TEST_CASE("A trace is read row by row; keys are numbered as they appear") {
  const auto result = read(kHeader + "dev2,100,110\ndev1,90,120\r\n\"a \"\"b\"\", c\",-5,130\ndev2,1,130");
  CHECK(result.problems.empty());
  REQUIRE(result.rows.size() == 4);
  CHECK(result.rows[0].key == 0);
  CHECK(result.rows[1].key == 1);
  CHECK(result.keys.name_of(2) == "a \"b\", c");
  CHECK(result.rows[2].event_time_ms == -5);
  CHECK(result.rows[3].key == 0);
  CHECK(result.rows[3].line == 5);
  CHECK(result.rows[3].delay_ms() == 129);
  CHECK(read("\xEF\xBB\xBF" + kHeader + "a,1,2\n").problems.empty());
}

TEST_CASE("Malformed rows are told by line and skipped, the rest is read") {
  const auto result = read(kHeader +
                           "a,1,2\n"
                           "a,1\n"
                           "a,1,2,3\n"
                           "\n"
                           ",1,2\n"
                           "a,x,2\n"
                           "a,1,2.5\n"
                           "a, 1,2\n"
                           "a,1,99999999999999999999\n"
                           "a,1,1700000000000000\n"
                           "\"a,1,2\n"
                           "\"a\"b,1,2\n"
                           "a,3,4\n");
  CHECK(result.rows.size() == 2);
  const std::string columns = "three columns are expected, key,event_time_ms,arrival_time_ms: ";
  CHECK(result.problems ==
        std::vector<std::string>{
            "3: " + columns + "'a,1'", "4: " + columns + "'a,1,2,3'", "5: " + columns + "''",
            "6: the key is empty", "7: event_time_ms must be an integer (Unix milliseconds), not 'x'",
            "8: arrival_time_ms must be an integer (Unix milliseconds), not '2.5'",
            "9: event_time_ms must be an integer (Unix milliseconds), not ' 1'",
            "10: arrival_time_ms lies beyond the year 9999: 99999999999999999999; are these microseconds?",
            "11: arrival_time_ms lies beyond the year 9999: 1700000000000000; are these microseconds?",
            "12: " + columns + "'\"a,1,2'", "13: " + columns + "'\"a\"b,1,2'"});
}

TEST_CASE("An empty file, a wrong header, overlong lines and keys, control characters: told, not choked on") {
  CHECK(read("").problems ==
        std::vector<std::string>{
            "1: the file is empty; its first line must be key,event_time_ms,arrival_time_ms"});
  CHECK(read("a,1,2\nb,1,3\n").problems ==
        std::vector<std::string>{"1: the first line must be key,event_time_ms,arrival_time_ms, not 'a,1,2'"});
  const auto lines = read(kHeader + std::string(10'000, 'x') + "\n" + std::string(200'000, 'y') +
                          "\na,1,2\n" + std::string(300, 'k') + ",1,2\nb\x1b[31m,1\n");
  CHECK(lines.rows.size() == 1);
  CHECK(lines.problems ==
        std::vector<std::string>{
            "2: the line is longer than 4096 bytes", "3: the line is longer than 4096 bytes",
            "5: the key is longer than 256 bytes",
            "6: three columns are expected, key,event_time_ms,arrival_time_ms: 'b?[31m,1'"});
  std::istringstream nothing{kHeader};
  CHECK(summarize_trace(nothing).problems.listed().back().what == "there is no row that can be used");
}

TEST_CASE("Of many problems the first hundred are listed and all are counted") {
  std::string text = kHeader;
  for (int i = 0; i < 1000; ++i) text += "bad\n";
  std::istringstream input{text};
  const TraceSummary summary = summarize_trace(input);
  CHECK(summary.problems.listed().size() == TraceProblems::kMostListed);
  CHECK(summary.problems.count() == 1001);
}

TEST_CASE("A trace must be in order of arrival, or be given a window to sort in") {
  const std::string text = kHeader + "a,1,30\nb,2,10\nc,3,20\nd,4,20\ne,5,40\n";
  const auto strict = read(text);
  CHECK(strict.rows.size() == 2);
  CHECK(strict.problems.size() == 3);
  CHECK(strict.problems[0] ==
        "3: arrives 20 ms before line 2; the trace must be in order of arrival (or be given a sort window)");
  const auto narrow = read(kHeader + "a,1,30\nb,2,40\nc,3,10\n", 1);
  CHECK(narrow.problems ==
        std::vector<std::string>{
            "4: arrives 20 ms before line 2; the trace must be in order of arrival within 1 rows"});
  const auto sorted = read(text, 1);
  CHECK(sorted.problems.empty());
  std::vector<std::uint64_t> lines;
  for (const TraceRow& row : sorted.rows) lines.push_back(row.line);
  CHECK(lines == std::vector<std::uint64_t>{3, 4, 5, 2, 6});
}

ArrivalBatch replay(TraceSource& source, sim::Duration until) {
  ArrivalBatch batch;
  for (sim::Time at = sim::kStart; at <= sim::kStart + until; at += 10ms) source.pull(at, batch);
  return batch;
}

TraceOptions plain() {
  TraceOptions options;
  options.name = "recorded";
  options.index = 3;
  return options;
}

std::vector<std::int64_t> arrivals_ms(const ArrivalBatch& batch) {
  std::vector<std::int64_t> found;
  for (const sim::Time at : batch.arrived_at) found.push_back(sim::to_ms(at));
  return found;
}

const std::string kTrace =
    kHeader + "a,1700000000050,1700000000100\nb,1700000000190,1700000000200\na,1700000000900,1700000000400\n";
using Ms = std::vector<std::int64_t>;

TEST_CASE("A replayed trace keeps its distances; event times are rebased with the first arrival, or kept") {
  TraceOptions options = plain();
  options.start = sim::kStart + 1s;
  TraceSource source{options, TraceSource::from_text(kTrace), 1};
  CHECK(source.next_event() == sim::kStart + 1s);
  const ArrivalBatch batch = replay(source, 2s);
  CHECK(arrivals_ms(batch) == Ms{1000, 1100, 1300});
  CHECK(batch.event_times_ms ==
        Ms{sim::kWallEpochMs + 950, sim::kWallEpochMs + 1090, sim::kWallEpochMs + 1800});
  CHECK(batch.created_at[0] == sim::kStart + 950ms);
  CHECK(batch.created_at[2] == batch.arrived_at[2]);  // its clock was ahead
  CHECK(batch.ids[2] == sim::EventId{3, 2});
  CHECK(batch.keys == std::vector<std::uint32_t>{0, 1, 0});
  CHECK(source.exhausted());

  options.event_times = TraceOptions::EventTimes::keep;
  TraceSource kept{options, TraceSource::from_text(kTrace), 1};
  CHECK(replay(kept, 2s).event_times_ms == Ms{1700000000050, 1700000000190, 1700000000900});
}

TEST_CASE("A trace can be stretched, repeated and cut") {
  TraceOptions options = plain();
  options.time_scale = {1, 2};
  TraceSource fast{options, TraceSource::from_text(kTrace), 1};
  const ArrivalBatch half = replay(fast, 2s);
  CHECK(arrivals_ms(half) == Ms{0, 50, 150});
  CHECK(half.event_times_ms == Ms{sim::kWallEpochMs - 25, sim::kWallEpochMs + 45, sim::kWallEpochMs + 400});

  options = plain();
  options.loops = 3;
  options.loop_gap_ms = 50;
  options.count = 8;
  TraceSource repeated{options, TraceSource::from_text(kTrace), 1};
  const ArrivalBatch batch = replay(repeated, 3s);
  CHECK(arrivals_ms(batch) == Ms{0, 100, 300, 350, 450, 650, 700, 800});
  CHECK(batch.event_times_ms[3] - batch.event_times_ms[0] == 350);
  CHECK(repeated.exhausted());
  CHECK(repeated.keys().size() == 2);

  options.loops = 0;
  options.count.reset();
  TraceSource endless{options, TraceSource::from_text(kTrace), 1};
  CHECK(replay(endless, 35s).size() == 301);
  CHECK_FALSE(endless.exhausted());
  TraceSource nothing{options, TraceSource::from_text(kHeader + "bad\n"), 1};
  CHECK(nothing.exhausted());
  CHECK(nothing.problems().count() == 1);
}

TEST_CASE("The levers of a replay: rate, stop, stall") {
  TraceSource source{plain(), TraceSource::from_text(kTrace), 1};
  ArrivalBatch batch;
  source.pull(sim::kStart + 50ms, batch);
  source.set_rate_factor(sim::kStart + 50ms, 0.5);
  CHECK(source.next_event() == sim::kStart + 150ms);
  source.set_rate_factor(sim::kStart + 100ms, 0);
  CHECK(source.next_event() == sim::kNever);
  CHECK_FALSE(source.exhausted());
  source.pull(sim::kStart + 5s, batch);
  CHECK(batch.size() == 1);
  source.set_rate_factor(sim::kStart + 5s, 1);
  CHECK(source.next_event() == sim::kStart + 5025ms);
  source.stall(sim::kStart + 5s, sim::kStart + 6s, 0);
  source.pull(sim::kStart + 10s, batch);
  CHECK(arrivals_ms(batch) == Ms{0, 6000, 6000});
}

TEST_CASE(
    "A trace that can not be opened says so and is exhausted; absurd spans never come, and nothing "
    "overflows") {
  TraceSource missing{plain(), TraceSource::from_file("/nonexistent/trace.csv"), 1};
  CHECK(missing.exhausted());
  CHECK(missing.problems().listed()[0].what == "the trace can not be opened");
  TraceSource absurd{plain(),
                     TraceSource::from_text(kHeader + "a,253402300799999,-253402300799999\n"
                                                      "a,-253402300799999,253402300799999\n"),
                     1};
  CHECK(replay(absurd, 1s).size() == 1);
}

}  // namespace
}  // namespace wrackline::workload

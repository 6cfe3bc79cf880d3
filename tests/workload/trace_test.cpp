// Recorded traces: what is read, what is refused and how it is told, and how a trace is replayed.
#include <zlib.h>

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
  TraceCounts counts;
};

/// Small numbers are easier to read than those of our days.
TraceReadOptions relative() {
  TraceReadOptions options;
  options.absurd = AbsurdTimes::keep;
  return options;
}

ReadResult read(const std::string& text, const TraceReadOptions& options = relative()) {
  ReadResult result;
  std::istringstream input{text};
  TraceProblems problems;
  TraceReader reader{input, result.keys, problems, options};
  TraceRow row;
  while (reader.next(row)) result.rows.push_back(row);
  for (const auto& problem : problems.listed()) result.problems.push_back(to_string(problem, "t"));
  result.counts = reader.counts();
  return result;
}
using Texts = std::vector<std::string>;

std::string gzipped(const std::string& text) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 100, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
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
  CHECK(result.counts.header);
  CHECK(read("\xEF\xBB\xBF" + kHeader + "a,1,2\n").problems.empty());
}

TEST_CASE("Columns are found by the names of the header, in any order; without a header they are in ours") {
  const auto named = read("arrival_time_ms,noise,value,key,event_time_ms\n20,x,7,a,10\n30,y,-8,b,11\n");
  CHECK(named.problems.empty());
  REQUIRE(named.rows.size() == 2);
  CHECK(named.rows[1].value == -8);
  CHECK(named.rows[1].arrival_ms == 30);
  CHECK(named.rows[1].event_time_ms == 11);
  CHECK(named.counts.values);
  const auto bare = read("a,10,20\nb,11,30\n");
  CHECK(bare.problems.empty());
  CHECK(bare.rows.size() == 2);
  CHECK_FALSE(bare.counts.header);
  CHECK_FALSE(bare.counts.values);
  CHECK(read("a,10,20,5\n").rows.at(0).value == 5);
  TraceReadOptions own = relative();
  own.key_column.clear();
  own.event_column = "ts";
  own.arrival_column = "seen";
  const auto keyless = read("ts,seen\n10,20\n", own);
  CHECK(keyless.problems.empty());
  CHECK(keyless.keys.name_of(0) == "all");
}

TEST_CASE("A column that is not there is told with the nearest name of the header and the option") {
  const auto result = read("key,event_time,arrived_ms\na,1,2\n");
  CHECK(result.rows.empty());
  CHECK(result.problems ==
        Texts{"t:1: the header has no column \"event_time_ms\"; its columns are key,event_time,arrived_ms "
              "[--event-column event_time]",
              "t:1: the header has no column \"arrival_time_ms\"; its columns are key,event_time,arrived_ms "
              "[--arrival-column arrived_ms]"});
}

TEST_CASE("Malformed rows are told by line and column and left out, the rest is read") {
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
  const std::string columns = "3 columns are expected, key,event_time_ms,arrival_time_ms: ";
  CHECK(result.problems ==
        Texts{"t:3: " + columns + "'a,1'", "t:4: " + columns + "'a,1,2,3'", "t:5: " + columns + "''",
              "t:6:1: the key is empty",
              "t:7:3: event_time_ms must be an integer (Unix milliseconds), not 'x'",
              "t:8:5: arrival_time_ms must be an integer (Unix milliseconds), not '2.5'",
              "t:9:3: event_time_ms must be an integer (Unix milliseconds), not ' 1'",
              "t:10:5: arrival_time_ms lies beyond the year 9999: 99999999999999999999",
              "t:11:5: arrival_time_ms lies beyond the year 9999: 1700000000000000; these look like "
              "microseconds [--time-unit us]",
              "t:12: " + columns + "'\"a,1,2'", "t:13: " + columns + "'\"a\"b,1,2'"});
  CHECK(read("key,event_time_ms,arrival_time_ms,value\na,1,2,1.5\n").problems ==
        Texts{"t:2:7: value must be a 64-bit integer, not '1.5'"});
}

TEST_CASE("Times in another unit are told with the option, and read with it") {
  const auto problem = [](const std::string& row) {
    const auto result = read(kHeader + row, {});
    CHECK(result.rows.empty());
    return result.problems.empty() ? std::string{} : result.problems.front();
  };
  CHECK(problem("a,1700000000,1700000001\n") ==
        "t:2:3: event_time_ms 1700000000 lies before 1971; these look like seconds [--time-unit s]");
  CHECK(problem("a,1700000000.25,1700000001\n") ==
        "t:2:3: event_time_ms must be an integer (Unix milliseconds), not '1700000000.25' [--time-unit s]");
  CHECK(problem("a,1700000000000123,1700000001000000\n") ==
        "t:2:3: event_time_ms lies beyond the year 9999: 1700000000000123; these look like microseconds "
        "[--time-unit us]");
  CHECK(problem("a,1700000000000123456,1700000001000000000\n") ==
        "t:2:3: event_time_ms lies beyond the year 9999: 1700000000000123456; these look like nanoseconds "
        "[--time-unit ns]");
  CHECK(problem("a,5,17\n") == "t:2:3: event_time_ms 5 lies before 1971 [--absurd keep]");
  CHECK(problem("a,1700000000000,4102444800000\n") ==
        "t:2:17: arrival_time_ms 4102444800000 lies after 2099 [--absurd keep]");
  const auto with = [](TimeUnit unit, const std::string& row) {
    TraceReadOptions options;
    options.time_unit = unit;
    const auto result = read(kHeader + row, options);
    CHECK(result.problems.empty());
    return result.rows.at(0);
  };
  CHECK(with(TimeUnit::seconds, "a,1700000000.25,1700000001\n").event_time_ms == 1'700'000'000'250);
  CHECK(with(TimeUnit::seconds, "a,1700000000.0009,1700000001.9\n").arrival_ms == 1'700'000'001'900);
  CHECK(with(TimeUnit::microseconds, "a,1700000000000999,1700000001000000\n").event_time_ms ==
        1'700'000'000'000);
  CHECK(with(TimeUnit::nanoseconds, "a,1700000000000999999,1700000001000000000\n").delay_ms() == 1000);
  TraceReadOptions wrong;
  wrong.time_unit = TimeUnit::microseconds;
  CHECK(read(kHeader + "a,1700000000000,1700000000001\n", wrong).problems ==
        Texts{"t:2:3: event_time_ms 1700000000000 lies before 1971; these look like milliseconds "
              "[--time-unit ms]"});
  TraceReadOptions before = relative();
  before.time_unit = TimeUnit::seconds;
  CHECK(read(kHeader + "a,-1.5,-1.0001\n", before).rows.at(0).event_time_ms == -1500);
  CHECK(read(kHeader + "a,-1.5,-1.0001\n", before).rows.at(0).arrival_ms == -1001);
}

TEST_CASE("An empty file, a wrong header, overlong lines and keys, control characters: told, not choked on") {
  CHECK(read("").problems == Texts{"t:1: the file is empty"});
  CHECK(read("{\"a\": 1}\n").problems.front() ==
        "t:1: the header has no column \"key\"; its columns are {\"a\": 1} [--key-column NAME]");
  const auto lines = read(kHeader + std::string(10'000, 'x') + "\n" + std::string(600'000, 'y') +
                          "\na,1,2\n" + std::string(300, 'k') + ",1,2\nb\x1b[31m,1\n");
  CHECK(lines.rows.size() == 1);
  CHECK(lines.problems ==
        Texts{"t:2: the line is longer than 4096 bytes", "t:3: the line is longer than 4096 bytes",
              "t:5:1: the key is longer than 256 bytes",
              "t:6: 3 columns are expected, key,event_time_ms,arrival_time_ms: 'b?[31m,1'"});
  std::istringstream nothing{kHeader};
  CHECK(summarize_trace(nothing).problems.listed().back().what == "there is no row that can be used");
}

TEST_CASE("Of many problems the first of each kind are listed and all are counted") {
  std::string text = kHeader;
  for (int i = 0; i < 1000; ++i) text += "bad\n";
  text += "a,1,2\na,1,1\n";
  std::istringstream input{text};
  const TraceSummary summary = summarize_trace(input, relative());
  CHECK(summary.problems.listed().size() == TraceProblems::kMostListedOfAKind + 1);
  CHECK(summary.problems.count() == 1001);
  CHECK(summary.problems.count(TraceProblems::Kind::malformed) == 1000);
  CHECK(to_string(summary.problems, "t").find("t: and 975 more (malformed)\n") != std::string::npos);
}

TEST_CASE("A file that is no trace at all is not read to its end") {
  std::string text = kHeader;
  for (int i = 0; i < 20'000; ++i) text += "bad\n";
  const auto result = read(text);
  CHECK(result.problems.back() == "t:10001: no row so far could be used: reading stopped here");
}

TEST_CASE("A trace must be in order of arrival, or the user says what to do") {
  const std::string text = kHeader + "a,1,30\nb,2,10\nc,3,20\nd,4,20\ne,5,40\n";
  const auto strict = read(text);
  CHECK(strict.rows.size() == 2);
  CHECK(strict.problems.size() == 3);
  CHECK(strict.problems[0] ==
        "t:3: arrives 20 ms before line 2; the trace must be in order of arrival [--sort-window 20ms]");
  TraceReadOptions narrow = relative();
  narrow.unsorted = Unsorted::reorder;
  narrow.sort_window_ms = 10;
  CHECK(read(kHeader + "a,1,30\nb,2,41\nc,3,10\n", narrow).problems ==
        Texts{"t:4: arrives 20 ms before line 2; the trace must be in order of arrival within 10 ms and "
              "1048576 rows [--sort-window 30ms]"});
  TraceReadOptions wide = narrow;
  wide.sort_window_ms = 20;
  const auto sorted = read(text, wide);
  CHECK(sorted.problems.empty());
  std::vector<std::uint64_t> lines;
  for (const TraceRow& row : sorted.rows) lines.push_back(row.line);
  CHECK(lines == std::vector<std::uint64_t>{3, 4, 5, 2, 6});
  CHECK(sorted.counts.reordered == 3);
  TraceReadOptions keep = relative();
  keep.unsorted = Unsorted::keep;
  const auto kept = read(text, keep);
  CHECK(kept.problems.empty());
  CHECK(kept.counts.unsorted_kept == 3);
  CHECK(kept.rows[1].arrival_ms == 30);
  CHECK(kept.rows[1].line == 3);
}

TEST_CASE("Negative delays and equal rows are counted, and mended or refused as the user says") {
  const std::string text = kHeader + "a,15,10\nb,9,10\nb,9,10\nb,9,11\n";
  const auto kept = read(text);
  CHECK(kept.rows.size() == 4);
  CHECK(kept.counts.negative == 1);
  CHECK(kept.counts.duplicates == 1);
  CHECK(kept.counts.notes() == Texts{"1 negative delay kept",
                                     "4 rows with a time before 1971 or after 2099 kept, as asked",
                                     "1 row equal to an earlier one kept"});
  TraceReadOptions mend = relative();
  mend.negative = NegativeDelays::clamp;
  mend.duplicates = DuplicateRows::drop;
  const auto mended = read(text, mend);
  CHECK(mended.rows.size() == 3);
  CHECK(mended.rows[0].delay_ms() == 0);
  CHECK(mended.counts.negative_clamped == 1);
  CHECK(mended.counts.duplicates_dropped == 1);
  TraceReadOptions drop = relative();
  drop.negative = NegativeDelays::drop;
  CHECK(read(text, drop).rows.size() == 3);
  TraceReadOptions refuse = relative();
  refuse.negative = NegativeDelays::reject;
  refuse.duplicates = DuplicateRows::reject;
  CHECK(read(text, refuse).problems ==
        Texts{"t:2:3: the event time lies 5 ms after the arrival [--negative keep]",
              "t:4: the row is equal to an earlier one [--duplicates keep]"});
  TraceReadOptions sane;
  sane.absurd = AbsurdTimes::drop;
  const auto dropped = read(text + "c,1700000000000,1700000000001\n", sane);
  CHECK(dropped.rows.size() == 1);
  CHECK(dropped.counts.absurd_dropped == 4);
}

TEST_CASE("A compressed trace reads as the plain one, in one member or several; damage is told") {
  std::string text = kHeader;
  for (int i = 0; i < 20'000; ++i)
    text +=
        "k" + std::to_string(i % 97) + "," + std::to_string(i * 3) + "," + std::to_string(i * 3 + 50) + "\n";
  const auto plain = read(text);
  const auto packed = read(gzipped(text));
  CHECK(packed.problems.empty());
  CHECK(packed.counts.gzip);
  CHECK(packed.rows.size() == plain.rows.size());
  CHECK(packed.rows.back().event_time_ms == plain.rows.back().event_time_ms);
  const auto members = read(gzipped(kHeader + "a,1,2\n") + gzipped("b,2,3\n"));
  CHECK(members.problems.empty());
  CHECK(members.rows.size() == 2);
  std::string cut = gzipped(text);
  cut.resize(cut.size() / 2);
  CHECK(read(cut).problems.back().find("the gzip data end in the middle") != std::string::npos);
  std::string bad = gzipped(text);
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x55);
  CHECK_FALSE(read(bad).problems.empty());
}

TEST_CASE("Chunks of columns follow each other and hold what the rows hold") {
  std::string text = "key,event_time_ms,arrival_time_ms,value\n";
  for (int i = 0; i < 1000; ++i)
    text += "k" + std::to_string(i % 7) + "," + std::to_string(i) + "," + std::to_string(i + 5) + "," +
            std::to_string(-i) + "\n";
  const auto rows = read(text);
  std::istringstream input{text};
  TraceKeys keys;
  TraceProblems problems;
  TraceReader reader{input, keys, problems, relative()};
  TraceColumns chunk;
  std::size_t at = 0;
  while (reader.read(chunk, 64)) {
    REQUIRE(chunk.size() <= 64);
    REQUIRE(chunk.value.size() == chunk.size());
    for (std::size_t i = 0; i < chunk.size(); ++i, ++at) {
      REQUIRE(chunk.event_ms[i] == rows.rows[at].event_time_ms);
      REQUIRE(chunk.arrival_ms[i] == rows.rows[at].arrival_ms);
      REQUIRE(chunk.key[i] == rows.rows[at].key);
      REQUIRE(chunk.value[i] == rows.rows[at].value);
    }
    chunk.clear();
  }
  CHECK(at == 1000);
}

TEST_CASE("Each option of a trace has its name, its text and its default") {
  for (const TraceOption& option : trace_options()) {
    CAPTURE(std::string{option.name});
    CHECK_FALSE(option.doc.empty());
    CHECK((option.kind == TraceOption::Kind::choice) == !option.choices.empty());
    CHECK((option.set_number != nullptr) != (option.set_text != nullptr));
  }
  TraceReadOptions impossible;
  impossible.unsorted = Unsorted::reorder;
  CHECK(impossible.problems() == Texts{"to reorder needs a sort window longer than 0 ms"});
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
  options.read = relative();
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

// The bytes of a timeline, and the journeys of records on it.
#include "analysis/timeline/trace_file.hpp"

#include <sstream>

#include "analysis/timeline/job_track.hpp"
#include "analysis/timeline/journeys.hpp"
#include "sim/clock.hpp"
#include "tests/support/golden.hpp"
#include "tests/timeline/drawn.hpp"

using namespace wrackline;
using namespace wrackline::analysis;
using namespace std::chrono_literals;
using tests::Drawn;
using tests::read_back;

namespace {

sim::Time at(std::chrono::milliseconds since_start) { return sim::kStart + since_start; }

sim::CreatedRecord made(std::uint64_t ordinal, std::chrono::milliseconds when,
                        std::chrono::milliseconds delay = 0ms) {
  sim::CreatedRecord record;
  record.id = sim::EventId{0, ordinal};
  record.key = 7;
  record.event_time_ms = sim::kWallEpochMs + when.count();
  record.created = at(when);
  record.arrives = at(when + delay);
  return record;
}

/// A journey of one record, from its making on.
struct Watched {
  std::ostringstream out;
  TraceFile file{out};
  Journeys journeys;
  const sim::EventId id{0, 1};
  const sim::PartitionRef partition{0, 3};

  explicit Watched(JourneyOptions options = {10, 10s, 0, {"app-1"}})
      : journeys{file, file.track(0, "records"), std::move(options)} {}
  std::span<const sim::EventId> one() const { return {&id, 1}; }
  void make(std::chrono::milliseconds when, std::chrono::milliseconds delay = 0ms) {
    const sim::CreatedRecord record = made(id.ordinal(), when, delay);
    journeys.created({&record, 1});
  }
  void show(std::chrono::milliseconds when) {
    sim::VisibleResult result;
    result.contributions = one();
    journeys.visible(result, at(when));
  }
  Drawn close(std::chrono::milliseconds when) {
    journeys.close(at(when));
    return read_back(out.str());
  }
};

}  // namespace

SCENARIO("a trace holds tracks, slices, instants, counters and arrows; each name once") {
  std::ostringstream out;
  TraceFile file{out};
  const TraceFile::Track group = file.track(0, "group");
  const TraceFile::Track below = file.track(group, "below", "what it shows");
  const TraceFile::Track gauge = file.counter(group, "gauge", "records");
  for (int i = 0; i < 3; ++i) {
    const TraceFile::Argument about[] = {{"n", std::int64_t{i}}, {"who", std::string{"me"}}};
    file.begin(below, at(10ms * i), "work", "step", about, 9);
    file.end(below, at(10ms * i + 5ms));
    file.value(gauge, at(10ms * i), -i);
  }
  file.instant(group, at(1ms), "work", "bang");
  const Drawn drawn = read_back(out.str());
  CHECK(drawn.tracks == std::vector<std::string>{"group", "group > below", "group > gauge"});
  CHECK(drawn.balanced());
  CHECK(drawn.interned == 1 + 2 + 2);
  CHECK(drawn.events.at("group > below")[4].arguments == "n=2 who=me");
  CHECK(drawn.events.at("group > below")[4].category == "work");
  CHECK(drawn.events.at("group > below")[4].arrow == 9);
  CHECK(drawn.events.at("group > gauge")[2].value == -2);
  CHECK(drawn.names("group", perfetto::TrackEvent::TYPE_INSTANT) == std::vector<std::string>{"bang"});
}

SCENARIO("packets longer than 127 bytes are framed as well") {
  std::ostringstream out;
  TraceFile file{out};
  const std::string longest(40'000, 'x');
  file.instant(file.track(0, longest), at(1ms), "c", longest + "y");
  const Drawn drawn = read_back(out.str());
  REQUIRE(drawn.tracks == std::vector<std::string>{longest});
  CHECK(drawn.events.at(longest)[0].name == longest + "y");
}

SCENARIO("a record's journey is a slice for each stage that it waited in") {
  Watched watched;
  watched.make(100ms, 40ms);
  watched.journeys.appended(watched.partition, 50, watched.one(), at(150ms));
  watched.journeys.committed(watched.partition, 50, watched.one(), at(160ms));
  watched.journeys.told(sim::Told::acknowledged, watched.one(), at(162ms));
  watched.journeys.polled(4, watched.partition, 50, watched.one(), at(170ms));
  watched.journeys.processed(0, watched.one(), at(171ms));
  watched.show(1200ms);
  WHEN("nothing else happens") {
    const Drawn drawn = watched.close(2000ms);
    CHECK(drawn.balanced());
    tests::check_golden("timeline/journey.txt", tests::to_text(drawn, "records > app-1#1"));
  }
  WHEN("it is stored, read, processed and shown once more") {
    watched.journeys.appended(watched.partition, 51, watched.one(), at(1300ms));
    watched.journeys.committed(watched.partition, 51, watched.one(), at(1301ms));
    watched.journeys.polled(5, watched.partition, 50, watched.one(), at(1310ms));
    watched.journeys.processed(0, watched.one(), at(1311ms));
    watched.journeys.uncommitted(watched.partition, 51, watched.one(), at(1400ms));
    watched.show(1500ms);
    const Drawn drawn = watched.close(2000ms);
    CHECK(drawn.balanced());
    tests::check_golden("timeline/journey_again.txt", tests::to_text(drawn, "records > app-1#1"));
  }
}

SCENARIO("a journey that ends early says how") {
  Watched watched;
  watched.make(100ms);
  const auto end_of = [&](const Drawn& drawn) {
    CHECK(drawn.balanced());
    return drawn.events.at("records > app-1#1").back().arguments;
  };
  WHEN("the producer gives up before any copy was sent") {
    watched.journeys.refused(sim::SendRefusal::expired, watched.one(), at(200ms));
    CHECK(end_of(watched.close(900ms)) == "end=expired");
  }
  WHEN("the producer is told of a failure") {
    watched.journeys.told(sim::Told::failed, watched.one(), at(200ms));
    CHECK(end_of(watched.close(900ms)) == "end=never stored");
  }
  WHEN("it comes too late for its window") {
    watched.journeys.appended(watched.partition, 0, watched.one(), at(110ms));
    watched.journeys.committed(watched.partition, 0, watched.one(), at(120ms));
    watched.journeys.polled(0, watched.partition, 0, watched.one(), at(130ms));
    watched.journeys.dropped(sim::DropReason::late, 0, watched.one(), at(131ms));
    CHECK(end_of(watched.close(900ms)) == "end=dropped: late");
  }
  WHEN("the run ends first") {
    watched.journeys.appended(watched.partition, 0, watched.one(), at(110ms));
    CHECK(end_of(watched.close(900ms)) == "end=not visible at the end of the run");
  }
  WHEN("another job drops it") {
    watched.journeys.dropped(sim::DropReason::late, 1, watched.one(), at(131ms));
    CHECK(end_of(watched.close(900ms)) == "end=not visible at the end of the run");
  }
}

SCENARIO("the records that are followed lie evenly over the run, and are the job's own") {
  Watched watched{{10, 10s, 0, {"app-1", ""}}};
  for (int i = 0; i < 1000; ++i) {
    sim::CreatedRecord record = made(static_cast<std::uint64_t>(i), 10ms * i);
    watched.journeys.created({&record, 1});
    record.id = sim::EventId{1, static_cast<std::uint64_t>(i)};
    watched.journeys.created({&record, 1});
  }
  const Drawn drawn = watched.close(20s);
  std::vector<std::string> expected{"records"};
  for (int i = 0; i < 10; ++i) expected.push_back("records > app-1#" + std::to_string(100 * i));
  CHECK(drawn.tracks == expected);
}

SCENARIO("a job's lag is what its log holds beyond its readers; it is drawn when it moves") {
  std::ostringstream out;
  TraceFile file{out};
  JobTrack job{file, "sums", {0, 1s, 2, {}}};
  const std::vector<sim::EventId> five(5);
  const sim::PartitionRef p0{0, 0};
  const sim::PartitionRef p1{0, 1};
  job.committed(p0, 0, five, at(0ms));
  job.committed(p1, 0, five, at(20ms));
  job.polled(0, p0, 0, {five.data(), 3}, at(40ms));
  job.polled(0, p1, 0, five, at(41ms));  // too soon after the last to be drawn
  job.assigned(1, p0, 0, at(60ms));      // goes back
  job.uncommitted(p0, 2, five, at(80ms));
  job.watermark(2, 6, 0, sim::kWallEpochMs + 50, at(90ms));
  job.watermark(1, 6, 0, sim::kWallEpochMs + 99, at(95ms));  // of another job
  job.dropped(sim::DropReason::late, 2, {five.data(), 2}, at(96ms));
  job.dropped(sim::DropReason::late, 1, five, at(97ms));
  job.dropped(sim::DropReason::shed, 2, five, at(98ms));
  job.rebalance_started(at(100ms), 1);
  job.rebalance_completed(at(130ms), 2, 3);
  job.anomaly("lost-write", at(140ms), "0#3");
  job.close(at(150ms));
  const Drawn drawn = read_back(out.str());
  CHECK(drawn.balanced());
  std::string text;
  for (const std::string& track : drawn.tracks) text += tests::to_text(drawn, track);
  tests::check_golden("timeline/job.txt", text);
}

// Figure 8: what each guarantee makes of each fault, against kafka.md chapter 6.
//
// The bundles are at_most_once = A0 + M3 + EXT, at_least_once = ALLr5 + M4 + EXT, effectively_once = IDEM +
// M4 + UPS (E7). Of every run: the fault observably struck, the books close, the pipeline drained, no anomaly
// outside of the guarantee's list; at_most_once shows nothing twice, at_least_once and effectively_once lose
// nothing that was acknowledged, effectively_once shows nothing twice and has each record once in its log.
// Beyond that each row says what chapter 6 expects to be *seen*: over a few seeds, so that no single lucky
// run decides.
#include <fmt/format.h>

#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

using analysis::DuplicateHop;
using analysis::Fate;
using analysis::LossTold;

/// What a row must show in the sum of its seeds, beside what holds for all.
struct Expected {
  bool amo_loses = false;    ///< at_most_once: records are lost, and nobody is told
  bool alo_doubles = false;  ///< at_least_once: a copy in the log for a lost answer
  bool reprocessed = false;  ///< all but at_most_once: work is repeated from the committed offset
  bool producer_told =
      false;  ///< records that were in a dying or unreachable producer: not lost silently, never acknowledged
  bool dead_letters = false;
};

struct Row {
  const char* name;
  const char* fault;
  Expected expected{};
  const char* top = "";  ///< further members of the scenario
};

const char* const kAxes =
    R"("matrix": { "axes": { "guarantee": ["at_most_once", "at_least_once", "effectively_once"] } })";

struct Sums {
  std::uint64_t lost = 0;
  std::uint64_t log_copies = 0;
  std::uint64_t reprocessed = 0;
  std::uint64_t producer = 0;
  std::uint64_t dead_letters = 0;
};

void check_class(const analysis::RunResult& result) {
  INFO(story_of(result));
  const analysis::Books& books = result.books;
  CHECK(books.closes());
  CHECK(books.produced > 0);
  CHECK(books[Fate::pending] == 0);
  CHECK(result.broken_promises == 0);
  CHECK(result.verdict.outcome == analysis::Outcome::pass);
  CHECK(analysis::violations(result) == 0);
  CHECK(result.anomalies.count_of(analysis::Anomaly::stuck) == 0);
  CHECK(result.anomalies.count_of(analysis::Anomaly::wrong_result) == 0);
  REQUIRE(result.faults.size() >= 1);
  for (const analysis::FaultReport& fault : result.faults) CHECK(fault.runs_struck == 1);
  if (result.guarantee == analysis::Guarantee::at_most_once) {
    CHECK(books.duplicated(DuplicateHop::log) == 0);
    CHECK(books.duplicated(DuplicateHop::sink) == 0);
  } else {
    CHECK(books.lost_told(LossTold::acknowledged) == 0);
    CHECK(books.lost_told(LossTold::fire_and_forget) == 0);
  }
  if (result.guarantee == analysis::Guarantee::effectively_once) {
    CHECK(books.duplicated(DuplicateHop::log) == 0);
    CHECK(books.duplicated(DuplicateHop::sink) == 0);
  }
}

void check_row(const Row& row) {
  INFO(row.name << ": " << row.fault);
  const std::string top =
      fmt::format(R"("faults": [{}], {}{}{})", row.fault, kAxes, *row.top != '\0' ? ", " : "", row.top);
  Sums amo, alo, eo;
  for (const Run& run : run_all(plan_of(kSmall, top, {1, 2, 3}))) {
    check_class(run.result);
    Sums& sums = run.guarantee == "at_most_once" ? amo : run.guarantee == "at_least_once" ? alo : eo;
    const analysis::Books& books = run.result.books;
    sums.lost += books[Fate::lost];
    sums.log_copies += books.duplicated(DuplicateHop::log);
    sums.reprocessed += books.duplicated(DuplicateHop::processor);
    sums.producer += books[Fate::rejected] + books[Fate::expired] +
                     books.lost_told(LossTold::outcome_unknown) + books.lost_told(LossTold::told_failed);
    sums.dead_letters += books[Fate::dead_lettered];
  }
  // kafka.md 6.2 - 6.4: what has to be seen.
  if (row.expected.amo_loses) CHECK(amo.lost > 0);
  if (row.expected.alo_doubles) CHECK(alo.log_copies > 0);
  if (row.expected.reprocessed) {
    CHECK(amo.reprocessed == 0);
    CHECK(alo.reprocessed > 0);
    CHECK(eo.reprocessed > 0);
  }
  if (row.expected.producer_told) {
    CHECK(alo.producer > 0);
    CHECK(eo.producer > 0);
  } else {
    CHECK(alo.lost == 0);
    CHECK(eo.lost == 0);
  }
  CHECK((alo.dead_letters > 0) == row.expected.dead_letters);
}

#define LEADER "\"target\": \"kafka.leader(events/0)\""
#define FOLLOWER "\"target\": \"one(kafka.follower(events/0))\""
#define CONSUMER "\"target\": \"process(job-1)\""
#define PRODUCER "\"target\": \"process(app-1)\""
#define SINK "\"target\": \"process(store)\""
#define BROKERS "\"target\": \"all(broker)\""
#define AT "\"at\": \"5s\""
#define FAULT(action, rest) "{ \"do\": \"" action "\", " AT ", " rest " }"

TEST_CASE("6.2 and 6.4: processes that die") {
  for (const Row& row : std::initializer_list<Row>{
           {"leader",
            FAULT("process.crash", LEADER ", \"for\": \"4s\""),
            {.amo_loses = true, .alo_doubles = true}},
           {"follower", FAULT("process.crash", FOLLOWER ", \"for\": \"4s\"")},
           {"consumer",
            FAULT("process.crash", CONSUMER ", \"for\": \"2s\""),
            {.amo_loses = true, .reprocessed = true}},
           {"producer", FAULT("process.crash", PRODUCER ", \"for\": \"2s\""), {.producer_told = true}},
           {"sink", FAULT("process.crash", SINK ", \"for\": \"2s\"")},
           {"controller", FAULT("process.crash", "\"target\": \"controller\", \"for\": \"2s\"")},
           {"coordinator", FAULT("process.crash", "\"target\": \"kafka.coordinator(job)\", \"for\": \"4s\"")},
           {"consumer, again and again",
            FAULT("process.restart_loop", CONSUMER ", \"up\": \"2s\", \"down\": \"1s\", \"for\": \"6s\""),
            {.amo_loses = true, .reprocessed = true}},
       }) {
    check_row(row);
  }
}

TEST_CASE("C-15 and 7.8: processes that freeze and go on as if nothing had happened") {
  for (const Row& row : std::initializer_list<Row>{
           {"leader",
            FAULT("process.pause", LEADER ", \"for\": \"5s\""),
            {.amo_loses = true, .alo_doubles = true}},
           {"follower", FAULT("process.pause", FOLLOWER ", \"for\": \"5s\"")},
           {"consumer: a zombie",
            FAULT("process.pause", CONSUMER ", \"for\": \"5s\""),
            {.amo_loses = true, .reprocessed = true}},
           {"producer", FAULT("process.pause", PRODUCER ", \"for\": \"5s\"")},
           {"sink", FAULT("process.pause", SINK ", \"for\": \"4s\"")},
           {"controller", FAULT("process.pause", "\"target\": \"controller\", \"for\": \"3s\"")},
       }) {
    check_row(row);
  }
}

TEST_CASE("L-27: processes that are stopped") {
  for (const Row& row : std::initializer_list<Row>{
           {"leader", FAULT("process.stop", LEADER ", \"for\": \"4s\"")},
           {"consumer",
            FAULT("process.stop", CONSUMER ", \"for\": \"2s\""),
            {.amo_loses = true, .reprocessed = true}},
           {"producer", FAULT("process.stop", PRODUCER ", \"for\": \"2s\""), {.producer_told = true}},
           {"sink", FAULT("process.stop", SINK ", \"for\": \"2s\"")},
           {"every broker in turn",
            FAULT("process.rolling_bounce", BROKERS ", \"down\": \"1s\", \"gap\": \"2s\"")},
       }) {
    check_row(row);
  }
}

TEST_CASE("6.2, power loss of one leader: what was acknowledged is on the others") {
  for (const Row& row : std::initializer_list<Row>{
           {"random part survives",
            FAULT("node.power_loss", LEADER ", \"for\": \"4s\""),
            {.amo_loses = true}},
           {"nothing survives",
            FAULT("node.power_loss", LEADER ", \"unsynced\": \"lose_all\", \"for\": \"4s\""),
            {.amo_loses = true}},
           {"machine gone", FAULT("node.loss", LEADER ", \"for\": \"4s\""), {.amo_loses = true}},
           {"a whole zone",
            FAULT("zone.loss", "\"target\": \"zone(b)\", \"for\": \"4s\""),
            {.amo_loses = true, .reprocessed = true, .producer_told = true}},
       }) {
    check_row(row);
  }
}

TEST_CASE("6.2, planned failover and rebalance: nobody is told anything wrong") {
  for (const Row& row : std::initializer_list<Row>{
           {"leader move", FAULT("kafka.leader_move", "\"target\": \"events/0\"")},
           {"rebalance",
            FAULT("group.force_rebalance", "\"target\": \"job\""),
            {.amo_loses = true, .reprocessed = true}},
       }) {
    check_row(row);
  }
}

TEST_CASE("6.2, links cut and leaders isolated") {
  for (const Row& row : std::initializer_list<Row>{
           {"leader from everybody",
            FAULT("network.partition", LEADER ", \"for\": \"6s\""),
            {.amo_loses = true, .alo_doubles = true}},
           {"leader from cluster, clients reach both",
            FAULT("network.partition",
                  LEADER ", \"islands\": \"kafka.follower(events/0)+controller\", \"for\": \"6s\""),
            {.amo_loses = true, .alo_doubles = true}},
           {"leader, and what is sent meanwhile is lost",
            FAULT("network.partition", LEADER ", \"mode\": \"drop\", \"for\": \"6s\""),
            {.amo_loses = true, .alo_doubles = true}},
           {"one way",
            FAULT("network.partition", LEADER ", \"traffic\": \"out\", \"for\": \"6s\""),
            {.amo_loses = true}},
           {"consumer",
            FAULT("network.partition", CONSUMER ", \"for\": \"6s\""),
            {.amo_loses = true, .reprocessed = true}},
           {"producer", FAULT("network.partition", PRODUCER ", \"for\": \"4s\""), {.alo_doubles = true}},
           {"answers vanish",
            FAULT("network.response_lost", BROKERS ", \"probability\": 0.2, \"for\": \"4s\""),
            {.alo_doubles = true}},
           {"answers vanish with their connections",
            FAULT("network.response_lost",
                  BROKERS ", \"probability\": 0.2, \"reset\": true, \"for\": \"4s\""),
            {.alo_doubles = true}},
           {"reset", FAULT("network.reset", LEADER)},
           {"half open", FAULT("network.half_open", LEADER), {.amo_loses = true, .alo_doubles = true}},
       }) {
    check_row(row);
  }
}

TEST_CASE("Slow, lossy and narrow networks") {
  for (const Row& row : std::initializer_list<Row>{
           {"delay", FAULT("network.delay", BROKERS ", \"by\": \"300ms\", \"for\": \"3s\"")},
           {"tail", FAULT("network.tail", BROKERS ", \"share\": 0.05, \"for\": \"3s\"")},
           {"loss", FAULT("network.loss", BROKERS ", \"probability\": 0.05, \"for\": \"3s\"")},
           {"bandwidth", FAULT("network.bandwidth", BROKERS ", \"to\": \"100kB/s\", \"for\": \"3s\"")},
       }) {
    check_row(row);
  }
}

TEST_CASE("Disks of a leader") {
  for (const Row& row : std::initializer_list<Row>{
           {"stall", FAULT("disk.stall", LEADER ", \"for\": \"4s\"")},
           {"slow", FAULT("disk.slow", LEADER ", \"factor\": 1000, \"for\": \"4s\"")},
           {"full", FAULT("disk.full", LEADER ", \"for\": \"1s\""), {.alo_doubles = true}},
           {"read only", FAULT("disk.read_only", LEADER ", \"for\": \"1s\""), {.alo_doubles = true}},
           {"failing",
            FAULT("disk.failing", LEADER ", \"probability\": 0.05, \"for\": \"3s\""),
            {.alo_doubles = true}},
           {"lying",
            FAULT("disk.lying_fsync", LEADER ", \"for\": \"3s\""),
            {},
            R"("kafka": { "topics": { "events": { "config": { "flush.messages": 1 } } } })"},
       }) {
    check_row(row);
  }
}

TEST_CASE("Clocks and processors") {
  for (const Row& row : std::initializer_list<Row>{
           {"producer's clock steps", FAULT("clock.step", PRODUCER ", \"by\": \"-2s\"")},
           {"producer's clock is ahead", FAULT("clock.offset", PRODUCER ", \"by\": \"3s\", \"for\": \"3s\"")},
           {"producer's clock drifts", FAULT("clock.drift", PRODUCER ", \"ppm\": 20000, \"for\": \"5s\"")},
           {"leader's clocks stand still",
            FAULT("clock.freeze", LEADER ", \"clocks\": \"both\", \"for\": \"4s\"")},
           {"consumer's clock steps", FAULT("clock.step", CONSUMER ", \"by\": \"5s\"")},
           {"leader's clock steps", FAULT("clock.step", LEADER ", \"by\": \"-5s\"")},
           {"consumer is slow", FAULT("cpu.throttle", CONSUMER ", \"to\": \"1/100\", \"for\": \"3s\"")},
       }) {
    check_row(row);
  }
}

TEST_CASE("Sources") {
  for (const Row& row : std::initializer_list<Row>{
           {"burst", FAULT("source.burst", "\"target\": \"app\", \"factor\": 10, \"for\": \"2s\"")},
           {"stall and replay", FAULT("source.stall_replay", "\"target\": \"app\", \"for\": \"3s\"")},
           {"poison", FAULT("source.poison", "\"target\": \"app\", \"count\": 3"), {.dead_letters = true}},
       }) {
    check_row(row);
  }
}

TEST_CASE("6.2, unclean election: acknowledged losses in every class, and said so") {
  // The followers freeze until they leave the ISR; the leader goes on alone, then dies; then a stale follower
  // is elected.
  const std::string top = fmt::format(R"j(
    "duration": "24s",
    "kafka": {{
      "config": {{ "replica.lag.time.max.ms": 3000 }},
      "topics": {{ "events": {{ "config": {{ "min.insync.replicas": 1 }} }} }}
    }},
    "faults": [
      {{ "do": "process.pause", "target": "kafka.follower(events/0)", "at": "3s", "for": "7s" }},
      {{ "do": "process.crash", "target": "kafka.leader(events/0)", "at": "9s", "for": "8s" }},
      {{ "do": "kafka.unclean_election", "target": "events/0", "at": "13500ms" }}
    ], {})j",
                                      kAxes);
  std::uint64_t acknowledged = 0;
  for (const Run& run : run_all(plan_of(kSmall, top, {1, 2, 3}))) {
    INFO(story_of(run.result));
    CHECK(run.result.books.closes());
    for (const analysis::FaultReport& fault : run.result.faults) CHECK(fault.runs_struck == 1);
    CHECK(moment(run.result, "kafka.leader.elected_uncleanly") > 0);
    if (run.guarantee == "at_most_once") continue;
    const bool lost = run.result.books.lost_told(LossTold::acknowledged) > 0;
    acknowledged += run.result.books.lost_told(LossTold::acknowledged);
    CHECK((run.result.verdict.outcome == analysis::Outcome::fail) == lost);
  }
  CHECK(acknowledged > 0);
}

}  // namespace
}  // namespace wrackline::pipeline

// The pipeline graph: what must be refused before a run, and what the graph alone can tell.
#include "engine/topology/topology.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace wrackline::topology {

namespace {

Stage stage(std::string name, StageKind kind) {
  Stage made;
  made.name = std::move(name);
  made.kind = kind;
  return made;
}

Topology payments() {
  Topology graph;
  Stage source = stage("app", StageKind::source);
  source.partitions_by_key = true;
  graph.add(source);
  graph.add(stage("payments", StageKind::topic));
  Stage job = stage("totals", StageKind::job);
  job.needs_key = true;
  graph.add(job);
  graph.add(stage("lake", StageKind::sink));
  graph.connect("app", "payments");
  graph.connect("payments", "totals");
  graph.connect("totals", "lake");
  return graph;
}

bool has(const std::vector<Problem>& problems, Problem::Kind kind) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.kind == kind; });
}

}  // namespace

SCENARIO("a sound pipeline has no problems and is built from its sources to its sinks") {
  const Topology graph = payments();
  CHECK(graph.validate().empty());
  CHECK(graph.build_order() == std::vector<std::string>{"app", "payments", "totals", "lake"});
}

SCENARIO("every way to build a graph wrongly has its own problem") {
  GIVEN("two stages of one name") {
    Topology graph = payments();
    graph.add(stage("lake", StageKind::sink));
    CHECK(has(graph.validate(), Problem::Kind::duplicate_name));
  }
  GIVEN("a hop to a stage that does not exist") {
    Topology graph = payments();
    graph.connect("totals", "lakes");
    CHECK(has(graph.validate(), Problem::Kind::unknown_stage));
  }
  GIVEN("a source that feeds a sink directly") {
    Topology graph = payments();
    graph.connect("app", "lake");
    CHECK(has(graph.validate(), Problem::Kind::impossible_edge));
  }
  GIVEN("a job that writes its own input") {
    Topology graph = payments();
    graph.connect("totals", "payments");
    CHECK(has(graph.validate(), Problem::Kind::cycle));
  }
  GIVEN("a job without input and one without output") {
    Topology graph = payments();
    graph.add(stage("idle", StageKind::job));
    CHECK(has(graph.validate(), Problem::Kind::job_without_input));
    CHECK(has(graph.validate(), Problem::Kind::job_without_output));
  }
  GIVEN("a source that writes nowhere and a sink that nobody fills") {
    Topology graph = payments();
    graph.add(stage("mute", StageKind::source));
    graph.add(stage("dry", StageKind::sink));
    CHECK(has(graph.validate(), Problem::Kind::unused_source));
    CHECK(has(graph.validate(), Problem::Kind::unreachable_sink));
  }
  GIVEN("keyed state behind a source that spreads its keys") {
    Topology graph = payments();
    graph.add(stage("keyless", StageKind::source));
    graph.connect("keyless", "payments");
    CHECK(has(graph.validate(), Problem::Kind::key_change_without_shuffle));
  }
}

SCENARIO("the bottleneck is the minimum cut between sources and sinks") {
  Topology graph;
  Stage wide = stage("wide", StageKind::source);
  Stage narrow = stage("narrow", StageKind::source);
  narrow.capacity_records_per_second = 100;
  graph.add(wide);
  graph.add(narrow);
  graph.add(stage("t", StageKind::topic));
  Stage job = stage("j", StageKind::job);
  job.capacity_records_per_second = 5000;
  graph.add(job);
  graph.add(stage("s", StageKind::sink));
  graph.connect("wide", "t");
  graph.connect("narrow", "t");
  graph.connect("t", "j");
  GIVEN("no way to the sink") { CHECK(graph.bottleneck().records_per_second == 0); }
  GIVEN("a way to the sink") {
    graph.connect("j", "s");
    CHECK(graph.bottleneck().records_per_second == 5000);
    CHECK(graph.bottleneck().stages == std::vector<std::string>{"j"});
  }
  GIVEN("no finite capacity at all") {
    const Topology unlimited = payments();
    CHECK(unlimited.bottleneck().records_per_second == kUnlimited);
    CHECK(unlimited.bottleneck().stages.empty());
  }
}

SCENARIO("the guarantee ends at the first sink whose effects a replay repeats") {
  Topology graph = payments();
  CHECK(graph.guarantee_ends_at("app") == "lake");
  Topology idempotent;
  idempotent.add(stage("app", StageKind::source));
  idempotent.add(stage("payments", StageKind::topic));
  idempotent.add(stage("totals", StageKind::job));
  Stage upsert = stage("table", StageKind::sink);
  upsert.replay = Replay::overwrites;
  idempotent.add(upsert);
  idempotent.connect("app", "payments");
  idempotent.connect("payments", "totals");
  idempotent.connect("totals", "table");
  CHECK_FALSE(idempotent.guarantee_ends_at("app").has_value());
}

}  // namespace wrackline::topology

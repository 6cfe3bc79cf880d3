// V27 of science.md 4.10: what panes of a window add up to, in every mode, for a reader of the sink.
#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "engine/event_time/window/batch_oracle.hpp"
#include "engine/event_time/window/time_windows.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {

using analysis::Fate;
namespace {

using event_time::window::ArrivedRecord;
using event_time::window::WindowDefinition;

/// What arrived, what became of it, and every pane that a reader ever saw.
class PaneBook final : public sim::Observer {
 public:
  struct Pane {
    std::uint32_t index = 0;
    std::set<sim::EventId> ids;
    std::size_t records = 0;
    bool taken_back = false;
    bool replaced = false;
  };
  using Cell = std::tuple<std::uint32_t, std::int64_t, std::int64_t>;  ///< key, start, end

  void created(std::span<const sim::CreatedRecord> made) override {
    for (const sim::CreatedRecord& one : made) events[one.id] = one;
  }
  void polled(std::uint32_t, sim::PartitionRef, std::int64_t, std::span<const sim::EventId> ids,
              sim::Time) override {
    arrived += ids.size();
  }
  void processed(std::uint32_t, std::span<const sim::EventId> ids, sim::Time) override {
    taken += ids.size();
    accepted.insert(ids.begin(), ids.end());
  }
  void dropped(sim::DropReason, std::uint32_t, std::span<const sim::EventId> ids, sim::Time) override {
    late += ids.size();
  }
  void late_for_window(std::uint32_t, std::int64_t, std::span<const sim::EventId> ids, sim::Time) override {
    late_for_some += ids.size();
  }
  void visible(const sim::VisibleResult& row, sim::Time) override {
    auto& before = panes[{row.key, row.window_start_ms, row.window_end_ms}];
    if (row.overwrites && !before.empty()) before.back().replaced = true;
    before.push_back(
        {row.pane, {row.contributions.begin(), row.contributions.end()}, row.contributions.size()});
    CHECK(row.value == static_cast<std::int64_t>(row.contributions.size()));
  }
  void withdrawn(const sim::VisibleResult& row, sim::Time) override {
    auto& before = panes[{row.key, row.window_start_ms, row.window_end_ms}];
    REQUIRE_FALSE(before.empty());
    CHECK_FALSE(before.back().taken_back);
    CHECK(before.back().ids == std::set<sim::EventId>(row.contributions.begin(), row.contributions.end()));
    before.back().taken_back = true;
  }

  std::map<sim::EventId, sim::CreatedRecord> events;
  std::set<sim::EventId> accepted;
  std::map<Cell, std::vector<Pane>> panes;
  std::size_t arrived = 0;
  std::size_t taken = 0;
  std::size_t late = 0;
  std::size_t late_for_some = 0;
};

struct PaneCase {
  std::string window;
  WindowDefinition definition;
  enum class Mode : std::uint8_t { accumulating, discarding, retracting } mode = Mode::accumulating;
  bool no_end_of_lateness = false;
};

const std::string kForEver = R"("allowed_lateness": "365d")";

/// A job of 250 events a second with exponential delays over two consumers, four partitions, for 14 s.
analysis::RunResult run_panes(const PaneCase& asked, int bound_ms, PaneBook& book,
                              const std::string& more = "", const std::string& sink = "append") {
  scenarios::RunOptions options;
  options.prepare = [&](scenarios::World& world) { world.analyses().front()->also(book); };
  const bool tumbling = asked.window.find("tumbling") != std::string::npos;
  const std::string top = fmt::format(
      R"j("sources": {{ "app": {{ "delay": {{ "exponential": "300ms" }} }} }},
          "jobs": {{ "job": {{ "window": {{ {}{} }}, "watermark": {{ "bounded": "{}ms" }} }} }},
          "sinks": {{ "store": {{ "kind": "{}" }} }}{})j",
      tumbling ? "" : R"("tumbling": null, )", asked.window, bound_ms, sink, more);
  analysis::RunResult result = run_single(plan_of(kSmall, top), options);
  INFO(story_of(result));
  CHECK(result.books.closes());
  CHECK(result.broken_promises == 0);
  return result;
}

std::size_t memberships(const PaneCase& asked, const PaneBook& book) {
  if (!asked.definition.by_timestamp()) return book.accepted.size();
  const event_time::window::TimeWindows windows{asked.definition};
  std::vector<event_time::Window> of;
  std::size_t sum = 0;
  for (const sim::EventId id : book.accepted) {
    windows.assign(book.events.at(id).event_time_ms, of);
    sum += of.size();
  }
  return sum - book.late_for_some;
}

/// The identities of science.md §2.
void check_panes(const PaneCase& asked, const PaneBook& book) {
  using Mode = PaneCase::Mode;
  CHECK(book.taken + book.late == book.arrived);
  std::size_t counted = 0;
  std::size_t several = 0;
  for (const auto& [cell, panes] : book.panes) {
    std::set<sim::EventId> so_far;
    bool grows = true;
    for (std::size_t i = 0; i < panes.size(); ++i) {
      REQUIRE(panes[i].records == panes[i].ids.size());
      if (asked.mode == Mode::discarding) {
        counted += panes[i].records;
        for (const sim::EventId id : panes[i].ids) REQUIRE(so_far.insert(id).second);
        continue;
      }
      grows = grows && panes[i].records >= so_far.size() &&
              std::includes(panes[i].ids.begin(), panes[i].ids.end(), so_far.begin(), so_far.end());
      so_far = panes[i].ids;
      const bool last = i + 1 == panes.size();
      if (asked.mode == Mode::retracting && !last) CHECK(panes[i].taken_back);
    }
    CHECK(grows);
    several += panes.size() > 1 ? 1U : 0U;
    if (asked.mode == Mode::accumulating) counted += so_far.size();
    if (asked.mode == Mode::retracting && !panes.back().taken_back) counted += so_far.size();
  }
  CHECK(counted == memberships(asked, book));
  CHECK(several > 0);
}

/// The last pane of every window is the batch answer over all that was created.
void check_batch(const PaneCase& asked, const PaneBook& book) {
  std::vector<ArrivedRecord> records;
  for (const auto& [id, event] : book.events)
    records.push_back({event.key, event.event_time_ms, id, 1, event_time::kMinTimestamp});
  const auto batch = event_time::window::batch_windows(asked.definition, {}, 0, records);
  CHECK(batch.late.empty());
  std::size_t standing = 0;
  for (const auto& [cell, panes] : book.panes) standing += panes.back().taken_back ? 0U : 1U;
  CHECK(batch.windows.size() == standing);
  for (const auto& wanted : batch.windows) {
    const auto found = book.panes.find({wanted.key, wanted.window.start_ms, wanted.window.end_ms});
    REQUIRE(found != book.panes.end());
    CHECK(found->second.back().ids == std::set<sim::EventId>(wanted.ids.begin(), wanted.ids.end()));
  }
}

}  // namespace

TEST_CASE("V27: discarding panes add up to what was accepted; arrived = accepted + dropped") {
  const std::string discards = R"(, "accumulation": "discarding", )";
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", "early_every": "200ms", "allowed_lateness": "500ms")" +
                   discards.substr(0, discards.size() - 2),
               WindowDefinition::tumbling(1000), PaneCase::Mode::discarding},
      PaneCase{
          R"("hopping": { "size": "2s", "slide": "500ms" }, "early_records": 2, "accumulation": "discarding")",
          WindowDefinition::hopping(2000, 500), PaneCase::Mode::discarding},
      PaneCase{
          R"("cumulate": { "size": "2s", "step": "500ms" }, "allowed_lateness": "1s", "accumulation": "discarding")",
          WindowDefinition::cumulate(2000, 500), PaneCase::Mode::discarding},
      PaneCase{R"("global": true, "early_every": "700ms", "accumulation": "discarding")",
               WindowDefinition::global(), PaneCase::Mode::discarding});
  for (const int bound_ms : {0, 300}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    run_panes(asked, bound_ms, book);
    if (asked.definition.by_timestamp()) CHECK(book.late + book.late_for_some > 0);
    check_panes(asked, book);
  }
}

TEST_CASE("V27: accumulating panes never shrink, and the last holds what was accepted") {
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", "allowed_lateness": "500ms")", WindowDefinition::tumbling(1000)},
      PaneCase{
          R"("hopping": { "size": "2s", "slide": "500ms" }, "allowed_lateness": "300ms", "early_every": "300ms")",
          WindowDefinition::hopping(2000, 500)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "1s" }, "allowed_lateness": "2s", "late_records": 3)",
               WindowDefinition::cumulate(2000, 1000)},
      PaneCase{
          R"("session": "700ms", "early_records": 3, "allowed_lateness": "300ms", "accumulation": "retracting")",
          WindowDefinition::session(700), PaneCase::Mode::retracting},
      PaneCase{
          R"("tumbling": "1s", "early_records": 2, "allowed_lateness": "500ms", "accumulation": "retracting")",
          WindowDefinition::tumbling(1000), PaneCase::Mode::retracting});
  for (const int bound_ms : {0, 300}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    run_panes(asked, bound_ms, book);
    check_panes(asked, book);
  }
}

TEST_CASE("V27: with lateness without end the last panes are the batch answer, whatever the bound") {
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", )" + kForEver, WindowDefinition::tumbling(1000)},
      PaneCase{R"("hopping": { "size": "2s", "slide": "500ms" }, )" + kForEver,
               WindowDefinition::hopping(2000, 500)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "500ms" }, "late_every": "500ms", )" + kForEver,
               WindowDefinition::cumulate(2000, 500)},
      PaneCase{R"("session": "700ms", "accumulation": "retracting", )" + kForEver,
               WindowDefinition::session(700), PaneCase::Mode::retracting});
  for (const int bound_ms : {0, 200, 2000}) {
    CAPTURE(asked.window, bound_ms);
    PaneBook book;
    const analysis::RunResult result = run_panes(asked, bound_ms, book);
    CHECK(result.books[Fate::late_dropped] == 0);
    CHECK(book.late_for_some == 0);
    check_batch(asked, book);
  }
}

TEST_CASE("V27: a crash changes none of it for a reader of an upsert sink") {
  const std::string crash =
      R"j(, "faults": [{ "at": "7s", "do": "process.crash", "target": "process(job-1)", "for": "1s" }])j";
  const PaneCase asked = GENERATE_COPY(
      PaneCase{R"("tumbling": "1s", )" + kForEver, WindowDefinition::tumbling(1000)},
      PaneCase{R"("cumulate": { "size": "2s", "step": "500ms" }, "early_every": "300ms", )" + kForEver,
               WindowDefinition::cumulate(2000, 500)});
  CAPTURE(asked.window);
  PaneBook book;
  const analysis::RunResult result = run_panes(asked, 100, book, crash, "upsert");
  CHECK(result.faults.at(0).runs_struck == 1);
  check_batch(asked, book);
}

}  // namespace wrackline::pipeline

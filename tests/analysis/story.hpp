// One run that has something of everything, for the tests of what is printed: two windows, a retry that was
// stored twice, a replayed row, a loss under acks=0, a late record, a fault that struck and one that did not.
#pragma once

#include <memory>

#include "analysis/recording.hpp"
#include "analysis/run_analysis.hpp"
#include "tests/analysis/script.hpp"

namespace wrackline::analysis::testing {

struct Story {
  RunResult result;
  std::unique_ptr<RunAnalysis> analysis;
  std::unique_ptr<Recording> recording;
};

inline Story tell_story(Guarantee guarantee, Reading reading, std::uint64_t seed = 42) {
  RunAnalysisConfig config;
  config.guarantee = guarantee;
  config.ledger.window = {1000, 1000, 0, 0};
  config.ledger.reading = reading;
  config.ledger.steady_from = at_ms(500);
  Story story;
  story.analysis = std::make_unique<RunAnalysis>(config);
  story.recording = std::make_unique<Recording>(story.analysis->ledger());
  story.analysis->also(*story.recording);
  sim::Observer& o = story.analysis->observer();
  Script script{o};
  o.assigned(0, {}, 0, at_ms(0));
  o.generation(0, 1, at_ms(0));
  for (int i = 0; i < 20; ++i) script.create(100 * i, static_cast<std::uint32_t>(i % 2));
  script.flow(range(0, 9), 2000);
  o.watermark(0, 0, INT64_MIN, 900, at_ms(2100));
  script.commit(events({3}), 2110);  // the retry of a batch whose answer was lost
  script.poll(events({3}), 9, 2120);
  o.told(sim::Told::fire_and_forget, events({19}), at_ms(2150));  // lost: nobody asked
  script.flow(range(9, 19), 2200);
  o.dropped(sim::DropReason::late, 0, events({9}), at_ms(2300));
  o.watermark(0, 0, 900, 1999, at_ms(2400));
  script.show(0, 0, 1000, events({0, 2, 4, 6, 8}), 2500);
  script.show(1, 0, 1000, events({1, 3, 5, 7}), 2500);
  story.analysis->fault_struck(at_ms(2550));
  // Replayed after a crash: the same window again.
  const bool replaces = reading == Reading::upsert;
  script.process(events({0, 2, 4, 6, 8}), 2600);
  script.show(0, 0, 1000, events({0, 2, 4, 6, 8}), 2700, replaces);
  script.show(0, 1000, 2000, events({10, 12, 14, 16, 18}), 3000);
  script.show(1, 1000, 2000, events({11, 13, 15, 17}), 3000);
  o.offset_committed(0, {}, 20, at_ms(3100));

  RunAnalysis::End end;
  end.at = at_ms(4000);
  end.seed = seed;
  end.run_id = "5f1c0de0" + std::to_string(seed);
  end.hash = "00112233445566778899aabbccddeeff";
  story.result = story.analysis->close(end);
  RunResult& result = story.result;
  result.scenario = "payments";
  result.model_version = "0.1.0";
  result.cell = {{"guarantee", std::string{name_of(guarantee)}},
                 {"jobs.totals.watermark", seed % 2 == 0 ? "bounded 200 ms" : "bounded 1 s · Größe"}};
  result.reproduce = "wrackline run payments.jsonc --seed " + std::to_string(seed);
  FaultReport crash;
  crash.id = "kill-consumer";
  crash.action = "process.crash";
  crash.strikes = crash.runs_struck = 1;
  crash.add_strike({seed, 2'550'000'000, 2'600'000'000, "consumer 0 crashed"});
  crash.add_effect("tasks destroyed", 3);
  FaultReport idle;
  idle.id = "cut-the-link";
  idle.action = "network.partition";
  result.faults = {crash, idle};
  result.moments = {{"window.fired", 5}, {"kafka.produce.appended", 3}};
  result.expectations.push_back(
      {"p99(end_to_end) < 1s", "p99(end_to_end) = 2.51 s", seed, Outcome::fail, 1, 1});
  result.expectations.push_back(
      {"lost.acknowledged == 0", "lost.acknowledged = 0", seed, Outcome::pass, 1, 0});
  judge(result);
  return story;
}

}  // namespace wrackline::analysis::testing

// `run`: the campaign, its verdict table on stdout, progress on stderr, and the files that were asked for.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <thread>

#include "analysis/database.hpp"
#include "analysis/junit.hpp"
#include "analysis/recording.hpp"
#include "analysis/result_json.hpp"
#include "analysis/verdict_table.hpp"
#include "cli/commands.hpp"
#include "cli/run_timeline.hpp"
#include "scenarios/diagnostics.hpp"
#include "scenarios/run/campaign.hpp"
#include "scenarios/run/run_one.hpp"
#include "scenarios/run/world.hpp"

namespace wrackline::cli {

namespace {

using analysis::RunResult;

// The one thing that a signal handler may touch.
std::atomic<bool> interrupted{false};  // NOLINT
static_assert(std::atomic<bool>::is_always_lock_free);
void on_interrupt(int) { interrupted = true; }

/// Rate and time left, rewritten in place at most ten times a second. Wall time is read here and nowhere near
/// a result.
class Progress {
 public:
  explicit Progress(const Streams& streams) : streams_{streams} {}
  void show(const scenarios::CampaignProgress& progress) {
    if (!streams_.err_is_terminal || progress.total <= 1) return;
    const auto now = std::chrono::steady_clock::now();
    const bool last = progress.done == progress.total;
    if (!last && now - shown_ < std::chrono::milliseconds{100}) return;
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double rate = static_cast<double>(progress.done) / std::max(seconds, 1e-9);
    const double left = static_cast<double>(progress.total - progress.done) / std::max(rate, 1e-9);
    streams_.err << fmt::format("\r{}/{} runs, {:.1f} runs/s, {:.0f} s left   ", progress.done,
                                progress.total, rate, left);
    if (last) streams_.err << "\r" << std::string(60, ' ') << "\r";
    streams_.err.flush();
  }

 private:
  const Streams& streams_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_{};
};

/// The rows of the table: one per cell and job, merged over the seeds.
class Rows {
 public:
  void add(std::size_t cell, std::vector<RunResult> results) {
    for (std::size_t job = 0; job < results.size(); ++job) {
      auto [at, fresh] = rows_.try_emplace({cell, job}, std::move(results[job]));
      if (!fresh) at->second.merge(results[job]);
    }
  }
  std::vector<RunResult> take() {
    std::vector<RunResult> all;
    for (auto& [key, row] : rows_) all.push_back(std::move(row));
    return all;
  }

 private:
  std::map<std::pair<std::size_t, std::size_t>, RunResult> rows_;
};

/// Before a long campaign; leaves what is there as it is.
bool can_be_written(const std::string& path, const Streams& streams) {
  std::error_code error;
  const bool there = std::filesystem::exists(path, error);
  const bool good = std::ofstream(path, std::ios::binary | std::ios::app).good();
  if (good && !there) std::filesystem::remove(path, error);
  if (!good) streams.err << fmt::format("{}: cannot be written\n", path);
  return good;
}

/// The whole text or nothing.
bool write_file(const std::string& path, const std::string& text, const Streams& streams) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  streams.err << fmt::format("{}: cannot be written\n", path);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) std::filesystem::remove(path, error);
  return false;
}

/// The run that a reader would want to see again: the first that did not pass, else the first; with its hash.
std::string reproduction(const std::vector<RunResult>& rows) {
  if (rows.empty()) return {};
  const RunResult* chosen = &rows.front();
  for (const RunResult& row : rows) {
    if (row.verdict.outcome == analysis::Outcome::pass) continue;
    chosen = &row;
    break;
  }
  const analysis::SeedOutcome* seed = &chosen->seeds.front();
  for (const analysis::SeedOutcome& outcome : chosen->seeds) {
    if (outcome.outcome == analysis::Outcome::pass) continue;
    seed = &outcome;
    break;
  }
  return fmt::format("Reproduce (seed {}, hash {}):\n  {}\n", seed->seed, seed->hash, chosen->reproduce);
}

int exit_code(const std::vector<RunResult>& rows) {
  int code = kPass;
  for (const RunResult& row : rows) {
    if (row.verdict.outcome == analysis::Outcome::fail) return kFail;
    if (row.verdict.outcome == analysis::Outcome::inconclusive) code = kInconclusive;
  }
  return code;
}

/// One run at a time, with all that a person can ask about a run. False: its hash trail is not written.
bool run_recorded(const scenarios::Plan& plan, const scenarios::LoadOptions& load,
                  const RunCommandOptions& outputs, const sim::EventWindow& window, RunTimeline* timeline,
                  Rows& rows, Progress& progress, const Streams& streams) {
  std::unique_ptr<analysis::Database> database;
  if (!outputs.database.empty()) database = std::make_unique<analysis::Database>(outputs.database);
  scenarios::CampaignProgress so_far{0, plan.cells.size() * plan.seeds.size()};
  for (const scenarios::Cell& cell : plan.cells) {
    for (const std::uint64_t seed : plan.seeds) {
      if (interrupted) return true;
      std::vector<std::unique_ptr<analysis::Recording>> recordings;
      sim::HashTrail trail;
      std::vector<sim::EventRecord> records;
      scenarios::RunOptions options;
      options.kernel.record = window;
      options.trail = &trail;
      options.records = &records;
      options.prepare = [&](scenarios::World& world) {
        if (timeline) timeline->attach(world);
        if (database) {
          for (auto& analysis : world.analyses()) {
            recordings.push_back(std::make_unique<analysis::Recording>(analysis->ledger()));
            analysis->also(*recordings.back());
          }
          sim::Simulation& simulation = world.simulation();
          simulation.moments().subscribe_all([&](const sim::Moment& moment) {
            std::string detail;
            for (std::size_t i = 0; i < moment.attributes().size(); ++i) {
              detail += fmt::format("{}{}={}", i == 0 ? "" : " ", moment.def.attributes[i], moment.values[i]);
            }
            for (auto& recording : recordings) {
              recording->moment(moment.at, std::string{moment.def.name},
                                simulation.entity_name(moment.entity), detail);
            }
          });
        }
      };
      if (timeline) {
        options.finish = [&](scenarios::World& world, const std::vector<faults::FaultReport>& faults,
                             const std::vector<RunResult>& closed) {
          timeline->finish(world, faults, closed);
        };
      }
      std::vector<RunResult> results = scenarios::run_one({plan, cell, seed}, options);
      for (RunResult& result : results)
        result.reproduce = scenarios::reproduce_command(plan, cell, seed, load);
      if (database) {
        for (std::size_t i = 0; i < results.size(); ++i) database->write(results[i], recordings[i].get());
      }
      if (!outputs.hash_trail.empty() && !write_file(outputs.hash_trail, trail.save(), streams)) return false;
      for (const sim::EventRecord& record : records) streams.err << sim::to_string(record) << "\n";
      rows.add(cell.index, std::move(results));
      ++so_far.done;
      progress.show(so_far);
    }
  }
  return true;
}

bool parse_window(const std::string& text, sim::EventWindow& window) {
  if (text.empty()) return true;
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const char* const end = text.data() + text.size();
  const bool first = std::from_chars(text.data(), text.data() + dots, window.begin).ptr == text.data() + dots;
  return first && std::from_chars(text.data() + dots + 2, end, window.end).ptr == end &&
         window.begin < window.end;
}

}  // namespace

int run_scenario(const ScenarioOptions& options, const RunCommandOptions& outputs, const Streams& streams) {
  const auto load = load_options(options, streams);
  if (!load) return kUsage;
  sim::EventWindow window;
  if (!parse_window(outputs.record_events, window)) {
    streams.err << fmt::format("--record-events {}: write two event numbers, e.g. 1000..1100\n",
                               outputs.record_events);
    return kUsage;
  }
  analysis::TableOptions table;
  table.phase = outputs.steady ? analysis::Phase::steady : analysis::Phase::all;
  const auto latency = analysis::find_latency(outputs.latency);
  if (!latency) {
    streams.err << fmt::format("--latency {}: there is no such latency; see `wrackline list metrics`\n",
                               outputs.latency);
    return kUsage;
  }
  table.latency = *latency;
  scenarios::Diagnostics diagnostics;
  const auto plan = scenarios::load_plan(options.files.front(), *load, diagnostics);
  streams.err << scenarios::to_text(diagnostics);
  if (!plan) return kBadInput;
  const bool of_one_run =
      !outputs.hash_trail.empty() || !outputs.record_events.empty() || !outputs.trace.empty();
  const bool recorded = of_one_run || !outputs.database.empty();
  const std::size_t runs = plan->cells.size() * plan->seeds.size();
  if (of_one_run && runs != 1) {
    streams.err << fmt::format(
        "--trace, --hash-trail and --record-events are about one run, and this plan has {}: choose it with "
        "--set and --seed\n",
        runs);
    return kUsage;
  }

  for (const std::string& path : {outputs.junit, outputs.hash_trail}) {
    if (!path.empty() && !can_be_written(path, streams)) return kBadInput;
  }
  std::unique_ptr<RunTimeline> timeline;
  if (!outputs.trace.empty()) {
    timeline = std::make_unique<RunTimeline>(outputs.trace, outputs.trace_records);
    if (!timeline->good()) {
      streams.err << fmt::format("{}: cannot be written\n", outputs.trace);
      return kBadInput;
    }
  }
  interrupted = false;
  auto* const previous = std::signal(SIGINT, on_interrupt);
  Rows rows;
  Progress progress{streams};
  try {
    if (recorded) {
      if (!run_recorded(*plan, *load, outputs, window, timeline.get(), rows, progress, streams)) {
        std::signal(SIGINT, previous);
        return kInternal;
      }
    } else {
      scenarios::CampaignOptions campaign;
      campaign.threads = outputs.jobs > 0 ? outputs.jobs : std::max(1U, std::thread::hardware_concurrency());
      campaign.stop = &interrupted;
      campaign.progress = [&](const scenarios::CampaignProgress& so_far) { progress.show(so_far); };
      scenarios::run_campaign(*plan, campaign, scenarios::run_one,
                              [&](const scenarios::RunTask& task, std::vector<RunResult> results) {
                                for (RunResult& result : results) {
                                  result.reproduce =
                                      scenarios::reproduce_command(*plan, task.cell, task.seed, *load);
                                }
                                rows.add(task.cell.index, std::move(results));
                                return true;
                              });
    }
  } catch (const scenarios::BadScenario& bad) {
    diagnostics.report("WL1501", bad.at, bad.message);
    streams.err << scenarios::to_text(diagnostics);
    std::signal(SIGINT, previous);
    return kBadInput;
  } catch (const analysis::DatabaseError& error) {
    streams.err << fmt::format("{}: {}\n", outputs.database, error.what());
    std::signal(SIGINT, previous);
    return kBadInput;
  }
  std::signal(SIGINT, previous);

  const std::vector<RunResult> results = rows.take();
  if (options.json) {
    streams.out << analysis::to_json_text(results);
  } else if (!options.quiet) {
    streams.out << analysis::verdict_table(results, table) << reproduction(results);
  }
  if (timeline && !timeline->good()) {
    streams.err << fmt::format("{}: cannot be written to its end\n", outputs.trace);
    return kInternal;
  }
  if (!outputs.junit.empty() && !write_file(outputs.junit, analysis::to_junit(results), streams))
    return kInternal;
  if (interrupted) {
    streams.err << "interrupted: the table holds the runs that had ended\n";
    return kInterrupted;
  }
  return exit_code(results);
}

}  // namespace wrackline::cli

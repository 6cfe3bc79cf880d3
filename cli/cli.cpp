#include "cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>

#include "cli/commands.hpp"
#include "cli/trace_arguments.hpp"
#include "scenarios/plan.hpp"

namespace wrackline::cli {

namespace {

/// A value that is only there to be used: an empty one is a variable of the shell that was not set.
CLI::Validator not_empty() {
  return {[](const std::string& value) { return value.empty() ? std::string{"is empty"} : std::string{}; },
          ""};
}

void add_scenario_options(CLI::App& command, ScenarioOptions& options, bool many_files) {
  auto* const file = command.add_option("file", options.files, "Scenario file");
  file->required();
  if (!many_files) file->expected(1);
  command
      .add_option("--set", options.sets, "Set a field: path=value; on the path of an axis, keep that value")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--sweep", options.sweeps, "Add an axis: path=value,value,...")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--seed,--seeds", options.seeds, "Seeds instead of the scenario's: 7, 1..1000 or 3,5,8")
      ->check(not_empty());
  command.add_option("--readable", options.readable, "A further directory that the scenario may read")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--json", options.json, "JSON on stdout");
  command.add_flag("-q,--quiet", options.quiet, "Nothing on stdout but JSON that was asked for");
}

/// What the commands over a trace's windows have in common.
template <class Options>
void add_window_options(CLI::App& command, Options& options) {
  command.add_option("--lateness", options.lateness, "Allowed lateness of the windows [0s]");
  command
      .add_option(
          "--aggregate", options.aggregates,
          "What a window computes: count, sum, min, max, mean, distinct, quantile, or one of the sketches "
          "distinct_sketch, quantile_sketch, quantile_t_digest; several with commas [count]")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--quantile", options.quantile, "Which one, of the aggregates that are quantiles: 0.99");
  command.add_option("--max-future", options.max_future_skew,
                     "Reject records further ahead of their arrival");
  command.add_option("--max-age", options.max_age, "Reject records that are older when they arrive");
  command.add_flag("--per-key", options.per_key, "A watermark for each key, combined by the minimum");
  command.add_option("-j,--jobs", options.jobs, "Threads [1]")->check(CLI::Range(1, 1024));
  command.add_flag("--json", options.json, "JSON on stdout");
}

std::vector<CommandWords> words_of(const CLI::App& app) {
  std::vector<CommandWords> all;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}};
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) words.options.push_back("--" + name);
    }
    all.push_back(std::move(words));
  }
  return all;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Parts& parts, const Streams& streams) {
  CLI::App app(
      "What gets lost, duplicated, dropped as late, and how long results take: a deterministic simulator of "
      "streaming pipelines.",
      "wrackline");
  app.set_version_flag("--version", std::string(scenarios::kModelVersion));
  app.require_subcommand(1);
  std::function<int()> command;

  ScenarioOptions scenario;
  RunCommandOptions outputs;
  CLI::App* const running = app.add_subcommand("run", "Run a scenario and print its verdict table");
  add_scenario_options(*running, scenario, false);
  running->add_option("-j,--jobs", outputs.jobs, "Runs at a time; default: one per processor")
      ->check(CLI::Range(1, 1024));
  running->add_option("--db", outputs.database, "Write events, deliveries, windows, faults to a SQLite file")
      ->check(not_empty());
  running->add_option("--junit", outputs.junit, "Write JUnit XML")->check(not_empty());
  running
      ->add_option("--hash-trail", outputs.hash_trail, "Write the hash trail of a single run, for diff-hash")
      ->check(not_empty());
  running
      ->add_option("--record-events", outputs.record_events,
                   "Print the events a..b of a single run to stderr, with the moments in them")
      ->check(not_empty());
  running
      ->add_option("--trace", outputs.trace,
                   "Write a timeline of a single run, for ui.perfetto.dev (docs/timeline.md)")
      ->check(not_empty());
  running
      ->add_option("--trace-records", outputs.trace_records,
                   "How many records of each job the timeline follows; default: 100")
      ->check(CLI::Range(0, 1'000'000));
  running->add_option("--latency", outputs.latency, "Which latency the table shows");
  running->add_flag("--steady", outputs.steady, "The table shows the part after the warm-up");
  running->callback([&] { command = [&] { return run_scenario(scenario, outputs, streams); }; });

  CLI::App* const validating =
      app.add_subcommand("validate", "Say what is wrong with scenario files, without running them");
  add_scenario_options(*validating, scenario, true);
  validating->callback([&] { command = [&] { return validate(scenario, streams); }; });

  CLI::App* const planning = app.add_subcommand("plan", "Print the runs that a scenario expands to");
  add_scenario_options(*planning, scenario, false);
  planning->callback([&] { command = [&] { return plan(scenario, streams); }; });

  std::vector<std::string> topics;
  CLI::App* const explaining = app.add_subcommand(
      "explain", "Explain a diagnostic, property, fault, moment, metric, guarantee or field");
  explaining->add_option("topic", topics, "e.g. WL1203, linger.ms, at_least_once, sources.*.delay")
      ->required();
  explaining->callback([&] { command = [&] { return explain(topics, streams); }; });

  std::string subject;
  std::string directory = "scenarios";
  bool json = false;
  CLI::App* const listing = app.add_subcommand("list", "List what there is");
  listing->add_option("what", subject, "What to list")->required()->check(CLI::IsMember(list_subjects()));
  listing->add_option("--dir", directory, "Where `list scenarios` looks");
  listing->add_flag("--json", json, "JSON on stdout");
  listing->callback([&] { command = [&] { return list(subject, directory, json, streams); }; });

  std::string path;
  CLI::App* const creating = app.add_subcommand("new", "Write a commented scenario to start from");
  creating->add_option("path", path, "File to create")->required();
  creating->callback([&] { command = [&] { return new_scenario(path, streams); }; });

  CLI::App* const describing = app.add_subcommand("schema", "Print the JSON Schema of scenario files");
  describing->callback([&] { command = [&] { return schema(streams); }; });

  std::string shell;
  CLI::App* const completing = app.add_subcommand("completion", "Print the completion script of a shell");
  completing->add_option("shell", shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completing->callback([&] { command = [&] { return completion(shell, words_of(app), streams); }; });

  ConformOptions conform;
  if (!parts.kinds.empty()) {
    CLI::App* const conforming =
        app.add_subcommand("conform", "Replay cases recorded from the real engines against the models");
    conforming->add_option("file", conform.files, "JSON lines, plain or .gz")->required();
    conforming->add_flag("--json", conform.json, "JSON on stdout");
    conforming->add_option("--show", conform.shown, "Differing cases to show for each kind")
        ->check(CLI::Range(0, 1'000'000));
    conforming->callback([&] { command = [&] { return conform_files(conform, parts, streams); }; });
  }

  FitCommandOptions fit;
  CLI::App* const fitting = app.add_subcommand(
      "fit", "Say how late a recorded trace is, which law describes it and which clocks err");
  fitting->add_option("trace", fit.file, "CSV: key,event_time_ms,arrival_time_ms and perhaps value; or .gz")
      ->required();
  fitting->add_option("--by", fit.by, "A table of the sources too")->check(CLI::IsMember({"key"}));
  fitting->add_option("--without", fit.without, "Leave out the rows of this source; may be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  fitting->add_flag("--json", fit.json, "JSON on stdout");
  add_trace_options(*fitting, fit.read);
  fitting->callback([&] { command = [&] { return fit_trace(fit, streams); }; });

  ReplayCommandOptions replay;
  CLI::App* const replaying = app.add_subcommand(
      "replay",
      "Replay a recorded trace under watermarks and windows: what is late, dropped, complete, and when");
  replaying
      ->add_option("trace", replay.file, "CSV: key,event_time_ms,arrival_time_ms and perhaps value; or .gz")
      ->required();
  replaying
      ->add_option("--watermark", replay.watermarks,
                   "bounded=200ms, sliding_quantile=0.99,interval=0, ...; again for more")
      ->required()
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  replaying->add_option(
      "--window", replay.window,
      "tumbling=SIZE, hopping=SIZE/SLIDE, cumulate=SIZE/STEP, session=GAP, sliding=DIFFERENCE, "
      "count=RECORDS[/EVERY] or global [tumbling=5s]");
  replaying->add_option("--early", replay.early, "An early pane so often");
  replaying
      ->add_option("--early-records", replay.early_records, "Of global windows: a pane for so many records")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  replaying
      ->add_option("--accumulation", replay.accumulation,
                   "Of global windows: what a pane makes of the one before it [accumulating]")
      ->check(CLI::IsMember({"accumulating", "discarding", "retracting"}));
  replaying->add_option("--phase", replay.phase, "When timers first fire after the first arrival");
  replaying->add_option("--rows", replay.rows, "Print the first panes")->check(CLI::Range(0, 1'000'000));
  add_window_options(*replaying, replay);
  add_trace_options(*replaying, replay.read);
  replaying->callback([&] { command = [&] { return replay_trace(replay, streams); }; });

  TuneCommandOptions tune;
  CLI::App* const tuning = app.add_subcommand(
      "tune", "Choose a watermark for a recorded trace: all strategies, judged on held-out data");
  tuning->add_option("trace", tune.file, "CSV: key,event_time_ms,arrival_time_ms and perhaps value; or .gz")
      ->required();
  tuning->add_option("--window", tune.window, "5s (tumbling), or as replay takes it")->required();
  tuning->add_option("--late-rate", tune.late_rate, "The largest share of records that may be dropped [1%]");
  tuning->add_option("--p99", tune.p99, "The largest P99 of the time from a window's end to its result");
  tuning->add_option("--holdout", tune.holdout, "The share of the records that judges [0.5]");
  tuning->add_option("--level", tune.level, "Of the interval, two-sided [0.95]");
  tuning->add_option("--interval", tune.interval, "Of watermark emission; 0: after every record [200ms]");
  tuning->add_option("--strategy", tune.strategies, "Only this one; again for more")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  tuning->add_flag("--all", tune.all, "Show every configuration, not only the Pareto front");
  add_window_options(*tuning, tune);
  add_trace_options(*tuning, tune.read);
  tuning->callback([&] { command = [&] { return tune_trace(tune, streams); }; });

  std::string first;
  std::string second;
  CLI::App* const comparing = app.add_subcommand("diff-hash", "Find where the hash trails of two runs part");
  comparing->add_option("first", first, "A trail")->required();
  comparing->add_option("second", second, "Another trail")->required();
  comparing->callback([&] { command = [&] { return diff_hash(first, second, streams); }; });

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, streams.out, streams.err);
    return code == 0 ? kPass : kUsage;
  }
  return command();
}

}  // namespace wrackline::cli

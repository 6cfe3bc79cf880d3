#include "scenarios/run/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/processor/moments.hpp"
#include "engine/sink/moments.hpp"
#include "engine/sink/topic_writer.hpp"
#include "engine/workload/trace_source.hpp"
#include "scenarios/job_joins.hpp"
#include "scenarios/job_windows.hpp"
#include "scenarios/run/convert.hpp"
#include "scenarios/translate.hpp"
#include "sim/lever.hpp"
#include "sim/selector.hpp"
#include "sim/stuck.hpp"

namespace wrackline::scenarios {

namespace {

constexpr unsigned kProducerCores = 4;
constexpr unsigned kSinkCores = 8;

std::int64_t whole_ms(Duration d) { return std::chrono::floor<std::chrono::milliseconds>(d).count(); }

}  // namespace

World::World(const ScenarioSpec& spec, std::uint64_t seed, const sim::SimulationOptions& kernel)
    : spec_{spec}, simulation_{[&] {
        sim::SimulationOptions options = kernel;
        options.seed = seed;
        return options;
      }()} {
  build_network();
  build_cluster();
  build_sources(seed);
  build_sinks();
  build_jobs();
  build_analyses();
  add_roles();
  add_levers();
}

World::~World() = default;

std::string World::zone(std::size_t i) const {
  return spec_.kafka.zones.empty() ? std::string{} : spec_.kafka.zones[i % spec_.kafka.zones.size()];
}

void World::build_network() {
  sim::NetworkOptions options;
  options.same_zone = distribution_of(spec_.kafka.network.latency);
  options.cross_zone = spec_.kafka.network.zone_latency ? distribution_of(*spec_.kafka.network.zone_latency)
                                                        : options.same_zone;
  options.bytes_per_second = spec_.kafka.network.bytes_per_second;
  network_ = std::make_unique<sim::Network>(simulation_, options);
}

void World::build_cluster() {
  cluster_ = std::make_unique<kafka::Cluster>(simulation_, *network_, observers_, to_cluster(spec_.kafka));
  simulation_.moments().declare(processor::moments::kAll);
  simulation_.moments().declare(sink::moments::kAll);
  for (const FaultSpec& fault : spec_.faults) {
    if (fault.action.starts_with("node.") || fault.action.starts_with("zone.")) cluster_->expect_power_loss();
  }
  forget_next_.assign(cluster_->layout().partition_count(), 0);
}

void World::build_sources(std::uint64_t seed) {
  std::uint16_t index = 0;
  std::uint32_t number = 0;
  const JoinedTraces joined = joined_traces();
  for (const SourceSpec& source : spec_.sources) {
    auto& group = by_source_.emplace_back(source.name, std::vector<ProducerApp*>{});
    const std::int32_t producers = source.trace ? 1 : source.producers;
    sim::Stream clocks{seed, source.name, "clock offset"};
    for (std::int32_t i = 0; i < producers; ++i) {
      const std::string name = fmt::format("{}-{}", source.name, i + 1);
      const std::int64_t offset_ns = source.clock.offset.kind == LawKind::kConstant
                                         ? source.clock.offset.a.count()
                                         : distribution_of(source.clock.offset).sample_int(clocks);
      std::unique_ptr<workload::RecordSource> made;
      double bytes_per_second = 0;
      if (source.trace) {
        workload::TraceOptions options;
        options.name = name;
        options.index = index;
        options.size_bytes = static_cast<std::uint32_t>(source.record_bytes);
        options.read = source.trace_options;
        options.time_scale = {1'000'000, static_cast<std::uint64_t>(source.trace_speed * 1e6)};
        const std::size_t at = by_source_.size() - 1;
        if (joined.keys != nullptr && joined.first_arrival_ms[at] >= 0) {
          // Their distance on the recorded axis stays.
          const auto later_ms = static_cast<double>(joined.first_arrival_ms[at] - joined.earliest_ms);
          options.keys = joined.keys;
          options.start = sim::kStart +
                          std::chrono::milliseconds{static_cast<std::int64_t>(later_ms / source.trace_speed)};
        }
        made = std::make_unique<workload::TraceSource>(options,
                                                       workload::TraceSource::from_file(*source.trace), seed);
        bytes_per_second = 1e7;
      } else {
        workload::SourceOptions options;
        options.name = name;
        options.index = index;
        options.arrivals = arrival_law_of(source, producers);
        options.keys = key_law_of(source.keys);
        options.delay = delay_law_of(source.delay);
        options.size_bytes = sim::Distribution::constant(static_cast<double>(source.record_bytes));
        options.clock_offset = Duration{offset_ns};
        options.clock_drift_ppb = static_cast<std::int64_t>(source.clock.drift_ppm * 1000);
        options.clock_changes = clock_changes_of(source.clock);
        if (source.reported_again) {
          options.reported_again = sim::Ratio::nearest(source.reported_again->share);
          options.again_after = distribution_of(source.reported_again->after);
        }
        options.end = sim::kStart + spec_.duration;
        bytes_per_second = options.arrivals.records_per_second * 4 * static_cast<double>(source.record_bytes);
        made = std::make_unique<workload::Source>(options, seed);
      }
      job_world_.sources.push_back(made.get());
      sim::Node& node = simulation_.add_node(name, zone(number), kProducerCores);
      ProducerAppOptions options;
      options.producer = to_producer_options(source.config, spec_.kafka.config);
      options.producer.number = number;
      options.producer.topic = cluster_->layout().topic_id(source.topic);
      options.producer.keyed = source.trace || source.keys.kind != Keys::kNone;
      options.replays = source.replays;
      options.peak_bytes_per_second = static_cast<std::int64_t>(bytes_per_second) + 1;
      producers_.push_back(std::make_unique<ProducerApp>(cluster_->context(), node.add_process(name), options,
                                                         std::move(made)));
      group.second.push_back(producers_.back().get());
      ++index;
      ++number;
    }
  }
}

void World::build_sinks() {
  for (const SinkSpec& spec : spec_.sinks) {
    const auto number = static_cast<std::uint32_t>(sinks_.size());
    Sink& made = sinks_.emplace_back();
    if (spec.kind == SinkKind::kTopic) {
      const kafka::TopicId topic = cluster_->layout().topic_id(spec.topic);
      made.topic = std::make_unique<sink::TopicSink>(observers_, number, static_cast<std::uint16_t>(topic));
      observers_.add(*made.topic);
      const kafka::TopicLayout& about = cluster_->layout().topics()[static_cast<std::size_t>(topic)];
      for (std::int32_t p = 0; spec.read_committed && p < about.partitions; ++p) {
        cluster_->context().truth.read_committed(about.first + static_cast<kafka::PartitionId>(p));
      }
      continue;
    }
    sim::Node& node = simulation_.add_node(spec.name, zone(0), kSinkCores);
    const auto kind = spec.kind == SinkKind::kUpsert ? sink::StoreKind::upsert : sink::StoreKind::append;
    made.store = std::make_unique<sink::SinkServer>(*network_, node.add_process(spec.name), observers_,
                                                    number, kind, distribution_of(spec.latency));
  }
}

sink::WriterFactory World::writer_of(const SinkSpec& spec, const Sink& sink) {
  if (sink.store) {
    return [this, store = &sink.store->process()](sim::Process& process, std::uint32_t number) {
      return std::make_unique<sink::SinkClient>(*network_, process, *store, number);
    };
  }
  kafka::ProducerActorOptions producer = to_producer_options(spec.config, spec_.kafka.config);
  producer.topic = sink.topic->topic();
  producer.jitter_purpose = "sink reconnect.backoff";
  return [this, topic = sink.topic.get(), producer](sim::Process& process, std::uint32_t number) {
    kafka::ProducerActorOptions own = producer;
    own.number = static_cast<std::uint32_t>(producers_.size()) + number;
    return std::make_unique<sink::TopicWriter>(cluster_->context(), process, *topic, own, number);
  };
}

void World::build_jobs() {
  std::uint32_t instance = 0;
  for (const JobSpec& spec : spec_.jobs) {
    auto job = std::make_unique<Job>();
    job->spec = &spec;
    job->number = static_cast<std::uint32_t>(jobs_.size());
    for (const std::string& topic : spec.from) job->topics.push_back(cluster_->layout().topic_id(topic));
    if (spec.join) job->topics.push_back(cluster_->layout().topic_id(spec.join->with));
    std::sort(job->topics.begin(), job->topics.end());
    const auto to = std::find_if(spec_.sinks.begin(), spec_.sinks.end(),
                                 [&](const SinkSpec& s) { return s.name == spec.to; });
    job->sink = static_cast<std::uint32_t>(to - spec_.sinks.begin());
    cluster_->context().jobs_by_group[spec.group] = job->number;
    const event_time::strategy::Options& together = spec.watermark.options;
    if (together.max_drift_ms >= 0) {
      job->alignment =
          std::make_unique<event_time::AlignmentGroup>(together.max_drift_ms, together.align_interval_ms);
    }
    if (together.propagation == event_time::strategy::Propagation::out_of_band)
      job->aggregator = std::make_unique<event_time::WatermarkAggregator>(together.poll_ms);
    for (std::int32_t i = 0; i < spec.parallelism; ++i) {
      const std::string name = fmt::format("{}-{}", spec.name, i + 1);
      sim::Node& node =
          simulation_.add_node(name, zone(static_cast<std::size_t>(i)), static_cast<unsigned>(spec.cores));
      processor::ConsumerLoopOptions options;
      options.job = job->number;
      options.instance = instance++;
      options.consumer = to_consumer_config(spec, name);
      options.fetch = to_fetch_settings(spec.config);
      options.topics = job->topics;
      options.commit = to_commit_mode(spec.commit);
      options.commit_timeout_ms = spec.config.get_int("default.api.timeout.ms");
      options.watermark = to_watermark(spec.watermark);
      options.alignment = job->alignment.get();
      options.align_interval_ms = together.align_interval_ms;
      options.aggregator = job->aggregator.get();
      options.panes = panes_of(spec);
      if (spec.join) {
        options.join = processor::JoinOptions{
            join_of(spec), cluster_->layout().topic_id(spec.join->with),
            to_watermark(spec.join->with_watermark.value_or(spec.watermark)), &job->committed_joins};
      } else if (spec.window.kind != Windows::kNone && !options.panes) {
        options.window = event_time::WindowAssigner::hopping(
            whole_ms(spec.window.size),
            whole_ms(spec.window.kind == Windows::kTumbling ? spec.window.size : spec.window.slide),
            whole_ms(spec.window.offset));
        options.allowed_lateness_ms = whole_ms(spec.window.allowed_lateness);
      }
      options.guard = to_guard(spec.guard);
      options.aggregation = to_aggregation(spec.aggregate);
      options.cost_per_record = distribution_of(spec.cost_per_record);
      options.cost_per_poll = spec.cost_per_poll;
      options.restart_delay = spec.restart_delay;
      job->instances.push_back(std::make_unique<processor::ConsumerLoop>(
          cluster_->context(), node.add_process(name), options, job_world_, job->committed,
          writer_of(*to, sinks_[job->sink])));
    }
    jobs_.push_back(std::move(job));
  }
}

std::shared_ptr<const analysis::JoinShape> World::join_shape_of(const JobSpec& spec) const {
  const auto right = static_cast<std::uint16_t>(cluster_->layout().topic_id(spec.join->with));
  std::vector<std::uint16_t> right_sources;
  std::uint16_t number = 0;
  for (const SourceSpec& source : spec_.sources) {
    for (std::int32_t i = 0; i < (source.trace ? 1 : source.producers); ++i, ++number)
      if (source.topic == spec.join->with) right_sources.push_back(number);
  }
  return std::make_shared<const analysis::JoinShape>(
      join_of(spec), std::move(right_sources), std::vector<std::uint16_t>{right},
      [this](sim::EventId id) { return job_world_.sources[id.source()]->value_of(id); });
}

/// The numbers of the sources that the job reads: producer by producer, as build_sources() made them.
std::vector<std::uint16_t> World::sources_of(const Job& job) const {
  std::vector<std::uint16_t> numbers;
  std::uint16_t number = 0;
  for (const SourceSpec& source : spec_.sources) {
    const kafka::TopicId topic = cluster_->layout().topic_id(source.topic);
    const bool feeds = std::find(job.topics.begin(), job.topics.end(), topic) != job.topics.end();
    for (std::int32_t i = 0; i < (source.trace ? 1 : source.producers); ++i, ++number) {
      if (feeds) numbers.push_back(number);
    }
  }
  return numbers;
}

void World::build_analyses() {
  for (const auto& job : jobs_) {
    const JobSpec& spec = *job->spec;
    analysis::RunAnalysisConfig config;
    config.ledger.job = job->number;
    config.ledger.sink = job->sink;
    const auto panes = panes_of(spec);
    if (panes) {
      config.ledger.window.free = std::make_shared<const analysis::FreeWindows>(
          panes->windows, panes->aggregate, panes->panes,
          [this](sim::EventId id) { return job_world_.sources[id.source()]->value_of(id); });
      config.ledger.window.allowed_lateness_ms = panes->panes.allowed_lateness_ms;
    } else if (spec.join) {
      config.ledger.window.join = join_shape_of(spec);
    } else if (spec.window.kind != Windows::kNone) {
      config.ledger.window.size_ms = whole_ms(spec.window.size);
      config.ledger.window.slide_ms =
          whole_ms(spec.window.kind == Windows::kTumbling ? spec.window.size : spec.window.slide);
      config.ledger.window.offset_ms = whole_ms(spec.window.offset);
      config.ledger.window.allowed_lateness_ms = whole_ms(spec.window.allowed_lateness);
    }
    const bool panes_replace =
        panes ? panes->panes.several() &&
                    panes->panes.accumulation != event_time::window::PanePolicy::Accumulation::discarding
              : config.ledger.window.allowed_lateness_ms > 0;
    config.ledger.reading = spec_.sinks[job->sink].kind == SinkKind::kUpsert ? analysis::Reading::upsert
                            : panes_replace                                  ? analysis::Reading::latest_pane
                                                                             : analysis::Reading::every_row;
    config.ledger.start_ms = sim::kWallEpochMs;
    config.ledger.steady_from = sim::kStart + spec_.warmup;
    config.ledger.steady_until = sim::kStart + spec_.duration;
    for (const kafka::TopicId topic : job->topics)
      config.ledger.topics.push_back(static_cast<std::uint16_t>(topic));
    for (const auto& instance : job->instances) config.ledger.consumers.push_back(instance->instance());
    config.ledger.sources = sources_of(*job);
    if (!spec_.guarantee.empty()) {
      config.guarantee = analysis::find_guarantee(spec_.guarantee).value_or(analysis::Guarantee::none);
    }
    config.watermark_bound_ms = whole_ms(spec.watermark.bounded);
    double per_second = 0;
    for (const SourceSpec& source : spec_.sources) {
      per_second +=
          static_cast<double>(source.rate.count) * 1e9 / static_cast<double>(source.rate.per.count());
    }
    // A look-up per record is worth it in runs that a person would read; in the large ones it is most of the
    // cost.
    config.send_order = per_second * std::chrono::duration<double>(spec_.duration).count() < 1e6;
    analyses_.push_back(std::make_unique<analysis::RunAnalysis>(std::move(config)));
    observers_.add(analyses_.back()->observer());
  }
}

void World::start() {
  cluster_->start();
  for (auto& sink : sinks_) {
    sink::SinkServer* const self = sink.store.get();
    if (self == nullptr) continue;
    self->process().start([self](sim::Process& process) { return self->run(process); });
  }
  for (auto& producer : producers_) {
    ProducerApp* const self = producer.get();
    self->process().start([self](sim::Process& process) { return self->run(process); });
    self->process().on_stop([self](sim::Process& process) { return self->stop(process); });
  }
  for (auto& job : jobs_) {
    for (auto& instance : job->instances) {
      processor::ConsumerLoop* const self = instance.get();
      self->process().start([self](sim::Process& process) { return self->run(process); });
      self->process().on_stop([self](sim::Process& process) { return self->stop(process); });
    }
  }
}

std::vector<sim::Disk*> World::disks() {
  std::vector<sim::Disk*> all;
  for (std::size_t i = 0; i < cluster_->broker_count(); ++i) all.push_back(&cluster_->broker(i).disk());
  return all;
}

void World::add_roles() {
  sim::SelectorRegistry& selectors = simulation_.selectors();
  const auto add = [&](std::string name, std::string meaning, std::vector<sim::Process*> processes) {
    if (selectors.roles().contains(name)) return;
    selectors.add_role(std::move(name), {}, std::move(meaning), [processes](std::span<const std::string>) {
      std::vector<sim::Target> targets;
      for (sim::Process* const process : processes) targets.push_back(sim::target_of(*process));
      return targets;
    });
  };
  std::vector<sim::Process*> brokers;
  std::vector<sim::Process*> producers;
  std::vector<sim::Process*> consumers;
  std::vector<sim::Process*> sinks;
  for (std::size_t i = 0; i < cluster_->broker_count(); ++i)
    brokers.push_back(&cluster_->broker(i).process());
  for (auto& [name, apps] : by_source_) {
    std::vector<sim::Process*> own;
    for (ProducerApp* const app : apps) own.push_back(&app->process());
    producers.insert(producers.end(), own.begin(), own.end());
    add(name, "every producer of this source", own);
  }
  for (auto& job : jobs_) {
    std::vector<sim::Process*> own;
    for (auto& instance : job->instances) own.push_back(&instance->process());
    consumers.insert(consumers.end(), own.begin(), own.end());
    add(job->spec->name, "every instance of this job", own);
  }
  for (auto& sink : sinks_) {
    if (sink.store) sinks.push_back(&sink.store->process());
  }
  add("brokers", "every broker", brokers);
  add("producers", "every producer", producers);
  add("producer", "every producer", producers);
  add("consumers", "every consumer", consumers);
  add("consumer", "every consumer", consumers);
  add("sinks", "every sink", sinks);
  for (sim::Process* const process : simulation_.processes()) add(process->name(), "this process", {process});
}

void World::add_levers() {
  using sim::LeverOutcome;
  const auto with_source = [this](auto&& act) {
    return [this, act](std::span<const std::string> arguments) {
      for (auto& [name, apps] : by_source_) {
        if (name != arguments[0]) continue;
        for (ProducerApp* const app : apps) act(*app, arguments);
        return LeverOutcome::acted(fmt::format("source {}: {} producers", name, apps.size()));
      }
      return LeverOutcome::bad_argument(fmt::format("there is no source '{}'", arguments[0]));
    };
  };
  const auto integer = [](const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const auto number = [](const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  sim::LeverRegistry& levers = simulation_.levers();
  levers.add({"source.burst",
              {"source", "factor", "ns"},
              "the source emits faster for a while",
              with_source([this, number, integer](ProducerApp& app, std::span<const std::string> arguments) {
                app.source().set_rate_factor(simulation_.now(), number(arguments[1]));
                app.calm_down_after(Duration{integer(arguments[2])});
                app.wake();
              })});
  levers.add({"source.poison",
              {"source", "count"},
              "the next records can not be processed",
              with_source([this, integer](ProducerApp& app, std::span<const std::string> arguments) {
                app.source().poison_next(simulation_.now(),
                                         static_cast<std::uint64_t>(integer(arguments[1])));
              })});
  levers.add({"source.report_again",
              {"source", "share", "ns"},
              "the source reports a share of its events twice for a while",
              [this, integer](std::span<const std::string> arguments) {
                const sim::Time now = simulation_.now();
                const auto slash = arguments[1].find('/');
                const sim::Ratio share{
                    static_cast<std::uint64_t>(integer(arguments[1].substr(0, slash))),
                    slash == std::string::npos
                        ? 1U
                        : static_cast<std::uint64_t>(integer(arguments[1].substr(slash + 1)))};
                for (auto& [name, apps] : by_source_) {
                  if (name != arguments[0]) continue;
                  std::size_t able = 0;
                  for (ProducerApp* const app : apps)
                    able += app->source().report_again(now, now + Duration{integer(arguments[2])}, share);
                  if (able == 0) return LeverOutcome::no_effect("a recorded trace holds what it holds");
                  return LeverOutcome::acted(fmt::format("source {}: {} producers", name, able));
                }
                return LeverOutcome::bad_argument(fmt::format("there is no source '{}'", arguments[0]));
              }});
  levers.add({"source.stall_replay",
              {"source", "ns"},
              "the source falls silent, then sends what it held back",
              with_source([this, integer](ProducerApp& app, std::span<const std::string> arguments) {
                app.source().stall(simulation_.now(), simulation_.now() + Duration{integer(arguments[1])}, 0);
                app.wake();
              })});
}

}  // namespace wrackline::scenarios

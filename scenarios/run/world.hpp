// Everything of one run, built from one cell of the matrix and one seed: the kernel, the network, the
// cluster, producers with their sources, consumers, sinks, and those who watch.
//
// Node and process names, by which faults select: broker-1 …, controller, <source>-1 …, <job>-1 …, <sink>.
// Each is a role of its own, and so are: brokers, producers, consumers, sinks, and each source's and job's
// name for all of its processes. Levers: source.burst(source, factor, ns), source.poison(source, count),
// source.stall_replay(source, ns),
// source.report_again(source, share, ns).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/run_analysis.hpp"
#include "analysis/timeline/timeline_world.hpp"
#include "engine/kafka/cluster.hpp"
#include "engine/processor/consumer_loop.hpp"
#include "engine/producer_app.hpp"
#include "engine/sink/sink_server.hpp"
#include "engine/sink/topic_sink.hpp"
#include "engine/workload/trace_columns.hpp"
#include "scenarios/scenario.hpp"

namespace wrackline::scenarios {

class World {
 public:
  World(const ScenarioSpec& spec, std::uint64_t seed, const sim::SimulationOptions& kernel);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  void start();
  sim::Simulation& simulation() { return simulation_; }
  sim::Network& network() { return *network_; }
  kafka::Cluster& cluster() { return *cluster_; }
  std::vector<sim::Disk*> disks();
  std::vector<std::unique_ptr<analysis::RunAnalysis>>& analyses() { return analyses_; }

  /// Outside of any event: gives memory back that no reader can ask for, tells the ledgers what is final.
  void housekeeping();
  /// No source will make or deliver anything any more, and every producer has its answers.
  bool sources_drained() const;
  /// Consumers have processed everything that the log shows.
  bool consumers_caught_up();
  /// Lets every open window close.
  void end_of_input();
  bool results_out();
  /// What is still held by something alive, told to the ledgers.
  void hold_the_rest();
  /// What the watermark strategies of a job went through, all its instances together.
  event_time::strategy::Counters watermark_counters(std::size_t job) const;
  /// The names that a timeline of this run shows.
  analysis::TimelineWorld timeline_world() const;
  /// Why the run does not drain, for the `stuck` anomaly.
  std::string waits_for();

 private:
  struct Job {
    const JobSpec* spec = nullptr;
    std::vector<kafka::TopicId> topics;
    std::vector<std::unique_ptr<processor::ConsumerLoop>> instances;
    processor::CommittedPanes committed;
    processor::CommittedJoins committed_joins;
    std::unique_ptr<event_time::AlignmentGroup> alignment;        ///< of its instances, if they are aligned
    std::unique_ptr<event_time::WatermarkAggregator> aggregator;  ///< if watermarks travel out of band
    std::uint32_t number = 0;
    std::uint32_t sink = 0;
  };

  /// One of the two.
  struct Sink {
    std::unique_ptr<sink::SinkServer> store;
    std::unique_ptr<sink::TopicSink> topic;
  };

  void build_network();
  void build_cluster();
  /// What the traces that a job joins have in common.
  struct JoinedTraces {
    std::shared_ptr<workload::TraceKeys> keys;   ///< one number for one name; null: nothing is joined
    std::vector<std::int64_t> first_arrival_ms;  ///< by source
    std::int64_t earliest_ms = 0;                ///< of these
  };
  JoinedTraces joined_traces() const;
  void build_sources(std::uint64_t seed);
  void build_sinks();
  void build_jobs();
  void build_analyses();
  std::vector<std::uint16_t> sources_of(const Job& job) const;
  std::shared_ptr<const analysis::JoinShape> join_shape_of(const JobSpec& spec) const;
  void add_roles();
  void add_levers();
  std::string zone(std::size_t i) const;
  sink::WriterFactory writer_of(const SinkSpec& spec, const Sink& sink);
  bool settles(const Job& job) const;
  std::int64_t final_before_ms(const Job& job);
  std::vector<analysis::OpenSession> open_sessions(const Job& job, std::int64_t before_ms);
  void settle_join(const Job& job);
  std::int64_t created_from_ms(const Job& job) const;
  std::optional<std::int64_t> resumes_from(const Job& job, kafka::PartitionId partition) const;
  std::int64_t may_read_from(const Job& job, kafka::PartitionId partition) const;
  void forget_states(Job& job);
  void forget_sink_topics();
  void hold_results();

  const ScenarioSpec& spec_;
  sim::Simulation simulation_;
  std::unique_ptr<sim::Network> network_;
  analysis::ObserverList observers_;
  std::unique_ptr<kafka::Cluster> cluster_;
  std::vector<std::unique_ptr<ProducerApp>> producers_;
  std::vector<std::pair<std::string, std::vector<ProducerApp*>>> by_source_;
  processor::JobWorld job_world_;
  std::vector<Sink> sinks_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::unique_ptr<analysis::RunAnalysis>> analyses_;
  std::vector<std::int64_t> forget_next_;  ///< by PartitionId: decided at the housekeeping before
};

}  // namespace wrackline::scenarios

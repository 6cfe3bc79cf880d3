// An application that sends what arrives from a source: KafkaProducer with its network thread, as one
// process.
//
// The source is the world outside: it lives on while the producer is dead, and what reaches a dead or blocked
// producer is refused (its callers know). Records enter the accumulator with the exact time of their arrival,
// but lazily: the actor wakes when something has to be sent, not for every record. A batch that fills up
// between two wake-ups leaves at the next one, at most a quarter of the time that it takes to fill a batch at
// the source's full rate later.
//
// What a crash takes: the accumulator, the in-flight requests, the producer id (kafka/producer_actor.hpp).
// Nobody is told about those records (sim::Told::outcome_unknown, which the ledger assumes for whoever was
// never told anything else). `replays`: what the callback reported as failed is sent again, as applications
// with retry loops do (duplicates!).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/kafka/producer_actor.hpp"
#include "engine/workload/record_source.hpp"
#include "sim/process.hpp"

namespace wrackline {

struct ProducerAppOptions {
  kafka::ProducerActorOptions producer;
  std::int32_t record_overhead_bytes = 7;
  bool replays = false;
  /// Upper bound of the source's rate in bytes per second: how often the accumulator must be looked at.
  std::int64_t peak_bytes_per_second = 1'000'000;
};

class ProducerApp final : public kafka::ProducerActor::Application {
 public:
  ProducerApp(kafka::ClusterContext& cluster, sim::Process& process, ProducerAppOptions options,
              std::unique_ptr<workload::RecordSource> source);

  sim::Task<> run(sim::Process& process);
  sim::Task<> stop(sim::Process& process);

  workload::RecordSource& source() { return *source_; }
  sim::Process& process() { return process_; }
  /// Everything that arrived has been answered, and nothing will arrive any more.
  bool drained() const;
  /// Looks at the source again: a lever changed it.
  void wake() { producer_.wake(); }
  /// The source returns to its usual rate after so long (the end of a burst). Belongs to the source, not to
  /// the process.
  void calm_down_after(sim::Duration duration);
  /// Calls `visit(span of EventId)` for each batch of records that is still in memory here.
  template <class Visit>
  void for_each_held(Visit&& visit) const {
    for (const Waiting& waiting : backlog_) visit(std::span{&waiting.id, 1});
    if (!producer_.is_open()) return;
    producer_.accumulator().for_each_incomplete(
        [&](const kafka::ProducerBatch& batch) { visit(std::span<const sim::EventId>{batch.records->ids}); });
  }

  // Application
  void hand_over() override;
  void completed(std::span<const kafka::Completion> done) override;
  sim::Time next_turn() override;

 private:
  struct Waiting {
    sim::EventId id;
    std::uint32_t key = 0;
    std::int64_t event_time_ms = 0;
    std::int32_t size_bytes = 0;
    kafka::Nanos arrived_ns = 0;
  };

  void take_arrivals();
  void refuse_arrivals();
  kafka::Append append(const Waiting& record);
  void append_backlog();
  void replay(const kafka::Completion& failed);
  static void on_calm(void* self, std::uint64_t burst);
  void follow_clock();
  void tell_the_forgotten();

  kafka::ClusterContext& cluster_;
  sim::Process& process_;
  ProducerAppOptions options_;
  std::unique_ptr<workload::RecordSource> source_;
  kafka::ProducerActor producer_;
  workload::ArrivalBatch arrivals_;
  std::deque<Waiting> backlog_;  ///< send() blocks on the first of these (buffer.memory)
  kafka::Nanos blocked_since_ = -1;
  sim::Duration longest_nap_{};
  bool stopping_ = false;
  std::uint64_t bursts_ = 0;
  sim::Duration clock_error_{};  ///< of the node, as far as the source's stamps follow it
};

}  // namespace wrackline

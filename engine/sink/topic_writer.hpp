// Rows as records: what KafkaProducer does for a processor that writes its results back to the log.
//
// Modelled: the real producer with all its settings, send() that blocks for buffer.memory up to
// max.block.ms, flush(), callbacks that report a failure. `until_durable` is send + flush: the loop goes on
// when every record has its answer. A record's key is the row's key, its timestamp the last millisecond of
// its window (without a window: the writer's clock), its size constant. Not modelled: transactions (the
// offsets are committed apart from the results), serialisation.
#pragma once

#include "engine/kafka/producer_actor.hpp"
#include "engine/sink/topic_sink.hpp"
#include "engine/sink/writer.hpp"
#include "sim/signal.hpp"

namespace wrackline::sink {

class TopicWriter final : public Writer, public kafka::ProducerActor::Application {
 public:
  TopicWriter(kafka::ClusterContext& cluster, sim::Process& process, TopicSink& sink,
              const kafka::ProducerActorOptions& producer, std::uint32_t writer);

  sim::Task<bool> write(std::shared_ptr<const RowBatch> rows, std::int32_t generation,
                        bool until_durable) override;
  sim::Task<> drain() override;
  bool busy() const override { return producer_.has_incomplete(); }
  void process_ended() override;

  // Application
  void hand_over() override {}
  void completed(std::span<const kafka::Completion> done) override;
  sim::Time next_turn() override { return sim::kNever; }

 private:
  kafka::Append append(const ResultRow& row);
  sim::Task<kafka::Append> wait_for_memory(const ResultRow& row);
  sim::Task<> flush();

  sim::Process& process_;
  TopicSink& sink_;
  std::uint32_t writer_;
  std::uint32_t producer_number_;
  kafka::ProducerActor producer_;
  sim::Signal answers_{"the sink topic's brokers"};
  bool failed_ = false;
  std::uint64_t next_row_ = 0;  ///< of the batch that is being handed over
  std::uint64_t end_row_ = 0;
};

}  // namespace wrackline::sink

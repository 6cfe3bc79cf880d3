#include "engine/sink/topic_writer.hpp"

#include "engine/kafka/moments.hpp"
#include "engine/sink/moments.hpp"

namespace wrackline::sink {

namespace {

constexpr std::int32_t kRowBytes = 64;
constexpr std::int32_t kRecordOverheadBytes = 7;

}  // namespace

TopicWriter::TopicWriter(kafka::ClusterContext& cluster, sim::Process& process, TopicSink& sink,
                         const kafka::ProducerActorOptions& producer, std::uint32_t writer)
    : process_{process},
      sink_{sink},
      writer_{writer},
      producer_number_{producer.number},
      producer_{cluster, process, *this, producer} {
  producer_.open();
}

sim::Task<bool> TopicWriter::write(std::shared_ptr<const RowBatch> rows, std::int32_t generation,
                                   bool until_durable) {
  const auto count = static_cast<std::int64_t>(rows->rows.size());
  process_.announce(moments::kSending, writer_, count);
  next_row_ = sink_.take_in(rows, process_, writer_, generation);
  end_row_ = next_row_ + rows->rows.size();
  for (const ResultRow& row : rows->rows) {
    kafka::Append result = append(row);
    if (result == kafka::Append::buffer_exhausted) [[unlikely]]
      result = co_await wait_for_memory(row);
    if (result > kafka::Append::ready) {
      sink_.refused(next_row_, next_row_ + 1);
      failed_ = true;
    }
    ++next_row_;
  }
  producer_.turn();
  if (!until_durable) co_return true;
  co_await flush();
  if (std::exchange(failed_, false)) co_return false;
  process_.announce(moments::kAcknowledged, writer_, count);
  co_return true;
}

kafka::Append TopicWriter::append(const ResultRow& row) {
  const std::int64_t timestamp_ms =
      row.window_start_ms == kNoWindow ? process_.node().wall_ms() : row.window_end_ms - 1;
  return producer_.append(row.key, sink_.id_of(next_row_), timestamp_ms, kRowBytes + kRecordOverheadBytes,
                          producer_.local_now());
}

/// send() blocks, at most max.block.ms; then it throws a TimeoutException.
sim::Task<kafka::Append> TopicWriter::wait_for_memory(const ResultRow& row) {
  const sim::Time give_up = process_.now() + std::chrono::milliseconds{producer_.config().max_block_ms};
  for (;;) {
    producer_.turn();
    if (process_.now() >= give_up) {
      producer_.accumulator().give_up_waiting();
      co_return kafka::Append::buffer_exhausted;
    }
    co_await answers_.wait_for(give_up - process_.now());
    const kafka::Append result = append(row);
    if (result != kafka::Append::buffer_exhausted) co_return result;
  }
}

sim::Task<> TopicWriter::flush() {
  producer_.accumulator().begin_flush();
  producer_.turn();
  while (!producer_.accumulator().flush_done()) co_await answers_.wait();
}

sim::Task<> TopicWriter::drain() { co_await flush(); }

void TopicWriter::completed(std::span<const kafka::Completion> done) {
  for (const kafka::Completion& completion : done) {
    const auto count = static_cast<std::int64_t>(completion.records->size());
    sink_.answered(completion.records, completion.told);
    if (completion.error) {
      failed_ = true;
      process_.announce(kafka::moments::kProducerFailed, producer_number_, completion.partition, count,
                        static_cast<std::int64_t>(completion.error.code));
    } else {
      process_.announce(kafka::moments::kProducerAcked, producer_number_, completion.partition, count);
    }
  }
  if (!done.empty()) answers_.wake_all();
}

void TopicWriter::process_ended() {
  producer_.accumulator().for_each_incomplete(
      [&](const kafka::ProducerBatch& batch) { sink_.answered(batch.records, sim::Told::outcome_unknown); });
  sink_.abandoned(next_row_, end_row_);
}

}  // namespace wrackline::sink

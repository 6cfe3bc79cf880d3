// The smallest producer that sends: one topic, its partitions led by broker 0 unless a test says otherwise,
// answers by hand.
#pragma once

#include <memory>
#include <vector>

#include "engine/kafka/sender.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::kafka {

inline constexpr std::int32_t kRecord = 100;

inline constexpr Nanos ms(std::int64_t count) { return count * kNanosPerMs; }

/// Sends at once, retries at once, so that only the rule under test waits.
inline ProducerConfig plain() {
  ProducerConfig config;
  config.enable_idempotence = false;
  config.linger_ms = 0;
  config.retry_backoff_ms = config.retry_backoff_max_ms = 0;
  return config;
}

inline ProducerConfig idempotent() {
  ProducerConfig config = plain();
  config.enable_idempotence = true;
  return config;
}

struct Rig {
  explicit Rig(const ProducerConfig& given, std::int32_t partitions = 1, ProducerIdAndEpoch producer = {1, 0})
      : config{given},
        topic{metadata.add_topic(partitions)},
        transactions{given.enable_idempotence ? std::make_unique<TransactionManager>(given, metadata, 0)
                                              : nullptr},
        accumulator{given, metadata, transactions.get()},
        sender{given, metadata, accumulator, transactions.get()} {
    for (PartitionId p = 0; p < static_cast<PartitionId>(partitions); ++p) metadata.update(p, {0, 0});
    if (transactions && !given.transactional()) obtain_producer_id(producer);
  }

  void obtain_producer_id(ProducerIdAndEpoch producer) {
    run();
    REQUIRE(outbox.transactional.size() == 1);
    REQUIRE(outbox.transactional[0].api == TxnApi::init_producer_id);
    answer({Errors::none, kNoBroker, producer, {}, {}});
  }

  Append append(PartitionId partition = 0, std::int32_t bytes = kRecord) {
    const sim::EventId id{1, ++appended};
    return accumulator.append(partition, 0, id, now / kNanosPerMs, bytes, now);
  }

  void run() {
    outbox.clear();
    sender.run(now, outbox);
    CHECK(sender.next_wakeup(now) > now);
  }
  /// Runs, and expects exactly one Produce request.
  ProduceRequest sent() {
    run();
    REQUIRE(outbox.produce.size() == 1);
    return outbox.produce[0];
  }
  bool sends_nothing() {
    run();
    return outbox.empty();
  }

  void respond(const ProduceRequest& request, Errors error, std::int64_t base_offset = -1,
               std::int64_t log_start = -1) {
    std::vector<PartitionResponse> verdicts;
    for (const ProduceBatch& part : request.batches) {
      verdicts.push_back({part.partition, error, base_offset, log_start, {}});
    }
    sender.handle_produce_response(request.correlation, verdicts, now);
  }
  /// Answers the one transactional request of the last run, and runs again.
  void answer(const TxnResponse& response) {
    REQUIRE(outbox.transactional.size() == 1);
    const std::uint32_t correlation = outbox.transactional[0].correlation;
    sender.handle_transactional_response(correlation, response, now);
    run();
  }

  std::vector<Completion> completed() { return std::exchange(accumulator.completions(), {}); }

  ProducerConfig config;
  ProducerMetadata metadata;
  TopicIndex topic;
  std::unique_ptr<TransactionManager> transactions;
  RecordAccumulator accumulator;
  Sender sender;
  Outbox outbox;
  Nanos now = ms(1000);
  std::uint64_t appended = 0;
};

inline std::vector<std::uint64_t> ordinals(const RecordsPtr& records) {
  std::vector<std::uint64_t> out;
  for (const sim::EventId id : records->ids) out.push_back(id.ordinal());
  return out;
}
inline std::vector<std::uint64_t> ordinals(const ProduceRequest& request) {
  return ordinals(request.batches.at(0).batch.records);
}

}  // namespace wrackline::kafka

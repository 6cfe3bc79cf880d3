// The producer against a broker that loses requests and answers: what the log holds afterwards (P-14, P-21,
// P-26, P-27).
#include <algorithm>
#include <deque>
#include <map>

#include "tests/kafka_producer/rig.hpp"

using namespace wrackline::kafka;
namespace sim = wrackline::sim;

namespace {

/// One partition as P-21 has it: the epoch, the last sequence, and the five batches that are remembered.
struct PartitionLog {
  std::vector<std::uint64_t> records;
  std::int16_t epoch = -1;
  std::int32_t last_sequence = -1;
  struct Remembered {
    std::int32_t first = 0;
    std::int32_t last = 0;
    std::int64_t base_offset = 0;
  };
  std::deque<Remembered> memory;

  const Remembered* find(const RecordBatch& batch) const {
    if (!batch.has_producer_id() || batch.producer_epoch != epoch) return nullptr;
    for (const Remembered& known : memory) {
      if (known.first == batch.base_sequence && known.last == batch.last_sequence()) return &known;
    }
    return nullptr;
  }

  PartitionResponse append(const ProduceBatch& part) {
    const RecordBatch& batch = part.batch;
    PartitionResponse verdict;
    verdict.partition = part.partition;
    verdict.log_start_offset = 0;
    verdict.base_offset = static_cast<std::int64_t>(records.size());
    if (batch.has_producer_id()) {
      if (const Remembered* const known = find(batch)) {
        verdict.base_offset = known->base_offset;
        return verdict;
      }
      if (batch.producer_epoch < epoch) {
        verdict.error = Errors::invalid_producer_epoch;
        return verdict;
      }
      const std::int32_t expected = batch.producer_epoch > epoch ? 0 : last_sequence + 1;
      if (batch.base_sequence != expected) {
        verdict.error = Errors::out_of_order_sequence_number;
        return verdict;
      }
      if (batch.producer_epoch > epoch) memory.clear();
      epoch = batch.producer_epoch;
      last_sequence = batch.last_sequence();
      memory.push_back({batch.base_sequence, last_sequence, verdict.base_offset});
      if (memory.size() > 5) memory.pop_front();
    }
    for (const sim::EventId id : batch.records->ids) records.push_back(id.ordinal());
    return verdict;
  }
};

struct Outcome {
  bool duplicates = false;
  bool reordered = false;
  bool lost_acknowledged = false;
  std::size_t told = 0;
};

/// 400 records over two partitions; each step something happens to the oldest request.
Outcome run(ProducerConfig config, std::uint64_t seed) {
  constexpr std::uint64_t kRecords = 400;
  config.batch_size = 0;
  config.jitter_seed = seed;
  Rig rig{config, 2};
  std::map<PartitionId, PartitionLog> logs;
  std::deque<ProduceRequest> open;
  std::vector<std::uint64_t> acknowledged;
  Outcome outcome;
  std::uint64_t draws = 0;
  const auto draw = [&](std::uint64_t below) { return sim::mix(seed * 1000003 + ++draws) % below; };
  const auto collect = [&] {
    for (const Completion& batch : rig.completed()) {
      outcome.told += batch.records->size();
      if (batch.told != sim::Told::acknowledged) continue;
      for (const std::uint64_t id : ordinals(batch.records)) acknowledged.push_back(id);
    }
  };

  for (int step = 0; step < 100000 && outcome.told < kRecords; ++step) {
    rig.now += ms(1);
    if (rig.appended < kRecords) rig.append(static_cast<PartitionId>(draw(2)));
    rig.run();
    for (ProduceRequest& request : rig.outbox.produce) open.push_back(std::move(request));
    if (open.empty()) continue;
    const std::uint64_t fate = draw(10);
    if (fate < 3 && rig.appended < kRecords) continue;
    const ProduceRequest request = open.front();
    open.pop_front();
    const bool in_log = std::any_of(
        request.batches.begin(), request.batches.end(),
        [&](const ProduceBatch& part) { return logs[part.partition].find(part.batch) != nullptr; });
    if (fate == 9 && !in_log) {
      rig.respond(request, Errors::not_enough_replicas);
    } else if (fate == 8) {
      // The connection breaks; some of what was on its way was executed.
      open.push_front(request);
      for (std::uint64_t executed = draw(open.size() + 1); executed > 0; --executed) {
        for (const ProduceBatch& part : open.front().batches) logs[part.partition].append(part);
        open.pop_front();
      }
      open.clear();
      rig.sender.handle_disconnect(0, rig.now);
    } else {
      std::vector<PartitionResponse> verdicts;
      for (const ProduceBatch& part : request.batches) verdicts.push_back(logs[part.partition].append(part));
      rig.sender.handle_produce_response(request.correlation, verdicts, rig.now);
    }
    collect();
  }
  CHECK(outcome.told == kRecords);
  CHECK_FALSE(rig.accumulator.has_incomplete());
  CHECK(rig.accumulator.available_memory() == config.buffer_memory);

  std::vector<std::uint64_t> all;
  for (const auto& [partition, log] : logs) {
    outcome.reordered = outcome.reordered || !std::is_sorted(log.records.begin(), log.records.end());
    all.insert(all.end(), log.records.begin(), log.records.end());
  }
  std::sort(all.begin(), all.end());
  outcome.duplicates = std::adjacent_find(all.begin(), all.end()) != all.end();
  for (const std::uint64_t id : acknowledged) {
    if (!std::binary_search(all.begin(), all.end(), id)) outcome.lost_acknowledged = true;
  }
  return outcome;
}

}  // namespace

SCENARIO(
    "P-14, P-26: with idempotence five requests in flight neither duplicate nor reorder, whatever gets "
    "lost") {
  ProducerConfig config = idempotent();
  config.max_in_flight_requests_per_connection = GENERATE(1, 2, 5);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Outcome outcome = run(config, seed);
    CHECK_FALSE(outcome.duplicates);
    CHECK_FALSE(outcome.reordered);
    CHECK_FALSE(outcome.lost_acknowledged);
  }
}

SCENARIO("P-27: without idempotence retries duplicate, and reorder if more than one request is in flight") {
  const bool one = GENERATE(false, true);
  ProducerConfig config = plain();
  config.max_in_flight_requests_per_connection = one ? 1 : 5;
  bool duplicates = false;
  bool reordered_records = false;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Outcome outcome = run(config, seed);
    duplicates = duplicates || outcome.duplicates;
    reordered_records = reordered_records || outcome.reordered;
    CHECK_FALSE(outcome.lost_acknowledged);
  }
  CHECK(duplicates);
  CHECK(reordered_records != one);
}

SCENARIO("P-5, P-18: with a short delivery timeout every record is still told exactly one outcome") {
  ProducerConfig config = idempotent();
  config.delivery_timeout_ms = 20;
  config.request_timeout_ms = 15;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) CHECK_FALSE(run(config, seed).lost_acknowledged);
}

SCENARIO(
    "P-26: a retry refused for missing replicas, though its batch is in the log, can fall out of the memory "
    "of five") {
  Rig rig{idempotent()};
  PartitionLog log;
  const auto execute = [&](const ProduceRequest& request) {
    rig.sender.handle_produce_response(request.correlation, std::vector{log.append(request.batches[0])},
                                       rig.now);
  };
  rig.append();
  log.append(rig.sent().batches[0]);
  rig.sender.handle_disconnect(0, rig.now);
  ProduceRequest retry = rig.sent();
  for (int behind = 0; behind < 6; ++behind) {
    // The leader looks at its replicas before it looks for duplicates.
    rig.respond(retry, Errors::not_enough_replicas);
    retry = rig.sent();
    rig.append();
    execute(rig.sent());
  }
  execute(retry);
  THEN("it is in the log once, and retried in vain until its delivery time is over") {
    CHECK(log.records == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
    retry = rig.sent();
    CHECK(ordinals(retry) == std::vector<std::uint64_t>{1});
    rig.completed();
    rig.now += ms(rig.config.delivery_timeout_ms);
    rig.run();
    CHECK(rig.completed().at(0).told == sim::Told::outcome_unknown);
  }
}

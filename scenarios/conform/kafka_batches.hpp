// How the recorded Kafka cases write record batches in JSON; shared by the drivers of the log, its compaction
// and the partition.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/kafka/record_batch.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

/// Keys as the columns hold them.
class KeyNumbers {
 public:
  std::uint32_t number_of(const std::string& key);

 private:
  std::map<std::string, std::uint32_t> numbers_;
};

/// A batch as a producer sends it: base offset 0. Timestamps default to `now_ms`, records to key "k<i>",
/// value "v". With `keys` it can be cleaned.
kafka::RecordBatch batch_of(const Json& given, std::int64_t now_ms, KeyNumbers* keys = nullptr);
/// Whether one of its records has no key.
bool has_keyless(const Json& given);
/// Batches as a leader sends them to a follower, with their offsets.
std::vector<kafka::RecordBatch> follower_batches_of(const Json& given, std::int64_t now_ms,
                                                    KeyNumbers* keys = nullptr);
/// Of the records that are in it.
Json offsets_of(const kafka::RecordBatch& batch);
/// A batch as a fetch returned it.
Json describe(const kafka::RecordBatch& batch);

}  // namespace wrackline::conform

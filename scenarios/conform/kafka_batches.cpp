#include "scenarios/conform/kafka_batches.hpp"

#include <algorithm>
#include <string>

namespace wrackline::conform {

using namespace wrackline::kafka;

namespace {

std::int32_t varint_bytes(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::int32_t bytes = 1;
  for (; zigzag >= 0x80; zigzag >>= 7) ++bytes;
  return bytes;
}

/// Length, attributes, deltas, key, value and an empty list of headers; -1 = null.
std::int32_t record_bytes(std::int64_t timestamp_delta, std::int64_t offset_delta, std::int64_t key,
                          std::int64_t value) {
  const std::int32_t body = 1 + varint_bytes(timestamp_delta) + varint_bytes(offset_delta) +
                            varint_bytes(key) + static_cast<std::int32_t>(std::max<std::int64_t>(key, 0)) +
                            varint_bytes(value) +
                            static_cast<std::int32_t>(std::max<std::int64_t>(value, 0)) + 1;
  return body + varint_bytes(body);
}

std::int64_t length_of(const Json& text) {
  return text.is_null() ? -1 : static_cast<std::int64_t>(text.get<std::string>().size());
}

}  // namespace

RecordBatch batch_of(const Json& given, std::int64_t now_ms) {
  const Json records = given.value("records", Json::array());
  const std::int64_t count = given.contains("records") ? static_cast<std::int64_t>(records.size())
                                                       : given.value("count", std::int64_t{1});
  RecordBatch batch;
  batch.last_offset = count - 1;
  batch.producer_id = given.value("pid", kNoProducerId);
  batch.producer_epoch = given.value("producer_epoch", kNoProducerEpoch);
  batch.base_sequence = given.value("base_sequence", kNoSequence);
  batch.transactional = given.value("transactional", false);
  auto* const columns = new Records;
  batch.records = RecordsPtr{columns};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    std::int64_t timestamp_ms = now_ms;
    std::int64_t key = static_cast<std::int64_t>(std::to_string(i).size()) + 1;
    std::int64_t value = 1;
    if (given.contains("timestamps")) timestamp_ms = given.at("timestamps").at(index);
    if (given.contains("records")) {
      key = length_of(records[index].at("key"));
      value = length_of(records[index].at("value"));
      timestamp_ms = records[index].value("timestamp", timestamp_ms);
    }
    columns->timestamps_ms.push_back(timestamp_ms);
    columns->max_timestamp_ms = std::max(columns->max_timestamp_ms, timestamp_ms);
    batch.size_bytes += record_bytes(timestamp_ms - columns->timestamps_ms.front(), i, key, value);
  }
  batch.max_timestamp_ms = columns->max_timestamp_ms;
  return batch;
}

bool has_keyless(const Json& given) {
  if (!given.contains("records")) return false;
  const Json& records = given.at("records");
  return std::any_of(records.begin(), records.end(),
                     [](const Json& record) { return record.at("key").is_null(); });
}

std::vector<RecordBatch> follower_batches_of(const Json& given, std::int64_t now_ms) {
  std::vector<RecordBatch> batches;
  for (const Json& one : given) {
    RecordBatch batch;
    if (one.contains("marker")) {
      batch.producer_id = one.at("pid");
      batch.producer_epoch = one.at("producer_epoch");
      batch.control = one.at("marker") == "COMMIT" ? ControlType::commit : ControlType::abort;
      batch.base_sequence = one.value("coordinator_epoch", 0);
      batch.transactional = true;
      batch.max_timestamp_ms = one.value("timestamp", now_ms);
      batch.size_bytes = kBatchOverheadBytes + 17;
    } else {
      batch = batch_of(one, now_ms);
    }
    const Offset base = one.at("base_offset");
    batch.last_offset += base;
    batch.base_offset = base;
    batch.leader_epoch = one.value("batch_leader_epoch", 0);
    batches.push_back(std::move(batch));
  }
  return batches;
}

Json describe(const RecordBatch& batch) {
  Json shown = {
      {"base", batch.base_offset}, {"last", batch.last_offset}, {"leader_epoch", batch.leader_epoch}};
  if (batch.has_producer_id()) {
    shown["pid"] = batch.producer_id;
    shown["producer_epoch"] = batch.producer_epoch;
    if (!batch.is_control()) shown["base_sequence"] = batch.base_sequence;
  }
  if (batch.transactional) shown["transactional"] = true;
  if (batch.is_control()) {
    shown["marker"] = batch.control == ControlType::commit ? "COMMIT" : "ABORT";
  } else {
    shown["offsets"] = Json::array();
    for (Offset offset = batch.base_offset; offset <= batch.last_offset; ++offset)
      shown["offsets"].push_back(offset);
  }
  return shown;
}

}  // namespace wrackline::conform

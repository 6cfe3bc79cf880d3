#include "scenarios/conform/kafka_batches.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "engine/kafka/record_bytes.hpp"

namespace wrackline::conform {

using namespace wrackline::kafka;

namespace {

std::int32_t length_of(const Json& text) {
  return text.is_null() ? -1 : static_cast<std::int32_t>(text.get<std::string>().size());
}

}  // namespace

std::uint32_t KeyNumbers::number_of(const std::string& key) {
  return numbers_.try_emplace(key, static_cast<std::uint32_t>(numbers_.size())).first->second;
}

RecordBatch batch_of(const Json& given, std::int64_t now_ms, KeyNumbers* keys) {
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
  auto compaction = std::make_unique<CompactionColumns>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    std::int64_t timestamp_ms = now_ms;
    Json key = "k" + std::to_string(i);
    Json value = "v";
    if (given.contains("timestamps")) timestamp_ms = given.at("timestamps").at(index);
    if (given.contains("records")) {
      key = records[index].at("key");
      value = records[index].at("value");
      timestamp_ms = records[index].value("timestamp", timestamp_ms);
    }
    columns->timestamps_ms.push_back(timestamp_ms);
    columns->max_timestamp_ms = std::max(columns->max_timestamp_ms, timestamp_ms);
    const RecordShape shape{static_cast<std::int32_t>(i), length_of(key), length_of(value)};
    batch.size_bytes +=
        record_bytes(timestamp_ms - columns->timestamps_ms.front(), i, shape.key_bytes, shape.value_bytes);
    if (keys == nullptr) continue;
    columns->ids.emplace_back(std::uint16_t{0}, static_cast<std::uint64_t>(i));
    columns->keys.push_back(key.is_null() ? 0 : keys->number_of(key.get<std::string>()));
    compaction->shapes.push_back(shape);
  }
  if (keys != nullptr) columns->compaction = std::move(compaction);
  batch.max_timestamp_ms = columns->max_timestamp_ms;
  return batch;
}

bool has_keyless(const Json& given) {
  if (!given.contains("records")) return false;
  const Json& records = given.at("records");
  return std::any_of(records.begin(), records.end(),
                     [](const Json& record) { return record.at("key").is_null(); });
}

std::vector<RecordBatch> follower_batches_of(const Json& given, std::int64_t now_ms, KeyNumbers* keys) {
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
      batch.size_bytes = kBatchOverheadBytes + kMarkerRecordBytes;
    } else {
      batch = batch_of(one, now_ms, keys);
    }
    const Offset base = one.at("base_offset");
    batch.last_offset += base;
    batch.base_offset = base;
    batch.leader_epoch = one.value("batch_leader_epoch", 0);
    batches.push_back(std::move(batch));
  }
  return batches;
}

Json offsets_of(const RecordBatch& batch) {
  Json offsets = Json::array();
  if (batch.is_emptied_marker()) return offsets;
  if (!batch.is_control() && batch.records && batch.records->compaction) {
    for (const RecordShape& shape : batch.records->compaction->shapes)
      offsets.push_back(batch.base_offset + shape.offset_delta);
    return offsets;
  }
  for (Offset offset = batch.base_offset; offset <= batch.last_offset; ++offset) offsets.push_back(offset);
  return offsets;
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
    shown["offsets"] = offsets_of(batch);
  }
  return shown;
}

}  // namespace wrackline::conform

// Batches of keyed records, and a compacted log with its cleaner, for the tests of L-48.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/kafka/log_cleaner.hpp"
#include "engine/kafka/record_bytes.hpp"
#include "tests/kafka_log/batches.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::kafka {

struct Keyed {
  std::uint32_t key = 0;
  bool tombstone = false;
};

inline Keyed gone(std::uint32_t key) { return {key, true}; }

inline RecordBatch keyed(const std::vector<Keyed>& records, std::int64_t timestamp_ms = 1000) {
  auto* const columns = new Records;
  RecordBatch batch;
  batch.records = RecordsPtr{columns};
  auto compaction = std::make_unique<CompactionColumns>();
  for (const Keyed& record : records) {
    const auto i = static_cast<std::int32_t>(columns->ids.size());
    columns->ids.emplace_back(std::uint16_t{0}, static_cast<std::uint64_t>(i));
    columns->timestamps_ms.push_back(timestamp_ms);
    columns->keys.push_back(record.key);
    compaction->shapes.push_back({i, 10, record.tombstone ? -1 : 20});
    batch.size_bytes += record_bytes(0, i, 10, record.tombstone ? -1 : 20);
  }
  columns->max_timestamp_ms = timestamp_ms;
  columns->compaction = std::move(compaction);
  batch.last_offset = static_cast<Offset>(records.size()) - 1;
  batch.max_timestamp_ms = timestamp_ms;
  return batch;
}

inline RecordBatch by(std::int64_t producer_id, std::int32_t sequence, RecordBatch batch,
                      bool transactional = false) {
  batch.producer_id = producer_id;
  batch.producer_epoch = 0;
  batch.base_sequence = sequence;
  batch.transactional = transactional;
  return batch;
}

inline LogConfig compacted_config(LogConfig config = quiet_config()) {
  config.compacted = true;
  config.deleted = false;
  config.verify_transactions = false;
  config.min_cleanable_dirty_ratio = 0;
  config.delete_retention_ms = 1000;
  return config;
}

struct Compacted {
  explicit Compacted(const LogConfig& config = compacted_config()) : log{config, 1000} {}

  void append(RecordBatch batch) {
    REQUIRE(log.append_as_leader(std::move(batch), 0, now_ms).error == Errors::none);
  }
  void end_transaction(std::int64_t producer_id, ControlType how) {
    REQUIRE(log.append_marker(producer_id, 0, how, 0, 0, now_ms).error == Errors::none);
  }
  /// Closes the segment; all so far is replicated.
  void roll() {
    log.roll(now_ms);
    log.update_high_watermark(log.log_end_offset());
  }
  /// What the cleaner's thread does. False: nothing.
  bool clean() {
    const LogCleanerManager::Candidate candidate{0, &log};
    const auto grabbed = manager.grab_filthiest({&candidate, 1}, now_ms);
    if (!grabbed) return false;
    CleanedLog cleaned = cleaner.clean(log, grabbed->to_clean, now_ms);
    manager.done_cleaning(0, cleaned.end_offset);
    replace_cleaned(log, std::move(cleaned));
    return true;
  }
  /// New dirty data, so that there is a pass.
  void clean_again(std::uint32_t key) {
    append(keyed({{key}}, now_ms));
    roll();
    REQUIRE(clean());
  }
  /// Batches by their offsets: "0-2:1,2" the records 1 and 2 of a batch from 0 to 2, "3-3:" an empty one,
  /// "4-4:C" a marker.
  std::string shown() const {
    std::string all;
    for (const RecordBatch& batch : log.batches()) {
      all += (all.empty() ? "" : " ") + std::to_string(batch.base_offset) + "-" +
             std::to_string(batch.last_offset) + ":";
      if (batch.is_control()) {
        if (!batch.is_emptied_marker()) all += batch.control == ControlType::commit ? "C" : "A";
        continue;
      }
      bool first = true;
      for (const RecordShape& shape : batch.records->compaction->shapes) {
        all += (first ? "" : ",") + std::to_string(batch.base_offset + shape.offset_delta);
        first = false;
      }
    }
    return all;
  }
  std::string segments() const {
    std::string all;
    for (std::size_t i = 0; i < log.segment_count(); ++i)
      all += (all.empty() ? "" : " ") + std::to_string(log.segment_base(i));
    return all;
  }

  UnifiedLog log;
  LogCleanerManager manager;
  Cleaner cleaner;
  std::int64_t now_ms = 1000;
};

}  // namespace wrackline::kafka

// A UnifiedLog, stepped as the recordings stepped the real one: the operations that the kinds kafka.log and
// kafka.compaction share.
#pragma once

#include <map>
#include <string>

#include "engine/kafka/unified_log.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/kafka_batches.hpp"

namespace wrackline::conform {

class LogCase {
 public:
  /// Throws NotModelledError for a property that is not built.
  explicit LogCase(const Json& recorded);

  /// Throws NotModelledError for an operation that it does not know.
  Json step(const Json& in);
  /// As every answer ends with it: with the parts that have changed since the last.
  Json state();
  kafka::UnifiedLog& log() { return log_; }
  std::int64_t now_ms() const { return now_ms_; }

 private:
  void run(const std::string& op, const Json& in, Json& out);
  void append(const Json& in, Json& out);
  void marker(const Json& in, Json& out);
  void append_as_follower(const Json& in, Json& out);
  void fetch(const Json& in, Json& out);
  void list_offsets(const Json& in, Json& out) const;
  void start_verification(const Json& in, Json& out);
  void delete_records(const Json& in, Json& out);
  void increment_high_watermark(const Json& in, Json& out);
  void reopen(const Json& in, Json& out);
  void report(const kafka::AppendInfo& info, Json& out) const;

  std::int64_t now_ms_;
  kafka::UnifiedLog log_;
  KeyNumbers keys_;
  std::map<std::string, kafka::VerificationGuard> guards_;
  Json shown_segments_;
  Json shown_epochs_;
  std::map<std::int64_t, kafka::ProducerStateEntry> shown_producers_;
};

}  // namespace wrackline::conform

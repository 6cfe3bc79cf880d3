// Driver of kafka.compaction: the log of kafka.log with its cleaner.
#include <string>

#include "engine/kafka/log_cleaner.hpp"
#include "scenarios/conform/kafka_log_case.hpp"

namespace wrackline::conform {

namespace {

using namespace wrackline::kafka;

class CompactionCase {
 public:
  explicit CompactionCase(const Json& recorded) : at_{recorded} {}

  Json step(const Json& in) {
    const auto op = in.at("op").get<std::string>();
    if (op != "clean" && op != "clean_all") return at_.step(in);
    Json out = op == "clean" ? clean() : clean_all();
    out["state"] = at_.state();
    return out;
  }

 private:
  static constexpr std::size_t kOnlyLog = 0;

  /// What the cleaner's thread does.
  Json clean() {
    const LogCleanerManager::Candidate candidate{kOnlyLog, &at_.log()};
    const auto grabbed = manager_.grab_filthiest({&candidate, 1}, at_.now_ms());
    if (!grabbed) return {{"cleaned", false}};
    return pass(grabbed->to_clean);
  }

  /// The same pass from the log start, whatever the ratio.
  Json clean_all() {
    const UnifiedLog& log = at_.log();
    const OffsetsToClean range = cleanable_offsets(log, log.log_start_offset(), at_.now_ms());
    if (range.first_uncleanable <= range.first_dirty) return {{"cleaned", false}};
    const LogToClean to_clean{log, range.first_dirty, range.first_uncleanable, true};
    // Where the log start lies in the segment that must not be cleaned, the range ends before it begins.
    if (to_clean.first_uncleanable_offset < to_clean.first_dirty_offset)
      return {{"error", error_name(Errors::unknown_server_error)}, {"exception", "IllegalArgumentException"}};
    return pass(to_clean);
  }

  Json pass(const LogToClean& to_clean) {
    CleanedLog cleaned = Cleaner{}.clean(at_.log(), to_clean, at_.now_ms());
    const Offset end = cleaned.end_offset;
    replace_cleaned(at_.log(), std::move(cleaned));
    manager_.done_cleaning(kOnlyLog, end);
    Json batches = Json::array();
    for (const RecordBatch& batch : at_.log().batches()) batches.push_back(describe_cleaned(batch));
    return {{"cleaned", true},
            {"first_dirty_offset", to_clean.first_dirty_offset},
            {"first_uncleanable_offset", to_clean.first_uncleanable_offset},
            {"end_offset", end},
            {"batches", batches}};
  }

  static Json describe_cleaned(const RecordBatch& batch) {
    Json shown = {{"base", batch.base_offset}, {"last", batch.last_offset}, {"offsets", offsets_of(batch)}};
    if (batch.has_producer_id()) {
      shown["pid"] = batch.producer_id;
      shown["last_sequence"] = batch.last_sequence();
    }
    if (batch.is_control() && !batch.is_emptied_marker())
      shown["marker"] = batch.control == ControlType::commit ? "COMMIT" : "ABORT";
    if (batch.delete_horizon_ms() != kNoTimestamp) shown["delete_horizon_ms"] = batch.delete_horizon_ms();
    return shown;
  }

  LogCase at_;
  LogCleanerManager manager_;
};

}  // namespace

Outcome kafka_compaction(const Json& recorded) {
  try {
    CompactionCase log{recorded};
    return replay(recorded, [&](const Json& in) { return log.step(in); });
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

#include "scenarios/conform/kafka_log_case.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace wrackline::conform {

using namespace wrackline::kafka;

namespace {

Json nullable(Offset offset) { return offset == kNoOffset ? Json(nullptr) : Json(offset); }

LogConfig config_of(const Json& recorded) {
  const Json& given = recorded.at("config");
  LogConfig config =
      recorded.at("version").get<std::string>().starts_with("3.") ? LogConfig::v3_9() : LogConfig::v4_1();
  config.segment_bytes = 1 << 30;
  config.verify_transactions = given.value("transaction.partition.verification.enable", false);
  for (const auto& [name, value] : given.items()) {
    const auto number = [&given_value = value] {
      return given_value.is_string() ? std::stoll(given_value.get<std::string>())
                                     : given_value.get<std::int64_t>();
    };
    if (name == "start_ms" || name == "transaction.partition.verification.enable") continue;
    if (name == "cleanup.policy") {
      const auto policy = value.get<std::string>();
      config.compacted = policy.find("compact") != std::string::npos;
      config.deleted = policy.find("delete") != std::string::npos;
    } else if (name == "message.timestamp.type") {
      config.log_append_time = value == "LogAppendTime";
    } else if (name == "max.message.bytes") {
      config.max_message_bytes = number();
    } else if (name == "producer.id.expiration.ms") {
      config.producer_id_expiration_ms = number();
    } else if (name == "retention.ms") {
      config.retention_ms = number();
    } else if (name == "retention.bytes") {
      config.retention_bytes = number();
    } else if (name == "segment.ms") {
      config.segment_ms = number();
    } else if (name == "segment.bytes") {
      config.segment_bytes = number();
    } else if (name == "index.interval.bytes") {
      config.index_interval_bytes = number();
    } else if (name == "message.timestamp.before.max.ms") {
      config.timestamp_before_max_ms = number();
    } else if (name == "message.timestamp.after.max.ms") {
      config.timestamp_after_max_ms = number();
    } else if (name == "delete.retention.ms") {
      config.delete_retention_ms = number();
    } else if (name == "min.compaction.lag.ms") {
      config.min_compaction_lag_ms = number();
    } else if (name == "max.compaction.lag.ms") {
      config.max_compaction_lag_ms = number();
    } else if (name == "min.cleanable.dirty.ratio") {
      config.min_cleanable_dirty_ratio =
          value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
    } else if (name == "transaction.max.timeout.ms") {
      config.transaction_max_timeout_ms = number();
    } else {
      throw NotModelledError{"config " + name};
    }
  }
  return config;
}

void refuse(Json& out, Errors error, std::string_view exception = {}) {
  out["error"] = error_name(error);
  out["exception"] = exception.empty() ? exception_name(error) : exception;
}

void show_if_changed(Json& state, const char* name, Json now, Json& shown) {
  if (now == shown) return;
  state[name] = now;
  shown = std::move(now);
}

Json describe(const ProducerStateEntry& entry) {
  Json batches = Json::array();
  for (std::size_t i = 0; i < entry.batch_count(); ++i) {
    const BatchMetadata& batch = entry.batch(i);
    batches.push_back({batch.first_sequence(), batch.last_sequence, batch.first_offset()});
  }
  return {{"epoch", entry.producer_epoch},
          {"coordinator_epoch", entry.coordinator_epoch},
          {"last_ts", entry.last_timestamp_ms},
          {"txn_first", nullable(entry.txn_first_offset)},
          {"batches", batches}};
}

}  // namespace

LogCase::LogCase(const Json& recorded)
    : now_ms_{recorded.at("config").at("start_ms").get<std::int64_t>()},
      log_{config_of(recorded), now_ms_},
      shown_segments_(Json::array({0})),
      shown_epochs_(Json::array()) {}

Json LogCase::step(const Json& in) {
  Json out = Json::object();
  run(in.at("op").get<std::string>(), in, out);
  out["state"] = state();
  return out;
}

void LogCase::run(const std::string& op, const Json& in, Json& out) {
  if (op == "append") return append(in, out);
  if (op == "marker") return marker(in, out);
  if (op == "append_as_follower") return append_as_follower(in, out);
  if (op == "fetch") return fetch(in, out);
  if (op == "list_offsets") return list_offsets(in, out);
  if (op == "start_verification") return start_verification(in, out);
  if (op == "reopen") return reopen(in, out);
  if (op == "delete_records") return delete_records(in, out);
  if (op == "increment_high_watermark") return increment_high_watermark(in, out);
  if (op == "assign_epoch_start") {
    log_.assign_epoch_start_offset(in.at("leader_epoch"), in.value("offset", log_.log_end_offset()));
  } else if (op == "end_offset_for_epoch") {
    const auto end = log_.end_offset_for_epoch(in.at("leader_epoch"));
    out["epoch"] = end ? Json(end->epoch) : Json(nullptr);
    out["offset"] = end ? Json(end->end_offset) : Json(nullptr);
  } else if (op == "update_high_watermark") {
    out["high_watermark"] = log_.update_high_watermark(in.at("offset").get<Offset>());
  } else if (op == "truncate_to") {
    out["truncated"] = log_.truncate_to(in.at("offset"), now_ms_);
  } else if (op == "truncate_fully_and_start_at") {
    log_.truncate_fully_and_start_at(in.at("offset"), now_ms_);
  } else if (op == "retention") {
    out["deleted_segments"] = log_.delete_old_segments(now_ms_);
  } else if (op == "roll") {
    log_.roll(now_ms_);
  } else if (op == "advance_time") {
    now_ms_ += in.at("ms").get<std::int64_t>();
    out["now"] = now_ms_;
  } else if (op == "expire_producers") {
    out["removed"] = log_.remove_expired_producers(now_ms_);
  } else if (op == "has_late_transaction") {
    out["late"] = log_.has_late_transaction(now_ms_);
  } else {
    throw NotModelledError{"op " + op};
  }
}

void LogCase::report(const AppendInfo& info, Json& out) const {
  if (info.error != Errors::none) return refuse(out, info.error);
  out["base_offset"] = info.base_offset;
  out["last_offset"] = info.last_offset;
  out["duplicate"] = info.duplicate;
  if (log_.config().log_append_time) out["log_append_time"] = info.log_append_time_ms;
}

void LogCase::append(const Json& in, Json& out) {
  VerificationGuard guard = kNoVerificationGuard;
  if (in.contains("guard")) {
    const auto name = in.at("guard").get<std::string>();
    const auto known = guards_.find(name);
    if (known != guards_.end()) guard = known->second;
  }
  const auto origin =
      in.value("origin", "client") == "coordinator" ? AppendOrigin::coordinator : AppendOrigin::client;
  report(log_.append_as_leader(batch_of(in, now_ms_, &keys_), in.at("leader_epoch"), now_ms_, origin, guard,
                               has_keyless(in)),
         out);
}

void LogCase::marker(const Json& in, Json& out) {
  report(log_.append_marker(in.at("pid"), in.at("producer_epoch"),
                            in.at("marker") == "COMMIT" ? ControlType::commit : ControlType::abort,
                            in.at("coordinator_epoch"), in.at("leader_epoch"), now_ms_),
         out);
}

void LogCase::append_as_follower(const Json& in, Json& out) {
  const auto batches = follower_batches_of(in.at("batches"), now_ms_, &keys_);
  const AppendInfo info = log_.append_as_follower(batches, in.at("leader_epoch"), now_ms_);
  switch (info.fault) {
    case AppendFault::unexpected_append_offset:
      return refuse(out, info.error, "UnexpectedAppendOffsetException");
    case AppendFault::offsets_out_of_order:
      return refuse(out, info.error, "OffsetsOutOfOrderException");
    case AppendFault::none:
      break;
  }
  if (info.error != Errors::none) refuse(out, info.error);
}

void LogCase::fetch(const Json& in, Json& out) {
  const auto isolation = in.at("isolation").get<std::string>();
  const bool committed = isolation == "read_committed";
  const Offset offset = in.at("offset");
  const FetchDataInfo info =
      log_.read(offset, committed                         ? FetchIsolation::txn_committed
                        : isolation == "read_uncommitted" ? FetchIsolation::high_watermark
                                                          : FetchIsolation::log_end);
  if (info.error != Errors::none) return refuse(out, info.error);
  out["batches"] = Json::array();
  for (const RecordBatch& batch : info.batches) out["batches"].push_back(conform::describe(batch));
  if (!committed) return;
  std::vector<AbortedTxn> aborted;
  log_.aborted_of(info, offset, aborted);
  out["aborted"] = Json::array();
  for (const AbortedTxn& txn : aborted) {
    out["aborted"].push_back({{"pid", txn.producer_id}, {"first_offset", txn.first_offset}});
  }
  aborted.clear();
  log_.collect_aborted(offset, std::max(offset, log_.last_stable_offset()), aborted);
  out["aborted_index"] = Json::array();
  for (const AbortedTxn& txn : aborted) {
    out["aborted_index"].push_back({{"pid", txn.producer_id},
                                    {"first_offset", txn.first_offset},
                                    {"last_offset", txn.last_offset},
                                    {"last_stable_offset", txn.last_stable_offset}});
  }
}

void LogCase::list_offsets(const Json& in, Json& out) const {
  const auto found = log_.offset_by_timestamp(in.at("timestamp"));
  if (!found) {
    out["offset"] = nullptr;
    return;
  }
  out["timestamp"] = found->timestamp_ms;
  out["offset"] = found->offset;
  out["leader_epoch"] = found->leader_epoch ? Json(*found->leader_epoch) : Json(nullptr);
}

void LogCase::start_verification(const Json& in, Json& out) {
  const auto started = log_.start_verification(in.at("pid"), in.at("base_sequence"), in.at("producer_epoch"),
                                               in.value("supports_epoch_bump", false), now_ms_);
  if (started.error != Errors::none) return refuse(out, started.error);
  if (started.guard == kNoVerificationGuard) {
    out["guard"] = "none";
    return;
  }
  for (const auto& [name, guard] : guards_) {
    if (guard == started.guard) {
      out["guard"] = name;
      return;
    }
  }
  const std::string name = "g" + std::to_string(guards_.size() + 1);
  guards_[name] = started.guard;
  out["guard"] = name;
}

void LogCase::delete_records(const Json& in, Json& out) {
  const auto moved = log_.maybe_increment_log_start_offset(in.at("offset"));
  if (moved.error != Errors::none) return refuse(out, moved.error);
  out["moved"] = moved.moved;
}

void LogCase::increment_high_watermark(const Json& in, Json& out) {
  const Offset offset = in.at("offset");
  if (offset > log_.log_end_offset())
    return refuse(out, Errors::unknown_server_error, "IllegalArgumentException");
  const auto previous = log_.maybe_increment_high_watermark(offset);
  out["previous"] = previous ? Json(*previous) : Json(nullptr);
}

void LogCase::reopen(const Json& in, Json& out) {
  const Offset checkpoint = in.value("hw_checkpoint", log_.high_watermark());
  ReopenOptions options;
  options.clean = in.at("clean");
  options.recovery_point = in.value("recovery_point", log_.recovery_point());
  options.lost_bytes_at_end = in.value("lost_bytes_at_end", std::int64_t{0});
  log_.reopen(options, now_ms_);
  out["high_watermark_after_load"] = log_.high_watermark();
  log_.update_high_watermark(checkpoint);
}

Json LogCase::state() {
  Json state = {{"leo", log_.log_end_offset()},
                {"hw", log_.high_watermark()},
                {"lso", log_.last_stable_offset()},
                {"log_start", log_.log_start_offset()},
                {"first_unstable", nullable(log_.first_unstable_offset().value_or(kNoOffset))}};
  Json segments = Json::array();
  for (std::size_t i = 0; i < log_.segment_count(); ++i) segments.push_back(log_.segment_base(i));
  show_if_changed(state, "segments", std::move(segments), shown_segments_);
  Json epochs = Json::array();
  for (const EpochEntry& entry : log_.epochs().entries()) epochs.push_back({entry.epoch, entry.start_offset});
  show_if_changed(state, "epochs", std::move(epochs), shown_epochs_);

  std::map<std::int64_t, ProducerStateEntry> producers;
  Json changed = Json::object();
  for (const ProducerStateEntry& entry : log_.producers().producers()) {
    producers.emplace(entry.producer_id, entry);
    const auto before = shown_producers_.find(entry.producer_id);
    const Json now = describe(entry);
    if (before == shown_producers_.end() || describe(before->second) != now) {
      changed[std::to_string(entry.producer_id)] = now;
    }
  }
  for (const auto& [id, entry] : shown_producers_) {
    if (!producers.contains(id)) changed[std::to_string(id)] = nullptr;
  }
  if (!changed.empty()) state["producers"] = changed;
  shown_producers_ = std::move(producers);
  return state;
}

}  // namespace wrackline::conform

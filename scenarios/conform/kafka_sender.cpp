// kafka.sender: accumulator, sender and transaction manager against one mock broker with three partitions of
// one topic.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/kafka/sender.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

using namespace kafka;
using State = TransactionManager::State;

constexpr BrokerId kBroker = 0;
constexpr std::int32_t kPartitions = 3;
/// The recorded producers waited this long between attempts of transactional requests.
constexpr std::int64_t kTransactionalBackoffMs = 100;
constexpr std::int32_t kRecordBytes = 10;

std::string_view name(State state) {
  switch (state) {
    case State::uninitialized:
      return "UNINITIALIZED";
    case State::initializing:
      return "INITIALIZING";
    case State::ready:
      return "READY";
    case State::in_transaction:
      return "IN_TRANSACTION";
    case State::committing_transaction:
      return "COMMITTING_TRANSACTION";
    case State::aborting_transaction:
      return "ABORTING_TRANSACTION";
    case State::abortable_error:
      return "ABORTABLE_ERROR";
    case State::fatal_error:
      return "FATAL_ERROR";
  }
  return {};
}

std::string_view name(TxnApi api) {
  switch (api) {
    case TxnApi::find_coordinator:
      return "FIND_COORDINATOR";
    case TxnApi::init_producer_id:
      return "INIT_PRODUCER_ID";
    case TxnApi::add_partitions_to_txn:
      return "ADD_PARTITIONS_TO_TXN";
    case TxnApi::add_offsets_to_txn:
      return "ADD_OFFSETS_TO_TXN";
    case TxnApi::txn_offset_commit:
      return "TXN_OFFSET_COMMIT";
    case TxnApi::end_txn:
      return "END_TXN";
  }
  return {};
}

Errors error_named(const std::string& text) {
  const std::optional<Errors> error = find_error(text);
  if (!error) throw NotModelledError{"error " + text};
  return *error;
}

ProducerConfig config_of(const Json& recorded_case) {
  ProducerConfig config;
  const std::map<std::string, std::function<void(const Json&)>> readers{
      {"start_ms", [](const Json&) {}},
      {"acks", [&](const Json& v) { config.acks = v.is_string() ? kAcksAll : v.get<std::int16_t>(); }},
      {"enable.idempotence", [&](const Json& v) { config.enable_idempotence = v; }},
      {"max.in.flight.requests.per.connection",
       [&](const Json& v) { config.max_in_flight_requests_per_connection = v; }},
      {"retries", [&](const Json& v) { config.retries = v; }},
      {"linger.ms", [&](const Json& v) { config.linger_ms = v; }},
      {"delivery.timeout.ms", [&](const Json& v) { config.delivery_timeout_ms = v; }},
      {"request.timeout.ms", [&](const Json& v) { config.request_timeout_ms = v; }},
      {"retry.backoff.ms", [&](const Json& v) { config.retry_backoff_ms = v; }},
      {"batch.size", [&](const Json& v) { config.batch_size = v; }},
      {"transactional.id", [&](const Json& v) { config.transactional_id = v; }},
      {"transaction.version", [&](const Json& v) { config.transaction_version = v; }},
  };
  for (const auto& [key, value] : recorded_case.at("config").items()) {
    const auto reader = readers.find(key);
    if (reader == readers.end()) throw NotModelledError{"property " + key};
    reader->second(value);
  }
  config.retry_backoff_max_ms = config.retry_backoff_ms;
  config.version = recorded_case.at("version").get<std::string>().starts_with("3.") ? ClientVersion::v3_9
                                                                                    : ClientVersion::v4_1;
  return config;
}

class Steps {
 public:
  explicit Steps(const Json& recorded_case)
      : config_{config_of(recorded_case)},
        now_ms_{recorded_case.at("config").at("start_ms")},
        topic_{add_topic(metadata_)},
        transactions_{config_.enable_idempotence
                          ? std::make_unique<TransactionManager>(config_, metadata_, kTransactionalBackoffMs)
                          : nullptr},
        accumulator_{config_, metadata_, transactions_.get()},
        sender_{sender_config(config_), metadata_, accumulator_, transactions_.get(),
                config_.max_in_flight_requests_per_connection == 1} {
    // The recorded sender ran in the caller's thread.
    if (transactions_) transactions_->set_poison_on_invalid_transition(false);
  }

  Json operator()(const Json& in) {
    out_ = Json::object();
    requests_ = Json::array();
    const std::string op = in.at("op");
    if (op == "send") {
      send(in);
    } else if (op == "poll") {
      poll();
    } else if (op == "respond") {
      respond(in);
      poll();
    } else if (op == "disconnect") {
      disconnect();
      poll();
    } else if (op == "advance_time") {
      now_ms_ += in.at("ms").get<std::int64_t>();
      poll();
    } else if (op == "flush") {
      accumulator_.begin_flush();
      poll();
    } else if (transactions_ == nullptr) {
      throw NotModelledError{"op " + op + " without idempotence"};
    } else if (op == "init_transactions") {
      call(op, transactions_->init_transactions());
    } else if (op == "begin_transaction") {
      if (!thrown(transactions_->begin_transaction())) poll();
    } else if (op == "commit_transaction") {
      call(op, transactions_->commit_transaction());
    } else if (op == "abort_transaction") {
      call(op, transactions_->abort_transaction());
    } else if (op == "send_offsets") {
      call(op, transactions_->send_offsets({{0, 1}}, {"g", 3, "m", ""}));
    } else {
      throw NotModelledError{"op " + op};
    }
    return finish();
  }

 private:
  /// The recording limited the requests in flight itself, and not those of a transactional producer.
  static ProducerConfig sender_config(ProducerConfig config) {
    if (config.transactional()) config.max_in_flight_requests_per_connection = 1 << 20;
    return config;
  }

  static TopicIndex add_topic(ProducerMetadata& metadata) {
    const TopicIndex topic = metadata.add_topic(kPartitions);
    for (PartitionId partition = 0; partition < kPartitions; ++partition)
      metadata.update(partition, {kBroker, 0});
    return topic;
  }

  /// The recorded client walked its partitions in the order of their hashes, which for this topic is
  /// descending.
  static PartitionId id_of(std::int32_t partition) {
    return static_cast<PartitionId>(kPartitions - 1 - partition);
  }
  static std::int32_t number_of(PartitionId id) { return kPartitions - 1 - static_cast<std::int32_t>(id); }

  Nanos now() const { return now_ms_ * kNanosPerMs; }

  bool thrown(const ClientError& error) {
    if (error) out_["exception"] = exception_name(error);
    return static_cast<bool>(error);
  }

  void call(const std::string& op, const TransactionManager::Called& called) {
    if (thrown(called.error)) return;
    calls_[called.call] = op;
    poll();
  }

  void send(const Json& in) {
    const PartitionId partition = id_of(in.at("partition"));
    for (const std::string record : in.at("records")) {
      const sim::EventId id{0, std::stoull(record.substr(1))};
      accumulator_.append(partition, 0, id, now_ms_, kRecordBytes, now());
      if (transactions_ == nullptr) continue;
      if (thrown(transactions_->maybe_add_partition(partition))) {
        // The record is in the accumulator all the same, but its sender has no future to learn from.
        without_future_.insert(id);
        return;
      }
    }
  }

  /// Runs the sender until nothing happens any more, as the recording did.
  void poll() {
    for (bool again = true; again;) {
      Outbox outbox;
      again = sender_.run_once(now(), outbox);
      const bool overdue = !open_.empty() && now_ms_ - open_.front().sent_ms >= config_.request_timeout_ms;
      for (const ProduceRequest& request : outbox.produce) open_.push_back({request.correlation, now_ms_});
      for (const TxnRequest& request : outbox.transactional) open_.push_back({request.correlation, now_ms_});
      // The mock client reports an overdue request as a lost connection; what was sent in this very round is
      // lost too and was never seen by the recording.
      if (overdue) {
        disconnect();
      } else {
        for (const ProduceRequest& request : outbox.produce) note(request);
        for (const TxnRequest& request : outbox.transactional) note(request);
      }
      // What reached the client is looked at at the end of a round.
      for (const auto& handle : std::exchange(arrived_, {})) {
        handle();
        again = true;
      }
      for (const ProduceRequest& request : outbox.produce) {
        if (request.acks != 0) continue;
        arrive(request.correlation, [this, request] { sender_.handle_written(request.correlation, now()); });
        again = true;
      }
      if (const std::optional<Nanos> until = sender_.sleeping_until(); until && *until > now()) {
        now_ms_ = *until / kNanosPerMs;
        again = true;
      }
    }
    if (accumulator_.flush_in_progress()) accumulator_.flush_done();
  }

  std::string next_request_name(std::uint32_t correlation) {
    std::string req = "q" + std::to_string(++requests_seen_);
    correlations_[req] = correlation;
    return req;
  }

  void arrive(std::uint32_t correlation, std::function<void()> handle) {
    if (std::erase_if(open_, [&](const Open& open) { return open.correlation == correlation; }) == 0) return;
    sender_.note_arrival(correlation);
    arrived_.push_back(std::move(handle));
  }

  void disconnect() {
    for (const Open& lost : std::vector<Open>{open_}) {
      arrive(lost.correlation, [this, lost] { sender_.handle_lost(lost.correlation, now()); });
    }
  }

  void note(const ProduceRequest& request) {
    Json batches = Json::array();
    for (const ProduceBatch& part : request.batches) {
      Json batch{{"partition", number_of(part.partition)}, {"records", ids(part.batch.records)}};
      if (part.batch.has_producer_id()) {
        batch["pid"] = part.batch.producer_id;
        batch["epoch"] = part.batch.producer_epoch;
        batch["base_sequence"] = part.batch.base_sequence;
      }
      batches.push_back(std::move(batch));
    }
    std::sort(batches.begin(), batches.end(),
              [](const Json& a, const Json& b) { return a.at("partition") < b.at("partition"); });
    const std::string req = next_request_name(request.correlation);
    produce_[req] = request;
    requests_.push_back(
        {{"req", req}, {"api", "PRODUCE"}, {"acks", request.acks}, {"batches", std::move(batches)}});
  }

  void note(const TxnRequest& request) {
    const std::string req = next_request_name(request.correlation);
    transactional_[req] = request.api;
    Json shown{{"req", req}, {"api", name(request.api)}};
    switch (request.api) {
      case TxnApi::find_coordinator:
        shown["key_type"] = request.key_type == CoordinatorType::group ? "group" : "transaction";
        break;
      case TxnApi::end_txn:
        shown["committed"] = request.committed;
        [[fallthrough]];
      case TxnApi::txn_offset_commit:
      case TxnApi::init_producer_id:
        shown["pid"] = request.producer.id;
        shown["epoch"] = request.producer.epoch;
        break;
      case TxnApi::add_partitions_to_txn: {
        std::set<std::int32_t> numbers;
        for (const PartitionId id : request.partitions) numbers.insert(number_of(id));
        shown["partitions"] = numbers;
        break;
      }
      case TxnApi::add_offsets_to_txn:
        break;
    }
    requests_.push_back(std::move(shown));
  }

  void respond(const Json& in) {
    const std::string req = in.at("req");
    const Errors error = error_named(in.at("error"));
    const auto known = correlations_.find(req);
    if (known == correlations_.end()) return;  // an earlier step differs already
    const std::uint32_t correlation = known->second;
    if (const auto sent = produce_.find(req); sent != produce_.end()) {
      std::vector<PartitionResponse> verdicts;
      const Json errors = in.value("partition_errors", Json::object());
      for (const ProduceBatch& part : sent->second.batches) {
        PartitionResponse& verdict = verdicts.emplace_back();
        verdict.partition = part.partition;
        const std::string key = std::to_string(number_of(part.partition));
        verdict.error = errors.contains(key) ? error_named(errors.at(key)) : error;
        verdict.base_offset = in.value("base_offset", std::int64_t{-1});
        verdict.log_start_offset = in.value("log_start_offset", std::int64_t{-1});
      }
      arrive(correlation, [this, correlation, verdicts] {
        sender_.handle_produce_response(correlation, verdicts, now());
      });
      return;
    }
    TxnResponse response;
    response.error = error;
    response.coordinator = kBroker;
    response.producer = {in.value("pid", std::int64_t{-1}), in.value("epoch", std::int16_t{-1})};
    arrive(correlation, [this, correlation, response] {
      sender_.handle_transactional_response(correlation, response, now());
    });
  }

  static Json ids(const RecordsPtr& records) {
    Json out = Json::array();
    for (const sim::EventId id : records->ids) out.push_back("x" + std::to_string(id.ordinal()));
    return out;
  }

  Json completed() {
    std::map<std::uint64_t, Json> by_record;
    for (const Completion& batch : accumulator_.completions()) {
      for (std::size_t i = 0; i < batch.records->size(); ++i) {
        const sim::EventId id = batch.records->ids[i];
        if (without_future_.contains(id)) continue;
        Json shown{{"record", "x" + std::to_string(id.ordinal())}};
        if (batch.error) {
          shown["exception"] = exception_name(batch.error);
        } else {
          const std::int64_t base = batch.base_offset;
          shown["offset"] = base == -1 ? -1 : base + static_cast<std::int64_t>(i);
        }
        by_record[id.ordinal()] = std::move(shown);
      }
    }
    accumulator_.completions().clear();
    Json out = Json::array();
    for (auto& [record, shown] : by_record) out.push_back(std::move(shown));
    return out;
  }

  Json state() const {
    Json shown{{"now", now_ms_},
               {"in_flight", sender_.in_flight()},
               {"incomplete_batches", accumulator_.has_incomplete()}};
    if (transactions_ == nullptr) return shown;
    const ProducerIdAndEpoch producer = transactions_->producer();
    shown["pid"] = producer.id;
    shown["epoch"] = producer.epoch;
    if (config_.transactional()) shown["txn_state"] = name(transactions_->state());
    const ClientError error = transactions_->last_error();
    shown["last_error"] = error ? Json(exception_name(error)) : Json{};
    return shown;
  }

  Json finish() {
    if (!requests_.empty()) out_["requests"] = std::move(requests_);
    if (Json done = completed(); !done.empty()) out_["completed"] = std::move(done);
    if (transactions_ != nullptr) {
      for (const CallCompletion& ended : transactions_->call_completions()) {
        const auto call = calls_.find(ended.call);
        if (call == calls_.end()) continue;
        Json shown{{"call", call->second}};
        if (ended.error) shown["exception"] = exception_name(ended.error);
        out_["call_completed"] = std::move(shown);
      }
      transactions_->call_completions().clear();
    }
    if (Json after = state(); after != shown_state_) {
      shown_state_ = after;
      out_["state"] = std::move(after);
    }
    return std::move(out_);
  }

  const ProducerConfig config_;
  std::int64_t now_ms_;
  ProducerMetadata metadata_;
  TopicIndex topic_;
  std::unique_ptr<TransactionManager> transactions_;
  RecordAccumulator accumulator_;
  Sender sender_;

  struct Open {
    std::uint32_t correlation = 0;
    std::int64_t sent_ms = 0;
  };
  std::vector<Open> open_;                      ///< requests without an answer, oldest first
  std::vector<std::function<void()>> arrived_;  ///< answers and losses that the client has not looked at

  Json out_;
  Json requests_;
  Json shown_state_;
  int requests_seen_ = 0;
  std::map<std::string, std::uint32_t> correlations_;
  std::map<std::string, ProduceRequest> produce_;
  std::map<std::string, TxnApi> transactional_;
  std::map<std::uint32_t, std::string> calls_;
  std::set<sim::EventId> without_future_;
};

}  // namespace

Outcome kafka_sender(const Json& recorded_case) {
  try {
    Steps steps{recorded_case};
    return replay(recorded_case, steps);
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

// Driver of kafka.partition: Partition with its AlterPartitionManager, stepped as the recording stepped the
// real ones. This broker is 1; the others are alive with broker epoch 100 + id until a step says otherwise.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/kafka/partition.hpp"
#include "scenarios/conform/conform.hpp"
#include "scenarios/conform/kafka_batches.hpp"

namespace wrackline::conform {

namespace {

using namespace wrackline::kafka;

constexpr BrokerId kSelf = 1;

class Brokers : public MetadataCache {
 public:
  BrokerView broker(BrokerId id) const override {
    const auto known = brokers_.find(id);
    return known == brokers_.end() ? initial(id) : known->second;
  }
  BrokerView& operator[](BrokerId id) { return brokers_.try_emplace(id, initial(id)).first->second; }

 private:
  static BrokerView initial(BrokerId id) {
    return {.registered = id >= 1 && id <= 9, .fenced = false, .shutting_down = false, .epoch = 100 + id};
  }
  std::map<BrokerId, BrokerView> brokers_;
};

/// The recording's timer keeps requests in a binary heap, and ties leave it in the order that the heap
/// happens to have. This is that heap (the sift rules of java.util.PriorityQueue); the order of time-outs in
/// one step is read from it.
class TimerHeap {
 public:
  struct Entry {
    std::int64_t deadline_ms;
    ProduceToken token;
  };
  bool empty() const { return entries_.empty(); }
  const Entry& top() const { return entries_.front(); }
  void push(Entry entry) {
    entries_.push_back(entry);
    sift_up(entries_.size() - 1, entry);
  }
  void remove(ProduceToken token) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.token == token; });
    if (found == entries_.end()) return;
    const auto at = static_cast<std::size_t>(found - entries_.begin());
    const Entry last = entries_.back();
    entries_.pop_back();
    if (at == entries_.size()) return;
    sift_down(at, last);
    if (entries_[at].token == last.token) sift_up(at, last);
  }

 private:
  void sift_up(std::size_t at, Entry entry) {
    for (; at > 0 && entry.deadline_ms < entries_[(at - 1) / 2].deadline_ms; at = (at - 1) / 2) {
      entries_[at] = entries_[(at - 1) / 2];
    }
    entries_[at] = entry;
  }
  void sift_down(std::size_t at, Entry entry) {
    for (std::size_t child = 2 * at + 1; child < entries_.size(); child = 2 * at + 1) {
      if (child + 1 < entries_.size() && entries_[child].deadline_ms > entries_[child + 1].deadline_ms)
        ++child;
      if (entry.deadline_ms <= entries_[child].deadline_ms) break;
      entries_[at] = entries_[child];
      at = child;
    }
    entries_[at] = entry;
  }

  std::vector<Entry> entries_;
};

std::int64_t number_of(const Json& value) {
  return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<std::int64_t>();
}

template <typename T>
std::optional<T> optional_of(const Json& in, const char* name) {
  if (!in.contains(name) || in.at(name).is_null()) return std::nullopt;
  return in.at(name).get<T>();
}

Errors error_of(const Json& name) {
  const auto found = find_error(name.get<std::string>());
  if (!found) throw NotModelledError{"error " + name.get<std::string>()};
  return *found;
}

class PartitionCase {
 public:
  explicit PartitionCase(const Json& recorded)
      : now_ms_{recorded.at("config").at("start_ms").get<std::int64_t>()},
        partition_{config_of(recorded.at("config")), log_config(recorded), brokers_, brokers_[kSelf].epoch,
                   now_ms_} {}

  Json step(const Json& in) {
    Json out = Json::object();
    completed_.clear();
    sent_ = Json::array();
    run(in.at("op").get<std::string>(), in, out);
    if (!completed_.empty()) {
      Json& shown = out["completed"] = Json::array();
      for (const ProduceCompletion& one : completed_) {
        shown.push_back({{"request", name(one.token)}, {"error", error_name(one.error)}});
      }
    }
    if (!sent_.empty()) out["alter_partition_sent"] = sent_;
    out["state"] = state();
    return out;
  }

 private:
  static PartitionConfig config_of(const Json& given) {
    PartitionConfig config;
    config.local_broker = kSelf;
    for (const auto& [name, value] : given.items()) {
      if (name == "start_ms") continue;
      if (name == "replica.lag.time.max.ms") {
        config.replica_lag_time_max_ms = number_of(value);
      } else if (name == "min.insync.replicas") {
        config.min_insync_replicas = static_cast<std::int32_t>(number_of(value));
      } else {
        throw NotModelledError{"config " + name};
      }
    }
    return config;
  }

  static LogConfig log_config(const Json& recorded) {
    LogConfig config =
        recorded.at("version").get<std::string>().starts_with("3.") ? LogConfig::v3_9() : LogConfig::v4_1();
    config.verify_transactions = false;
    return config;
  }

  static std::string name(ProduceToken token) { return "p" + std::to_string(token); }

  void run(const std::string& op, const Json& in, Json& out) {
    if (op == "become_leader" || op == "become_follower") {
      become(op == "become_leader", in, out);
    } else if (op == "append") {
      append(in, out);
    } else if (op == "follower_fetch") {
      follower_fetch(in, out);
    } else if (op == "consumer_fetch") {
      consumer_fetch(in, out);
    } else if (op == "list_offsets") {
      list_offsets(in, out);
    } else if (op == "end_offset_for_epoch") {
      const auto answer = partition_.end_offset_for_epoch(
          optional_of<LeaderEpoch>(in, "current_leader_epoch"), in.at("leader_epoch"));
      if (!refused(answer.error, out)) {
        out["epoch"] = answer.end.epoch;
        out["end_offset"] = answer.end.end_offset;
      }
    } else if (op == "delete_records") {
      const auto answer = partition_.delete_records(in.at("offset"));
      if (!refused(answer.error, out)) {
        out["requested_offset"] = answer.requested_offset;
        out["low_watermark"] = answer.low_watermark;
      }
    } else if (op == "low_watermark") {
      const auto low = partition_.low_watermark();
      if (low) {
        out["low_watermark"] = *low;
      } else {
        refused(Errors::not_leader_or_follower, out);
      }
    } else if (op == "check_isr") {
      partition_.check_isr(now_ms_);
      settle();
    } else if (op == "alter_partition_response") {
      alter_partition_response(in);
    } else if (op == "append_as_follower") {
      append_as_follower(in, out);
    } else if (op == "truncate_to") {
      // The recorded Partition truncates through a log manager that does not know its log: the step had no
      // effect there.
    } else if (op == "set_min_isr") {
      partition_.set_min_insync_replicas(static_cast<std::int32_t>(number_of(in.at("min.insync.replicas"))));
    } else if (op == "broker") {
      BrokerView& broker = brokers_[in.at("id")];
      broker.fenced = in.value("fenced", broker.fenced);
      broker.shutting_down = in.value("shutting_down", broker.shutting_down);
      broker.epoch = in.value("epoch", broker.epoch);
      if (in.at("id") == kSelf) partition_.set_local_broker_epoch(broker.epoch);
    } else if (op == "advance_time") {
      advance_time(in, out);
    } else {
      throw NotModelledError{"op " + op};
    }
  }

  static bool refused(Errors error, Json& out) {
    if (error == Errors::none) return false;
    out["error"] = error_name(error);
    return true;
  }

  /// Takes what the last call set in motion to where it goes.
  void settle() {
    const PartitionEvents& events = partition_.events();
    for (const ProduceCompletion& one : events.completed) {
      completed_.push_back(one);
      timers_.remove(one.token);
    }
    if (events.proposal && !manager_.submit(*events.proposal)) {
      partition_.on_alter_partition_refused(events.proposal->id);
    }
    send_due();
  }

  void send_due() {
    if (!manager_.request_due(now_ms_)) return;
    for (const AlterPartitionProposal& proposal : manager_.begin_request()) {
      Json isr = Json::array();
      for (const IsrMember& member : proposal.new_isr) isr.push_back({member.id, member.broker_epoch});
      sent_.push_back({{"broker_epoch", brokers_[kSelf].epoch},
                       {"leader_epoch", proposal.leader_epoch},
                       {"partition_epoch", proposal.partition_epoch},
                       {"new_isr", isr}});
      in_flight_ = proposal;
    }
  }

  void become(bool leading, const Json& in, Json& out) {
    const auto isr = in.at("isr").get<std::vector<BrokerId>>();
    const auto replicas = in.at("replicas").get<std::vector<BrokerId>>();
    const LeaderAndIsr given{.leader = in.value("leader", kSelf),
                             .leader_epoch = in.at("leader_epoch"),
                             .partition_epoch = in.at("partition_epoch"),
                             .isr = isr,
                             .replicas = replicas};
    if (leading) {
      out["new_leader"] = partition_.become_leader(given, now_ms_);
    } else {
      out["new_epoch"] = partition_.become_follower(given, now_ms_);
    }
    settle();
  }

  void append(const Json& in, Json& out) {
    const ProduceToken token = ++last_request_;
    out["request"] = name(token);
    const auto acks = static_cast<RequiredAcks>(in.at("acks").get<int>());
    const std::int64_t timeout_ms = in.value("timeout_ms", std::int64_t{30000});
    AppendInfo info;
    if (in.contains("marker")) {
      info = partition_.append_marker(in.at("pid"), in.at("producer_epoch"),
                                      in.at("marker") == "COMMIT" ? ControlType::commit : ControlType::abort,
                                      in.value("coordinator_epoch", 0), acks, token, timeout_ms, now_ms_);
    } else {
      info = partition_.append(batch_of(in, now_ms_), acks, token, timeout_ms, now_ms_);
    }
    if (refused(info.error, out)) return;
    out["base_offset"] = info.base_offset;
    out["last_offset"] = info.last_offset;
    if (acks != RequiredAcks::all) completed_.push_back({token, Errors::none});
    settle();
    const auto waiting = partition_.waiting_produce();
    if (!waiting.empty() && waiting.back() == token) timers_.push({now_ms_ + timeout_ms, token});
  }

  static void show(const FetchAnswer& answer, Json& out) {
    if (answer.diverging) {
      out["diverging_epoch"] = answer.diverging->epoch;
      out["diverging_end_offset"] = answer.diverging->end_offset;
    } else {
      out["batches"] = Json::array();
      for (const RecordBatch& batch : answer.batches) {
        out["batches"].push_back({batch.base_offset, batch.last_offset, batch.leader_epoch});
      }
    }
    out["high_watermark"] = answer.high_watermark;
    out["last_stable_offset"] = answer.last_stable_offset;
    out["log_start"] = answer.log_start;
  }

  void follower_fetch(const Json& in, Json& out) {
    const FollowerFetch fetch{.replica = in.at("replica"),
                              .offset = in.at("offset"),
                              .leader_epoch = optional_of<LeaderEpoch>(in, "leader_epoch"),
                              .last_fetched_epoch = optional_of<LeaderEpoch>(in, "last_fetched_epoch"),
                              .broker_epoch = in.value("broker_epoch", kNoBrokerEpoch),
                              .log_start = in.value("log_start", Offset{0})};
    const FetchAnswer answer = partition_.follower_fetch(fetch, now_ms_);
    if (!refused(answer.error, out)) show(answer, out);
    settle();
  }

  void consumer_fetch(const Json& in, Json& out) {
    const bool committed = in.value("isolation", "read_uncommitted") == "read_committed";
    const ConsumerFetch fetch{
        .offset = in.at("offset"),
        .isolation = committed ? FetchIsolation::txn_committed : FetchIsolation::high_watermark,
        .leader_epoch = optional_of<LeaderEpoch>(in, "leader_epoch"),
        .last_fetched_epoch = optional_of<LeaderEpoch>(in, "last_fetched_epoch"),
        .may_be_follower = in.value("from_follower", false)};
    std::vector<AbortedTxn> aborted;
    const FetchAnswer answer = partition_.consumer_fetch(fetch, &aborted);
    if (refused(answer.error, out)) return;
    show(answer, out);
    if (!committed || answer.diverging) return;
    out["aborted"] = Json::array();
    for (const AbortedTxn& txn : aborted) {
      out["aborted"].push_back({{"pid", txn.producer_id}, {"first_offset", txn.first_offset}});
    }
  }

  void list_offsets(const Json& in, Json& out) const {
    const bool committed = in.value("isolation", "read_uncommitted") == "read_committed";
    const auto answer = partition_.list_offsets(
        in.at("timestamp"), committed ? FetchIsolation::txn_committed : FetchIsolation::high_watermark,
        optional_of<LeaderEpoch>(in, "leader_epoch"));
    if (refused(answer.error, out)) return;
    if (!answer.found) {
      out["offset"] = nullptr;
      return;
    }
    out["timestamp"] = answer.found->timestamp_ms;
    out["offset"] = answer.found->offset;
    out["leader_epoch"] = answer.found->leader_epoch ? Json(*answer.found->leader_epoch) : Json(nullptr);
  }

  void append_as_follower(const Json& in, Json& out) {
    const auto batches = follower_batches_of(in.at("batches"), now_ms_);
    const AppendInfo info = partition_.append_as_follower(batches, in.at("leader_epoch"),
                                                          in.at("leader_high_watermark"), 0, now_ms_);
    refused(info.error, out);
    settle();
  }

  void alter_partition_response(const Json& in) {
    AlterPartitionAnswer answer{
        .partition = in_flight_.partition,
        .error = error_of(in.value("error", Json("NONE"))),
        .leader = kSelf,
        .leader_epoch = in.value("leader_epoch", in_flight_.leader_epoch),
        .partition_epoch = in.value("partition_epoch", in_flight_.partition_epoch + 1),
        .isr = {}};
    for (const IsrMember& member : in_flight_.new_isr) answer.isr.push_back(member.id);
    if (in.contains("isr")) answer.isr = in.at("isr").get<std::vector<BrokerId>>();
    std::vector<AlterPartitionAnswer> answers;
    if (!in.value("omit_partition", false)) answers.push_back(answer);
    const Errors top_level = error_of(in.value("top_level_error", Json("NONE")));
    for (const auto& done : manager_.on_response(top_level, answers, now_ms_)) {
      partition_.on_alter_partition_response(done.proposal.id, done.answer, now_ms_);
      settle();
    }
    send_due();
  }

  void advance_time(const Json& in, Json& out) {
    now_ms_ += in.at("ms").get<std::int64_t>();
    out["now"] = now_ms_;
    send_due();
    while (!timers_.empty() && now_ms_ > timers_.top().deadline_ms) {
      partition_.expire_produce_of(timers_.top().token);
      settle();
    }
  }

  Json state() {
    const UnifiedLog& log = partition_.log();
    Json state = {{"leo", log.log_end_offset()}, {"hw", log.high_watermark()}};
    const auto show = [&](const char* name, Json now) {
      const auto before = shown_.find(name);
      if (before != shown_.end() && *before == now) return;
      state[name] = now;
      shown_[name] = std::move(now);
    };
    show("lso",
         log.last_stable_offset() == log.high_watermark() ? Json("hw") : Json(log.last_stable_offset()));
    show("log_start", log.log_start_offset());
    show("leader", partition_.leader() ? Json(*partition_.leader()) : Json(nullptr));
    show("leader_epoch", partition_.leader_epoch());
    show("partition_epoch", partition_.partition_epoch());
    const auto epoch_start = partition_.leader_epoch_start_offset();
    show("epoch_start", epoch_start ? Json(*epoch_start) : Json(nullptr));
    show("isr", Json(std::vector<BrokerId>(partition_.isr().begin(), partition_.isr().end())));
    show("maximal_isr",
         Json(std::vector<BrokerId>(partition_.maximal_isr().begin(), partition_.maximal_isr().end())));
    show("pending", partition_.isr_change_pending());
    show("under_min_isr", partition_.is_under_min_isr());
    show("at_min_isr", partition_.is_at_min_isr());
    Json waiting = Json::array();
    for (const ProduceToken token : partition_.waiting_produce()) waiting.push_back(name(token));
    show("waiting", waiting);

    Json changed = Json::object();
    Json replicas = Json::object();
    for (const ReplicaState& follower : partition_.remote_replicas()) {
      const std::string id = std::to_string(follower.id);
      replicas[id] = {{"leo", follower.log_end.offset},
                      {"log_start", follower.log_start},
                      {"last_caught_up", follower.last_caught_up_ms},
                      {"last_fetch", follower.last_fetch_ms},
                      {"last_fetch_leader_leo", follower.last_fetch_leader_log_end},
                      {"broker_epoch", follower.broker_epoch ? Json(*follower.broker_epoch) : Json(nullptr)}};
      if (!shown_replicas_.contains(id) || shown_replicas_.at(id) != replicas[id]) changed[id] = replicas[id];
    }
    for (const auto& [id, before] : shown_replicas_.items()) {
      if (!replicas.contains(id)) changed[id] = nullptr;
    }
    if (!changed.empty()) state["replicas"] = changed;
    shown_replicas_ = std::move(replicas);
    return state;
  }

  std::int64_t now_ms_;
  Brokers brokers_;
  Partition partition_;
  AlterPartitionManager manager_;
  AlterPartitionProposal in_flight_;
  TimerHeap timers_;
  ProduceToken last_request_ = 0;
  std::vector<ProduceCompletion> completed_;
  Json sent_;
  Json shown_ = Json::object();
  Json shown_replicas_ = Json::object();
};

}  // namespace

Outcome kafka_partition(const Json& recorded) {
  try {
    PartitionCase partition{recorded};
    return replay(recorded, [&](const Json& in) { return partition.step(in); });
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

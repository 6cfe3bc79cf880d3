// kafka.consumer_fetch: KafkaConsumer with partitions of topic t assigned by hand, on a network operated by
// the steps.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "engine/kafka/kafka_consumer.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

using namespace kafka;

constexpr TopicId kTopic = 0;

/// An ISO-8601 duration of hours, minutes and seconds, as in `by_duration:PT1H`.
std::int64_t duration_ms_of(const std::string& text) {
  std::int64_t total_ms = 0;
  std::int64_t number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      continue;
    }
    if (c == 'D') total_ms += number * 86400000;
    if (c == 'H') total_ms += number * 3600000;
    if (c == 'M') total_ms += number * 60000;
    if (c == 'S') total_ms += number * 1000;
    number = 0;
  }
  return total_ms;
}

ResetStrategy reset_of(const std::string& policy) {
  if (policy == "earliest") return {ResetStrategy::Kind::earliest, 0};
  if (policy == "latest") return {ResetStrategy::Kind::latest, 0};
  if (policy == "none") return {ResetStrategy::Kind::none, 0};
  constexpr std::string_view kByDuration = "by_duration:";
  if (policy.starts_with(kByDuration)) {
    return {ResetStrategy::Kind::by_duration, duration_ms_of(policy.substr(kByDuration.size()))};
  }
  throw NotModelledError{"auto.offset.reset " + policy};
}

KafkaConsumerConfig config_of(const Json& given) {
  KafkaConsumerConfig config;
  config.auto_offset_reset = reset_of(given.value("auto.offset.reset", "latest"));
  config.fetch.isolation = given.value("isolation.level", "read_uncommitted") == "read_committed"
                               ? IsolationLevel::read_committed
                               : IsolationLevel::read_uncommitted;
  config.fetch.max_poll_records = given.value("max.poll.records", config.fetch.max_poll_records);
  config.retry_backoff_ms = given.value("retry.backoff.ms", config.retry_backoff_ms);
  config.request_timeout_ms = given.value("request.timeout.ms", config.request_timeout_ms);
  config.metadata_max_age_ms = given.value("metadata.max.age.ms", config.metadata_max_age_ms);
  return config;
}

Json epoch_or_null(LeaderEpoch epoch) { return epoch == kNoLeaderEpoch ? Json() : Json(epoch); }

class FetchDriver {
 public:
  explicit FetchDriver(const Json& config)
      : now_ms_{config.value("start_ms", std::int64_t{0})},
        request_timeout_ms_{config.value("request.timeout.ms", std::int64_t{30000})},
        isolation_{config.value("isolation.level", "read_uncommitted")},
        consumer_{config_of(config), now_ms_} {}

  Json step(const Json& in) {
    const std::string op = in.at("op");
    Json out = Json::object();
    if (op == "assign") {
      TopicPartitions partitions;
      for (const Json& partition : in.at("partitions")) partitions.push_back({kTopic, partition});
      consumer_.assign(partitions, now_ms_);
    } else if (op == "metadata") {
      metadata(in);
    } else if (op == "seek") {
      consumer_.seek(partition_of(in), in.at("offset"), in.value("leader_epoch", kNoLeaderEpoch));
    } else if (op == "seek_to_beginning") {
      consumer_.seek_to_beginning(partition_of(in));
    } else if (op == "seek_to_end") {
      consumer_.seek_to_end(partition_of(in));
    } else if (op == "pause") {
      consumer_.pause(partition_of(in));
    } else if (op == "resume") {
      consumer_.resume(partition_of(in));
    } else if (op == "advance_time") {
      now_ms_ += in.at("ms").get<std::int64_t>();
      out["now"] = now_ms_;
    } else if (op == "disconnect") {
      const auto node = in.at("node").get<BrokerId>();
      consumer_.network().connection_lost({node, false});
      std::erase_if(open_, [&](const Open& request) { return request.node == node; });
    } else if (op == "respond") {
      respond(in);
    } else if (op == "poll") {
      poll(out);
    } else {
      throw NotModelledError{"op " + op};
    }
    out["state"] = changed_state();
    return out;
  }

 private:
  struct Sent {
    RequestId id;
    Json printed;
  };
  struct Open {
    RequestId id;
    BrokerId node;
    std::int64_t created_ms;
  };

  static TopicPartition partition_of(const Json& in) {
    return {kTopic, in.at("partition").get<std::int32_t>()};
  }

  void metadata(const Json& in) {
    std::vector<PartitionMetadata> partitions;
    for (const auto& [name, leader] : in.at("partitions").items()) {
      PartitionMetadata known;
      known.partition = {kTopic, std::stoi(name)};
      known.leader = {leader.at(0).get<BrokerId>(), leader.at(1).get<LeaderEpoch>()};
      known.replicas = {0, 1, 2};
      if (in.contains("offline")) known.offline_replicas = in.at("offline").get<std::vector<BrokerId>>();
      partitions.push_back(std::move(known));
    }
    consumer_.metadata().update(std::move(partitions), now_ms_);
  }

  void respond(const Json& in) {
    const Sent& request = sent_.at(in.at("req").get<std::string>());
    std::erase_if(open_, [&](const Open& open) { return open.id == request.id; });
    const std::string api = request.printed.at("api");
    if (api == "FETCH") {
      FetchResponse response;
      if (in.contains("error")) response.error = *find_error(in.at("error").get<std::string>());
      if (in.contains("partitions")) {
        for (const Json& given : in.at("partitions")) response.partitions.push_back(fetched(given));
      }
      consumer_.network().deliver(request.id, std::move(response));
    } else if (api == "LIST_OFFSETS") {
      ListOffsetsResponse response;
      for (const Json& given : in.at("partitions")) {
        response.partitions.push_back({partition_of(given), error_of(given), given.value("offset", kNoOffset),
                                       given.value("leader_epoch", kNoLeaderEpoch)});
      }
      consumer_.network().deliver(request.id, std::move(response));
    } else {
      OffsetForLeaderEpochResponse response;
      for (const Json& given : in.at("partitions")) {
        response.partitions.push_back({partition_of(given), error_of(given),
                                       given.value("leader_epoch", kNoLeaderEpoch),
                                       given.value("end_offset", kNoOffset)});
      }
      consumer_.network().deliver(request.id, std::move(response));
    }
  }

  static Errors error_of(const Json& given) {
    return given.contains("error") ? *find_error(given.at("error").get<std::string>()) : Errors::none;
  }

  static FetchedPartition fetched(const Json& given) {
    FetchedPartition data;
    data.partition = partition_of(given);
    data.error = error_of(given);
    data.high_watermark = given.value("high_watermark", kNoOffset);
    data.last_stable_offset = given.value("last_stable_offset", kNoOffset);
    data.log_start_offset = given.value("log_start", kNoOffset);
    data.preferred_read_replica = given.value("preferred_read_replica", kNoBroker);
    if (given.contains("current_leader")) {
      data.current_leader = given.at("current_leader").at(0);
      data.current_leader_epoch = given.at("current_leader").at(1);
    }
    if (given.contains("aborted") && !given.at("aborted").is_null()) {
      for (const Json& aborted : given.at("aborted")) {
        data.aborted.push_back({aborted.at("pid"), aborted.at("first_offset")});
      }
    }
    if (given.contains("batches")) {
      for (const Json& batch : given.at("batches")) {
        if (batch.value("partial", false)) {
          data.cut_at_end = true;
          break;
        }
        data.batches.push_back(batch_of(batch));
      }
    }
    return data;
  }

  static FetchedBatch batch_of(const Json& given) {
    FetchedBatch fetched;
    if (given.contains("offsets")) fetched.offsets = given.at("offsets").get<std::vector<Offset>>();
    RecordBatch& batch = fetched.batch;
    batch.base_offset = given.at("base");
    batch.last_offset =
        given.value("last", fetched.offsets.empty() ? batch.base_offset : fetched.offsets.back());
    batch.leader_epoch = given.value("leader_epoch", 0);
    batch.producer_id = given.value("pid", kNoProducerId);
    batch.transactional = given.value("transactional", false);
    fetched.corrupt = given.value("corrupt", false);
    fetched.sparse = true;
    if (given.contains("marker")) {
      batch.control = given.at("marker") == "ABORT" ? ControlType::abort : ControlType::commit;
      batch.transactional = true;
      if (fetched.offsets.empty()) fetched.offsets = {batch.base_offset};
    }
    if (given.value("empty_control", false)) batch.control = ControlType::commit;
    // As a broker would send it, where nothing was compacted away.
    if (static_cast<Offset>(fetched.offsets.size()) == batch.count()) {
      fetched.sparse = false;
      fetched.offsets.clear();
    }
    return fetched;
  }

  /// The recording client (MockClient), when the oldest request is too old, fails all requests to its node
  /// and then drops the next one in its queue without a word. Answers the node whose time-out still has a new
  /// request to drop.
  std::optional<BrokerId> expire_as_recorded() {
    std::optional<BrokerId> drops_new;
    while (!open_.empty() && now_ms_ - open_.front().created_ms >= request_timeout_ms_) {
      const BrokerId node = open_.front().node;
      std::erase_if(open_, [&](const Open& request) { return request.node == node; });
      if (open_.empty()) {
        drops_new = node;
      } else {
        consumer_.network().abandon(open_.front().id);
        open_.erase(open_.begin());
      }
    }
    return drops_new;
  }

  void drop_first_new(BrokerId expired) {
    std::vector<OutgoingRequest>& outbox = consumer_.network().outbox();
    const auto at = std::find_if(outbox.begin(), outbox.end(),
                                 [&](const OutgoingRequest& request) { return request.node != expired; });
    if (at == outbox.end()) return;
    consumer_.network().abandon(at->id);
    outbox.erase(at);
  }

  void poll(Json& out) {
    const std::optional<BrokerId> expired = expire_as_recorded();
    const ConsumerPoll polled = consumer_.poll(records_, now_ms_, kWallClockMs);
    if (expired) drop_first_new(*expired);
    if (polled.kind == ConsumerPoll::Kind::failed) {
      print(polled.exception, out);
    } else if (polled.kind == ConsumerPoll::Kind::records) {
      Json records = Json::object();
      for (const FetchedSlice& slice : records_.slices) {
        Json& offsets = records[std::to_string(slice.partition.partition)];
        for (std::uint32_t record = slice.begin; record < slice.end; ++record) {
          offsets.push_back(slice.offset_of(record));
        }
      }
      if (!records.empty()) out["records"] = std::move(records);
      Json next = Json::object();
      for (const ConsumerRecords::Next& position : records_.next_offsets) {
        next[std::to_string(position.partition.partition)] =
            Json::array({position.offset, epoch_or_null(position.leader_epoch)});
      }
      if (!next.empty()) out["next_offsets"] = std::move(next);
    }
    print_requests(out);
  }

  static void print(const ConsumerException& exception, Json& out) {
    out["exception"] = exception.name;
    if (exception.name == "NoOffsetForPartitionException") {
      for (const TopicPartition partition : exception.partitions)
        out["partitions"].push_back(partition.partition);
    }
    for (std::size_t i = 0; i < exception.offsets.size(); ++i) {
      out["partitions"][std::to_string(exception.partitions[i].partition)] = exception.offsets[i];
    }
    for (const ConsumerException::Divergence& divergence : exception.divergent) {
      out["divergent"][std::to_string(divergence.partition.partition)] =
          Json::array({divergence.offset, divergence.leader_epoch});
    }
    if (exception.name == "LogTruncationException" && !out.contains("divergent"))
      out["divergent"] = Json::object();
  }

  void print_requests(Json& out) {
    std::vector<Sent> sent;
    for (const OutgoingRequest& request : consumer_.network().outbox()) {
      sent.push_back(print(request));
      open_.push_back({request.id, request.node, now_ms_});
    }
    consumer_.network().outbox().clear();
    std::sort(sent.begin(), sent.end(), [](const Sent& a, const Sent& b) {
      const auto key = [](const Sent& s) {
        return std::tuple{s.printed.at("api").get<std::string>(), s.printed.at("node").get<int>(), s.id};
      };
      return key(a) < key(b);
    });
    if (sent.empty()) return;
    Json requests = Json::array();
    for (Sent& request : sent) {
      const std::string name = "r" + std::to_string(sent_.size() + 1);
      request.printed["req"] = name;
      requests.push_back(request.printed);
      sent_.emplace(name, std::move(request));
    }
    out["requests"] = std::move(requests);
  }

  Sent print(const OutgoingRequest& request) const {
    Json printed{{"node", request.node}};
    Json partitions = Json::array();
    if (const auto* const fetch = std::get_if<FetchRequest>(&request.body)) {
      printed["api"] = "FETCH";
      for (const FetchPartition& asked : fetch->partitions) {
        partitions.push_back({{"partition", asked.partition.partition},
                              {"offset", asked.fetch_offset},
                              {"current_leader_epoch", epoch_or_null(asked.current_leader_epoch)},
                              {"last_fetched_epoch", nullptr}});
      }
    } else if (const auto* const list = std::get_if<ListOffsetsRequest>(&request.body)) {
      printed["api"] = "LIST_OFFSETS";
      printed["isolation"] = isolation_;
      for (const ListOffsetsPartition& asked : list->partitions) {
        Json timestamp = asked.timestamp;
        if (asked.timestamp >= 0) timestamp = "wall clock - duration";
        partitions.push_back({{"partition", asked.partition.partition},
                              {"timestamp", std::move(timestamp)},
                              {"current_leader_epoch", asked.current_leader_epoch}});
      }
    } else {
      printed["api"] = "OFFSET_FOR_LEADER_EPOCH";
      for (const auto& asked : std::get<OffsetForLeaderEpochRequest>(request.body).partitions) {
        partitions.push_back({{"partition", asked.partition.partition},
                              {"leader_epoch", asked.leader_epoch},
                              {"current_leader_epoch", asked.current_leader_epoch}});
      }
    }
    std::sort(partitions.begin(), partitions.end(),
              [](const Json& a, const Json& b) { return a.at("partition") < b.at("partition"); });
    printed["partitions"] = std::move(partitions);
    return {request.id, std::move(printed)};
  }

  Json changed_state() {
    const SubscriptionState& subscriptions = consumer_.subscriptions();
    const IsolationLevel isolation =
        isolation_ == "read_committed" ? IsolationLevel::read_committed : IsolationLevel::read_uncommitted;
    Json partitions = Json::object();
    for (const PartitionFetchState& known : subscriptions.assigned()) {
      Json& printed = partitions[std::to_string(known.partition.partition)];
      const std::optional<Offset> lag = subscriptions.lag(known, isolation);
      const bool preferred =
          known.preferred_replica != kNoBroker && now_ms_ <= known.preferred_replica_until_ms;
      printed = {{"fetch_state", name_of(known.state)},
                 {"position", nullptr},
                 {"offset_epoch", nullptr},
                 {"leader", nullptr},
                 {"leader_epoch", nullptr},
                 {"paused", known.paused},
                 {"lag", lag ? Json(*lag) : Json()},
                 {"preferred_read_replica", preferred ? Json(known.preferred_replica) : Json()}};
      if (!known.position) continue;
      printed["position"] = known.position->offset;
      printed["offset_epoch"] = epoch_or_null(known.position->offset_epoch);
      const LeaderAndEpoch& leader = known.position->current_leader;
      if (leader.leader != kNoBroker) printed["leader"] = leader.leader;
      printed["leader_epoch"] = epoch_or_null(leader.epoch);
    }
    Json changed = Json::object();
    for (const auto& [name, printed] : partitions.items()) {
      if (!last_partitions_.contains(name) || last_partitions_.at(name) != printed) {
        changed["partitions"][name] = printed;
      }
    }
    for (const auto& [name, printed] : last_partitions_.items()) {
      if (!partitions.contains(name)) changed["partitions"][name] = nullptr;
    }
    last_partitions_ = std::move(partitions);
    const Json requested = consumer_.metadata().update_requested();
    if (requested != last_requested_) changed["metadata_update_requested"] = requested;
    last_requested_ = requested;
    return changed;
  }

  static constexpr std::int64_t kWallClockMs = 1'000'000'000'000;

  std::int64_t now_ms_;
  std::int64_t request_timeout_ms_;
  std::string isolation_;
  KafkaConsumer consumer_;
  ConsumerRecords records_;
  std::map<std::string, Sent> sent_;
  std::vector<Open> open_;
  Json last_partitions_ = Json::object();
  Json last_requested_;
};

}  // namespace

Outcome kafka_consumer_fetch(const Json& recorded_case) {
  FetchDriver driver{recorded_case.at("config")};
  return replay(recorded_case, [&](const Json& in) { return driver.step(in); });
}

}  // namespace wrackline::conform

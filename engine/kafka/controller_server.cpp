#include "engine/kafka/controller_server.hpp"

#include <algorithm>

#include "engine/kafka/moments.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::chrono::milliseconds kMetadataWait{500};

ClusterController make_controller(const ClusterContext& cluster) {
  ControllerConfig config;
  config.session_timeout_ms = cluster.settings.broker_session_timeout_ms;
  config.elr_enabled = cluster.settings.elr_enabled;
  std::vector<ControlledPartition> partitions;
  for (PartitionId p = 0; p < cluster.layout.partition_count(); ++p) {
    ControlledPartition about;
    about.partition = cluster.layout.partition(p);
    about.replicas = cluster.layout.replicas(p);
    about.min_insync_replicas = cluster.topic_of(p).min_insync_replicas;
    about.unclean_election = cluster.topic_of(p).unclean_leader_election_enable;
    partitions.push_back(std::move(about));
  }
  return ClusterController{config, cluster.layout.brokers(), std::move(partitions)};
}

}  // namespace

ControllerServer::ControllerServer(ClusterContext& cluster, sim::Process& process)
    : cluster_{cluster}, process_{process}, controller_{make_controller(cluster)} {
  for (std::size_t p = 0; p < controller_.partition_count(); ++p)
    known_.push_back(controller_.registration(p));
  known_brokers_.assign(controller_.brokers().begin(), controller_.brokers().end());
}

sim::Task<> ControllerServer::run(sim::Process& process) {
  waiting_.clear();
  cluster_.network.listen(process, *this);
  if (process.incarnation() == 1) {
    controller_.bootstrap(process.node().mono_ms());
  } else {
    controller_.restart_sessions(process.node().mono_ms());
  }
  publish();
  for (;;) {
    co_await sim::sleep_local(std::chrono::milliseconds{controller_.fence_check_interval_ms()});
    controller_.fence_stale_brokers(process.node().mono_ms());
    publish();
  }
}

void ControllerServer::publish() {
  for (const MetadataRecord& record : controller_.records_from(announced_)) {
    if (record.broker) {
      ControlledBroker& before =
          *std::find_if(known_brokers_.begin(), known_brokers_.end(),
                        [&](const ControlledBroker& b) { return b.id == record.broker->id; });
      if (record.broker->epoch != before.epoch) {
        process_.announce(moments::kBrokerRegistered, record.broker->id, record.broker->epoch);
      } else if (record.broker->fenced && !before.fenced) {
        process_.announce(moments::kBrokerFenced, record.broker->id);
      } else if (!record.broker->fenced && before.fenced) {
        process_.announce(moments::kBrokerUnfenced, record.broker->id);
      }
      before = *record.broker;
      continue;
    }
    PartitionRegistration& before = known_[record.partition];
    const PartitionRegistration& after = record.registration;
    const auto members = static_cast<std::int64_t>(after.isr.size());
    if (after.isr.size() < before.isr.size()) {
      process_.announce(moments::kIsrShrunk, record.partition, members);
    } else if (after.isr.size() > before.isr.size()) {
      process_.announce(moments::kIsrExpanded, record.partition, members);
    }
    if (after.leader != before.leader && after.leader != kNoLeader) {
      process_.announce(moments::kLeaderElected, record.partition, after.leader, after.leader_epoch);
      if (record.unclean) {
        process_.announce(moments::kUncleanElection, record.partition, after.leader, after.leader_epoch);
      }
    } else if (after.leader == kNoLeader && before.leader != kNoLeader) {
      process_.announce(moments::kLeaderLost, record.partition, after.leader_epoch);
    }
    before = after;
  }
  announced_ = controller_.end_offset();
  // Who waits for metadata hears of it now.
  std::vector<Waiting> told;
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].from < controller_.end_offset()) {
      told.push_back(waiting_[i]);
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  for (const Waiting& waiting : told) answer_metadata(waiting);
}

void ControllerServer::answer_metadata(const Waiting& waiting) {
  process_.cancel(waiting.timeout);
  MetadataFetchResponse response;
  if (waiting.from == 0) {
    response.records = controller_.everything();
  } else {
    const auto records = controller_.records_from(waiting.from);
    response.records.assign(records.begin(), records.end());
  }
  response.next = controller_.end_offset();
  sim::Socket socket = waiting.socket;
  const auto bytes = static_cast<std::uint32_t>(kSmallMessageBytes + 64 * response.records.size());
  socket.send(kind_of(Api::metadata_fetch), bytes, std::move(response), waiting.correlation);
}

void ControllerServer::metadata_wait_over(void* self, std::uint64_t number) {
  auto& server = *static_cast<ControllerServer*>(self);
  const auto found = std::find_if(server.waiting_.begin(), server.waiting_.end(),
                                  [&](const Waiting& waiting) { return waiting.number == number; });
  if (found == server.waiting_.end()) return;
  const Waiting waiting = *found;
  server.waiting_.erase(found);
  server.answer_metadata(waiting);
}

void ControllerServer::on_message(sim::Socket socket, sim::Message message) {
  const std::int64_t now_ms = process_.node().mono_ms();
  switch (api_of(message.kind())) {
    case Api::register_broker: {
      const auto& request = message.as<RegisterRequest>();
      const RegisterAnswer answer =
          controller_.register_broker(request.broker, request.incarnation, request.clean_epoch, now_ms);
      publish();
      socket.send(message.kind(), kSmallMessageBytes, answer, message.correlation());
      break;
    }
    case Api::broker_heartbeat: {
      const BrokerHeartbeatAnswer answer = controller_.heartbeat(message.as<BrokerHeartbeat>(), now_ms);
      publish();
      socket.send(message.kind(), kSmallMessageBytes, answer, message.correlation());
      break;
    }
    case Api::alter_partition: {
      const auto& request = message.as<AlterPartitionRequest>();
      ClusterController::AlterPartitionResult result =
          controller_.alter_partition(request.broker, request.epoch, request.proposals);
      publish();
      socket.send(message.kind(), kSmallMessageBytes, std::move(result), message.correlation());
      break;
    }
    case Api::metadata_fetch: {
      Waiting waiting;
      waiting.socket = socket;
      waiting.correlation = message.correlation();
      waiting.from = message.as<MetadataFetchRequest>().from;
      if (waiting.from < controller_.end_offset()) {
        answer_metadata(waiting);
        break;
      }
      waiting.number = next_number_++;
      waiting.timeout = process_.schedule_after(kMetadataWait, {&metadata_wait_over, this, waiting.number});
      waiting_.push_back(waiting);
      break;
    }
    default:
      break;
  }
}

void ControllerServer::on_closed(sim::Socket socket, sim::CloseReason) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (!(waiting.socket == socket)) return false;
    process_.cancel(waiting.timeout);
    return true;
  });
}

}  // namespace wrackline::kafka

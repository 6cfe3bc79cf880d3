#include "engine/kafka/broker.hpp"

#include "engine/kafka/partitioner.hpp"

namespace wrackline::kafka {

Broker::Broker(ClusterContext& cluster, BrokerId id, sim::Process& process, sim::Disk& disk)
    : cluster_{cluster},
      id_{id},
      process_{process},
      disk_{disk},
      replicas_{cluster, id, process, disk, *this, *this, *this},
      groups_{cluster, id, process, replicas_, *this},
      cleaner_{cluster, id, process, disk, replicas_},
      channel_{*this},
      cost_draws_{process.sim().seed(), process.name(), "cpu"},
      registrations_(cluster.layout.partition_count()) {}

// --- requests
// -----------------------------------------------------------------------------------------------------------

void Broker::on_message(sim::Socket socket, sim::Message message) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(pending_.size());
    pending_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Pending& pending = pending_[slot];
  pending.socket = socket;
  pending.correlation = message.correlation();
  pending.in_use = true;
  ++pending.generation;
  // L-51: the channel is muted until the answer has been sent.
  socket.stop_reading();
  const sim::Duration cost = cost_of(message);
  pending.message = std::move(message);
  process_.node().cpu().run(process_, cost, {&cpu_done, this, slot});
}

sim::Duration Broker::cost_of(sim::Message& message) {
  const BrokerCosts& costs = cluster_.settings.costs;
  if (api_of(message.kind()) != Api::produce) return costs.request;
  const auto& request = message.as<ProduceRequest>();
  const auto batches = static_cast<std::int64_t>(request.batches.size());
  return costs.request + costs.batch.sample_sum(batches, cost_draws_) +
         costs.kibibyte * (request.size_bytes / 1024);
}

void Broker::cpu_done(void* self, std::uint64_t slot) {
  static_cast<Broker*>(self)->handle(static_cast<std::uint32_t>(slot));
}

void Broker::handle(std::uint32_t slot) {
  Pending& pending = pending_[slot];
  if (!pending.in_use) return;
  const Ticket ticket{slot, pending.generation};
  sim::Message message = std::move(pending.message);
  switch (api_of(message.kind())) {
    case Api::produce:
      replicas_.produce(ticket, message.as<ProduceRequest>());
      break;
    case Api::replica_fetch:
      replicas_.replica_fetch(ticket, std::move(message.as<ReplicaFetchRequest>()));
      break;
    case Api::consumer:
      handle_consumer(ticket, message.as<ConsumerRequest>());
      break;
    case Api::metadata: {
      MetadataResponse known = metadata();
      const auto bytes = static_cast<std::uint32_t>(kSmallMessageBytes + 16 * known.partitions.size());
      answer(ticket, Api::metadata, bytes, std::move(known));
      break;
    }
    case Api::api_versions:
      answer(ticket, Api::api_versions, kSmallMessageBytes, ApiVersionsResponse{});
      break;
    case Api::transaction:
      handle_transactional(ticket, message.as<TxnRequest>());
      break;
    default:
      hang_up(ticket);
      break;
  }
}

void Broker::handle_consumer(Ticket ticket, ConsumerRequest& request) {
  if (auto* fetch = std::get_if<FetchRequest>(&request.body)) {
    FetchRequest wanted = std::move(*fetch);
    replicas_.consumer_fetch(ticket, request, std::move(wanted));
  } else if (const auto* list = std::get_if<ListOffsetsRequest>(&request.body)) {
    answer(ticket, Api::consumer, kSmallMessageBytes, ConsumerResponseBody{replicas_.list_offsets(*list)});
  } else if (const auto* ends = std::get_if<OffsetForLeaderEpochRequest>(&request.body)) {
    answer(ticket, Api::consumer, kSmallMessageBytes, ConsumerResponseBody{replicas_.end_offsets(*ends)});
  } else if (const auto* find = std::get_if<FindCoordinatorRequest>(&request.body)) {
    const TopicLayout& topic =
        cluster_.layout.topics()[static_cast<std::size_t>(cluster_.layout.topic_id(kOffsetsTopic))];
    const PartitionId at =
        topic.first + static_cast<PartitionId>(coordinator_partition(find->group, topic.partitions));
    FindCoordinatorResponse found;
    found.coordinator = registrations_[at].leader;
    if (found.coordinator == kNoLeader) found.error = Errors::coordinator_not_available;
    answer(ticket, Api::consumer, kSmallMessageBytes, ConsumerResponseBody{found});
  } else {
    groups_.handle(ticket, request.body);
  }
}

void Broker::handle_transactional(Ticket ticket, const TxnRequest& request) {
  TxnResponse response;
  if (request.api == TxnApi::init_producer_id) {
    // Any broker serves ids from the block that the controller gave it; epochs of idempotent producers start
    // at 0.
    response.producer = {cluster_.next_producer_id++, 0};
  } else {
    response.error = Errors::unsupported_version;
  }
  answer(ticket, Api::transaction, kSmallMessageBytes, std::move(response));
}

MetadataResponse Broker::metadata() const {
  MetadataResponse response;
  for (PartitionId p = 0; p < registrations_.size(); ++p) {
    response.partitions.push_back({p, {registrations_[p].leader, registrations_[p].leader_epoch}});
  }
  return response;
}

void Broker::respond(Ticket ticket, Api, std::uint32_t, sim::Message message) {
  if (ticket.slot >= pending_.size()) return;
  Pending& pending = pending_[ticket.slot];
  if (!pending.in_use || pending.generation != ticket.generation) return;
  if (message) {
    sim::Socket socket = pending.socket;
    message.set_correlation(pending.correlation);
    socket.send(std::move(message));
  }
  pending.socket.resume_reading();
  release(ticket.slot);
}

void Broker::hang_up(Ticket ticket) {
  Pending& pending = pending_[ticket.slot];
  if (!pending.in_use || pending.generation != ticket.generation) return;
  pending.socket.close();
  release(ticket.slot);
}

void Broker::release(std::uint32_t slot) {
  pending_[slot].in_use = false;
  pending_[slot].message = {};
  free_.push_back(slot);
}

/// Requests that were taken in already are still executed (L-51); only their answers have nowhere to go.
void Broker::on_closed(sim::Socket, sim::CloseReason) {}

void Broker::internal_write_done(PartitionId partition, std::uint64_t token, Errors error) {
  groups_.write_done(partition, token, error);
}

}  // namespace wrackline::kafka

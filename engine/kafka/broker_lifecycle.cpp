// The broker and its controller: registration, heartbeats, metadata, ISR proposals, starting and stopping.
#include <algorithm>

#include "engine/kafka/broker.hpp"
#include "engine/kafka/moments.hpp"

namespace wrackline::kafka {

namespace {

constexpr std::chrono::milliseconds kControllerRetry{100};
/// Until whoever looks after the machine starts a broker again that halted.
constexpr std::chrono::seconds kSupervisor{5};
/// log.flush.scheduler.interval.ms from here on: the scheduler never runs.
constexpr std::int64_t kNeverMs = std::int64_t{1} << 40;
/// controller.quorum.request.timeout.ms, of metadata, and controller.socket.timeout.ms, of everything else.
constexpr std::chrono::seconds kMetadataTimeout{2};
constexpr std::chrono::seconds kControllerTimeout{30};

}  // namespace

sim::Task<> Broker::run(sim::Process& process) {
  const bool first = process.incarnation() == 1;
  forget_everything();
  if (first) {
    epoch_ = static_cast<BrokerEpoch>(
                 std::find(cluster_.layout.brokers().begin(), cluster_.layout.brokers().end(), id_) -
                 cluster_.layout.brokers().begin()) +
             1;
    registered_ = true;
  } else {
    co_await sim::sleep_local(cluster_.settings.costs.startup);
    const std::int64_t bytes = replicas_.recover(stopped_cleanly_, kNoBrokerEpoch);
    co_await sim::sleep_local(
        sim::Duration{bytes * 1'000'000'000 / cluster_.settings.costs.recovery_bytes_per_second});
    process_.announce(moments::kBrokerRecovered, id_, static_cast<std::int64_t>(process.incarnation()));
  }
  const BrokerEpoch clean_epoch = stopped_cleanly_ ? clean_epoch_ : kNoBrokerEpoch;
  stopped_cleanly_ = false;  // the clean-shutdown file is deleted at the start
  clean_epoch_ = clean_epoch;
  cluster_.network.listen(process, *this);
  if (first) {
    start_serving();
  } else {
    send_registration();
  }
}

/// Memory is gone; logs and checkpoints are the replica manager's to keep.
void Broker::forget_everything() {
  pending_.clear();
  free_.clear();
  fetchers_.clear();
  groups_.clear();
  alter_partition_.clear();
  brokers_.clear();
  std::fill(registrations_.begin(), registrations_.end(), PartitionRegistration{});
  metadata_next_ = 0;
  metadata_in_flight_ = false;
  registered_ = false;
  stopping_ = false;
  may_stop_ = false;
  halting_ = false;
  channel_.reset();
  owed_.clear();
}

void Broker::start_serving() {
  replicas_.set_broker_epoch(epoch_);
  process_.spawn("heartbeats", heartbeat_loop());
  process_.spawn("isr check", isr_loop());
  process_.spawn("checkpoints", checkpoint_loop());
  process_.spawn("retention", retention_loop());
  cleaner_.start();
  if (cluster_.settings.log_flush_scheduler_interval_ms < kNeverMs) process_.spawn("flush", flush_loop());
  fetch_metadata();
}

void Broker::send_registration() {
  RegisterRequest request;
  request.broker = id_;
  request.incarnation = process_.incarnation();
  request.clean_epoch = clean_epoch_;
  channel_.send(Api::register_broker, request);
}

void Broker::send_heartbeat() {
  BrokerHeartbeat beat;
  beat.broker = id_;
  beat.epoch = epoch_;
  beat.caught_up_to = metadata_next_ - 1;
  beat.want_shut_down = stopping_;
  channel_.send(Api::broker_heartbeat, beat);
}

sim::Task<> Broker::heartbeat_loop() {
  // The first beat of a broker comes at once, later ones at the interval; the brokers' phases differ.
  const auto interval = std::chrono::milliseconds{cluster_.settings.broker_heartbeat_interval_ms};
  co_await sim::sleep_local(process_.incarnation() == 1 ? sim::Duration{interval} * (id_ % 7) / 7
                                                        : sim::Duration{0});
  for (;;) {
    send_heartbeat();
    co_await sim::sleep_local(stopping_ ? std::chrono::milliseconds{50} : interval);
  }
}

sim::Task<> Broker::isr_loop() {
  for (;;) {
    co_await sim::sleep_local(std::chrono::milliseconds{cluster_.settings.replica_lag_time_max_ms / 2});
    replicas_.check_isr();
  }
}

sim::Task<> Broker::checkpoint_loop() {
  const auto interval =
      std::chrono::milliseconds{cluster_.settings.replica_high_watermark_checkpoint_interval_ms};
  std::int64_t since_recovery_points_ms = 0;
  for (;;) {
    co_await sim::sleep_local(interval);
    replicas_.checkpoint_high_watermarks();
    since_recovery_points_ms += cluster_.settings.replica_high_watermark_checkpoint_interval_ms;
    if (since_recovery_points_ms >= cluster_.settings.log_flush_offset_checkpoint_interval_ms) {
      replicas_.checkpoint_recovery_points();
      since_recovery_points_ms = 0;
    }
  }
}

sim::Task<> Broker::retention_loop() {
  co_await sim::sleep_local(std::chrono::seconds{30});
  for (;;) {
    replicas_.run_retention();
    co_await sim::sleep_local(std::chrono::milliseconds{cluster_.settings.log_retention_check_interval_ms});
  }
}

sim::Task<> Broker::flush_loop() {
  for (;;) {
    co_await sim::sleep_local(std::chrono::milliseconds{cluster_.settings.log_flush_scheduler_interval_ms});
    replicas_.flush_dirty();
  }
}

/// Exit.halt(1), outside of the code that noticed.
void Broker::log_directory_failed() {
  if (halting_) return;
  halting_ = true;
  process_.announce(moments::kLogDirectoryFailed, id_);
  process_.sim().schedule_after(sim::Duration{0}, {&on_halt, this, process_.incarnation()},
                                sim::kKernelEntity);
}

void Broker::on_halt(void* self, std::uint64_t incarnation) {
  sim::Process& process = static_cast<Broker*>(self)->process_;
  if (!process.alive() || process.incarnation() != incarnation) return;
  process.crash();
  process.sim().schedule_after(kSupervisor, {&on_supervisor, self, incarnation}, sim::kKernelEntity);
}

void Broker::on_supervisor(void* self, std::uint64_t incarnation) {
  sim::Process& process = static_cast<Broker*>(self)->process_;
  if (process.incarnation() == incarnation) process.bring_up();
}

sim::Task<> Broker::stop(sim::Process& process) {
  // Controlled shutdown: leaderships move away first; the controller says when (L-27).
  stopping_ = true;
  send_heartbeat();
  for (int i = 0; i < 100 && !may_stop_; ++i) co_await sim::sleep_local(std::chrono::milliseconds{50});
  replicas_.flush_all();
  stopped_cleanly_ = true;
  clean_epoch_ = epoch_;
  static_cast<void>(process);
}

// --- the controller's channel
// -------------------------------------------------------------------------------------------

void Broker::ControllerChannel::open() {
  if (socket_.is_open()) return;
  socket_ = broker_.cluster_.network.connect(broker_.process_, *broker_.cluster_.controller_process, *this);
}

void Broker::ControllerChannel::on_message(sim::Socket, sim::Message message) {
  broker_.on_controller_message(message);
}

void Broker::ControllerChannel::on_closed(sim::Socket socket, sim::CloseReason) {
  if (socket == socket_) broker_.on_controller_lost();
}

void Broker::on_controller_lost() {
  metadata_in_flight_ = false;
  owed_.clear();
  if (alter_partition_.in_flight()) {
    alter_partition_.on_response(Errors::network_exception, {}, process_.node().mono_ms());
  }
  if (!registered_) {
    process_.schedule_after(kControllerRetry, {&on_registration_timer, this, 0});
    return;
  }
  process_.schedule_after(kControllerRetry, {&on_metadata_timer, this, 0});
  process_.schedule_after(kControllerRetry, {&on_alter_timer, this, 0});
}

void Broker::owed(Api api) {
  const bool known =
      std::any_of(owed_.begin(), owed_.end(), [&](const Owed& owed) { return owed.api == api; });
  if (known) return;
  const sim::Duration wait =
      api == Api::metadata_fetch ? sim::Duration{kMetadataTimeout} : sim::Duration{kControllerTimeout};
  const sim::Time by = process_.now() + wait;
  owed_.push_back({api, by});
  if (process_.sim().is_pending(silence_) && silence_at_ <= by) return;
  process_.cancel(silence_);
  silence_at_ = by;
  silence_ = process_.schedule_after(wait, {&on_controller_silent, this, 0});
}

/// As the real network client does: one request without an answer for too long costs the connection.
void Broker::on_controller_silent(void* self, std::uint64_t) {
  auto& broker = *static_cast<Broker*>(self);
  sim::Time next = sim::kNever;
  for (const Owed& owed : broker.owed_) next = std::min(next, owed.by);
  if (next == sim::kNever) return;
  if (next > broker.process_.now()) {
    broker.silence_at_ = next;
    broker.silence_ =
        broker.process_.schedule_after(next - broker.process_.now(), {&on_controller_silent, self, 0});
    return;
  }
  broker.channel_.close();
  broker.on_controller_lost();
}

void Broker::on_registration_timer(void* self, std::uint64_t) {
  auto& broker = *static_cast<Broker*>(self);
  if (!broker.registered_) broker.send_registration();
}

void Broker::on_metadata_timer(void* self, std::uint64_t) { static_cast<Broker*>(self)->fetch_metadata(); }
void Broker::on_alter_timer(void* self, std::uint64_t) { static_cast<Broker*>(self)->send_alter_partition(); }

void Broker::on_controller_message(sim::Message& message) {
  std::erase_if(owed_, [&](const Owed& owed) { return owed.api == api_of(message.kind()); });
  switch (api_of(message.kind())) {
    case Api::register_broker: {
      const auto& answer = message.as<RegisterAnswer>();
      if (registered_) break;
      if (answer.error != Errors::none) {
        process_.schedule_after(kControllerRetry, {&on_registration_timer, this, 0});
        break;
      }
      epoch_ = answer.epoch;
      registered_ = true;
      start_serving();
      break;
    }
    case Api::broker_heartbeat: {
      const auto& answer = message.as<BrokerHeartbeatAnswer>();
      if (answer.should_shut_down) may_stop_ = true;
      break;
    }
    case Api::alter_partition: {
      const auto& result = message.as<ClusterController::AlterPartitionResult>();
      const auto completions =
          alter_partition_.on_response(result.top_level, result.partitions, process_.node().mono_ms());
      for (const AlterPartitionManager::Completion& done : completions) {
        replicas_.on_alter_partition(cluster_.layout.id_of(done.proposal.partition), done.proposal.id,
                                     done.answer);
      }
      send_alter_partition();
      break;
    }
    case Api::metadata_fetch: {
      metadata_in_flight_ = false;
      apply(message.as<MetadataFetchResponse>());
      fetch_metadata();
      break;
    }
    default:
      break;
  }
}

void Broker::isr_proposed(AlterPartitionProposal proposal) {
  const PartitionId partition = cluster_.layout.id_of(proposal.partition);
  const std::uint64_t id = proposal.id;
  if (!alter_partition_.submit(std::move(proposal))) {
    replicas_.on_alter_partition_refused(partition, id);
    return;
  }
  send_alter_partition();
}

void Broker::send_alter_partition() {
  const std::int64_t now_ms = process_.node().mono_ms();
  if (alter_partition_.request_due(now_ms)) {
    AlterPartitionRequest request;
    request.broker = id_;
    request.epoch = epoch_;
    const auto proposals = alter_partition_.begin_request();
    request.proposals.assign(proposals.begin(), proposals.end());
    channel_.send(Api::alter_partition, std::move(request));
  } else if (const auto next = alter_partition_.next_attempt_ms();
             next && !process_.sim().is_pending(alter_timer_)) {
    alter_timer_ = process_.schedule_after(
        std::chrono::milliseconds{std::max<std::int64_t>(*next - now_ms, 1)}, {&on_alter_timer, this, 0});
  }
}

// --- metadata
// -----------------------------------------------------------------------------------------------------------

void Broker::fetch_metadata() {
  if (metadata_in_flight_) return;
  metadata_in_flight_ = true;
  channel_.send(Api::metadata_fetch, MetadataFetchRequest{id_, metadata_next_});
}

void Broker::apply(const MetadataFetchResponse& news) {
  for (const MetadataRecord& record : news.records) {
    if (record.broker) brokers_[record.broker->id] = *record.broker;
  }
  for (const MetadataRecord& record : news.records) {
    if (!record.broker) apply_partition(static_cast<PartitionId>(record.partition), record.registration);
  }
  const MetadataOffset before = metadata_next_;
  metadata_next_ = std::max(metadata_next_, news.next);
  // A fenced broker tells at once that it has caught up, so that it is unfenced without waiting for the next
  // beat.
  const auto self = brokers_.find(id_);
  if (self != brokers_.end() && self->second.fenced && metadata_next_ != before) send_heartbeat();
}

void Broker::apply_partition(PartitionId partition, const PartitionRegistration& state) {
  registrations_[partition] = state;
  Partition* const replica = replicas_.find(partition);
  if (replica == nullptr) return;
  const ReplicaManager::RoleChange change = replicas_.apply(partition, state);
  for (auto& [leader, fetcher] : fetchers_) {
    if (leader != state.leader || state.leader == id_) fetcher->remove(partition);
  }
  if (state.leader != id_ && state.leader != kNoLeader) {
    auto& fetcher = fetchers_[state.leader];
    if (!fetcher)
      fetcher = std::make_unique<ReplicaFetcher>(cluster_, id_, state.leader, process_, replicas_);
    fetcher->set_broker_epoch(epoch_);
    fetcher->add(partition);
  }
  const TopicLayout& topic =
      cluster_.layout.topics()[static_cast<std::size_t>(cluster_.layout.partition(partition).topic)];
  if (topic.name == kOffsetsTopic && (change.became_leader || change.resigned)) {
    groups_.leader_changed(partition, state.leader == id_);
  }
}

BrokerView Broker::broker(BrokerId id) const {
  const auto found = brokers_.find(id);
  if (found == brokers_.end()) return {false, true, false, kNoBrokerEpoch};
  return {found->second.registered, found->second.fenced, found->second.shutting_down, found->second.epoch};
}

}  // namespace wrackline::kafka

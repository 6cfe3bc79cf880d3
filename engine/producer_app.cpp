#include "engine/producer_app.hpp"

#include <algorithm>

#include "engine/kafka/moments.hpp"

namespace wrackline {

using kafka::Append;
using kafka::Nanos;

ProducerApp::ProducerApp(kafka::ClusterContext& cluster, sim::Process& process, ProducerAppOptions options,
                         std::unique_ptr<workload::RecordSource> source)
    : cluster_{cluster},
      process_{process},
      options_{std::move(options)},
      source_{std::move(source)},
      producer_{cluster, process, *this, options_.producer} {
  const std::int64_t fill_ns = std::int64_t{producer_.config().batch_size} * 1'000'000'000 /
                               std::max<std::int64_t>(options_.peak_bytes_per_second, 1);
  process_.listen([this](sim::Process&, sim::ProcessChange change) {
    if (change == sim::ProcessChange::crashed || change == sim::ProcessChange::stopped) tell_the_forgotten();
  });
  longest_nap_ = sim::Duration{std::clamp<std::int64_t>(fill_ns / 4, 20'000, 1'000'000'000)};
}

sim::Task<> ProducerApp::run(sim::Process&) {
  // What arrives in the first instant of all, such as the first row of a trace, has not missed anybody.
  if (process_.now() > sim::kStart) refuse_arrivals();
  backlog_.clear();
  blocked_since_ = -1;
  stopping_ = false;
  producer_.open();
  producer_.turn();
  co_return;
}

/// Memory is gone, and with it every callback that had not run.
void ProducerApp::tell_the_forgotten() {
  if (!producer_.is_open()) return;
  producer_.accumulator().for_each_incomplete([&](const kafka::ProducerBatch& batch) {
    cluster_.observer.told(sim::Told::outcome_unknown, batch.records->ids, process_.now());
  });
  for (const Waiting& waiting : backlog_) {
    cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&waiting.id, 1}, process_.now());
  }
  backlog_.clear();
}

sim::Task<> ProducerApp::stop(sim::Process&) {
  // close(): what was handed over is still sent.
  stopping_ = true;
  if (producer_.is_open()) producer_.accumulator().begin_flush();
  const sim::Time give_up =
      process_.now() + std::chrono::milliseconds{producer_.config().delivery_timeout_ms};
  while (producer_.has_incomplete() && process_.now() < give_up) {
    producer_.turn();
    co_await sim::sleep(std::chrono::milliseconds{5});
  }
}

bool ProducerApp::drained() const {
  if (!source_->exhausted()) return false;
  if (!process_.alive()) return true;
  return backlog_.empty() && producer_.is_open() && !producer_.has_incomplete();
}

void ProducerApp::calm_down_after(sim::Duration duration) {
  process_.sim().schedule_after(duration, {&on_calm, this, ++bursts_}, sim::kKernelEntity);
}

void ProducerApp::on_calm(void* self, std::uint64_t burst) {
  auto& app = *static_cast<ProducerApp*>(self);
  if (app.bursts_ != burst) return;  // a later burst goes on
  app.source_->set_rate_factor(app.process_.now(), 1);
  app.wake();
}

/// Event times are stamped on this machine: what its clock does reaches the stamps, from the next record on
/// that is taken in.
void ProducerApp::follow_clock() {
  const sim::Duration error = process_.node().clock().wall_error(process_.now());
  if (error == clock_error_) return;
  source_->step_clock(process_.now(), error - clock_error_);
  clock_error_ = error;
}

void ProducerApp::hand_over() {
  take_arrivals();
  append_backlog();
}

void ProducerApp::take_arrivals() {
  if (stopping_) return refuse_arrivals();
  arrivals_.clear();
  source_->pull(process_.now(), arrivals_);
  follow_clock();
  if (!arrivals_.created.empty()) cluster_.observer.created(arrivals_.created);
  // By this machine's clock as it runs now: a clock fault since the arrival does not reach back.
  const Nanos now = producer_.local_now();
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    Waiting record{arrivals_.ids[i], arrivals_.keys[i], arrivals_.event_times_ms[i],
                   static_cast<std::int32_t>(arrivals_.sizes_bytes[i]) + options_.record_overhead_bytes,
                   now - (process_.now() - arrivals_.arrived_at[i]).count()};
    if (!backlog_.empty() || append(record) == Append::buffer_exhausted) {
      if (backlog_.empty()) blocked_since_ = record.arrived_ns;
      backlog_.push_back(record);
    }
  }
}

/// What comes to a process that is not there is refused; its senders know.
void ProducerApp::refuse_arrivals() {
  arrivals_.clear();
  source_->pull(process_.now(), arrivals_);
  if (!arrivals_.created.empty()) cluster_.observer.created(arrivals_.created);
  if (!arrivals_.ids.empty()) {
    cluster_.observer.refused(sim::SendRefusal::rejected, arrivals_.ids, process_.now());
  }
}

Append ProducerApp::append(const Waiting& record) {
  const Append result =
      producer_.append(record.key, record.id, record.event_time_ms, record.size_bytes, record.arrived_ns);
  if (result == Append::too_large || result == Append::closed) {
    cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&record.id, 1}, process_.now());
  }
  return result;
}

void ProducerApp::append_backlog() {
  const Nanos now = producer_.local_now();
  while (!backlog_.empty()) {
    Waiting record = backlog_.front();
    record.arrived_ns = now;
    if (append(record) == Append::buffer_exhausted) {
      if (now - blocked_since_ < producer_.config().max_block_ms * kafka::kNanosPerMs) return;
      // TimeoutException out of send(): the caller goes on with its next record.
      producer_.accumulator().give_up_waiting();
      cluster_.observer.refused(sim::SendRefusal::rejected, std::span{&record.id, 1}, process_.now());
    }
    backlog_.pop_front();
    blocked_since_ = now;
  }
}

void ProducerApp::completed(std::span<const kafka::Completion> done) {
  for (const kafka::Completion& completion : done) {
    const auto& ids = completion.records->ids;
    const auto count = static_cast<std::int64_t>(ids.size());
    const std::uint32_t number = options_.producer.number;
    if (!completion.error) {
      cluster_.observer.told(completion.told, ids, process_.now());
      process_.announce(kafka::moments::kProducerAcked, number, completion.partition, count);
      continue;
    }
    const auto code = static_cast<std::int64_t>(completion.error.code);
    if (options_.replays) {
      replay(completion);
    } else if (!completion.ever_sent) {
      const bool timed_out = completion.error.code == kafka::Errors::request_timed_out;
      cluster_.observer.refused(timed_out ? sim::SendRefusal::expired : sim::SendRefusal::rejected, ids,
                                process_.now());
    } else {
      cluster_.observer.told(completion.told, ids, process_.now());
    }
    process_.announce(kafka::moments::kProducerFailed, number, completion.partition, count, code);
  }
  append_backlog();
}

void ProducerApp::replay(const kafka::Completion& failed) {
  const kafka::Records& records = *failed.records;
  const Nanos now = producer_.local_now();
  for (std::size_t i = 0; i < records.size(); ++i) {
    backlog_.push_back({records.ids[i], records.keys[i], records.timestamps_ms[i], failed.bytes_of(i), now});
  }
  blocked_since_ = now;
}

sim::Time ProducerApp::next_turn() {
  sim::Time at = sim::kNever;
  const sim::Time arrival = source_->next_event();
  if (arrival != sim::kNever) {
    // The first record of a batch must not wait longer than linger.ms; none may wait for long once batches
    // fill up.
    const auto linger = std::chrono::milliseconds{producer_.config().linger_ms};
    at = std::max(arrival, process_.now()) + std::min<sim::Duration>(linger, longest_nap_);
  }
  if (!backlog_.empty()) {
    const Nanos give_up = blocked_since_ + producer_.config().max_block_ms * kafka::kNanosPerMs;
    at = std::min(at, std::max(process_.node().clock().true_time_of_mono(sim::Duration{give_up}),
                               process_.now() + sim::Duration{1}));
  }
  return at;
}

}  // namespace wrackline

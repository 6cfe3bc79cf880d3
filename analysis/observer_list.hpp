// Several observers behind the one door that the models know: each hook is passed on in the order of the
// list. A list can be told to hear of some topics and consumers only: those of one job.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/observer.hpp"

namespace wrackline::analysis {

class ObserverList final : public sim::Observer {
 public:
  void add(sim::Observer& observer) { observers_.push_back(&observer); }
  /// Empty: all.
  void hear_only(std::vector<std::uint16_t> topics, std::vector<std::uint32_t> consumers) {
    topics_ = std::move(topics);
    consumers_ = std::move(consumers);
  }

  void created(std::span<const sim::CreatedRecord> records) override {
    for (auto* o : observers_) o->created(records);
  }
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) override {
    for (auto* o : observers_) o->told(answer, ids, at);
  }
  void refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time at) override {
    for (auto* o : observers_) o->refused(why, ids, at);
  }
  void appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                sim::Time at) override {
    if (!hears(topics_, p.topic)) return;
    for (auto* o : observers_) o->appended(p, base, ids, at);
  }
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override {
    if (!hears(topics_, p.topic)) return;
    for (auto* o : observers_) o->committed(p, base, ids, at);
  }
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override {
    if (!hears(topics_, p.topic)) return;
    for (auto* o : observers_) o->uncommitted(p, base, ids, at);
  }
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override {
    if (!hears(topics_, p.topic) || !hears(consumers_, consumer)) return;
    for (auto* o : observers_) o->polled(consumer, p, first, ids, at);
  }
  void assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position, sim::Time at) override {
    if (!hears(topics_, p.topic) || !hears(consumers_, consumer)) return;
    for (auto* o : observers_) o->assigned(consumer, p, position, at);
  }
  void revoked(std::uint32_t consumer, sim::PartitionRef p, sim::Time at) override {
    if (!hears(topics_, p.topic) || !hears(consumers_, consumer)) return;
    for (auto* o : observers_) o->revoked(consumer, p, at);
  }
  void generation(std::uint32_t job, std::int32_t generation, sim::Time at) override {
    for (auto* o : observers_) o->generation(job, generation, at);
  }
  void offset_committed(std::uint32_t job, sim::PartitionRef p, std::int64_t offset, sim::Time at) override {
    if (!hears(topics_, p.topic)) return;
    for (auto* o : observers_) o->offset_committed(job, p, offset, at);
  }
  void processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) override {
    for (auto* o : observers_) o->processed(job, ids, at);
  }
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override {
    for (auto* o : observers_) o->dropped(why, job, ids, at);
  }
  void late_for_window(std::uint32_t job, std::int64_t window_start_ms, std::span<const sim::EventId> ids,
                       sim::Time at) override {
    for (auto* o : observers_) o->late_for_window(job, window_start_ms, ids, at);
  }
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override {
    for (auto* o : observers_) o->watermark(job, task, from_ms, to_ms, at);
  }
  void visible(const sim::VisibleResult& result, sim::Time at) override {
    for (auto* o : observers_) o->visible(result, at);
  }
  void withdrawn(const sim::VisibleResult& result, sim::Time at) override {
    for (auto* o : observers_) o->withdrawn(result, at);
  }

 private:
  template <class Value>
  static bool hears(const std::vector<Value>& only, Value value) {
    return only.empty() || std::find(only.begin(), only.end(), value) != only.end();
  }

  std::vector<sim::Observer*> observers_;
  std::vector<std::uint16_t> topics_;
  std::vector<std::uint32_t> consumers_;
};

}  // namespace wrackline::analysis

// What the run tells those who watch it: what is final, what is still held, whether it has drained.
#include <algorithm>
#include <limits>
#include <optional>

#include "engine/processor/commit_metadata.hpp"
#include "scenarios/run/world.hpp"
#include "sim/stuck.hpp"

namespace wrackline::scenarios {

/// Only a job that commits what it has written out, with its watermark, can be told final windows: in the
/// other modes a replay may open any window again.
bool World::settles(const Job& job) const {
  const auto& panes = job.instances.front()->options().panes;
  using Kind = event_time::window::WindowDefinition::Kind;
  const bool timed = !panes || panes->windows.by_timestamp() || panes->windows.kind == Kind::session ||
                     panes->windows.kind == Kind::sliding;
  return job.spec->commit == CommitMode::kAfterProcessing && job.spec->window.kind != Windows::kNone &&
         timed && !job.instances.front()->options().join;
}

/// Event time before which no instance of the job, dead, paused or to come, can write a row any more.
std::int64_t World::final_before_ms(const Job& job) {
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  const kafka::ClusterLayout& layout = cluster_->layout();
  for (const kafka::TopicId topic : job.topics) {
    const kafka::TopicLayout& about = layout.topics()[static_cast<std::size_t>(topic)];
    for (std::int32_t p = 0; p < about.partitions; ++p) {
      const kafka::PartitionId partition = about.first + static_cast<kafka::PartitionId>(p);
      const kafka::PossibleCommits::Of& possible =
          cluster_->possible_commits().of(job.spec->group, layout.partition(partition));
      if (possible.may_find_none) return std::numeric_limits<std::int64_t>::min();
      const bool with_state = job.instances.front()->options().panes.has_value();
      for (const auto& commit : possible.commits) {
        if (!with_state) {
          limit = std::min(limit, processor::watermark_in(commit.metadata));
          continue;
        }
        // What a successor starts from: the state that goes with the offset. Without one it may open
        // anything.
        const auto state = job.committed.at(partition, commit.offset);
        if (state == nullptr) return std::numeric_limits<std::int64_t>::min();
        limit = std::min(limit, state->watermark_floor);
      }
    }
  }
  for (const auto& instance : job.instances) limit = std::min(limit, instance->written_watermark_ms());
  if (const auto& topic = sinks_[job.sink].topic) limit = std::min(limit, topic->final_before_ms());
  const std::int64_t lateness_ms =
      std::chrono::floor<std::chrono::milliseconds>(job.spec->window.allowed_lateness).count();
  return limit == std::numeric_limits<std::int64_t>::min() ? limit
                                                           : event_time::saturating_sub(limit, lateness_ms);
}

/// Sessions that begin before X and are open in an instance, paused ones included, or in the state that its
/// successor would start from.
std::vector<analysis::OpenSession> World::open_sessions(const Job& job, std::int64_t before_ms) {
  std::vector<analysis::OpenSession> open;
  const auto& panes = job.instances.front()->options().panes;
  if (!panes || panes->windows.kind != event_time::window::WindowDefinition::Kind::session) return open;
  const auto note = [&](std::uint32_t key, const event_time::Window& window) {
    if (window.start_ms < before_ms) open.push_back({key, window.start_ms, window.end_ms});
  };
  event_time::SeenParts seen;  // each state shares nearly all of itself with the one before
  for (const auto& instance : job.instances) {
    if (const auto* const state = instance->panes()) state->for_each_open(note, &seen);
  }
  const kafka::ClusterLayout& layout = cluster_->layout();
  for (const kafka::TopicId topic : job.topics) {
    const kafka::TopicLayout& about = layout.topics()[static_cast<std::size_t>(topic)];
    for (std::int32_t p = 0; p < about.partitions; ++p) {
      const kafka::PartitionId partition = about.first + static_cast<kafka::PartitionId>(p);
      for (const auto& commit :
           cluster_->possible_commits().of(job.spec->group, layout.partition(partition)).commits) {
        const auto state = job.committed.at(partition, commit.offset);
        if (state != nullptr) state->for_each_open(note, &seen);
      }
    }
  }
  return open;
}

/// The least offset that the group of the job may resume at; none: it may still find no commit at all.
std::optional<std::int64_t> World::resumes_from(const Job& job, kafka::PartitionId partition) const {
  const auto& commits =
      cluster_->possible_commits().of(job.spec->group, cluster_->layout().partition(partition)).commits;
  if (commits.empty()) return std::nullopt;
  return std::min_element(commits.begin(), commits.end(),
                          [](const auto& a, const auto& b) { return a.offset < b.offset; })
      ->offset;
}

/// The least offset that the job may still read at, whatever fails from now on; none of its own: the
/// greatest.
std::int64_t World::may_read_from(const Job& job, kafka::PartitionId partition) const {
  const kafka::TopicPartition at = cluster_->layout().partition(partition);
  if (cluster_->possible_commits().of(job.spec->group, at).may_find_none) return 0;
  std::int64_t from = resumes_from(job, partition).value_or(std::numeric_limits<std::int64_t>::max());
  for (const auto& instance : job.instances) {
    // A paused reader goes on from its own position when it wakes, whatever its group has committed
    // meanwhile.
    if (!instance->process().alive() || !instance->assigned(partition)) continue;
    if (instance->position(partition) >= 0) from = std::min(from, instance->position(partition));
  }
  return from;
}

/// Stored state is kept as long as a commit that it belongs to may come into force.
void World::forget_states(Job& job) {
  const kafka::ClusterLayout& layout = cluster_->layout();
  const auto& join = job.instances.front()->options().join;
  if (!join && !job.instances.front()->options().panes) return;
  for (const kafka::TopicId topic : job.topics) {
    if (join && topic == join->right) continue;
    const kafka::TopicLayout& about = layout.topics()[static_cast<std::size_t>(topic)];
    for (std::int32_t p = 0; p < about.partitions; ++p) {
      const kafka::PartitionId partition = about.first + static_cast<kafka::PartitionId>(p);
      const auto least = resumes_from(job, partition);
      if (!least) continue;
      if (!join) {
        job.committed.resumes_from(partition, *least);
      } else if (const auto right = resumes_from(job, layout.id_of({join->right, p}))) {
        job.committed_joins.resumes_from(p, {*least, *right});
      }
    }
  }
}

void World::housekeeping() {
  const kafka::ClusterLayout& layout = cluster_->layout();
  cluster_->look_at_commits();
  for (const auto& job : jobs_) forget_states(*job);
  for (const Sink& sink : sinks_) {
    if (sink.topic) sink.topic->housekeeping();
  }
  for (const auto& job : jobs_) {
    analyses_[job->number]->ledger().fold_shown();
    settle_join(*job);
    if (!settles(*job)) continue;
    const std::int64_t final_ms = final_before_ms(*job);
    if (final_ms == std::numeric_limits<std::int64_t>::min()) continue;
    analyses_[job->number]->settle_before(final_ms, open_sessions(*job, final_ms));
    if (const auto& store = sinks_[job->sink].store) store->store().forget_windows_until(final_ms);
  }
  // A log keeps what some group may still read again: everything from the least offset that it may resume at,
  // as it was one round ago.
  for (const kafka::TopicLayout& topic : layout.topics()) {
    if (topic.name == kafka::kOffsetsTopic) continue;
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      const kafka::PartitionId partition = topic.first + static_cast<kafka::PartitionId>(p);
      cluster_->forget_below(partition, forget_next_[partition]);
      std::int64_t next = std::numeric_limits<std::int64_t>::max();
      for (const auto& job : jobs_) {
        const kafka::TopicId id = layout.partition(partition).topic;
        if (std::find(job->topics.begin(), job->topics.end(), id) == job->topics.end()) continue;
        next = std::min(next, may_read_from(*job, partition));
      }
      if (next != std::numeric_limits<std::int64_t>::max())
        forget_next_[partition] = std::max(forget_next_[partition], next);
    }
  }
  forget_sink_topics();
}

/// Nobody of the run reads a sink's topic: what became visible has been told.
void World::forget_sink_topics() {
  for (const Sink& sink : sinks_) {
    if (!sink.topic) continue;
    const kafka::TopicLayout& topic = cluster_->layout().topics()[sink.topic->topic()];
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      const kafka::PartitionId partition = topic.first + static_cast<kafka::PartitionId>(p);
      forget_next_[partition] = cluster_->context().truth.committed_end(partition);
    }
  }
}

bool World::sources_drained() const {
  return std::all_of(producers_.begin(), producers_.end(),
                     [](const auto& producer) { return producer->drained(); });
}

bool World::consumers_caught_up() {
  const kafka::ClusterLayout& layout = cluster_->layout();
  for (const auto& job : jobs_) {
    for (const kafka::TopicId topic : job->topics) {
      const kafka::TopicLayout& about = layout.topics()[static_cast<std::size_t>(topic)];
      for (std::int32_t p = 0; p < about.partitions; ++p) {
        const kafka::PartitionId partition = about.first + static_cast<kafka::PartitionId>(p);
        kafka::Broker* const leader = cluster_->leader_of(partition);
        if (leader == nullptr) return false;
        const kafka::Partition& replica = *leader->replicas().find(partition);
        if (!replica.is_leader() || replica.log().high_watermark() < replica.log().log_end_offset())
          return false;
        const auto owner =
            std::find_if(job->instances.begin(), job->instances.end(), [&](const auto& instance) {
              return instance->process().alive() && instance->assigned(partition);
            });
        if (owner == job->instances.end()) return false;
        if ((*owner)->position(partition) < replica.log().high_watermark()) return false;
      }
    }
  }
  return true;
}

void World::end_of_input() {
  for (const auto& job : jobs_) {
    for (const auto& instance : job->instances) instance->end_of_input();
  }
}

bool World::results_out() {
  for (const auto& job : jobs_) {
    for (const auto& instance : job->instances) {
      if (!instance->process().alive() || !instance->quiet()) return false;
    }
  }
  return consumers_caught_up();
}

void World::hold_the_rest() {
  for (const auto& analysis : analyses_) {
    for (const auto& producer : producers_) {
      if (!producer->process().alive()) continue;
      producer->for_each_held([&](std::span<const sim::EventId> ids) { analysis->ledger().hold(ids); });
    }
    cluster_->for_each_uncommitted([&](kafka::PartitionId, const kafka::RecordBatch& batch) {
      analysis->ledger().hold(batch.records->ids);
    });
  }
  for (const auto& job : jobs_) {
    for (const auto& instance : job->instances) {
      if (!instance->process().alive()) continue;
      instance->for_each_held(
          [&](std::span<const sim::EventId> ids) { analyses_[job->number]->ledger().hold(ids); });
    }
  }
  hold_results();
}

/// Of rows on their way into a sink's topic: some will still come, the others are lost there.
void World::hold_results() {
  for (const Sink& sink : sinks_) {
    if (!sink.topic) continue;
    std::vector<sim::EventId> in_log;
    cluster_->for_each_uncommitted([&](kafka::PartitionId, const kafka::RecordBatch& batch) {
      for (const sim::EventId id : batch.records->ids) {
        if (sink.topic->wrote(id)) in_log.push_back(id);
      }
    });
    sink.topic->close(
        in_log,
        [&](std::uint32_t job, std::span<const sim::EventId> ids) { analyses_[job]->ledger().hold(ids); },
        [&](std::uint32_t job, sim::Told told, std::span<const sim::EventId> ids) {
          analyses_[job]->ledger().lost_at_sink(told, ids);
        });
  }
}

event_time::strategy::Counters World::watermark_counters(std::size_t job) const {
  event_time::strategy::Counters sum;
  for (const auto& instance : jobs_[job]->instances) sum += instance->watermark_counters();
  return sum;
}

std::string World::waits_for() { return sim::stuck_report(simulation_); }

}  // namespace wrackline::scenarios

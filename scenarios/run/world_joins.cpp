// What a join may still read, match or write, told to its ledger: what is neither is settled.
#include <algorithm>
#include <limits>

#include "scenarios/run/world.hpp"

namespace wrackline::scenarios {

/// No source of the job makes an event of an earlier event time. A fault that sets clocks back makes that
/// unknowable.
std::int64_t World::created_from_ms(const Job& job) const {
  const bool clock_faults = std::any_of(spec_.faults.begin(), spec_.faults.end(), [](const FaultSpec& fault) {
    return fault.action.starts_with("clock.");
  });
  if (clock_faults) return std::numeric_limits<std::int64_t>::min();
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < spec_.sources.size(); ++i) {
    const kafka::TopicId topic = cluster_->layout().topic_id(spec_.sources[i].topic);
    if (std::find(job.topics.begin(), job.topics.end(), topic) == job.topics.end()) continue;
    for (ProducerApp* const app : by_source_[i].second)
      least = std::min(least, app->source().created_from_ms(simulation_.now()));
  }
  return least;
}

void World::settle_join(const Job& job) {
  analysis::Ledger& ledger = analyses_[job.number]->ledger();
  if (!ledger.join_wants_settling()) return;
  const kafka::ClusterLayout& layout = cluster_->layout();
  analysis::JoinHorizon horizon;
  horizon.created_from_ms = created_from_ms(job);
  const auto hold = [&](std::span<const sim::EventId> ids) {
    horizon.held.insert(horizon.held.end(), ids.begin(), ids.end());
  };
  for (const auto& instance : job.instances) instance->for_each_unsettled(hold);

  const auto commits_of = [&](kafka::TopicId topic, std::int32_t number) -> const auto& {
    return cluster_->possible_commits().of(job.spec->group, {topic, number});
  };
  for (const kafka::TopicId topic : job.topics) {
    const kafka::TopicLayout& about = layout.topics()[static_cast<std::size_t>(topic)];
    for (std::int32_t p = 0; p < about.partitions; ++p) {
      const kafka::PartitionId partition = about.first + static_cast<kafka::PartitionId>(p);
      horizon.read_from.push_back({cluster_->context().truth.ref(partition), may_read_from(job, partition)});
    }
  }

  // What a successor may start from: states of both offsets that may be in force.
  const kafka::TopicId right = job.instances.front()->options().join->right;
  const kafka::TopicId left = job.topics.front() == right ? job.topics.back() : job.topics.front();
  std::vector<sim::EventId> inside;
  event_time::SeenParts seen;  // each state shares nearly all of itself with the one before
  for (std::int32_t p = 0; p < layout.topics()[static_cast<std::size_t>(left)].partitions; ++p) {
    const auto in_force = [&](kafka::TopicId topic, std::int64_t offset) {
      const auto& commits = commits_of(topic, p).commits;
      return std::any_of(commits.begin(), commits.end(),
                         [offset](const auto& commit) { return commit.offset == offset; });
    };
    job.committed_joins.for_each(p, [&](const processor::JoinOffsets& at, const auto& state) {
      if (!in_force(left, at.left) || !in_force(right, at.right)) return;
      state.append_ids(inside, &seen);
      state.append_versions(inside, &seen);
    });
  }
  hold(inside);
  ledger.settle_join(std::move(horizon));

  std::vector<sink::ResultRow> forgotten;
  for (const analysis::JoinLedger::ForgottenRow& gone : ledger.take_forgotten_rows()) {
    sink::ResultRow row;
    row.job = job.number;
    row.key = gone.key;
    row.window_start_ms = gone.window_start_ms;
    row.window_end_ms = gone.window_end_ms;
    row.identity = gone.identity;
    forgotten.push_back(row);
  }
  if (const auto& store = sinks_[job.sink].store) store->store().forget(forgotten);
}

}  // namespace wrackline::scenarios

#include "analysis/checkers/partition_truth.hpp"

#include <algorithm>

namespace wrackline::analysis {

sim::EventId* PartitionTruth::Partition::at(std::int64_t offset) {
  return offset < first || offset >= end() ? nullptr : &ids[from + static_cast<std::size_t>(offset - first)];
}

void PartitionTruth::Partition::drop_below(std::int64_t offset) {
  const std::int64_t drop = std::min(offset, end()) - first;
  if (drop <= 0) return;
  first += drop;
  from += static_cast<std::size_t>(drop);
  if (from > 4096 && from > ids.size() / 2) {
    ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(from));
    from = 0;
  }
}

void PartitionTruth::committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                               sim::Time at) {
  Partition& partition = partitions_[p];
  if (partition.ids.size() == partition.from && base > partition.end()) partition.first = base;
  const std::int64_t end = base + static_cast<std::int64_t>(ids.size());
  const auto report = [&](std::int64_t offset, sim::EventId before, sim::EventId now) {
    log_.report(Anomaly::inconsistent_offsets, at, [&] {
      return "offset " + std::to_string(offset) + " of partition " + to_string(p) + " held event " +
             to_string(before) + " and now holds " + to_string(now);
    });
  };
  std::erase_if(partition.gone, [&](const auto& gone) {
    const auto& [offset, before] = gone;
    if (offset < base || offset >= end) return false;
    const sim::EventId now = ids[static_cast<std::size_t>(offset - base)];
    if (now != before) report(offset, before, now);
    return true;
  });
  // A hole (control records, compaction) is filled with an identity that no poll can return.
  while (partition.end() < base) partition.ids.push_back(sim::EventId{0xffff, sim::EventId::kOrdinalMask});
  std::size_t known = 0;
  for (; known < ids.size() && base + static_cast<std::int64_t>(known) < partition.end(); ++known) {
    sim::EventId* before = partition.at(base + static_cast<std::int64_t>(known));
    if (before == nullptr || *before == ids[known]) continue;
    report(base + static_cast<std::int64_t>(known), *before, ids[known]);
    *before = ids[known];
  }
  partition.ids.insert(partition.ids.end(), ids.begin() + static_cast<std::ptrdiff_t>(known), ids.end());
}

void PartitionTruth::uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                                 sim::Time /*at*/) {
  Partition& partition = partitions_[p];
  for (std::size_t i = 0; i < ids.size(); ++i) {
    partition.gone.emplace_back(base + static_cast<std::int64_t>(i), ids[i]);
  }
  // Logs lose suffixes: whatever stood beyond is gone as well.
  const std::int64_t keep = std::max(base - partition.first, std::int64_t{0});
  partition.ids.resize(std::min(partition.ids.size(), partition.from + static_cast<std::size_t>(keep)));
  if (base < partition.first) partition.first = base;
}

void PartitionTruth::polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
                            std::span<const sim::EventId> ids, sim::Time at) {
  const Partition& partition = partitions_[p];
  const std::int64_t from = std::max(first, partition.first);
  const std::int64_t until = std::min(first + static_cast<std::int64_t>(ids.size()), partition.end());
  if (from >= until) return;
  const auto polled = ids.begin() + (from - first);
  const auto truth =
      partition.ids.begin() + static_cast<std::ptrdiff_t>(partition.from) + (from - partition.first);
  if (std::equal(polled, polled + (until - from), truth)) return;
  for (std::int64_t i = 0; i < until - from; ++i) {
    if (polled[i] == truth[i]) continue;
    log_.report(Anomaly::inconsistent_offsets, at, [&] {
      return "consumer " + std::to_string(consumer) + " got event " + to_string(polled[i]) + " at offset " +
             std::to_string(from + i) + " of partition " + to_string(p) + ", where event " +
             to_string(truth[i]) + " was committed";
    });
  }
}

void PartitionTruth::offset_committed(std::uint32_t job, sim::PartitionRef p, std::int64_t offset,
                                      sim::Time /*at*/) {
  if (job == job_) partitions_[p].drop_below(offset);
}

std::vector<sim::EventId> PartitionTruth::unread() {
  std::vector<sim::EventId> all;
  partitions_.for_each([&](sim::PartitionRef, Partition& partition) {
    all.insert(all.end(), partition.ids.begin() + static_cast<std::ptrdiff_t>(partition.from),
               partition.ids.end());
  });
  return all;
}

}  // namespace wrackline::analysis

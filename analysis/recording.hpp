// A run remembered record by record, for the database: every event, every copy in the log, every row at the
// sink with the records in it. Memory grows with the run: for runs that a person wants to look into, not for
// campaigns.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "analysis/books.hpp"
#include "analysis/ledger.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

inline constexpr std::int64_t kNotYet = -1;  ///< of a time in ns: it did not happen

struct RecordedEvent {
  sim::CreatedRecord record;
  std::int64_t told_ns = kNotYet;
  sim::Told told = sim::Told::outcome_unknown;  ///< if told_ns is set
  Fate fate = Fate::pending;
  LossTold lost_told = LossTold::outcome_unknown;  ///< of lost events
  LossHop lost_hop = LossHop::producer;            ///< of lost events
};

struct RecordedCopy {
  sim::PartitionRef partition;
  std::int64_t offset = 0;
  sim::EventId event;
  std::int64_t committed_ns = 0;
  std::int64_t removed_ns = kNotYet;
};

struct RecordedRow {
  sim::VisibleResult result;  ///< its `contributions` are not valid; see `events`
  std::vector<sim::EventId> events;
  std::int64_t visible_ns = 0;
  std::int64_t replaced_ns = kNotYet;  ///< overwritten or withdrawn
};

struct RecordedMoment {
  std::int64_t at_ns = 0;
  std::string name;
  std::string who;
  std::string detail;
};

class Recording final : public sim::Observer {
 public:
  /// Learns the fates from the ledger when it closes. Attach before the first event.
  explicit Recording(Ledger& ledger);

  void created(std::span<const sim::CreatedRecord> records) override;
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) override;
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;
  void withdrawn(const sim::VisibleResult& result, sim::Time at) override;
  void moment(sim::Time at, std::string name, std::string who, std::string detail) {
    moments_.push_back({sim::to_ns(at), std::move(name), std::move(who), std::move(detail)});
  }

  /// By source and ordinal.
  const std::vector<std::vector<RecordedEvent>>& events() const { return events_; }
  const std::vector<RecordedCopy>& copies() const { return copies_; }
  const std::vector<RecordedRow>& rows() const { return rows_; }
  const std::vector<RecordedMoment>& moments() const { return moments_; }

 private:
  RecordedEvent* find(sim::EventId id);

  std::uint32_t job_;
  std::uint32_t sink_;
  std::vector<std::vector<RecordedEvent>> events_;
  std::vector<RecordedCopy> copies_;
  std::map<std::tuple<std::uint16_t, std::uint32_t, std::int64_t>, std::size_t> copy_at_;
  std::vector<RecordedRow> rows_;
  /// The row that a reader sees now, by (key, window start, record of rows without a window).
  std::map<std::tuple<std::uint32_t, std::int64_t, std::uint64_t>, std::size_t> row_at_;
  std::vector<RecordedMoment> moments_;
};

}  // namespace wrackline::analysis

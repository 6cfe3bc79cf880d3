// One job on the timeline: how far its readers are behind, how far its watermarks are behind true time, what
// was late, its rebalances and anomalies, and the journeys of some records.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "analysis/timeline/journeys.hpp"
#include "analysis/timeline/trace_file.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

class JobTrack final : public sim::Observer {
 public:
  JobTrack(TraceFile& file, const std::string& name, JourneyOptions journeys);

  std::uint32_t number() const { return job_; }
  void rebalance_started(sim::Time at, std::int64_t generation);
  void rebalance_completed(sim::Time at, std::int64_t generation, std::int64_t members);
  void anomaly(std::string_view name, sim::Time at, const std::string& what);
  void close(sim::Time end);

  void created(std::span<const sim::CreatedRecord> records) override { journeys_.created(records); }
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) override {
    journeys_.told(answer, ids, at);
  }
  void refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time at) override {
    journeys_.refused(why, ids, at);
  }
  void appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                sim::Time at) override {
    journeys_.appended(p, base, ids, at);
  }
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  void assigned(std::uint32_t consumer, sim::PartitionRef p, std::int64_t position, sim::Time at) override;
  void processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) override {
    journeys_.processed(job, ids, at);
  }
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override;
  void watermark(std::uint32_t job, std::uint32_t task, std::int64_t from_ms, std::int64_t to_ms,
                 sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override { journeys_.visible(result, at); }

 private:
  /// Drawn when its value changed, but not more often than a person can see.
  struct Gauge {
    TraceFile::Track track = 0;
    sim::Time drawn = sim::Time::min();
    std::int64_t last = 0;
    sim::Time since{};     ///< when it took that value
    bool pending = false;  ///< that was not drawn
  };
  struct Position {
    std::int64_t end = 0;   ///< committed in the log
    std::int64_t next = 0;  ///< the reader's
  };
  using Key = std::pair<std::uint16_t, std::uint32_t>;

  void set(Gauge& gauge, sim::Time at, std::int64_t value);
  void draw(Gauge& gauge);
  void lag_moved(Position& position, std::int64_t end, std::int64_t next, sim::Time at);

  TraceFile& file_;
  std::uint32_t job_;
  TraceFile::Track group_;
  TraceFile::Track rebalances_;
  TraceFile::Track anomalies_;
  TraceFile::Track watermarks_;
  Gauge lag_;
  Gauge late_;
  Journeys journeys_;
  std::map<Key, Position> positions_;
  std::map<std::uint32_t, Gauge> watermark_lag_;  ///< by task
  bool rebalancing_ = false;
};

}  // namespace wrackline::analysis

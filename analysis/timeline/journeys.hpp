// The journeys of some records through the pipeline of one job, each on a track of its own: a slice for every
// stage, from its making to its first visibility at the sink, so that one sees where the time goes.
//
//   delay -> producer -> replication -> log -> processor -> window (or sink)
//
// What happens out of turn (a second copy in the log, a record read or shown again, an answer to the
// producer, a loss of the copy) is an instant. The records are taken evenly over the run: the first that is
// made after each of `records` equal steps.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/timeline/trace_file.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

struct JourneyOptions {
  std::size_t records = 100;         ///< at most so many
  sim::Duration over{};              ///< the time in which sources make records
  std::uint32_t job = 0;             ///< its number
  std::vector<std::string> sources;  ///< names by number; empty: the job does not read it
};

class Journeys final : public sim::Observer {
 public:
  /// Tracks go below `parent`. `file` outlives this.
  Journeys(TraceFile& file, TraceFile::Track parent, JourneyOptions options);

  void created(std::span<const sim::CreatedRecord> records) override;
  void told(sim::Told answer, std::span<const sim::EventId> ids, sim::Time at) override;
  void refused(sim::SendRefusal why, std::span<const sim::EventId> ids, sim::Time at) override;
  void appended(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                sim::Time at) override;
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;
  void polled(std::uint32_t consumer, sim::PartitionRef p, std::int64_t first,
              std::span<const sim::EventId> ids, sim::Time at) override;
  void processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) override;
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;
  /// Ends what is still on its way.
  void close(sim::Time at);

 private:
  /// What a record waits for.
  enum class Stage : std::uint8_t { delay, producer, replication, log, processor, window, arrived, gone };
  struct Journey {
    TraceFile::Track track = 0;
    Stage stage = Stage::delay;
    sim::Time arrives{};  ///< at its producer
  };

  /// Calls `visit(Journey&, index)` for those of `ids` that are followed.
  template <class Visit>
  void each(std::span<const sim::EventId> ids, Visit&& visit);
  void follow(const sim::CreatedRecord& record);
  /// The stage `from` is over; anything later is out of turn and told by `otherwise`.
  void step(Journey& journey, Stage from, Stage to, sim::Time at, const char* otherwise,
            TraceFile::Arguments arguments);
  void finish(Journey& journey, Stage as, const char* how, sim::Time at);

  TraceFile& file_;
  TraceFile::Track parent_;
  JourneyOptions options_;
  sim::Duration every_;
  sim::Time next_{};
  std::unordered_map<std::uint64_t, Journey> followed_;
  std::vector<std::uint64_t> order_;  ///< of following: for close()
  std::vector<std::uint64_t> flags_;  ///< one bit for each hash of a followed record
};

}  // namespace wrackline::analysis

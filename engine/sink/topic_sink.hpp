// A topic as a sink: the truth about every row that jobs have written to it.
//
// The rows travel as records through a real producer, the log and its replicas; a record of a result bears
// the number of its row as its identity. This class is what a reader of the topic would see: a row is visible
// when the high watermark passes it (read_committed: the last stable offset), once for each copy that the log
// holds; and withdrawn when an election takes it out of the log again. Nothing here decides anything: it
// belongs to the run, beside the log, as CommitTruth does.
//
// A row is remembered while some copy of it may still surface: in an accumulator, on the wire, in a log. The
// blocks of columns that carry the numbers count their owners, so "nobody else holds the block" is exactly
// that. A row that ends without ever being visible is lost at the sink; the books ask for these at the end,
// with what the writer was told.
//
// Not modelled: readers that lag, rows as changelog of a table (every record is an effect of its own).
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/kafka/record_batch.hpp"
#include "engine/sink/row_batch.hpp"
#include "sim/observer.hpp"
#include "sim/process.hpp"

namespace wrackline::sink {

class TopicSink final : public sim::Observer {
 public:
  /// `readers` hear what becomes visible.
  TopicSink(sim::Observer& readers, std::uint32_t number, std::uint16_t topic)
      : readers_{readers}, number_{number}, topic_{topic} {}

  std::uint16_t topic() const { return topic_; }
  sim::EventId id_of(std::uint64_t row) const { return {source(), row}; }
  bool wrote(sim::EventId id) const { return id.source() == source(); }

  // ---- the writer's side
  /// The rows get their numbers: first, first + 1, ... They will be sent by this incarnation of the process.
  std::uint64_t take_in(std::shared_ptr<const RowBatch> rows, const sim::Process& process,
                        std::uint32_t writer, std::int32_t generation);
  /// The producer is done with these records, or dead.
  void answered(const kafka::RecordsPtr& records, sim::Told told);
  using sim::Observer::refused;
  /// The producer refused the rows: no copy exists anywhere.
  void refused(std::uint64_t first, std::uint64_t end);
  /// The rows never reached the producer: the process ended before.
  void abandoned(std::uint64_t first, std::uint64_t end);

  // ---- the log's side
  void committed(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                 sim::Time at) override;
  void uncommitted(sim::PartitionRef p, std::int64_t base, std::span<const sim::EventId> ids,
                   sim::Time at) override;

  // ---- the books' side
  /// Forgets the rows of which no copy can surface any more. Outside of any event.
  void housekeeping();
  /// Windows that end at or before this have all their rows visible, or lost for good.
  std::int64_t final_before_ms() const;
  /// At the end: `hold(job, contributions)` for each row that a living producer still has, or that is among
  /// `in_log` (copies that no reader sees yet); `lost(job, told, contributions)` for each row that nobody
  /// will ever see.
  template <class Hold, class Lost>
  void close(std::span<const sim::EventId> in_log, Hold&& hold, Lost&& lost);
  std::size_t remembered_rows() const;

 private:
  struct Row {
    std::uint8_t copies = 0;  ///< visible now
    bool answered = false;
    bool gone = false;  ///< no copy can surface any more
    sim::Told told = sim::Told::outcome_unknown;
  };
  struct Intake {
    std::uint64_t first = 0;
    std::shared_ptr<const RowBatch> rows;
    std::vector<Row> states;
    std::size_t left = 0;    ///< rows that are not gone
    std::size_t unseen = 0;  ///< of these, rows that are not visible
    std::int64_t least_window_end_ms = std::numeric_limits<std::int64_t>::max();
    std::uint32_t writer = 0;
    std::int32_t generation = -1;
    const sim::Process* process = nullptr;
    std::uint64_t incarnation = 0;
  };
  struct Lost {
    std::uint32_t job = 0;
    sim::Told told = sim::Told::outcome_unknown;
    std::vector<sim::EventId> contributions;
  };

  std::uint16_t source() const { return static_cast<std::uint16_t>(0xfffeU - number_); }
  Intake* find(std::uint64_t row);
  template <class Do>
  void each_row(std::span<const sim::EventId> ids, Do&& act);
  sim::VisibleResult result_of(const Intake& intake, std::uint64_t row) const;
  void end(Intake& intake, std::uint64_t row, bool counts);

  sim::Observer& readers_;
  std::uint32_t number_;
  std::uint16_t topic_;
  std::uint64_t next_ = 0;
  std::deque<Intake> intakes_;  ///< by `first`
  std::vector<kafka::RecordsPtr> answered_;
  std::vector<Lost> lost_;
};

template <class Hold, class LostRow>
void TopicSink::close(std::span<const sim::EventId> in_log, Hold&& hold, LostRow&& lost) {
  housekeeping();
  std::vector<std::uint64_t> still_there;
  for (const sim::EventId id : in_log) {
    if (wrote(id)) still_there.push_back(id.ordinal());
  }
  std::sort(still_there.begin(), still_there.end());
  for (const Intake& intake : intakes_) {
    const bool lives = intake.process->alive() && intake.process->incarnation() == intake.incarnation;
    for (std::size_t i = 0; i < intake.states.size(); ++i) {
      const Row& row = intake.states[i];
      if (row.gone || row.copies != 0) continue;
      const ResultRow& about = intake.rows->rows[i];
      const bool held = (lives && !row.answered) ||
                        std::binary_search(still_there.begin(), still_there.end(), intake.first + i);
      if (held) {
        hold(about.job, intake.rows->contributions_of(about));
      } else {
        lost(about.job, row.told, intake.rows->contributions_of(about));
      }
    }
  }
  for (const Lost& row : lost_) lost(row.job, row.told, std::span<const sim::EventId>{row.contributions});
}

}  // namespace wrackline::sink

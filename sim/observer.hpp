// The third door between the models and those who judge them (besides moments and levers): what happens to
// records.
//
// The models call these hooks with the truth, in true time, in batches; the ledger (analysis/) implements
// them. A hook observes: it may not change virtual time, draw from a random stream of a model or send
// anything. With no observer the run is byte-identical.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/event_id.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

/// One record as its source made it.
struct CreatedRecord {
  EventId id;
  std::uint32_t key = 0;           ///< index in the key space of the source
  std::int64_t event_time_ms = 0;  ///< as stamped by the source's own (possibly wrong) clock
  Time created{};                  ///< true creation time: where end-to-end latency starts
  Time arrives{};                  ///< reaches its producer after its delay; before `created` = without delay
  bool reported_again = false;     ///< the world's doing: an earlier event, reported a second time
};

/// What the producing application was finally told about a record.
enum class Told : std::uint8_t {
  acknowledged,     ///< the send callback ran without an error
  failed,           ///< the callback ran with an error after which the record is certainly not retried
  outcome_unknown,  ///< nobody was told (the producer died), or told a time-out while a copy may be in the
                    ///< log
  fire_and_forget,  ///< acks=0: the callback ran when the bytes were handed to the socket
};

/// Why a record left the pipeline without ever reaching the log.
enum class SendRefusal : std::uint8_t {
  expired,   ///< delivery.timeout.ms ran out and no copy was ever handed to the network
  rejected,  ///< refused for good: too large, buffer full past max.block.ms, not authorised
};

/// Why a processor took a record out on purpose.
enum class DropReason : std::uint8_t {
  late,
  dead_lettered,
  shed,
  guarded,  ///< its event time lies too far from the processor's clock
};

/// A topic partition as the observer names it: dense indices given out by the pipeline when it is built.
struct PartitionRef {
  std::uint16_t topic = 0;
  std::uint32_t partition = 0;
};

/// A result as it becomes visible to a reader of the sink, or is overwritten there.
struct VisibleResult {
  std::uint32_t sink = 0;
  std::uint32_t job = 0;
  std::uint32_t key = 0;
  std::int64_t window_start_ms = 0;  ///< INT64_MIN for results without a window
  std::int64_t window_end_ms = 0;
  std::uint32_t pane = 0;    ///< 0 = first firing, counted up by late firings of one accumulation
  std::int64_t value = 0;    ///< the aggregate
  std::uint64_t digest = 0;  ///< wrapping sum of mix(id) over the contributing records
  std::span<const EventId> contributions;  ///< the records inside (with repetitions, if counted twice)
  bool overwrites = false;              ///< an upsert replaced the earlier row of the same (job, key, window)
  std::uint32_t writer = 0;             ///< the consumer instance (task) that wrote it
  std::int32_t writer_generation = -1;  ///< group generation under which it worked; -1 = the writer has none
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Records left their source (before any delay on the way to the producer).
  virtual void created(std::span<const CreatedRecord> /*records*/) {}
  /// The producer's answer to the application.
  virtual void told(Told /*answer*/, std::span<const EventId> /*ids*/, Time /*at*/) {}
  virtual void refused(SendRefusal /*why*/, std::span<const EventId> /*ids*/, Time /*at*/) {}

  /// A leader appended the records at base_offset, base_offset + 1, ...
  virtual void appended(PartitionRef, std::int64_t /*base_offset*/, std::span<const EventId>, Time /*at*/) {}
  /// The high watermark passed them: consumers may read them from now on.
  virtual void committed(PartitionRef, std::int64_t /*base_offset*/, std::span<const EventId>, Time /*at*/) {}
  /// Records that had been committed are not in the log of the partition's leader any more.
  virtual void uncommitted(PartitionRef, std::int64_t /*base_offset*/, std::span<const EventId>,
                           Time /*at*/) {}

  /// A consumer instance got the records from poll().
  virtual void polled(std::uint32_t /*consumer*/, PartitionRef, std::int64_t /*first_offset*/,
                      std::span<const EventId>, Time /*at*/) {}
  /// The consumer believes from now on that it owns the partition and will poll from `position`; also after a
  /// seek.
  virtual void assigned(std::uint32_t /*consumer*/, PartitionRef, std::int64_t /*position*/, Time /*at*/) {}
  /// The consumer gave the partition up, or noticed that it had lost it.
  virtual void revoked(std::uint32_t /*consumer*/, PartitionRef, Time /*at*/) {}
  /// The group of the job completed a rebalance: members of older generations are zombies from now on.
  virtual void generation(std::uint32_t /*job*/, std::int32_t /*generation*/, Time /*at*/) {}
  /// The consumer group's committed offset of the partition moved to `offset`.
  virtual void offset_committed(std::uint32_t /*job*/, PartitionRef, std::int64_t /*offset*/, Time /*at*/) {}
  /// The processor took the records into account (updated state or produced output).
  virtual void processed(std::uint32_t /*job*/, std::span<const EventId>, Time /*at*/) {}
  virtual void dropped(DropReason, std::uint32_t /*job*/, std::span<const EventId>, Time /*at*/) {}
  /// The records were accepted, but too late for the one of their (hopping) windows that starts here. Records
  /// that are late for all their windows are `dropped` instead.
  virtual void late_for_window(std::uint32_t /*job*/, std::int64_t /*window_start_ms*/,
                               std::span<const EventId>, Time /*at*/) {}
  /// A watermark of the job moved. Both in ms of event time; a regression is an anomaly.
  virtual void watermark(std::uint32_t /*job*/, std::uint32_t /*task*/, std::int64_t /*from_ms*/,
                         std::int64_t /*to_ms*/, Time /*at*/) {}

  /// A reader with the configured isolation can see the result at the sink from now on.
  virtual void visible(const VisibleResult& /*result*/, Time /*at*/) {}
  /// A row that was visible is gone (the sink's own log was truncated, a file was rolled back).
  virtual void withdrawn(const VisibleResult& /*result*/, Time /*at*/) {}
};

}  // namespace wrackline::sim

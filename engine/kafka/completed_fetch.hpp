// One partition's part of a fetch answer while the application takes it, `max.poll.records` at a time.
//
// Work is per batch: a batch is handed out as a reference with a range of record indexes; batches below the
// position, control batches and (read_committed) batches of aborted transactions are stepped over. Modelled:
// C-3, C-12 (a bad batch is reported at every poll until the application seeks), C-27. From: CompletedFetch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kafka/consumer_messages.hpp"

namespace wrackline::kafka {

/// Records [begin, end) of a shared batch, as handed to the application.
struct FetchedSlice {
  TopicPartition partition;
  FetchedBatch batch;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t count() const { return end - begin; }
  Offset offset_of(std::uint32_t record) const { return batch.offset_of(record); }
};

class CompletedFetch {
 public:
  CompletedFetch(FetchedPartition data, Offset fetch_offset);

  TopicPartition partition() const { return data_.partition; }
  const FetchedPartition& data() const { return data_; }
  Offset next_fetch_offset() const { return next_fetch_offset_; }
  LeaderEpoch last_epoch() const { return last_epoch_; }
  bool initialized() const { return initialized_; }
  void set_initialized() { initialized_ = true; }
  bool consumed() const { return consumed_; }
  /// Nothing more will be taken; answers whether records had been taken (then the partition goes to the end
  /// of the fetch order).
  bool drain();

  /// Appends at most `max_records` records to `slices`; answers how many. A failure after the first record is
  /// kept for the next call; `moved_to_end` tells that the fetch was drained after records had been taken.
  std::uint32_t fetch_records(std::uint32_t max_records, IsolationLevel isolation, bool check_crcs,
                              std::vector<FetchedSlice>& slices, std::optional<ConsumerException>& failure,
                              bool& moved_to_end);

 private:
  enum class Next : std::uint8_t { records, end, failed };
  Next next_batch_with_records(IsolationLevel isolation, bool check_crcs, bool& moved_to_end);
  void consume_aborted_up_to(Offset offset);
  bool is_aborted(std::int64_t producer_id) const;

  FetchedPartition data_;
  Offset next_fetch_offset_;
  LeaderEpoch last_epoch_ = kNoLeaderEpoch;
  std::size_t batch_ = 0;  ///< of the next one to open
  std::optional<std::size_t> open_;
  std::uint32_t record_ = 0;  ///< next record in it
  std::size_t next_aborted_ = 0;
  std::vector<std::int64_t> aborted_producers_;
  bool corrupt_ = false;
  bool took_records_ = false;
  bool initialized_ = false;
  bool consumed_ = false;
};

}  // namespace wrackline::kafka

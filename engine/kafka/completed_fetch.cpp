#include "engine/kafka/completed_fetch.hpp"

#include <algorithm>

namespace wrackline::kafka {

CompletedFetch::CompletedFetch(FetchedPartition data, Offset fetch_offset)
    : data_{std::move(data)}, next_fetch_offset_{fetch_offset} {
  std::sort(data_.aborted.begin(), data_.aborted.end(),
            [](const AbortedTransaction& a, const AbortedTransaction& b) {
              return a.first_offset != b.first_offset ? a.first_offset < b.first_offset
                                                      : a.producer_id < b.producer_id;
            });
}

bool CompletedFetch::drain() {
  if (consumed_) return false;
  consumed_ = true;
  return took_records_;
}

void CompletedFetch::consume_aborted_up_to(Offset offset) {
  while (next_aborted_ < data_.aborted.size() && data_.aborted[next_aborted_].first_offset <= offset) {
    const std::int64_t producer = data_.aborted[next_aborted_++].producer_id;
    if (!is_aborted(producer)) aborted_producers_.push_back(producer);
  }
}

bool CompletedFetch::is_aborted(std::int64_t producer_id) const {
  return std::find(aborted_producers_.begin(), aborted_producers_.end(), producer_id) !=
         aborted_producers_.end();
}

CompletedFetch::Next CompletedFetch::next_batch_with_records(IsolationLevel isolation, bool check_crcs,
                                                             bool& moved_to_end) {
  while (true) {
    if (open_) {
      const FetchedBatch& batch = data_.batches[*open_];
      const auto count = static_cast<std::uint32_t>(batch.record_count());
      if (batch.batch.is_control()) {
        if (count > 0) next_fetch_offset_ = std::max(next_fetch_offset_, batch.offset_of(count - 1) + 1);
        record_ = count;
      } else if (record_ < count && batch.offset_of(record_) < next_fetch_offset_) {
        if (batch.sparse) {
          while (record_ < count && batch.offset_of(record_) < next_fetch_offset_) ++record_;
        } else {
          record_ = static_cast<std::uint32_t>(
              std::min<Offset>(count, next_fetch_offset_ - batch.batch.base_offset));
        }
      }
      if (record_ < count) return Next::records;
    }
    if (batch_ >= data_.batches.size()) {
      if (open_) next_fetch_offset_ = data_.batches[*open_].batch.next_offset();
      moved_to_end = drain() || moved_to_end;
      return Next::end;
    }
    open_ = batch_++;
    record_ = 0;
    const FetchedBatch& batch = data_.batches[*open_];
    last_epoch_ = batch.batch.leader_epoch;
    if (check_crcs && batch.corrupt) return Next::failed;
    if (isolation == IsolationLevel::read_committed && batch.batch.has_producer_id()) {
      consume_aborted_up_to(batch.batch.last_offset);
      const std::int64_t producer = batch.batch.producer_id;
      if (batch.batch.control == ControlType::abort && batch.record_count() > 0) {
        std::erase(aborted_producers_, producer);
      } else if (batch.batch.transactional && is_aborted(producer)) {
        next_fetch_offset_ = batch.batch.next_offset();
        record_ = static_cast<std::uint32_t>(batch.record_count());
      }
    }
  }
}

std::uint32_t CompletedFetch::fetch_records(std::uint32_t max_records, IsolationLevel isolation,
                                            bool check_crcs, std::vector<FetchedSlice>& slices,
                                            std::optional<ConsumerException>& failure, bool& moved_to_end) {
  moved_to_end = false;
  const auto fail = [&] {
    failure.emplace();
    failure->name = "KafkaException";
  };
  if (corrupt_) {
    fail();
    return 0;
  }
  if (consumed_) return 0;
  std::uint32_t taken = 0;
  while (taken < max_records) {
    const Next next = next_batch_with_records(isolation, check_crcs, moved_to_end);
    if (next == Next::end) break;
    if (next == Next::failed) {
      corrupt_ = true;
      if (taken == 0) fail();
      break;
    }
    const FetchedBatch& batch = data_.batches[*open_];
    const auto count = static_cast<std::uint32_t>(batch.record_count());
    const std::uint32_t end = std::min(count, record_ + (max_records - taken));
    slices.push_back({data_.partition, batch, record_, end});
    taken += end - record_;
    next_fetch_offset_ = batch.offset_of(end - 1) + 1;
    record_ = end;
    took_records_ = true;
  }
  return taken;
}

}  // namespace wrackline::kafka

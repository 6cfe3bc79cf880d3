#include "engine/kafka/records_pool.hpp"

#include <vector>

namespace wrackline::kafka {

namespace {

constexpr std::size_t kSpareRecords = 16;

}  // namespace

class RecordsPool::Store final : public RecordsHome {
 public:
  void take_back(Records* block) noexcept override {
    --lent;
    if (abandoned) {
      delete block;
      if (lent == 0) delete this;
      return;
    }
    // Sizes vary: without this each block would in time grow to the largest batch that ever was.
    if (block->ids.capacity() > block->ids.size() + block->ids.size() / 2 + kSpareRecords) {
      block->ids = {};
      block->timestamps_ms = {};
      block->keys = {};
    }
    block->ids.clear();
    block->timestamps_ms.clear();
    block->keys.clear();
    block->max_timestamp_ms = kNoTimestamp;
    idle.push_back(block);
  }

  void abandon() {
    for (Records* block : idle) delete block;
    idle.clear();
    abandoned = true;
    if (lent == 0) delete this;
  }

  std::vector<Records*> idle;
  std::size_t lent = 0;
  bool abandoned = false;
};

RecordsPool::RecordsPool() : store_{new Store} {}
RecordsPool::~RecordsPool() { store_->abandon(); }

std::size_t RecordsPool::idle() const { return store_->idle.size(); }

Records* RecordsPool::take() {
  ++store_->lent;
  // Room for every block to come home without an allocation inside a noexcept function.
  if (store_->idle.capacity() < store_->lent + store_->idle.size()) {
    store_->idle.reserve(2 * (store_->lent + store_->idle.size()));
  }
  if (store_->idle.empty()) {
    auto* const block = new Records;
    block->home_ = store_;
    return block;
  }
  Records* const block = store_->idle.back();
  store_->idle.pop_back();
  return block;
}

}  // namespace wrackline::kafka

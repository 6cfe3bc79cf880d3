#include "engine/kafka/records_pool.hpp"

#include <bit>
#include <cassert>
#include <utility>
#include <vector>

namespace wrackline::kafka {

namespace {

/// Blocks that grow are on the first shelf, the others by their room.
constexpr std::uint32_t kOpenShelf = 0;
constexpr unsigned kFinestShift = 3;

unsigned shift_of(std::size_t records) {
  const unsigned width = static_cast<unsigned>(std::bit_width(records));
  return width > kFinestShift + 4 ? width - 4 : kFinestShift;
}

/// Eight shelves for each doubling, from rooms of eight records on.
std::uint32_t shelf_of(std::size_t room) {
  const unsigned shift = shift_of(room);
  return static_cast<std::uint32_t>(8 * (shift - kFinestShift) + (room >> shift)) + 1;
}

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
    block->ids.clear();
    block->timestamps_ms.clear();
    block->keys.clear();
    block->max_timestamp_ms = kNoTimestamp;
    shelves[block->shelf_].idle.push_back(block);
  }

  Records* take(std::uint32_t number) {
    if (shelves.size() <= number) shelves.resize(number + 1);
    Shelf& shelf = shelves[number];
    ++lent;
    if (!shelf.idle.empty()) {
      Records* const block = shelf.idle.back();
      shelf.idle.pop_back();
      return block;
    }
    auto* const block = new Records;
    block->home_ = this;
    block->shelf_ = number;
    // Room for every block to come home without an allocation inside a noexcept function.
    if (++shelf.made > shelf.idle.capacity()) shelf.idle.reserve(2 * shelf.made);
    return block;
  }

  void abandon() {
    for (Shelf& shelf : shelves) {
      for (Records* block : shelf.idle) delete block;
      shelf.idle.clear();
    }
    abandoned = true;
    if (lent == 0) delete this;
  }

  struct Shelf {
    std::vector<Records*> idle;
    std::size_t made = 0;
  };
  std::vector<Shelf> shelves;
  std::size_t lent = 0;
  bool abandoned = false;
};

RecordsPool::RecordsPool() : store_{new Store} {}
RecordsPool::~RecordsPool() { store_->abandon(); }

std::size_t RecordsPool::idle() const {
  std::size_t sum = 0;
  for (const Store::Shelf& shelf : store_->shelves) sum += shelf.idle.size();
  return sum;
}

std::size_t RecordsPool::room_for(std::size_t records) {
  const std::size_t step = std::size_t{1} << shift_of(records);
  return (records + step - 1) / step * step;
}

Records* RecordsPool::take() { return store_->take(kOpenShelf); }

RecordsPtr RecordsPool::fitted(const RecordsPtr& open) {
  assert(open.sole_owner());
  const std::size_t room = room_for(open->size());
  Records* const block = store_->take(shelf_of(room));
  RecordsPtr fits{block};
  block->ids.reserve(room);
  block->timestamps_ms.reserve(room);
  block->keys.reserve(room);
  block->ids.assign(open->ids.begin(), open->ids.end());
  block->timestamps_ms.assign(open->timestamps_ms.begin(), open->timestamps_ms.end());
  block->keys.assign(open->keys.begin(), open->keys.end());
  block->max_timestamp_ms = open->max_timestamp_ms;
  return fits;
}

}  // namespace wrackline::kafka

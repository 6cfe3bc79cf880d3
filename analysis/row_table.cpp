#include "analysis/row_table.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::analysis {

namespace {
constexpr std::size_t kSmallest = 64;
constexpr std::size_t spread(std::uint32_t key) {
  return static_cast<std::size_t>((std::uint64_t{key} * 0x9e3779b97f4a7c15U) >> 32);
}
}  // namespace

void WindowRows::open(std::int64_t start_ms, std::int64_t end_ms) {
  start_ms_ = start_ms;
  end_ms_ = end_ms;
  rows_.clear();
  kept_.clear();
  superseded_ = 0;
  std::fill(slots_.begin(), slots_.end(), kFree);
}

std::size_t WindowRows::slot_of(std::uint32_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = spread(key) & mask;
  while (slots_[at] != kFree && rows_[slots_[at]].key != key) at = (at + 1) & mask;
  return at;
}

VisibleRow* WindowRows::find(std::uint32_t key) {
  if (rows_.empty()) return nullptr;
  const std::uint32_t row = slots_[slot_of(key)];
  return row == kFree ? nullptr : &rows_[row];
}

std::pair<VisibleRow*, bool> WindowRows::find_or_insert(std::uint32_t key) {
  if ((rows_.size() + 1) * 2 > slots_.size()) grow();
  std::uint32_t& slot = slots_[slot_of(key)];
  if (slot != kFree) return {&rows_[slot], false};
  slot = static_cast<std::uint32_t>(rows_.size());
  rows_.push_back({.key = key});
  return {&rows_.back(), true};
}

void WindowRows::grow() {
  slots_.assign(std::max(kSmallest, slots_.size() * 2), kFree);
  for (std::uint32_t i = 0; i < rows_.size(); ++i) slots_[slot_of(rows_[i].key)] = i;
}

void WindowRows::keep(VisibleRow& row, std::span<const sim::EventId> records) {
  superseded_ += row.records;
  if (superseded_ > 4096 && superseded_ > kept_.size() / 2) {
    // Rows that are rewritten over and over (a crash loop) would otherwise fill the memory with what they
    // replaced.
    row.records = 0;
    std::vector<sim::EventId> compact;
    compact.reserve(kept_.size() - superseded_ + records.size());
    for (VisibleRow& other : rows_) {
      const auto first = static_cast<std::uint32_t>(compact.size());
      const auto from = kept_.begin() + other.first;
      compact.insert(compact.end(), from, from + other.records);
      other.first = first;
    }
    kept_ = std::move(compact);
    superseded_ = 0;
  }
  assert(kept_.size() + records.size() < kFree);
  row.first = static_cast<std::uint32_t>(kept_.size());
  row.records = static_cast<std::uint32_t>(records.size());
  kept_.insert(kept_.end(), records.begin(), records.end());
}

WindowRows* RowTable::find(std::int64_t start_ms) {
  if (last_ != nullptr && last_->start_ms() == start_ms) return last_;
  const auto at =
      std::lower_bound(windows_.begin(), windows_.end(), start_ms,
                       [](const WindowRows* w, std::int64_t start) { return w->start_ms() < start; });
  if (at == windows_.end() || (*at)->start_ms() != start_ms) return nullptr;
  last_ = *at;
  return last_;
}

WindowRows& RowTable::find_or_open(std::int64_t start_ms, std::int64_t end_ms) {
  if (WindowRows* found = find(start_ms)) return *found;
  if (spare_.empty()) spare_.push_back(new WindowRows);
  last_ = spare_.back();
  spare_.pop_back();
  last_->open(start_ms, end_ms);
  const auto at =
      std::lower_bound(windows_.begin(), windows_.end(), start_ms,
                       [](const WindowRows* w, std::int64_t start) { return w->start_ms() < start; });
  windows_.insert(at, last_);
  return *last_;
}

void RowTable::retire(std::int64_t end_ms) {
  retired_until_ms_ = std::max(retired_until_ms_, end_ms);
  const auto kept = std::find_if(windows_.begin(), windows_.end(),
                                 [&](const WindowRows* w) { return w->end_ms() > end_ms; });
  spare_.insert(spare_.end(), windows_.begin(), kept);
  windows_.erase(windows_.begin(), kept);
  last_ = nullptr;
}

std::size_t RowTable::bytes() const {
  std::size_t sum = 0;
  for (const WindowRows* w : windows_) sum += w->bytes();
  for (const WindowRows* w : spare_) sum += w->bytes();
  return sum;
}

RowTable::~RowTable() {
  for (WindowRows* w : windows_) delete w;
  for (WindowRows* w : spare_) delete w;
}

}  // namespace wrackline::analysis

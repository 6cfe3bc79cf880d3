#include "engine/event_time/spark/session_window_aggregate.hpp"

#include <algorithm>
#include <utility>

namespace wrackline::event_time::spark {

namespace {

/// Indices of the rows of `cells`, by the start of their session; the earlier one first where they are equal.
std::vector<std::size_t> by_start(const std::vector<Value>& cells, std::size_t width,
                                  std::size_t session_at) {
  std::vector<std::size_t> order(cells.size() / width);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair{cells[i * width + session_at].a, i}; });
  return order;
}

}  // namespace

SessionWindowAggregate::SessionWindowAggregate(Layout layout, OutputMode mode)
    : layout_{std::move(layout)},
      mode_{mode},
      width_{layout_.keys.size() + layout_.functions.size()},
      state_{layout_.keys.size() - 1, 1},
      pieces_{layout_.keys.size() + 1, layout_.functions.size()},
      fresh_{layout_.keys.size(), 1} {}

std::vector<Value>& SessionWindowAggregate::list_of(StateTable& table, std::vector<Sessions>& lists,
                                                    Row key) {
  bool inserted = false;
  Value& index = table.values(table.find_or_insert(key, inserted))[0];
  if (inserted) {
    index = Value::bigint(static_cast<std::int64_t>(lists.size()));
    lists.emplace_back();
  }
  return lists[static_cast<std::size_t>(index.a)].cells;
}

void SessionWindowAggregate::merge_sorted(std::vector<Value>& cells, std::vector<Value>& merged) const {
  merged.clear();
  for (const std::size_t i : by_start(cells, width_, layout_.session_at)) {
    const Value* const row = cells.data() + i * width_;
    Value* const last = merged.empty() ? nullptr : merged.data() + merged.size() - width_;
    if (last == nullptr || session(row).a > session(last).b) {
      merged.insert(merged.end(), row, row + width_);
      continue;
    }
    last[layout_.session_at].b = std::max(session(last).b, session(row).b);
    const std::size_t keys = layout_.keys.size();
    for (std::size_t f = 0; f < layout_.functions.size(); ++f)
      layout_.functions[f].merge(last[keys + f], row[keys + f]);
  }
}

void SessionWindowAggregate::take_in(const RowBatch& input) {
  pieces_.clear();
  fresh_.clear();
  incoming_.clear();
  key_.resize(layout_.keys.size() + 1);
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Row row = input.row(i);
    key_[0] = Value::bigint(input.partition(i));
    for (std::size_t k = 0; k < layout_.keys.size(); ++k) key_[k + 1] = row[layout_.keys[k]];
    bool inserted = false;
    const auto buffers = pieces_.values(pieces_.find_or_insert(key_, inserted));
    for (std::size_t f = 0; f < layout_.functions.size(); ++f)
      layout_.functions[f].merge(buffers[f], layout_.functions[f].of(row));
  }
  // Now per partition and key; the session is in the rows of the list.
  pieces_.for_each([&](std::uint32_t piece) {
    const Row whole = pieces_.whole(piece);
    key_.assign(1, whole[0]);
    for (std::size_t k = 0; k < layout_.keys.size(); ++k)
      if (k != layout_.session_at) key_.push_back(whole[k + 1]);
    std::vector<Value>& cells = list_of(fresh_, incoming_, key_);
    cells.insert(cells.end(), whole.begin() + 1, whole.end());
  });
}

void SessionWindowAggregate::process(const RowBatch& input, BatchWatermarks watermarks, RowBatch& output,
                                     OperatorMetrics& metrics) {
  take_in(input);
  std::vector<Value> merged;
  StateTable touched{layout_.keys.size() - 1, 1};
  std::vector<Sessions> kept;
  fresh_.for_each([&](std::uint32_t slot) {
    std::vector<Value>& cells = incoming_[static_cast<std::size_t>(fresh_.values(slot)[0].a)].cells;
    if (layout_.merge_in_local_partition) {
      merge_sorted(cells, merged);
      cells.swap(merged);
    }
    for (std::size_t at = 0; at < cells.size(); at += width_) {
      const Value* const row = cells.data() + at;
      if (layout_.has_watermark && not_after(session(row), watermarks.late_ms)) {
        ++metrics.dropped;
        continue;
      }
      std::vector<Value>& list = list_of(touched, kept, fresh_.key(slot).subspan(1));
      list.insert(list.end(), row, row + width_);
    }
  });

  touched.for_each([&](std::uint32_t slot) {
    std::vector<Value>& stored = list_of(state_, stored_, touched.key(slot));
    std::vector<Value>& list = kept[static_cast<std::size_t>(touched.values(slot)[0].a)].cells;
    list.insert(list.end(), stored.begin(), stored.end());
    merge_sorted(list, merged);
    for (std::size_t at = 0; at < stored.size(); at += width_) {
      bool vanished = true;
      for (std::size_t m = 0; m < merged.size(); m += width_)
        if (session(merged.data() + m).a == session(stored.data() + at).a) vanished = false;
      if (vanished) ++metrics.removed;
    }
    const auto before = static_cast<std::int64_t>(stored.size() / width_);
    const auto after = static_cast<std::int64_t>(merged.size() / width_);
    metrics.updated += after;
    stored_sessions_ += after - before;
    stored.swap(merged);
  });

  state_.for_each([&](std::uint32_t slot) {
    std::vector<Value>& stored = stored_[static_cast<std::size_t>(state_.values(slot)[0].a)].cells;
    std::size_t keep = 0;
    for (std::size_t at = 0; at < stored.size(); at += width_) {
      const Value* const row = stored.data() + at;
      const bool evicted = mode_ == OutputMode::append && not_after(session(row), watermarks.eviction_ms);
      if (evicted || mode_ == OutputMode::complete) output.append(Row{row, width_});
      if (evicted) {
        ++metrics.removed;
        --stored_sessions_;
        continue;
      }
      if (keep != at) std::copy_n(row, width_, stored.data() + keep);
      keep += width_;
    }
    stored.resize(keep);
  });
  metrics.total = stored_sessions_;
}

}  // namespace wrackline::event_time::spark

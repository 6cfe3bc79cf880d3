#include "engine/sink/topic_sink.hpp"

#include <algorithm>
#include <cassert>

namespace wrackline::sink {

std::uint64_t TopicSink::take_in(std::shared_ptr<const RowBatch> rows, const sim::Process& process,
                                 std::uint32_t writer, std::int32_t generation) {
  Intake intake;
  intake.first = next_;
  intake.states.resize(rows->rows.size());
  intake.left = intake.unseen = rows->rows.size();
  intake.writer = writer;
  intake.generation = generation;
  intake.process = &process;
  intake.incarnation = process.incarnation();
  for (const ResultRow& row : rows->rows) {
    if (row.window_start_ms != kNoWindow)
      intake.least_window_end_ms = std::min(intake.least_window_end_ms, row.window_end_ms);
  }
  intake.rows = std::move(rows);
  next_ += intake.states.size();
  intakes_.push_back(std::move(intake));
  return intakes_.back().first;
}

TopicSink::Intake* TopicSink::find(std::uint64_t row) {
  auto after = std::upper_bound(intakes_.begin(), intakes_.end(), row,
                                [](std::uint64_t number, const Intake& i) { return number < i.first; });
  if (after == intakes_.begin()) return nullptr;
  Intake& intake = *--after;
  return row - intake.first < intake.states.size() ? &intake : nullptr;
}

/// Rows of a block mostly stand beside each other.
template <class Do>
void TopicSink::each_row(std::span<const sim::EventId> ids, Do&& act) {
  Intake* intake = nullptr;
  for (const sim::EventId id : ids) {
    if (!wrote(id)) continue;
    const std::uint64_t row = id.ordinal();
    if (intake == nullptr || row - intake->first >= intake->states.size()) intake = find(row);
    assert(intake != nullptr && "a row of which copies exist is remembered");
    act(*intake, row);
  }
}

void TopicSink::answered(const kafka::RecordsPtr& records, sim::Told told) {
  each_row(records->ids, [&](Intake& intake, std::uint64_t number) {
    Row& row = intake.states[number - intake.first];
    row.answered = true;
    row.told = told;
  });
  answered_.push_back(records);
}

void TopicSink::refused(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t number = first; number < end; ++number) {
    Intake& intake = *find(number);
    intake.states[number - intake.first].told = sim::Told::failed;
    this->end(intake, number, true);
  }
}

/// They are the processor's to lose, not the sink's.
void TopicSink::abandoned(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t number = first; number < end; ++number) this->end(*find(number), number, false);
}

void TopicSink::end(Intake& intake, std::uint64_t number, bool counts) {
  const std::size_t i = number - intake.first;
  Row& row = intake.states[i];
  if (row.gone) return;
  row.gone = true;
  --intake.left;
  if (row.copies != 0) return;
  --intake.unseen;
  if (!counts) return;
  const ResultRow& about = intake.rows->rows[i];
  const auto contributions = intake.rows->contributions_of(about);
  lost_.push_back({about.job, row.told, {contributions.begin(), contributions.end()}});
}

sim::VisibleResult TopicSink::result_of(const Intake& intake, std::uint64_t number) const {
  const ResultRow& row = intake.rows->rows[number - intake.first];
  sim::VisibleResult result;
  result.sink = number_;
  result.job = row.job;
  result.key = row.key;
  result.window_start_ms = row.window_start_ms;
  result.window_end_ms = row.window_end_ms;
  result.pane = row.pane;
  result.value = row.value;
  result.digest = row.digest;
  result.contributions = intake.rows->contributions_of(row);
  result.writer = intake.writer;
  result.writer_generation = intake.generation;
  return result;
}

void TopicSink::committed(sim::PartitionRef p, std::int64_t, std::span<const sim::EventId> ids,
                          sim::Time at) {
  if (p.topic != topic_) return;
  each_row(ids, [&](Intake& intake, std::uint64_t number) {
    Row& row = intake.states[number - intake.first];
    assert(!row.gone && row.copies < 255);
    if (row.copies++ == 0) --intake.unseen;
    readers_.visible(result_of(intake, number), at);
  });
}

void TopicSink::uncommitted(sim::PartitionRef p, std::int64_t, std::span<const sim::EventId> ids,
                            sim::Time at) {
  if (p.topic != topic_) return;
  each_row(ids, [&](Intake& intake, std::uint64_t number) {
    Row& row = intake.states[number - intake.first];
    assert(row.copies > 0);
    if (--row.copies == 0) ++intake.unseen;
    readers_.withdrawn(result_of(intake, number), at);
  });
}

void TopicSink::housekeeping() {
  std::erase_if(answered_, [&](const kafka::RecordsPtr& records) {
    if (!records.sole_owner()) return false;
    each_row(records->ids, [&](Intake& intake, std::uint64_t number) { end(intake, number, true); });
    return true;
  });
  for (Intake& intake : intakes_) {
    if (intake.left == 0) intake.rows.reset();
  }
  while (!intakes_.empty() && intakes_.front().left == 0) intakes_.pop_front();
}

std::int64_t TopicSink::final_before_ms() const {
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  for (const Intake& intake : intakes_) {
    if (intake.unseen != 0 && intake.least_window_end_ms != std::numeric_limits<std::int64_t>::max())
      limit = std::min(limit, intake.least_window_end_ms - 1);
  }
  return limit;
}

std::size_t TopicSink::remembered_rows() const {
  std::size_t rows = 0;
  for (const Intake& intake : intakes_) rows += intake.left;
  return rows;
}

}  // namespace wrackline::sink

#include "engine/event_time/window/stream_join.hpp"

#include <cassert>
#include <type_traits>

namespace wrackline::event_time::window {

namespace {

IntervalJoinSpec interval_of(const StreamJoinSpec& spec) {
  return {.lower_ms = spec.lower_ms,
          .upper_ms = spec.upper_ms,
          .type = spec.kind,
          .allowed_lateness_ms = spec.allowed_lateness_ms,
          .right_allowed_lateness_ms = spec.right_allowed_lateness_ms};
}

}  // namespace

std::vector<std::string> StreamJoinSpec::problems() const {
  if (type == Type::interval) return interval_of(*this).problems();
  std::vector<std::string> found;
  if (type == Type::window) {
    found = windows.problems();
    if (!windows.by_timestamp()) found.push_back("a window join needs tumbling, hopping or cumulate windows");
  }
  if (has_table() && kind != JoinType::inner && kind != JoinType::left)
    found.push_back("a table alone makes no rows: inner or left");
  return found;
}

StreamJoin::Any StreamJoin::make(const StreamJoinSpec& spec) {
  assert(spec.problems().empty());
  switch (spec.type) {
    case StreamJoinSpec::Type::interval:
      return IntervalJoin{interval_of(spec)};
    case StreamJoinSpec::Type::window:
      return WindowJoin{spec.windows, spec.kind};
    case StreamJoinSpec::Type::stream_table:
      return Arrival{TableJoin{spec.kind}};
    case StreamJoinSpec::Type::temporal:
      break;
  }
  return TemporalJoin{spec.kind};
}

StreamJoin::StreamJoin(const StreamJoinSpec& spec) : join_{make(spec)} {}

JoinVerdict StreamJoin::add(JoinSide side, std::uint32_t key, const JoinRecord& record,
                            std::vector<JoinedRow>& out) {
  ++changes_;
  const bool version = side == JoinSide::right;
  return std::visit(
      [&](auto& join) {
        using Join = std::decay_t<decltype(join)>;
        if constexpr (std::is_same_v<Join, IntervalJoin>) {
          return join.add(side, key, record, out);
        } else if constexpr (std::is_same_v<Join, WindowJoin>) {
          return join.add(side, key, record);
        } else if constexpr (std::is_same_v<Join, Arrival>) {
          if (version) {
            join.table.change(key, {record});
          } else {
            join.table.add(key, record, out);
          }
          return JoinVerdict::accepted;
        } else {
          return version ? join.change(key, {record}) : join.add(key, record);
        }
      },
      join_);
}

void StreamJoin::advance_watermark(TimestampMs watermark, std::vector<JoinedRow>& out) {
  if (watermark <= this->watermark()) return;
  ++changes_;
  std::visit([&](auto& join) { join.advance_watermark(watermark, out); }, join_);
}

TimestampMs StreamJoin::watermark() const {
  return std::visit([](const auto& join) { return join.watermark(); }, join_);
}

std::span<const Window> StreamJoin::late_windows() const {
  const auto* const windows = std::get_if<WindowJoin>(&join_);
  return windows == nullptr ? std::span<const Window>{} : windows->late_windows();
}

std::size_t StreamJoin::waiting() const {
  if (const auto* const interval = std::get_if<IntervalJoin>(&join_)) return interval->records_held();
  if (const auto* const windows = std::get_if<WindowJoin>(&join_)) return windows->open_windows();
  if (const auto* const temporal = std::get_if<TemporalJoin>(&join_)) return temporal->records_held();
  return 0;
}

void StreamJoin::append_ids(std::vector<sim::EventId>& out, SeenParts* seen) const {
  if (const auto* const interval = std::get_if<IntervalJoin>(&join_)) interval->append_ids(out, seen);
  if (const auto* const windows = std::get_if<WindowJoin>(&join_)) windows->append_ids(out, seen);
  if (const auto* const temporal = std::get_if<TemporalJoin>(&join_)) temporal->append_ids(out, seen);
}

void StreamJoin::append_versions(std::vector<sim::EventId>& out, SeenParts* seen) const {
  if (const auto* const arrival = std::get_if<Arrival>(&join_)) arrival->table.append_versions(out, seen);
  if (const auto* const temporal = std::get_if<TemporalJoin>(&join_)) temporal->append_versions(out, seen);
}

}  // namespace wrackline::event_time::window

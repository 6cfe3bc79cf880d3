// Joins of two tables of records: the classes that the pipeline's jobs use, fed in order of arrival.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <string>

#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/waiting.hpp"
#include "analysis/python/window_text.hpp"
#include "engine/event_time/window/stream_join.hpp"

namespace wrackline::python {

namespace {

namespace window = event_time::window;
using event_time::TimestampMs;
using window::JoinSide;
using window::StreamJoinSpec;

/// The place of the word in the list, or ValueError with all of them.
template <std::size_t N>
std::size_t place_of(const char* what, const std::string& word, const std::array<const char*, N>& words) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string all;
  for (const char* const one : words) all += (all.empty() ? "" : ", ") + std::string{one};
  throw py::value_error(std::string{what} + " must be one of " + all + ", not \"" + word + "\"");
}

StreamJoinSpec spec_of(const py::dict& options) {
  constexpr std::array kTypes{"interval", "window", "stream_table", "temporal"};
  constexpr std::array kKinds{"inner", "left", "right", "outer"};
  StreamJoinSpec spec;
  spec.type =
      static_cast<StreamJoinSpec::Type>(place_of("type", options["type"].cast<std::string>(), kTypes));
  spec.kind = static_cast<window::JoinType>(place_of("kind", options["kind"].cast<std::string>(), kKinds));
  spec.lower_ms = options["lower_ms"].cast<std::int64_t>();
  spec.upper_ms = options["upper_ms"].cast<std::int64_t>();
  spec.allowed_lateness_ms = options["lateness_ms"].cast<std::int64_t>();
  spec.right_allowed_lateness_ms = options["right_lateness_ms"].cast<std::int64_t>();
  if (spec.type == StreamJoinSpec::Type::window) {
    spec.windows = window_definition(options["window"].cast<std::string>(),
                                     options["zone"].cast<std::optional<std::string>>());
  }
  refuse(spec.problems());
  return spec;
}

/// One side's columns, by row; without watermarks the side says nothing until its end.
struct Side {
  std::span<const std::int64_t> event_ms;
  std::span<const std::int64_t> arrival_ms;
  std::span<const std::uint32_t> key;
  std::span<const std::int64_t> watermark_ms;
  std::size_t next = 0;
  TimestampMs watermark = event_time::kMinTimestamp;
  std::vector<std::uint8_t> fates;

  bool ended() const { return next == event_ms.size(); }
};

Side side_of(const py::tuple& columns, std::array<py::object, 4>& keep) {
  Side side;
  for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = columns[i];
  side.event_ms = span_of(keep[0].cast<Times>());
  side.arrival_ms = span_of(keep[1].cast<Times>());
  side.key = span_of(keep[2].cast<Keys>());
  if (!keep[3].is_none()) side.watermark_ms = span_of(keep[3].cast<Times>());
  const std::size_t rows = side.event_ms.size();
  if (side.arrival_ms.size() != rows || side.key.size() != rows ||
      (!keep[3].is_none() && side.watermark_ms.size() != rows)) {
    throw py::value_error("the columns differ in length");
  }
  side.fates.resize(rows);
  return side;
}

/// Both tables by arrival; of one millisecond the left records come first.
py::dict join(const py::dict& options, const py::tuple& left_columns, const py::tuple& right_columns) {
  window::StreamJoin join{spec_of(options)};
  std::array<py::object, 4> keep_left;
  std::array<py::object, 4> keep_right;
  Side left = side_of(left_columns, keep_left);
  Side right = side_of(right_columns, keep_right);
  std::vector<window::JoinedRow> rows;
  std::vector<std::int64_t> at_ms;
  interruptible([&](const std::atomic<bool>& stop) {
    for (std::size_t n = 0; !left.ended() || !right.ended(); ++n) {
      if (n % kLookEvery == 0 && stop) return;
      const bool is_left =
          right.ended() || (!left.ended() && left.arrival_ms[left.next] <= right.arrival_ms[right.next]);
      Side& side = is_left ? left : right;
      const std::size_t row = side.next++;
      const window::JoinRecord record{side.event_ms[row],
                                      sim::EventId{is_left ? std::uint16_t{0} : std::uint16_t{1}, row}, 0};
      const auto verdict = join.add(is_left ? JoinSide::left : JoinSide::right, side.key[row], record, rows);
      side.fates[row] = verdict == window::JoinVerdict::accepted ? 0 : 1;
      if (!side.watermark_ms.empty()) {
        side.watermark = std::max(side.watermark, side.watermark_ms[row]);
        join.advance_watermark(std::min(left.watermark, right.watermark), rows);
      }
      at_ms.resize(rows.size(), side.arrival_ms[row]);
    }
    join.advance_watermark(event_time::kMaxTimestamp, rows);
    at_ms.resize(rows.size(), event_time::kMaxTimestamp);
  });
  const auto column = [&](auto&& value_of) {
    std::vector<std::int64_t> values(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) values[i] = value_of(rows[i]);
    return owned(std::move(values));
  };
  const auto number = [](bool there, const window::JoinRecord& record) {
    return there ? static_cast<std::int64_t>(record.id.ordinal()) : std::int64_t{-1};
  };
  py::dict out;
  out["left"] = column([&](const window::JoinedRow& row) { return number(row.has_left, row.left); });
  out["right"] = column([&](const window::JoinedRow& row) { return number(row.has_right, row.right); });
  out["start_ms"] = column([](const window::JoinedRow& row) { return row.window.start_ms; });
  out["end_ms"] = column([](const window::JoinedRow& row) { return row.window.end_ms; });
  out["at_ms"] = owned(std::move(at_ms));
  out["left_fates"] = owned(std::move(left.fates));
  out["right_fates"] = owned(std::move(right.fates));
  return out;
}

}  // namespace

void bind_join(py::module_& module) {
  module.def("join", join, py::arg("options"), py::arg("left"), py::arg("right"));
}

}  // namespace wrackline::python

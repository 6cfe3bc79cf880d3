// A join as the analysis knows it: by definition, not by anything of the operators that run it.
//
// Which side a record is on follows from its source. A row names its records: a pair, or one record with
// nothing beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/window/stream_join.hpp"
#include "engine/event_time/window/time_windows.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

class JoinShape {
 public:
  using Spec = event_time::window::StreamJoinSpec;
  using Side = event_time::window::JoinSide;
  using Window = event_time::Window;
  using ValueOf = std::function<std::int64_t(sim::EventId)>;
  /// A record of a row, as its source made it.
  struct Parent {
    sim::EventId id;
    std::uint32_t key = 0;
    std::int64_t event_time_ms = 0;
  };

  /// `value_of` may be empty: values are then not judged.
  JoinShape(const Spec& spec, std::vector<std::uint16_t> right_sources,
            std::vector<std::uint16_t> right_topics, ValueOf value_of);

  const Spec& spec() const { return spec_; }
  bool windowed() const { return spec_.type == Spec::Type::window; }
  Side side_of(sim::EventId id) const;
  bool is_right_topic(std::uint16_t topic) const;
  bool pads(Side side) const;
  /// Are rows owed to records of this side, or are they versions of a table?
  bool makes_rows(Side side) const { return side == Side::left || !spec_.has_table(); }
  bool in_interval(std::int64_t left_ms, std::int64_t right_ms) const {
    return spec_.lower_ms <= right_ms - left_ms && right_ms - left_ms <= spec_.upper_ms;
  }
  std::vector<Window> windows_of(std::int64_t event_time_ms) const;
  /// The watermark at which a record of that timestamp is dropped as late.
  std::int64_t closes_at(sim::EventId id, std::int64_t event_time_ms) const;
  /// From when on it is certain that the record has no partner.
  std::int64_t alone_from(Side side, std::int64_t event_time_ms) const;
  /// What is wrong with a row, in words; empty if nothing. Null: not in the row.
  std::string wrong_with(const sim::VisibleResult& row, const Parent* left, const Parent* right) const;

 private:
  Spec spec_;
  std::vector<std::uint16_t> right_sources_;
  std::vector<std::uint16_t> right_topics_;
  ValueOf value_of_;
  std::optional<event_time::window::TimeWindows> windows_;
};

}  // namespace wrackline::analysis

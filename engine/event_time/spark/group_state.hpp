// What a user's function of [flat]mapGroupsWithState sees of its group: GroupStateImpl.
//
// A timeout holds for one call only: every call starts without one and must set it again to stay armed. An
// event-time timeout must be positive and not before the current watermark, a processing-time duration must
// be positive; else the call throws, and with it the query.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

enum class GroupStateTimeout : std::uint8_t { none, processing_time, event_time };

/// Thrown inside the user's function; the operator turns it into the failure of the query.
struct GroupStateError {
  std::string message;
};

class GroupState {
 public:
  GroupState(std::optional<std::vector<Value>> value, GroupStateTimeout timeout, std::int64_t batch_ms,
             std::int64_t watermark_ms, bool timed_out)
      : value_{std::move(value)},
        timeout_{timeout},
        batch_ms_{batch_ms},
        watermark_ms_{watermark_ms},
        timed_out_{timed_out} {}

  bool exists() const { return value_.has_value(); }
  const std::vector<Value>& get() const { return *value_; }
  bool has_timed_out() const { return timed_out_; }
  std::int64_t current_watermark_ms() const { return watermark_ms_; }
  std::int64_t current_processing_time_ms() const { return batch_ms_; }

  void update(std::vector<Value> value) {
    value_ = std::move(value);
    updated_ = true;
    removed_ = false;
  }
  void remove() {
    value_.reset();
    updated_ = false;
    removed_ = true;
    timeout_ms_.reset();
  }
  void set_timeout_timestamp(std::int64_t timestamp_ms);
  void set_timeout_duration(std::int64_t duration_ms);

  bool updated() const { return updated_; }
  bool removed() const { return removed_; }
  std::optional<std::int64_t> timeout_ms() const { return timeout_ms_; }

 private:
  std::optional<std::vector<Value>> value_;
  GroupStateTimeout timeout_;
  std::int64_t batch_ms_;
  std::int64_t watermark_ms_;
  bool timed_out_;
  bool updated_ = false;
  bool removed_ = false;
  std::optional<std::int64_t> timeout_ms_{};
};

}  // namespace wrackline::event_time::spark

#include "engine/event_time/spark/group_state.hpp"

namespace wrackline::event_time::spark {

void GroupState::set_timeout_timestamp(std::int64_t timestamp_ms) {
  if (timeout_ != GroupStateTimeout::event_time) throw GroupStateError{"event-time timeouts are not enabled"};
  if (timestamp_ms <= 0) throw GroupStateError{"a timeout timestamp must be positive"};
  if (timestamp_ms < watermark_ms_)
    throw GroupStateError{"a timeout timestamp is before the current watermark"};
  timeout_ms_ = timestamp_ms;
}

void GroupState::set_timeout_duration(std::int64_t duration_ms) {
  if (timeout_ != GroupStateTimeout::processing_time)
    throw GroupStateError{"processing-time timeouts are not enabled"};
  if (duration_ms <= 0) throw GroupStateError{"a timeout duration must be positive"};
  timeout_ms_ = batch_ms_ + duration_ms;
}

}  // namespace wrackline::event_time::spark

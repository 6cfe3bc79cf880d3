// The protocol steps of sinks (sim/moment.hpp).
#pragma once

#include "sim/moment.hpp"

namespace wrackline::sink::moments {

using sim::MomentDef;

// clang-format off
inline constexpr MomentDef kSending{"sink.write.sending", {"writer", "rows"}, "a job hands a batch of rows to the sink's connection"};
inline constexpr MomentDef kReceived{"sink.write.received", {"sink", "rows"}, "the sink took the request in; nothing is durable yet"};
inline constexpr MomentDef kDurable{"sink.commit.durable", {"sink", "rows"}, "the rows are durable and visible; the writer was not told yet"};
inline constexpr MomentDef kAcknowledged{"sink.commit.acknowledged", {"writer", "rows"}, "the writer knows that its rows are durable"};
inline constexpr MomentDef kRetried{"sink.write.retried", {"writer", "rows"}, "the answer did not come: the writer sends the same rows again"};
// clang-format on

inline constexpr const MomentDef* kAll[] = {&kSending, &kReceived, &kDurable, &kAcknowledged, &kRetried};

}  // namespace wrackline::sink::moments

// Driver of kafka.log: UnifiedLog, stepped as the recording stepped the real one.
#include "scenarios/conform/kafka_log_case.hpp"

namespace wrackline::conform {

Outcome kafka_log(const Json& recorded) {
  try {
    LogCase log{recorded};
    return replay(recorded, [&](const Json& in) { return log.step(in); });
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

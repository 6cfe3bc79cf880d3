// spark.trigger: the next target of a processing-time trigger, and whole runs on a manual clock.
#include "engine/event_time/spark/processing_time_executor.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

using event_time::spark::ProcessingTimeExecutor;

/// A run: every firing until `endMs`; `steps` are rows that arrive, `batchDurationsMs` how long each batch
/// takes.
Json firings(const Json& recorded) {
  const Json& config = recorded.at("config");
  const ProcessingTimeExecutor trigger{config.at("intervalMs")};
  const auto durations = config.at("batchDurationsMs").get<std::vector<std::int64_t>>();
  const Json& arrivals = recorded.at("steps");
  if (config.at("intervalMs") == 0 || durations.empty()) throw NotModelledError{"a run that never waits"};
  Json out = Json::array();
  std::size_t seen = 0;
  std::int64_t batches = 0;
  for (std::int64_t now = config.at("startMs"); now <= config.at("endMs").get<std::int64_t>();) {
    Json firing{{"fireMs", now}, {"nextTargetMs", trigger.next_batch_time_ms(now)}};
    std::int64_t rows = 0;
    bool arrived = false;
    for (; seen < arrivals.size() && arrivals[seen].at("in").at("atMs").get<std::int64_t>() <= now; ++seen) {
      rows += arrivals[seen].at("in").at("rows").get<std::int64_t>();
      arrived = true;
    }
    std::int64_t done = now;
    if (arrived) {
      done += durations[static_cast<std::size_t>(batches) % durations.size()];
      firing["batchId"] = batches++;
      firing["rows"] = rows;
      firing["endMs"] = done;
    }
    out.push_back(std::move(firing));
    now = trigger.next_firing_ms(now, done);
  }
  return out;
}

}  // namespace

Session open_spark_trigger(const Json& recorded_case) {
  const Json& config = recorded_case.at("config");
  const std::string mode = config.at("mode");
  if (mode != "nextBatchTime") throw NotModelledError{"mode " + mode};
  const ProcessingTimeExecutor trigger{config.at("intervalMs")};
  return {{}, [trigger](const Json& in) -> Json {
            if (in.contains("fired")) return trigger.next_firing_ms(in.at("fired"), in.at("done"));
            return trigger.next_batch_time_ms(in.at("now"));
          }};
}

Outcome spark_trigger(const Json& recorded_case) {
  if (recorded_case.at("config").at("mode") != "run") return judge(recorded_case, open_spark_trigger);
  try {
    const Json result{{"firings", firings(recorded_case)}};
    if (result != recorded_case.at("result")) return Differs{0, recorded_case.at("result"), result};
    return Agree{};
  } catch (const NotModelledError& missing) {
    return NotModelled{missing.what};
  }
}

}  // namespace wrackline::conform

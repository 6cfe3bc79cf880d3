// flink.valve: StatusWatermarkValve over some channels.
#include "engine/event_time/flink/status_watermark_valve.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

Outcome flink_valve(const Json& recorded_case) {
  return flink::guarded([&]() -> Outcome {
    const Json& config = recorded_case.at("config");
    flink::only(config, "setting", {"channels"});
    flink::version_of(recorded_case);
    flink::model::StatusWatermarkValve valve{config.at("channels").get<std::size_t>()};
    flink::model::WatermarkEvents said;
    return replay(recorded_case, [&](const Json& in) {
      flink::only(in, "operation", {"channel", "watermark", "status"});
      const std::size_t channel = in.at("channel");
      said.clear();
      if (in.contains("watermark")) {
        valve.input_watermark(channel, in.at("watermark"), said);
      } else {
        valve.input_status(channel, flink::status_of(in.at("status")), said);
      }
      Json events = Json::array();
      for (const auto& event : said) events.push_back(flink::event(event));
      return Json{{"events", std::move(events)}};
    });
  });
}

}  // namespace wrackline::conform

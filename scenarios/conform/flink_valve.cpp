// flink.valve: StatusWatermarkValve over some channels.
#include "engine/event_time/flink/status_watermark_valve.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

class Valve {
 public:
  explicit Valve(std::size_t channels) : channels_{channels}, valve_{channels} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"channel", "watermark", "status"});
    const std::size_t channel = flink::index_of(in.at("channel"), channels_, "channel");
    said_.clear();
    if (in.contains("watermark")) {
      valve_.input_watermark(channel, in.at("watermark"), said_);
    } else {
      valve_.input_status(channel, flink::status_of(in.at("status")), said_);
    }
    Json events = Json::array();
    for (const auto& event : said_) events.push_back(flink::event(event));
    return {{"events", std::move(events)}};
  }

 private:
  std::size_t channels_;
  flink::model::StatusWatermarkValve valve_;
  flink::model::WatermarkEvents said_;
};

}  // namespace

Session open_flink_valve(const Json& recorded_case) {
  const Json& config = recorded_case.at("config");
  flink::only(config, "setting", {"channels"});
  flink::version_of(recorded_case);
  return {{}, steps_of<Valve>(config.at("channels").get<std::size_t>())};
}

}  // namespace wrackline::conform

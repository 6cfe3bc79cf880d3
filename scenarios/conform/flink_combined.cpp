// flink.combined: the watermarks of an operator with two inputs, and IndexedCombinedWatermarkStatus itself.
#include "engine/event_time/flink/combined_watermark_status.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

Outcome two_inputs(const Json& recorded_case) {
  flink::model::OperatorInputs inputs{2, flink::version_of(recorded_case)};
  return replay(recorded_case, [&](const Json& in) {
    flink::only(in, "operation", {"input", "watermark", "status", "element"});
    const int input = in.at("input");
    flink::model::WatermarkEvents said;
    Json events = Json::array();
    if (in.contains("element")) {
      events.push_back(
          {{"type", "record"}, {"input", input}, {"current_watermark", inputs.current_watermark()}});
    } else if (in.contains("watermark")) {
      inputs.on_watermark(static_cast<std::size_t>(input - 1), in.at("watermark"), said);
    } else {
      inputs.on_status(static_cast<std::size_t>(input - 1), flink::status_of(in.at("status")), said);
    }
    for (const auto& event : said) events.push_back(flink::event(event));
    return Json{{"events", std::move(events)}};
  });
}

Outcome indexed(const Json& recorded_case) {
  flink::model::IndexedCombinedWatermarkStatus combined{
      recorded_case.at("config").at("inputs").get<std::size_t>(), flink::version_of(recorded_case)};
  return replay(recorded_case, [&](const Json& in) {
    flink::only(in, "operation", {"input", "watermark", "status"});
    const std::size_t input = in.at("input");
    const bool advanced = in.contains("watermark")
                              ? combined.update_watermark(input, in.at("watermark"))
                              : combined.update_status(input, flink::status_of(in.at("status")));
    return Json{{"combined_advanced", advanced},
                {"combined", combined.combined_watermark()},
                {"idle", combined.is_idle()}};
  });
}

}  // namespace

Outcome flink_combined(const Json& recorded_case) {
  return flink::guarded([&]() -> Outcome {
    const Json& config = recorded_case.at("config");
    flink::only(config, "setting", {"driver", "inputs"});
    const std::string driver = config.at("driver");
    if (driver == "two_input_operator") return two_inputs(recorded_case);
    if (driver == "indexed_status") return indexed(recorded_case);
    return NotModelled{"driver " + driver};
  });
}

}  // namespace wrackline::conform

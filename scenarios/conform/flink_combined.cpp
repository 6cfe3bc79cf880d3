// flink.combined: the watermarks of an operator with two inputs, and IndexedCombinedWatermarkStatus itself.
#include "engine/event_time/flink/combined_watermark_status.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

class TwoInputs {
 public:
  explicit TwoInputs(flink::model::Version version) : inputs_{2, version} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"input", "watermark", "status", "element"});
    const std::size_t input = flink::index_of(in.at("input").get<std::int64_t>() - 1, 2, "input - 1 =");
    flink::model::WatermarkEvents said;
    Json events = Json::array();
    if (in.contains("element")) {
      events.push_back(
          {{"type", "record"}, {"input", input + 1}, {"current_watermark", inputs_.current_watermark()}});
    } else if (in.contains("watermark")) {
      inputs_.on_watermark(input, in.at("watermark"), said);
    } else {
      inputs_.on_status(input, flink::status_of(in.at("status")), said);
    }
    for (const auto& event : said) events.push_back(flink::event(event));
    return {{"events", std::move(events)}};
  }

 private:
  flink::model::OperatorInputs inputs_;
};

class Indexed {
 public:
  Indexed(std::size_t inputs, flink::model::Version version) : inputs_{inputs}, combined_{inputs, version} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"input", "watermark", "status"});
    const std::size_t input = flink::index_of(in.at("input"), inputs_, "input");
    const bool advanced = in.contains("watermark")
                              ? combined_.update_watermark(input, in.at("watermark"))
                              : combined_.update_status(input, flink::status_of(in.at("status")));
    return {{"combined_advanced", advanced},
            {"combined", combined_.combined_watermark()},
            {"idle", combined_.is_idle()}};
  }

 private:
  std::size_t inputs_;
  flink::model::IndexedCombinedWatermarkStatus combined_;
};

}  // namespace

Session open_flink_combined(const Json& recorded_case) {
  const Json& config = recorded_case.at("config");
  flink::only(config, "setting", {"driver", "inputs"});
  const std::string driver = config.at("driver");
  const auto version = flink::version_of(recorded_case);
  if (driver == "two_input_operator") return {{}, steps_of<TwoInputs>(version)};
  if (driver == "indexed_status")
    return {{}, steps_of<Indexed>(config.at("inputs").get<std::size_t>(), version)};
  throw NotModelledError{"driver " + driver};
}

}  // namespace wrackline::conform

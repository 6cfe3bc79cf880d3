// flink.multiplexer: WatermarkOutputMultiplexer over named outputs.
#include "engine/event_time/flink/watermark_output_multiplexer.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::MultiplexerEvent;
using flink::model::WatermarkEvent;

Json event(const MultiplexerEvent& said, const flink::Names& names) {
  switch (said.kind) {
    case MultiplexerEvent::Kind::watermark:
      return flink::event(WatermarkEvent::watermark(said.timestamp));
    case MultiplexerEvent::Kind::idle:
      return flink::event(WatermarkEvent::status(flink::model::WatermarkStatus::idle));
    case MultiplexerEvent::Kind::output_watermark:
      return {{"type", "output_watermark"}, {"output", names.name(said.output)}, {"ts", said.timestamp}};
  }
  return {};
}

class Multiplexer {
 public:
  explicit Multiplexer(flink::model::Version version) : multiplexer_{version} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation",
                {"register", "unregister", "immediate", "deferred", "watermark", "status", "periodic_emit"});
    flink::model::MultiplexerEvents said;
    Json events = Json::array();
    if (in.contains("register")) {
      const std::string name = in.at("register");
      if (!multiplexer_.register_output(names_.id(name)))
        events.push_back(
            flink::error("java.lang.IllegalStateException", "Already contains an output for ID " + name));
    } else if (in.contains("unregister")) {
      const bool existed = multiplexer_.unregister_output(names_.id(in.at("unregister")));
      events.push_back({{"type", "unregistered"}, {"existed", existed}});
    } else if (in.contains("periodic_emit")) {
      multiplexer_.on_periodic_emit(said);
    } else {
      const bool immediate = in.contains("immediate");
      const std::string name = in.at(immediate ? "immediate" : "deferred");
      const WatermarkEvent call = in.contains("watermark")
                                      ? WatermarkEvent::watermark(in.at("watermark"))
                                      : WatermarkEvent::status(flink::status_of(in.at("status")));
      if (!multiplexer_.has_output(names_.id(name))) {
        events.push_back(
            flink::error("java.lang.IllegalArgumentException", "no output registered under id " + name));
      } else if (immediate) {
        multiplexer_.immediate(names_.id(name), call, said);
      } else {
        multiplexer_.deferred(names_.id(name), call, said);
      }
    }
    for (const auto& one : said) events.push_back(event(one, names_));
    return {{"events", std::move(events)}};
  }

 private:
  flink::model::WatermarkOutputMultiplexer multiplexer_;
  flink::Names names_;
};

}  // namespace

Session open_flink_multiplexer(const Json& recorded_case) {
  flink::only(recorded_case.at("config"), "setting", {});
  return {{}, steps_of<Multiplexer>(flink::version_of(recorded_case))};
}

}  // namespace wrackline::conform

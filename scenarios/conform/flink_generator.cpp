// flink.generator: a watermark generator bare, in an operator, and in a source reader with splits.
#include <algorithm>
#include <tuple>

#include "engine/event_time/flink/source_watermarks.hpp"
#include "engine/event_time/flink/timestamps_and_watermarks_operator.hpp"
#include "scenarios/conform/flink_common.hpp"

namespace wrackline::conform {

namespace {

using flink::model::GeneratorConfig;
using flink::model::SourceEvent;
using flink::model::WatermarkEvents;

constexpr std::int64_t kNanosPerMs = 1'000'000;
constexpr const char* kInterval = "pipeline.auto-watermark-interval";
constexpr std::int64_t kDefaultIntervalMs = 200;

GeneratorConfig generator_of(const Json& config) {
  flink::only(config, "setting", {"driver", "generator", "bound", "idle_timeout", kInterval});
  const std::string name = config.at("generator");
  GeneratorConfig generator;
  if (name == "bounded_out_of_orderness") {
    generator.bound_ms = config.at("bound");
  } else if (name == "ascending") {
    generator.kind = GeneratorConfig::Kind::ascending;
  } else if (name == "punctuated") {
    generator.kind = GeneratorConfig::Kind::punctuated;
  } else if (name == "none") {
    generator.kind = GeneratorConfig::Kind::none;
  } else {
    throw NotModelledError{"generator " + name};
  }
  if (config.contains("idle_timeout"))
    generator.idle_timeout_ms = config.at("idle_timeout").get<std::int64_t>();
  return generator;
}

Json record(const Json& timestamp) { return {{"type", "record"}, {"ts", timestamp}}; }

Json answer(Json events, const WatermarkEvents& said) {
  for (const auto& event : said) events.push_back(flink::event(event));
  return {{"events", std::move(events)}};
}

class Bare {
 public:
  explicit Bare(const GeneratorConfig& config) : generator_{config} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"event", "periodic_emit", "advance", "advance_nanos"});
    WatermarkEvents said;
    if (in.contains("event")) generator_.on_event(in.at("event"), said);
    if (in.contains("periodic_emit")) generator_.on_periodic_emit(now_ns_, said);
    if (in.contains("advance")) now_ns_ += in.at("advance").get<std::int64_t>() * kNanosPerMs;
    if (in.contains("advance_nanos")) now_ns_ += in.at("advance_nanos").get<std::int64_t>();
    return answer(Json::array(), said);
  }

 private:
  flink::model::WatermarkGenerator generator_;
  std::int64_t now_ns_ = 0;
};

class InOperator {
 public:
  InOperator(const GeneratorConfig& config, std::int64_t interval_ms) : op_{config, interval_ms, 0} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation", {"element", "processing_time", "watermark", "status", "end_input"});
    WatermarkEvents said;
    Json events = Json::array();
    if (in.contains("element")) {
      events.push_back(record(in.at("element")));
      op_.on_record(in.at("element"), said);
    }
    if (in.contains("processing_time")) {
      now_ms_ = in.at("processing_time");
      op_.on_processing_time(now_ms_, said);
    }
    if (in.contains("watermark")) op_.on_watermark(in.at("watermark"), said);
    if (in.contains("end_input")) op_.on_end_of_input(now_ms_, said);
    return answer(std::move(events), said);
  }

 private:
  flink::model::TimestampsAndWatermarksOperator op_;
  std::int64_t now_ms_ = 0;
};

Json event(const SourceEvent& said, const flink::Names& names) {
  using Kind = SourceEvent::Kind;
  switch (said.kind) {
    case Kind::watermark:
      return {{"type", "watermark"}, {"ts", said.timestamp}};
    case Kind::idle:
      return {{"type", "status"}, {"status", "idle"}};
    case Kind::active:
      return {{"type", "status"}, {"status", "active"}};
    case Kind::split_watermark:
      return {{"type", "split_watermark"}, {"split", names.name(said.split)}, {"ts", said.timestamp}};
    case Kind::split_finished:
      return {{"type", "split_finished"}, {"split", names.name(said.split)}};
    case Kind::reader_watermark:
      return {{"type", "reader_watermark"}, {"ts", said.timestamp}};
    case Kind::reader_idle:
      return {{"type", "reader_idle"}, {"idle", true}};
    case Kind::reader_active:
      return {{"type", "reader_idle"}, {"idle", false}};
  }
  return {};
}

/// The recordings sort runs of split watermarks by split: the engine lists splits in hash order.
void sort_split_runs(std::vector<SourceEvent>& said, const flink::Names& names) {
  const auto is_split = [](const SourceEvent& e) { return e.kind == SourceEvent::Kind::split_watermark; };
  for (auto from = said.begin(); from != said.end();) {
    const auto to = std::find_if_not(from, said.end(), is_split);
    std::sort(from, to, [&](const SourceEvent& a, const SourceEvent& b) {
      return std::tie(names.name(a.split), a.timestamp) < std::tie(names.name(b.split), b.timestamp);
    });
    from = to == said.end() ? to : to + 1;
  }
}

class InSource {
 public:
  InSource(const GeneratorConfig& config, std::int64_t interval_ms, flink::model::Version version)
      : source_{config, interval_ms, 0, version} {}

  Json operator()(const Json& in) {
    flink::only(in, "operation",
                {"add_split", "release_split", "record", "split", "mark_idle", "processing_time"});
    flink::model::SourceEvents said;
    Json events = Json::array();
    const auto known_split = [&](const Json& name) {
      const std::uint32_t split = names_.id(name);
      if (!source_.has_split(split)) throw NotModelledError{"a split that is not assigned"};
      return split;
    };
    if (in.contains("add_split")) source_.add_split(names_.id(in.at("add_split")));
    if (in.contains("release_split")) source_.release_split(names_.id(in.at("release_split")), said);
    if (in.contains("record")) {
      events.push_back(record(in.at("record")));
      if (in.contains("split")) {
        source_.on_record(known_split(in.at("split")), in.at("record"), said);
      } else {
        source_.on_main_record(in.at("record"), said);
      }
    }
    if (in.contains("mark_idle")) source_.mark_idle(known_split(in.at("mark_idle")), said);
    if (in.contains("processing_time")) source_.on_processing_time(in.at("processing_time"), said);
    sort_split_runs(said, names_);
    for (const auto& one : said) events.push_back(event(one, names_));
    return {{"events", std::move(events)}};
  }

 private:
  flink::model::SourceWatermarks source_;
  flink::Names names_;
};

}  // namespace

Session open_flink_generator(const Json& recorded_case) {
  const Json& settings = recorded_case.at("config");
  const GeneratorConfig config = generator_of(settings);
  const auto version = flink::version_of(recorded_case);
  for (const std::string& problem : config.problems())
    return {flink::error("java.lang.IllegalArgumentException", problem), {}};
  const auto interval_ms = settings.value(kInterval, kDefaultIntervalMs);
  const std::string driver = settings.at("driver");
  if (driver == "generator") return {{}, steps_of<Bare>(config)};
  if (driver == "operator") return {{}, steps_of<InOperator>(config, interval_ms)};
  if (driver == "source") return {{}, steps_of<InSource>(config, interval_ms, version)};
  throw NotModelledError{"driver " + driver};
}

}  // namespace wrackline::conform

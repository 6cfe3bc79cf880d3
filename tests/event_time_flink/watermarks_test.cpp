// Generators, idleness, multiplexer, inputs and valve at Flink's own seams: statements M of
// reference/flink.md 11.5.
#include "engine/event_time/flink/combined_watermark_status.hpp"
#include "engine/event_time/flink/source_watermarks.hpp"
#include "engine/event_time/flink/status_watermark_valve.hpp"
#include "engine/event_time/flink/timestamps_and_watermarks_operator.hpp"
#include "engine/event_time/flink/watermark_generator.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::flink {
namespace {

constexpr std::int64_t kMs = 1'000'000;
const WatermarkEvent kIdle = WatermarkEvent::status(WatermarkStatus::idle);
const WatermarkEvent kActive = WatermarkEvent::status(WatermarkStatus::active);
WatermarkEvent w(TimestampMs ts) { return WatermarkEvent::watermark(ts); }

TEST_CASE(
    "M-1: the bounded generator says MIN before the first event, then maximum - bound - 1, again and again") {
  WatermarkGenerator generator{{.bound_ms = 10}};
  WatermarkEvents out;
  generator.on_periodic_emit(0, out);
  generator.on_event(1337, out);
  generator.on_periodic_emit(0, out);
  for (const TimestampMs ts : {12345, 12300, 12340, 12280}) generator.on_event(ts, out);
  generator.on_periodic_emit(0, out);
  generator.on_periodic_emit(0, out);
  CHECK(out == WatermarkEvents{w(kMinTimestamp), w(1326), w(12334), w(12334)});
}

TEST_CASE("M-1: any bound starts at exactly MIN, even one as long as the axis") {
  WatermarkGenerator generator{{.bound_ms = kMaxTimestamp}};
  WatermarkEvents out;
  generator.on_periodic_emit(0, out);
  generator.on_event(5, out);
  generator.on_periodic_emit(0, out);
  CHECK(out == WatermarkEvents{w(kMinTimestamp), w(5 - kMaxTimestamp - 1)});
}

TEST_CASE("W3: a punctuated generator says every event, smaller ones too; none says nothing") {
  WatermarkEvents out;
  WatermarkGenerator punctuated{{.kind = GeneratorConfig::Kind::punctuated}};
  for (const TimestampMs ts : {5, 3, 9}) punctuated.on_event(ts, out);
  punctuated.on_periodic_emit(0, out);
  CHECK(out == WatermarkEvents{w(5), w(3), w(9)});
  out.clear();
  WatermarkGenerator none{{.kind = GeneratorConfig::Kind::none}};
  none.on_event(5, out);
  none.on_periodic_emit(0, out);
  CHECK(out.empty());
}

TEST_CASE("M-11: idleness is strictly more than the time-out after the first silent probe") {
  IdlenessTimer timer{10 * kMs};
  CHECK_FALSE(timer.check_if_idle(1));
  CHECK_FALSE(timer.check_if_idle(1 + 10 * kMs));
  CHECK(timer.check_if_idle(2 + 10 * kMs));
  timer.activity();
  CHECK_FALSE(timer.check_if_idle(100 * kMs));
  CHECK_FALSE(GeneratorConfig{.idle_timeout_ms = 0}.problems().empty());
  CHECK_FALSE(GeneratorConfig{.bound_ms = -1}.problems().empty());
}

SCENARIO("2.2: a generator in the middle of a pipeline swallows what comes from upstream") {
  GIVEN("bounded by 2, every 50 ms") {
    TimestampsAndWatermarksOperator op{{.bound_ms = 2}, 50, 0};
    WatermarkEvents out;
    op.on_record(10, out);
    WHEN("upstream says a watermark, and the clock jumps over three intervals") {
      op.on_watermark(100, out);
      op.on_processing_time(175, out);
      THEN("there is one emission, and the next is an interval after it") {
        CHECK(out == WatermarkEvents{w(7)});
        CHECK(op.next_timer_ms() == 225);
      }
    }
    WHEN("upstream ends") {
      op.on_watermark(kMaxTimestamp, out);
      op.on_record(20, out);
      op.on_end_of_input(60, out);
      THEN("MAX passes, and nothing after it") { CHECK(out == WatermarkEvents{w(kMaxTimestamp)}); }
    }
  }
}

SCENARIO("M-10: the multiplexer takes the minimum over what is not idle, never backwards") {
  using Kind = MultiplexerEvent::Kind;
  for (const Version version : {Version::v1_20, Version::v2_2}) {
    WatermarkOutputMultiplexer multiplexer{version};
    MultiplexerEvents out;
    for (const OutputId id : {0U, 1U}) REQUIRE(multiplexer.register_output(id));
    CHECK_FALSE(multiplexer.register_output(1));
    multiplexer.immediate(0, w(2), out);
    CHECK(multiplexer.combined_watermark() == kMinTimestamp);
    multiplexer.immediate(1, w(5), out);
    CHECK(multiplexer.combined_watermark() == 2);
    multiplexer.immediate(0, kIdle, out);
    CHECK(multiplexer.combined_watermark() == 5);
    multiplexer.immediate(0, w(3), out);
    CHECK(multiplexer.combined_watermark() == 5);

    WatermarkOutputMultiplexer deferred{version};
    deferred.register_output(0);
    deferred.register_output(1);
    out.clear();
    deferred.deferred(0, w(0), out);
    deferred.deferred(1, w(1), out);
    CHECK(deferred.combined_watermark() == kMinTimestamp);
    deferred.on_periodic_emit(out);
    CHECK(out.back().kind == Kind::watermark);
    CHECK(out.back().timestamp == 0);
    CHECK(deferred.unregister_output(0));
    CHECK_FALSE(deferred.unregister_output(0));
    CHECK(deferred.combined_watermark() == 0);
  }
}

TEST_CASE("M-10: the slower output turning idle last leaves 1.20 where it is; 2.x flushes the maximum") {
  const auto after_all_idle = [](Version version, OutputId first, OutputId second) {
    WatermarkOutputMultiplexer multiplexer{version};
    MultiplexerEvents out;
    multiplexer.register_output(0);
    multiplexer.register_output(1);
    multiplexer.immediate(0, w(5), out);
    multiplexer.immediate(1, w(2), out);
    multiplexer.immediate(first, kIdle, out);
    multiplexer.immediate(second, kIdle, out);
    CHECK(out.back().kind == MultiplexerEvent::Kind::idle);
    return multiplexer.combined_watermark();
  };
  CHECK(after_all_idle(Version::v2_2, 0, 1) == 5);
  CHECK(after_all_idle(Version::v2_2, 1, 0) == 5);
  CHECK(after_all_idle(Version::v1_20, 0, 1) == 2);
  CHECK(after_all_idle(Version::v1_20, 1, 0) == 5);
}

TEST_CASE("2.6: two inputs: the minimum over the active ones, and the status that changed the combination") {
  OperatorInputs inputs{2, Version::v2_2};
  WatermarkEvents out;
  inputs.on_watermark(0, 5, out);
  inputs.on_watermark(1, 3, out);
  inputs.on_status(1, WatermarkStatus::idle, out);
  CHECK(out == WatermarkEvents{w(3), w(5)});
  out.clear();
  inputs.on_status(0, WatermarkStatus::idle, out);
  inputs.on_status(1, WatermarkStatus::active, out);
  CHECK(out == WatermarkEvents{kIdle, kActive});
}

struct Valve {
  explicit Valve(std::size_t channels) : valve{channels} {}
  WatermarkEvents mark(std::size_t channel, TimestampMs ts) {
    WatermarkEvents out;
    valve.input_watermark(channel, ts, out);
    return out;
  }
  WatermarkEvents say(std::size_t channel, WatermarkStatus status) {
    WatermarkEvents out;
    valve.input_status(channel, status, out);
    return out;
  }
  StatusWatermarkValve valve;
};
constexpr WatermarkStatus kIsIdle = WatermarkStatus::idle;
constexpr WatermarkStatus kIsActive = WatermarkStatus::active;
const WatermarkEvents kNothing{};

TEST_CASE("M-2: one channel: increasing watermarks pass, repeated statuses do not, idle ones are deaf") {
  Valve valve{1};
  CHECK(valve.mark(0, 25) == WatermarkEvents{w(25)});
  CHECK(valve.mark(0, 18) == kNothing);
  CHECK(valve.say(0, kIsIdle) == WatermarkEvents{kIdle});
  CHECK(valve.say(0, kIsIdle) == kNothing);
  CHECK(valve.mark(0, 50) == kNothing);
  CHECK(valve.say(0, kIsActive) == WatermarkEvents{kActive});
  CHECK(valve.mark(0, 50) == WatermarkEvents{w(50)});
}

TEST_CASE("M-3 to M-5: three channels: the minimum, without those that are idle") {
  Valve valve{3};
  CHECK(valve.mark(0, 25) == kNothing);
  CHECK(valve.mark(1, 10) == kNothing);
  CHECK(valve.mark(2, 17) == WatermarkEvents{w(10)});
  CHECK(valve.say(1, kIsIdle) == WatermarkEvents{w(17)});
  CHECK(valve.say(2, kIsIdle) == WatermarkEvents{w(25)});
}

TEST_CASE("M-6: when the last channel turns idle, and held the output, the maximum is flushed first") {
  Valve valve{3};
  valve.mark(0, 10);
  valve.mark(1, 5);
  CHECK(valve.mark(2, 3) == WatermarkEvents{w(3)});
  CHECK(valve.say(0, kIsIdle) == kNothing);
  CHECK(valve.say(1, kIsIdle) == kNothing);
  CHECK(valve.say(2, kIsIdle) == WatermarkEvents{w(10), kIdle});
}

TEST_CASE("M-7: a channel that returns stays out of the minimum until it has caught up") {
  Valve valve{3};
  valve.mark(0, 10);
  valve.mark(1, 7);
  valve.mark(2, 3);
  CHECK(valve.say(2, kIsIdle) == WatermarkEvents{w(7)});
  CHECK(valve.say(2, kIsActive) == kNothing);
  CHECK(valve.mark(2, 5) == kNothing);
  CHECK(valve.mark(2, 9) == kNothing);
  CHECK(valve.mark(1, 12) == WatermarkEvents{w(9)});
}

TEST_CASE("M-8, M-9: channels that have not caught up say nothing, and hold nothing when they turn idle") {
  Valve three{3};
  three.mark(0, 10);
  three.mark(1, 7);
  CHECK(three.say(2, kIsIdle) == WatermarkEvents{w(7)});
  three.say(2, kIsActive);
  CHECK(three.say(0, kIsIdle) == kNothing);
  CHECK(three.say(1, kIsIdle) == kNothing);

  Valve two{2};
  two.mark(0, 7);
  CHECK(two.mark(1, 10) == WatermarkEvents{w(7)});
  CHECK(two.say(0, kIsIdle) == WatermarkEvents{w(10)});
  CHECK(two.say(0, kIsActive) == kNothing);
  CHECK(two.mark(0, 9) == kNothing);
  CHECK(two.say(0, kIsIdle) == kNothing);
}

SCENARIO("2.3: the watermark of a reader with splits") {
  using Kind = SourceEvent::Kind;
  GIVEN("two splits, bounded by 0, every 100 ms") {
    SourceWatermarks source{{.bound_ms = 0}, 100, 0, Version::v2_2};
    SourceEvents out;
    source.add_split(0);
    source.add_split(1);
    source.on_record(0, 10, out);
    source.on_record(1, 20, out);
    source.on_processing_time(100, out);
    REQUIRE(out.back().kind == Kind::watermark);
    REQUIRE(out.back().timestamp == 9);
    out.clear();
    WHEN("the slower one is released") {
      source.release_split(0, out);
      THEN("the watermark moves only at the next periodic emission") {
        CHECK(out.back().kind == Kind::split_finished);
        source.on_processing_time(200, out);
        CHECK(out.back().timestamp == 19);
      }
    }
    WHEN("the reader says that it has nothing for the slower one") {
      source.mark_idle(0, out);
      THEN("the other one decides at once") { CHECK(out.back().timestamp == 19); }
    }
  }
  GIVEN("no split, and an idle time-out of 250 ms") {
    SourceWatermarks source{{.idle_timeout_ms = 250}, 100, 0, Version::v2_2};
    SourceEvents out;
    source.on_processing_time(300, out);
    CHECK(out.empty());
    source.on_processing_time(600, out);
    THEN("the reader turns idle, and lets the others go on") {
      REQUIRE(out.size() == 2);
      CHECK(out[0].kind == Kind::idle);
      CHECK(out[1].kind == Kind::reader_idle);
    }
  }
}

}  // namespace
}  // namespace wrackline::event_time::flink

// One resolved scenario: what a single cell of the matrix asks the simulator to run. Plain values, no
// behaviour.
//
// The loader (scenarios/load.hpp) turns a file into cells, and each cell into one ScenarioSpec in which
// `extends`, `--set`, matrix axes, guarantee bundles and defaults are already applied. What is not here can
// not influence a run. The meaning, unit, default and range of every field are declared in vocabulary*.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/event_time/strategy/catalogue.hpp"
#include "engine/properties.hpp"
#include "engine/workload/trace_options.hpp"
#include "faults/vocabulary.hpp"
#include "scenarios/diagnostics.hpp"
#include "sim/time.hpp"

namespace wrackline::scenarios {

using sim::Duration;

/// Exactly `count` events every `per`: "5k/s" is 5000 per 1 s, "0.5/s" is 1 per 2 s.
struct Rate {
  std::int64_t count = 0;
  Duration per{std::chrono::seconds{1}};
  friend bool operator==(const Rate&, const Rate&) = default;
};

// ---- distributions
// ---------------------------------------------------------------------------------------------

enum class LawKind {
  kConstant,     ///< a
  kUniform,      ///< between a and b
  kExponential,  ///< mean a
  kNormal,       ///< mean a, standard deviation b
  kLognormal,    ///< median a, shape = sigma of the logarithm
  kPareto,       ///< scale (least value) a, shape = tail index
  kWeibull,      ///< scale a, shape
  kGamma,        ///< mean a, shape
  kQuantiles,    ///< quantile knots: a named set of `profile`, or `knots`
  kMixture,      ///< one of `parts` by weight
  kStall,  ///< parts[0] while flowing; flows for a mean of a, then is held for a mean of b (both exponential)
  // Of the delay of a source only:
  kBatch,           ///< uploads every a, parts[0] each; a share `shape` fails, then `again`; repeated after b
  kAutoregressive,  ///< parts[0] for each record, correlated by `shape` with the one before
  kFraction,        ///< a share `shape` between a and b, the rest at once
  kModel,           ///< the model called `profile`
};

struct WeightedLaw;

/// A distribution of durations.
struct Law {
  LawKind kind = LawKind::kConstant;
  Duration a{};
  Duration b{};
  double shape = 0;
  double again = 0;                                ///< of kBatch
  std::string profile;                             ///< of kQuantiles: "umts-d1", ...; of kModel
  std::vector<std::pair<double, Duration>> knots;  ///< of kQuantiles: probability, value
  std::vector<WeightedLaw> parts;                  ///< of kMixture and kStall
  std::optional<Duration> shift;                   ///< added to every value; of a stall law, of its base
  std::optional<Duration> cap;                     ///< no value above this
};

struct WeightedLaw {
  double weight = 1;
  Law law;
};

// ---- the log
// ---------------------------------------------------------------------------------------------------

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  PropertyValues config;  ///< kafka::topic_properties()
};

struct NetworkSpec {
  Law latency;                        ///< one way, between any two nodes of a zone
  std::optional<Law> zone_latency;    ///< one way, between zones; absent: as `latency`
  std::int64_t bytes_per_second = 0;  ///< of a node's link; 0: unlimited
  double loss = 0;                    ///< probability that a message is lost (retransmitted by the transport)
};

struct DiskSpec {
  Law fsync;                          ///< time of one flush
  std::int64_t bytes_per_second = 0;  ///< 0: unlimited
};

/// What a broker's processor is busy with (calibration, reference/science.md 5).
struct BrokerCostSpec {
  Duration request{};   ///< any request
  Law batch;            ///< each batch appended
  Duration kibibyte{};  ///< each KiB appended
};

struct KafkaSpec {
  Version version{4, 1};
  std::int32_t brokers = 3;
  std::vector<std::string> zones;  ///< brokers are dealt over them in turn; empty: one zone
  PropertyValues config;           ///< kafka::broker_properties()
  std::vector<TopicSpec> topics;   ///< by name
  NetworkSpec network;
  DiskSpec disk;
  std::int32_t cores = 8;  ///< of each broker
  BrokerCostSpec costs;
};

// ---- sources
// ---------------------------------------------------------------------------------------------------

enum class Arrivals {
  kConstant,  ///< evenly spaced
  kPoisson,   ///< exponential gaps
  kBursts,    ///< on-off: all events fall into the first part of each period
  kDiurnal,   ///< the rate follows a sine over a period
};

struct ArrivalSpec {
  Arrivals kind = Arrivals::kPoisson;
  Duration period{};    ///< of kBursts and kDiurnal
  double on_share = 0;  ///< of kBursts: share of the period in which events are emitted
  double swing = 0;     ///< of kDiurnal: (peak - mean) / mean
};

enum class Keys {
  kUniform,  ///< every key as likely as the others
  kZipf,     ///< key k with weight k^-exponent
  kHot,      ///< a share of the events falls on `hot_keys` keys, the rest is uniform
  kNone,     ///< no key: the partitioner is sticky
};

struct KeySpec {
  Keys kind = Keys::kUniform;
  std::int64_t count = 1000;
  double exponent = 0;
  std::int64_t hot_keys = 0;
  double hot_share = 0;
};

/// Something that the clock does at a time; exactly one of step, drift, freeze, wrap32.
struct ClockChangeSpec {
  Duration at{};
  std::optional<Duration> step;
  std::optional<double> drift_ppm;
  std::optional<Duration> freeze;  ///< so long
  bool catch_up = true;            ///< of freeze
  std::optional<Duration> wrap32;  ///< 2^32 us behind, so long
};

/// The clock of a source's devices against true time; event time is read from it.
struct ClockSpec {
  Law offset;  ///< drawn once a producer; may be negative
  double drift_ppm = 0;
  std::vector<ClockChangeSpec> changes;
};

/// Events that a source reports twice.
struct SecondReportSpec {
  double share = 0;
  Law after;  ///< how much later the second report sets off
};

struct SourceSpec {
  std::string name;
  std::string topic;
  std::int32_t producers = 1;
  Rate rate;  ///< of the whole source
  ArrivalSpec arrivals;
  KeySpec keys;
  Law delay;  ///< from creation to the producer's send(): what makes events late
  ClockSpec clock;
  std::optional<SecondReportSpec> reported_again;
  std::int64_t record_bytes = 100;
  std::optional<std::string>
      trace;  ///< recorded trace instead of rate, arrivals, keys and delay: path to open
  workload::TraceReadOptions trace_options;
  double trace_speed = 1;  ///< replay this many times faster
  bool replays = false;    ///< re-sends what the producer reported as failed
  PropertyValues config;   ///< kafka::producer_properties()
};

// ---- jobs
// ------------------------------------------------------------------------------------------------------

enum class CommitMode {
  kAuto,              ///< enable.auto.commit inside the poll loop (kafka.md 6.3, M1)
  kBeforeProcessing,  ///< commitSync before processing (M3)
  kAfterProcessing,   ///< commitSync after each batch (M4)
  kAsync,             ///< commitAsync after each batch (M5)
  kOnClose,           ///< only at revocation and close (M6)
};

struct WatermarkSpec {
  Duration bounded{};                     ///< out-of-orderness bound, where no other strategy is chosen
  event_time::strategy::Spec strategy;    ///< of the catalogue; without type: bounded
  event_time::strategy::Options options;  ///< but for the two below
  std::optional<Duration> idle_timeout;  ///< a partition quiet for so long no longer holds the watermark back
  Duration interval{std::chrono::milliseconds{200}};  ///< periodic emission
};

/// Records whose event time lies too far from the processor's clock are refused.
struct GuardSpec {
  std::optional<Duration> max_future;
  std::optional<Duration> max_age;
};

enum class Windows { kNone, kTumbling, kHopping, kCumulate, kSession, kCount, kGlobal, kSliding };
enum class Accumulation { kAccumulating, kDiscarding, kRetracting };

struct WindowSpec {
  Windows kind = Windows::kNone;
  Duration size{};   ///< the difference of kSliding
  Duration slide{};  ///< equal to size when tumbling; the step of cumulate
  Duration offset{};
  Duration allowed_lateness{};
  Duration gap{};                   ///< of kSession
  std::optional<Duration> max_gap;  ///< each event has a gap of its own, up to this
  std::int64_t records = 0;         ///< of kCount
  std::int64_t records_every = 0;   ///< of kCount: a window each so many; 0: as many as it holds
  std::string zone;                 ///< IANA name; empty: UTC
  std::optional<Duration> early_every;
  std::optional<std::int64_t> early_records;
  std::optional<Duration> late_every;
  std::optional<std::int64_t> late_records;
  Accumulation accumulation = Accumulation::kAccumulating;
};

enum class Aggregate {
  kNone,
  kCount,
  kSum,
  kMin,
  kMax,
  kMean,
  kDistinct,
  kDistinctSketch,
  kQuantile,
  kQuantileSketch
};

/// In the order of event_time::window::StreamJoinSpec::Type and JoinType.
enum class JoinMethod { kInterval, kWindow, kStreamTable, kTemporal };
enum class JoinKind { kInner, kLeft, kRight, kOuter };

/// The right side of a join; the left one is the job's own input.
struct JoinSpec {
  std::string with;  ///< topic
  JoinMethod type = JoinMethod::kInterval;
  JoinKind kind = JoinKind::kInner;
  std::optional<Duration> lower;  ///< of kInterval
  std::optional<Duration> upper;
  std::optional<Duration> allowed_lateness;       ///< of kInterval, left side
  std::optional<Duration> with_allowed_lateness;  ///< right side; absent: as the left one
  std::optional<WatermarkSpec> with_watermark;    ///< absent: as the left one
};

struct JobSpec {
  std::string name;
  std::string engine = "consumer";
  std::int32_t parallelism = 1;
  std::vector<std::string> from;  ///< topics
  std::optional<JoinSpec> join;
  std::string group;  ///< group.id; default: the job's name
  WatermarkSpec watermark;
  GuardSpec guard;
  WindowSpec window;
  Aggregate aggregate = Aggregate::kCount;
  std::optional<double> quantile;  ///< of the aggregates of that name
  CommitMode commit = CommitMode::kAfterProcessing;
  std::string to;       ///< sink
  Law cost_per_record;  ///< CPU time
  Duration cost_per_poll{};
  std::int32_t cores = 1;    ///< of each instance's node
  Duration restart_delay{};  ///< until a crashed instance is started again
  PropertyValues config;     ///< kafka::consumer_properties()
};

// ---- sinks
// -----------------------------------------------------------------------------------------------------

enum class SinkKind {
  kTopic,   ///< written back to the log by a producer
  kAppend,  ///< append-only store: every write is visible, also a repeated one
  kUpsert,  ///< one row a key: a repeated write changes nothing
};

struct SinkSpec {
  std::string name;
  SinkKind kind = SinkKind::kAppend;
  std::string topic;            ///< of kTopic
  bool read_committed = false;  ///< of kTopic: who judges what is visible reads up to the last stable offset
  Law latency;                  ///< of the stores: one write request
  PropertyValues config;        ///< of kTopic: kafka::producer_properties()
};

// ---- faults
// ----------------------------------------------------------------------------------------------------

/// One entry of `faults`, checked against faults/vocabulary.hpp. scenarios/translate.hpp makes a
/// faults::FaultSpec of it.
struct FaultSpec {
  std::string id;
  std::string action;  ///< the `do` field: "process.crash"
  std::string target;  ///< selector, as written: "kafka.leader(payments/0)"
  // When it strikes; exactly one of at, when, rate.
  std::optional<Duration> at;
  std::string when;                           ///< moment
  std::int64_t nth = 1;                       ///< strikes at the nth occurrence of `when`, ...
  std::int64_t times = 1;                     ///< ... and at so many occurrences in all
  std::map<std::string, std::int64_t> where;  ///< only occurrences whose attributes have these values
  std::optional<Rate> rate;
  Duration from{};  ///< of `rate`
  std::optional<Duration> until;
  double chance = 1;            ///< of each strike
  std::optional<Law> duration;  ///< the `for` field
  faults::Settings parameters;
  Location place;  ///< for messages about it
};

// ---- expectations
// ----------------------------------------------------------------------------------------------

struct ExpectSpec {
  enum class Kind { kCheck, kSometimes } kind = Kind::kCheck;
  std::string text;    ///< expression (scenarios/expectation.hpp), or moment
  std::string window;  ///< "all" or "steady" (after the warm-up, before the faults heal)
  Location where;
};

// ---- the whole
// -------------------------------------------------------------------------------------------------

struct ScenarioSpec {
  std::string name;
  std::string doc;
  Duration duration{};        ///< safety phase: sources emit, faults strike
  Duration warmup{};          ///< left out of "steady" measures
  Duration liveness_bound{};  ///< after all faults healed, the pipeline must drain within this
  std::string guarantee;      ///< applied bundle, empty if none
  KafkaSpec kafka;
  std::vector<SourceSpec> sources;  ///< these four by name
  std::vector<JobSpec> jobs;
  std::vector<SinkSpec> sinks;
  std::vector<FaultSpec> faults;  ///< in order of declaration
  std::vector<ExpectSpec> expect;
};

}  // namespace wrackline::scenarios

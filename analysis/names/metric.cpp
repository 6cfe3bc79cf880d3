#include "analysis/names/metric.hpp"

#include <algorithm>
#include <array>

#include "analysis/names/anomaly.hpp"

namespace wrackline::analysis {

namespace {

constexpr std::array<std::string_view, 6> kUnits{"events", "windows", "runs", "records", "ratio", "duration"};

constexpr std::array<LatencyInfo, kLatencies> kLatencyTable{{
    {Latency::end_to_end, "end_to_end", Unit::duration, "events that are not delivered",
     "From the true creation of an event to the moment when a reader of the sink first sees it in a result."},
    {Latency::arrival_to_visible, "arrival_to_visible", Unit::duration, "events that are not delivered",
     "From the moment when an event reached its producer (after its delay) to its first visibility at the "
     "sink."},
    {Latency::result_latency, "result_latency", Unit::duration,
     "(key, window) pairs without any row; expected rows of a join that are not there",
     "From the end of a window, in true time, to the first visible row of a key of that window. Of a join's "
     "row: from the creation of its last record, or the end of the time in which a partner could come."},
    {Latency::watermark_lag, "watermark_lag", Unit::duration, "samples before a task's first watermark",
     "True time minus the watermark of a task, sampled on a fixed grid of true time."},
    {Latency::consumer_lag, "consumer_lag", Unit::records, "none",
     "Records between a consumer's position and the high watermark of the partition, at each poll."},
    {Latency::time_to_recover, "time_to_recover", Unit::duration,
     "faults that the pipeline did not recover from",
     "From the strike of a fault to the last poll whose records were older than before the strike."},
}};

const std::vector<MetricInfo>& table() {
  static const std::vector<MetricInfo> kTable = [] {
    std::vector<MetricInfo> all{
        {"produced", Unit::events, "Events that the sources created."},
        {"produced.reported_again", Unit::events,
         "Of these: second reports of an earlier event by the source itself, no duplicates of the pipeline."},
        {"delivered", Unit::events,
         "Events visible at the sink in every window that they were not late for."},
        {"late_dropped", Unit::events, "Events taken out as late, for all of their windows."},
        {"dead_lettered", Unit::events, "Events sent to a dead-letter queue on purpose."},
        {"shed", Unit::events, "Events shed on purpose under load."},
        {"expired", Unit::events, "Events whose delivery timeout ran out before any copy was sent."},
        {"rejected", Unit::events,
         "Events refused for good: by the producer before any copy was sent, or by a processor's guard."},
        {"rejected.by_guard", Unit::events,
         "Of these: taken out because their event time lies too far from the processor's clock."},
        {"pending", Unit::events, "Events still on their way when the run ended."},
        {"lost", Unit::events, "Events that are nowhere, or missing from a window that they belong to."},
        {"lost.acknowledged", Unit::events, "Lost, though the producer was told that they are stored."},
        {"lost.told_failed", Unit::events, "Lost, and the producer was told so."},
        {"lost.outcome_unknown", Unit::events, "Lost, and the producer was told nothing, or a time-out."},
        {"lost.fire_and_forget", Unit::events, "Lost under acks=0, where nobody is ever told."},
        {"lost.at_producer", Unit::events, "Lost before any leader appended them."},
        {"lost.at_log", Unit::events, "Lost from the log: appended, and not in the committed log any more."},
        {"lost.at_consumer", Unit::events, "Lost between log and processor: committed, never processed."},
        {"lost.at_processor", Unit::events, "Lost in the processor or on the way to the sink."},
        {"lost.at_sink", Unit::events,
         "Lost behind the processor: its result was written to a topic, and is not there."},
        {"lost.in_some_windows", Unit::events, "Lost from some of their windows, visible in others."},
        {"late.in_some_windows", Unit::events, "Delivered, but dropped as late from some of their windows."},
        {"duplicated.log", Unit::events, "Extra committed copies in the log."},
        {"duplicated.processor", Unit::events, "Times that a record was taken into account again."},
        {"duplicated.sink", Unit::events,
         "Extra visible effects, as a reader of the sink sees them at the end."},
        {"duplicated_events.log", Unit::events, "Events with more than one committed copy in the log."},
        {"duplicated_events.processor", Unit::events, "Events that were taken into account more than once."},
        {"duplicated_events.sink", Unit::events, "Events with more than one visible effect."},
        {"late_drop_rate", Unit::ratio, "late_dropped / produced."},
        {"loss_rate", Unit::ratio, "lost / produced."},
        {"duplicate_rate", Unit::ratio, "duplicated.sink / produced."},
        {"delivered_rate", Unit::ratio, "delivered / produced."},
        {"join.expected", Unit::events, "Rows that a join of all emitted events has."},
        {"join.delivered", Unit::events, "Of these: rows that a reader of the sink sees."},
        {"join.late.left", Unit::events, "Of these: not there, because the left record was late."},
        {"join.late.right", Unit::events, "Of these: not there, because the right record was late."},
        {"join.refused", Unit::events, "Of these: not there, because a record was taken out on purpose."},
        {"join.lost", Unit::events, "Of these: not there, because a record or the row was lost."},
        {"join.pending", Unit::events, "Of these: still on their way when the run ended."},
        {"join.duplicates", Unit::events, "Extra copies of a join's rows."},
        {"join.nulls", Unit::events,
         "Rows of an outer join without a partner, for records whose partner was late or lost."},
        {"join.stale", Unit::events, "Rows with another version of the table than was valid at the record's event time."},
        {"join.unmatched.left", Unit::events, "Left records that were accepted and owed no row."},
        {"join.unmatched.right", Unit::events,
         "Right records that were accepted and owed no row; of a table: versions that no row shows."},
        {"join.completeness", Unit::ratio, "join.delivered / join.expected."},
        {"violations", Unit::events, "Occurrences of anomalies that the guarantee does not permit."},
        {"watermark.adaptations", Unit::events,
         "Times that the job's watermark strategies changed their mind: a greater slack, a drift, a refit."},
        {"watermark.fallbacks", Unit::events,
         "Watermarks of an adaptive strategy that its maximum silence forced."},
        {"runs", Unit::runs, "Runs merged into this result."},
        {"runs.failed", Unit::runs, "Runs with the verdict fail."},
        {"runs.inconclusive", Unit::runs, "Runs with the verdict inconclusive."},
    };
    for (const AnomalyInfo& info : anomalies()) {
      all.push_back({"anomaly." + std::string{info.name}, Unit::events, std::string{info.doc}});
    }
    return all;
  }();
  return kTable;
}

constexpr std::array<std::pair<std::string_view, Statistic::Kind>, 5> kStatistics{{
    {"mean", Statistic::Kind::mean},
    {"min", Statistic::Kind::min},
    {"max", Statistic::Kind::max},
    {"count", Statistic::Kind::count},
    {"missing", Statistic::Kind::missing},
}};

std::string name_of(const Statistic& statistic) {
  for (const auto& [name, kind] : kStatistics) {
    if (statistic.kind == kind) return std::string{name};
  }
  std::string name = "p" + std::to_string(statistic.per_10000 / 100);
  if (const std::uint32_t rest = statistic.per_10000 % 100; rest != 0) {
    name += "." + std::to_string(rest / 10);
    if (rest % 10 != 0) name += std::to_string(rest % 10);
  }
  return name;
}

}  // namespace

std::string_view name_of(Unit unit) { return kUnits[static_cast<std::size_t>(unit)]; }
std::span<const LatencyInfo> latencies() { return kLatencyTable; }
std::string_view name_of(Latency latency) { return kLatencyTable[static_cast<std::size_t>(latency)].name; }

std::optional<Latency> find_latency(std::string_view name) {
  for (const LatencyInfo& info : kLatencyTable) {
    if (info.name == name) return info.latency;
  }
  return std::nullopt;
}

std::string_view name_of(Phase phase) { return phase == Phase::all ? "all" : "steady"; }
std::optional<Phase> find_phase(std::string_view name) {
  if (name == "all") return Phase::all;
  if (name == "steady") return Phase::steady;
  return std::nullopt;
}

const std::vector<MetricInfo>& metrics() { return table(); }

const MetricInfo* find_metric(std::string_view name) {
  const auto& all = table();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const MetricInfo& info) { return info.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<Statistic> parse_statistic(std::string_view name) {
  for (const auto& [known, kind] : kStatistics) {
    if (name == known) return Statistic{kind, 0};
  }
  // "p99", "p99.9", "p99.99": at most two digits on either side of the point; above p0 and up to p100.
  if (name.size() < 2 || name.front() != 'p') return std::nullopt;
  name.remove_prefix(1);
  std::uint32_t whole = 0;
  std::uint32_t fraction = 0;
  const std::size_t point = std::min(name.find('.'), name.size());
  const std::string_view before = name.substr(0, point);
  const std::string_view after = point < name.size() ? name.substr(point + 1) : std::string_view{};
  if (before.empty() || before.size() > 3 || after.size() > 2 || (point < name.size() && after.empty())) {
    return std::nullopt;
  }
  const auto digits = [](std::string_view text, std::uint32_t& into) {
    for (const char c : text) {
      if (c < '0' || c > '9') return false;
      into = into * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return true;
  };
  if (!digits(before, whole) || !digits(after, fraction)) return std::nullopt;
  if (after.size() == 1) fraction *= 10;
  const std::uint32_t per_10000 = whole * 100 + fraction;
  if (per_10000 == 0 || per_10000 > 10000) return std::nullopt;
  return Statistic{Statistic::Kind::quantile, per_10000};
}

std::optional<MetricRef> parse_metric(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) {
    const MetricInfo* info = find_metric(text);
    if (info == nullptr) return std::nullopt;
    return MetricRef{info->name, {}, Latency::end_to_end, info->unit};
  }
  if (text.back() != ')') return std::nullopt;
  const auto statistic = parse_statistic(text.substr(0, open));
  const auto latency = find_latency(text.substr(open + 1, text.size() - open - 2));
  if (!statistic || !latency) return std::nullopt;
  const bool counts =
      statistic->kind == Statistic::Kind::count || statistic->kind == Statistic::Kind::missing;
  const Unit unit = counts ? Unit::events : kLatencyTable[static_cast<std::size_t>(*latency)].unit;
  return MetricRef{{}, *statistic, *latency, unit};
}

std::string to_string(const MetricRef& ref) {
  if (!ref.metric.empty()) return ref.metric;
  return name_of(ref.statistic) + "(" + std::string{name_of(ref.latency)} + ")";
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& info : table()) names.push_back(info.name);
  for (const LatencyInfo& info : kLatencyTable) {
    for (const std::string_view statistic :
         {"p50", "p95", "p99", "p99.9", "mean", "min", "max", "count", "missing"}) {
      names.push_back(std::string{statistic} + "(" + std::string{info.name} + ")");
    }
  }
  return names;
}

}  // namespace wrackline::analysis

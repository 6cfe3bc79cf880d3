#include "engine/event_time/strategy/options.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/text.hpp"

namespace wrackline::event_time::strategy {

std::span<const OptionField> option_fields() {
  using Value = ParameterValue;
  static const std::array<OptionField, 8> fields{
      OptionField{duration("interval", "200ms", 0, kDayMs,
                           "How often watermarks are emitted; 0: after every record."),
                  [](Options& options, const Value& value) {
                    if (value.integer == 0) options.emission = Emission::per_record;
                    options.interval_ms = std::max<std::int64_t>(value.integer, 1);
                  },
                  [](const Options& options) {
                    if (options.emission == Emission::per_record) return std::string{"0s"};
                    return options.interval_ms == 200 ? std::string{}
                                                      : format_duration_ms(options.interval_ms);
                  }},
      OptionField{
          integer("marker_every", "", 1, 1e9,
                  "Emitted right behind every so-many-th record of a partition, instead of periodically."),
          [](Options& options, const Value& value) {
            options.emission = Emission::marker;
            options.marker_every = value.integer;
          },
          [](const Options& options) {
            return options.emission == Emission::marker ? fmt::format("{}", options.marker_every)
                                                        : std::string{};
          }},
      OptionField{duration("idle_timeout", "", 1, kYearMs,
                           "A partition without records for so long no longer holds the others back."),
                  [](Options& options, const Value& value) { options.idle_timeout_ms = value.integer; },
                  [](const Options& options) {
                    return options.idle_timeout_ms == 0 ? std::string{}
                                                        : format_duration_ms(options.idle_timeout_ms);
                  }},
      OptionField{
          {.name = "scope",
           .type = ParameterType::choice,
           .default_text = "",
           .min = 0,
           .max = 1,
           .doc = "One generator for each partition, or one behind a shuffle for all that the task reads; "
                  "without it what suits the strategy.",
           .choices = {"partition", "task"}},
          [](Options& options, const Value& value) {
            options.scope = value.integer == 0 ? Scope::partition : Scope::task;
          },
          [](const Options& options) -> std::string {
            return options.scope == Scope::task ? "task" : "partition";
          }},
      OptionField{
          {.name = "combine",
           .type = ParameterType::choice,
           .default_text = "min",
           .min = 0,
           .max = 1,
           .doc = "Which of the partitions' watermarks is the task's.",
           .choices = {"min", "max"}},
          [](Options& options, const Value& value) {
            options.combine = value.integer == 0 ? Combine::min : Combine::max;
          },
          [](const Options& options) -> std::string { return options.combine == Combine::max ? "max" : ""; }},
      OptionField{duration("max_drift", "", 0, kYearMs,
                           "Alignment: a partition whose watermark is further ahead of the slowest is not "
                           "read; without idle_timeout a partition that falls silent stops them."),
                  [](Options& options, const Value& value) { options.max_drift_ms = value.integer; },
                  [](const Options& options) {
                    return options.max_drift_ms < 0 ? std::string{}
                                                    : format_duration_ms(options.max_drift_ms);
                  }},
      OptionField{duration("align_interval", "1s", 1, kDayMs, "How often the alignment is announced."),
                  [](Options& options, const Value& value) { options.align_interval_ms = value.integer; },
                  [](const Options& options) {
                    return options.align_interval_ms == 1000 ? std::string{}
                                                             : format_duration_ms(options.align_interval_ms);
                  }},
      OptionField{
          duration("out_of_band", "", 1, kDayMs,
                   "Watermarks come from an aggregator that asks all instances so often; without it each "
                   "instance goes by its own partitions."),
          [](Options& options, const Value& value) {
            options.propagation = Propagation::out_of_band;
            options.poll_ms = value.integer;
          },
          [](const Options& options) {
            return options.propagation == Propagation::in_band ? std::string{}
                                                               : format_duration_ms(options.poll_ms);
          }}};
  return fields;
}

}  // namespace wrackline::event_time::strategy

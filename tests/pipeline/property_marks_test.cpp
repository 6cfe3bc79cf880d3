// The class of each property (modelled, or known without effect) against what a whole world really reads when
// it is built.
#include <set>

#include "engine/kafka/config/properties.hpp"
#include "scenarios/run/world.hpp"
#include "tests/pipeline/pipeline.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::pipeline {
namespace {

/// Decided at the door: other values than the modelled one are refused with WL1208, or what the coordinator
/// would refuse is refused with WL1203 (scenarios/validate.cpp, engine/kafka/config/checks.cpp).
const std::set<std::string_view> kDecidedByValidation{
    "cleanup.policy",    "log.cleanup.policy",           "group.protocol",
    "group.instance.id", "group.min.session.timeout.ms", "group.max.session.timeout.ms",
    "group.id",  // the job's `group`
};

void hold_against_marks(const PropertyValues& values) {
  for (const Property& property : values.table().all()) {
    CAPTURE(values.table().component(), property.name);
    if (property.effect == PropertyClass::kWithoutEffect) {
      CHECK_FALSE(values.was_read(property.name));
    } else if (!kDecidedByValidation.contains(property.name)) {
      CHECK(values.was_read(property.name));
    }
  }
}

}  // namespace

SCENARIO("properties marked as modelled are read, and no others") {
  const scenarios::Plan plan = plan_of(
      kSmall, R"("kafka": { "topics": { "plain": { "partitions": 1 } } }, "jobs": { "job": { "commit": "auto",
      "config": { "partition.assignment.strategy": "range" } } })");
  scenarios::ScenarioSpec spec = plan.cells.at(0).spec;
  spec.kafka.config.record_reads();
  for (scenarios::TopicSpec& topic : spec.kafka.topics) topic.config.record_reads();
  for (scenarios::SourceSpec& source : spec.sources) source.config.record_reads();
  for (scenarios::JobSpec& job : spec.jobs) job.config.record_reads();
  const scenarios::World world{spec, 1, {}};
  hold_against_marks(spec.kafka.config);
  hold_against_marks(spec.kafka.topics.at(0).config);
  hold_against_marks(spec.sources.at(0).config);
  hold_against_marks(spec.jobs.at(0).config);
}

}  // namespace wrackline::pipeline

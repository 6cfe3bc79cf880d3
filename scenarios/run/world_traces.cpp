// Recorded traces on the sides of a join: a key is the same key on both, and their clocks stay the same
// clock.
//
// A trace by itself numbers its keys as they appear and begins when the run begins. Joined ones share their
// numbers: first the keys of generated sources, which are called 0, 1, 2, ..., then those of the traces in
// the order of the sources and their rows. That takes a pass over each trace beforehand; so the numbers do
// not depend on what happens in the run.
#include <algorithm>
#include <string>

#include "engine/workload/trace_reader.hpp"
#include "scenarios/job_joins.hpp"
#include "scenarios/run/world.hpp"

namespace wrackline::scenarios {

World::JoinedTraces World::joined_traces() const {
  const auto is_joined = [&](const SourceSpec& source) {
    return std::any_of(spec_.jobs.begin(), spec_.jobs.end(),
                       [&](const JobSpec& job) { return job.join && reads(job, source.topic); });
  };
  JoinedTraces made;
  made.first_arrival_ms.assign(spec_.sources.size(), -1);
  const bool any = std::any_of(spec_.sources.begin(), spec_.sources.end(),
                               [&](const SourceSpec& source) { return source.trace && is_joined(source); });
  if (!any) return made;
  made.keys = std::make_shared<workload::TraceKeys>();
  std::int64_t generated = 0;
  for (const SourceSpec& source : spec_.sources)
    if (!source.trace && is_joined(source)) generated = std::max(generated, source.keys.count);
  for (std::int64_t key = 0; key < generated; ++key) made.keys->number_of(std::to_string(key));

  bool first = true;
  for (std::size_t i = 0; i < spec_.sources.size(); ++i) {
    const SourceSpec& source = spec_.sources[i];
    if (!source.trace || !is_joined(source)) continue;
    const auto input = workload::open_trace(*source.trace);
    if (input == nullptr) continue;
    workload::TraceProblems problems;  // told where the trace was checked
    workload::TraceReader reader{*input, *made.keys, problems, source.trace_options};
    workload::TraceRow row;
    while (reader.next(row)) {
      if (made.first_arrival_ms[i] < 0) made.first_arrival_ms[i] = row.arrival_ms;
    }
    if (made.first_arrival_ms[i] < 0) continue;
    made.earliest_ms =
        first ? made.first_arrival_ms[i] : std::min(made.earliest_ms, made.first_arrival_ms[i]);
    first = false;
  }
  return made;
}

}  // namespace wrackline::scenarios

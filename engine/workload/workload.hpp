// Who emits what, and when: the world outside the pipeline.
//
//   record_source.hpp    the interface of all sources, with their levers (rate, stall and replay, poison);
//   values source.hpp           a generated source                      (arrival_process, key_law, in_flight
//   beside it) trace_source.hpp     a recorded trace, replayed              (trace_reader beside it)
//   arrival_batch.hpp    what they hand out: columns of records
//   delay_law.hpp        delays, independent or not  (delay_models and delay_profiles beside it: by name)
//   gate.hpp             the link that can be made to stand still
//
// Not modelled: sources that react to the pipeline (closed loops, retries by devices), schemas, bad
// encodings.
#pragma once

#include "engine/workload/delay_models.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "engine/workload/source.hpp"
#include "engine/workload/trace_source.hpp"

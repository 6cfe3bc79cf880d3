// The kernel, to be read from here. It knows nothing of streaming.
//
//   Simulation sim{{.seed = 42}};
//   Node& node = sim.add_node("node-1", "zone-a", 4);
//   Process& server = node.add_process("server");
//   server.start([&](Process& self) -> Task<> { ... });     // runs now and after every restart
//   sim.run_until(kStart + 10min);
//   sim.hash();
//
//   simulation.hpp   one run: time, the order of events, the fingerprint (run_hash.hpp), the queue
//   (event_queue.hpp) task.hpp         coroutines: sleep, join, cancel; timeout.hpp, channel.hpp, signal.hpp:
//   what else can be waited for process.hpp      crash domains: crash, pause, restart, stop, and faults in
//   the middle of a step node.hpp         machines: power, clocks (clock.hpp), timers by them, processors
//   (cpu.hpp) network.hpp      connections; disk.hpp: page cache and durable bytes random.hpp       streams
//   by name; distribution.hpp: what is drawn from them moment.hpp       what the models announce; lever.hpp:
//   what can be done to them; selector.hpp: whom a fault means observer.hpp     what happens to records, for
//   the ledger stuck.hpp        who waits for what, when nothing moves any more
//
// Not modelled: threads inside a process (tasks take turns and are never interrupted), memory limits,
// instruction-level costs.
#pragma once

#include "sim/channel.hpp"
#include "sim/lever.hpp"
#include "sim/node.hpp"
#include "sim/observer.hpp"
#include "sim/process.hpp"
#include "sim/selector.hpp"
#include "sim/signal.hpp"
#include "sim/simulation.hpp"
#include "sim/stuck.hpp"
#include "sim/task.hpp"
#include "sim/timeout.hpp"

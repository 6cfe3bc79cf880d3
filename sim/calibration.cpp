#include "sim/calibration.hpp"

#include <algorithm>

namespace wrackline::sim {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000 * us;
constexpr std::int64_t s = 1'000 * ms;
constexpr std::int64_t day = 86'400 * s;
constexpr std::int64_t MB = 1'000'000;
using Unit = Calibration::Unit;

// Sorted by name.
constexpr Calibration kTable[] = {
    {"broker.acks_all_added", Unit::ns, 500 * us, 2 * ms, 10 * ms,
     "added by acks=all at replication factor 3", "OpenMessaging benchmark: P99 5 ms at load"},
    {"broker.append", Unit::ns, 500 * us, 2 * ms, 15 * ms, "append and acks=1 answer",
     "LinkedIn 2014, Conduktor"},
    {"checkpoint.synchronous", Unit::ns, 5 * ms, 50 * ms, 2 * s, "synchronous part of a checkpoint",
     "experience"},
    {"cpu.consumer_record", Unit::ns, 400, 1'100, 3 * us, "consumer, per record of 100 bytes",
     "LinkedIn 2014: 940k records/s"},
    {"cpu.heap_state_access", Unit::ns, 50, 100, 500, "keyed state on the heap, per access", "experience"},
    {"cpu.lsm_get_cached", Unit::ns, 5 * us, 10 * us, 33 * us, "LSM store, cached get",
     "RocksDB db_bench 2022"},
    {"cpu.lsm_put", Unit::ns, 500, 1 * us, 6 * us, "LSM store, put", "RocksDB db_bench 2022"},
    {"cpu.producer_record", Unit::ns, 500, 1'200, 2'400, "producer, per record of 100 bytes",
     "LinkedIn 2014: 821k records/s; synchronous replication 421k/s"},
    {"cpu.stateless_operator", Unit::ns, 200, 1 * us, 10 * us, "stateless operator, per record",
     "Karimov et al. 2018, Yahoo benchmark: order of magnitude"},
    {"disk.fsync", Unit::ns, 200 * us, 2 * ms, 20 * ms, "one fsync",
     "etcd guidance: 500 IOPS = 2 ms, 50 = 20 ms"},
    {"eos.penalty", Unit::ppm, 30'000, 150'000, 400'000, "throughput lost to exactly-once",
     "Confluent 3 %, Streams 15-30 %, Conduktor 40 %"},
    {"failure.detection", Unit::ns, 3 * s, 10 * s, 50 * s, "until a dead process is noticed",
     "session and heartbeat time-outs"},
    {"failure.leader_failover", Unit::ns, 100 * ms, 1 * s, 30 * s, "a partition without leader",
     "experience"},
    {"failure.mtbf_node", Unit::ns, 30 * day, 180 * day, 730 * day, "between failures of a node",
     "Schroeder & Gibson 2006 (Weibull shape 0.7 to 0.8)"},
    {"rtt.cross_region", Unit::ns, 30 * ms, 80 * ms, 150 * ms, "round trip between regions", "experience"},
    {"rtt.cross_zone", Unit::ns, 500 * us, 1 * ms, 2 * ms, "round trip between zones", "experience"},
    {"rtt.same_zone", Unit::ns, 100 * us, 250 * us, 500 * us, "round trip within a zone", "experience"},
    {"state.upload", Unit::bytes_per_second, 50 * MB, 200 * MB, 1'000 * MB, "state upload per task",
     "experience"},
    {"transaction.commit", Unit::ns, 5 * ms, 20 * ms, 50 * ms, "one transaction commit",
     "Conduktor: 10 to 50 ms"},
    {"watermark.periodic", Unit::ns, 200 * ms, 200 * ms, 200 * ms, "between periodic watermarks", "Flink"},
    {"watermark.stage_lag", Unit::ns, 50 * ms, 200 * ms, 1'800 * ms, "watermark lag per stage",
     "MillWheel 2013"},
};
static_assert(std::is_sorted(std::begin(kTable), std::end(kTable),
                             [](const Calibration& a, const Calibration& b) { return a.name < b.name; }));

}  // namespace

std::span<const Calibration> calibrations() { return kTable; }

const Calibration* find_calibration(std::string_view name) {
  const auto* found =
      std::lower_bound(std::begin(kTable), std::end(kTable), name,
                       [](const Calibration& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != std::end(kTable) && found->name == name ? found : nullptr;
}

const Calibration& calibration(std::string_view name) {
  const Calibration* found = find_calibration(name);
  assert(found != nullptr);
  return *found;
}

}  // namespace wrackline::sim

// What a timeline has to know of the world that it watches: the names behind the numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/time.hpp"

namespace wrackline::analysis {

struct TimelineWorld {
  struct Partition {
    std::string topic;
    std::int32_t number = 0;
    std::string first_leader;
    bool internal = false;  ///< of the system's own topics: drawn last
  };
  struct Job {
    std::string name;
    std::uint32_t number = 0;
    std::vector<std::string> sources;  ///< names by number; empty: the job does not read it
  };
  std::vector<Partition> partitions;  ///< by the `partition` of kafka's and the producers' moments
  std::vector<std::string> brokers;   ///< names by id
  std::vector<Job> jobs;
  std::vector<std::string> faults;  ///< ids
  sim::Duration duration{};         ///< while sources make records
};

}  // namespace wrackline::analysis

// A checker: a small object fed by the observer's hooks that reports one or two kinds of anomalies by name.
// One file each; each has a test in which it fires. It reads the truth only, keeps little, and decides
// nothing.
#pragma once

#include "analysis/names/anomaly.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

class Checker : public sim::Observer {
 public:
  explicit Checker(AnomalyLog& log) : log_{log} {}
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

 protected:
  AnomalyLog& log_;
};

/// A number per partition, found by (topic, partition); both are dense.
template <class Value>
class PerPartition {
 public:
  Value& operator[](sim::PartitionRef p) {
    if (p.topic >= topics_.size()) topics_.resize(std::size_t{p.topic} + 1);
    auto& partitions = topics_[p.topic];
    if (p.partition >= partitions.size()) partitions.resize(std::size_t{p.partition} + 1);
    return partitions[p.partition];
  }
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t t = 0; t < topics_.size(); ++t) {
      for (std::size_t p = 0; p < topics_[t].size(); ++p) {
        visit(sim::PartitionRef{static_cast<std::uint16_t>(t), static_cast<std::uint32_t>(p)}, topics_[t][p]);
      }
    }
  }

 private:
  std::vector<std::vector<Value>> topics_;
};

inline std::string to_string(sim::PartitionRef p) {
  return std::to_string(p.topic) + "/" + std::to_string(p.partition);
}

}  // namespace wrackline::analysis

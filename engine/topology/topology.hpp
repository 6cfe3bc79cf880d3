// The pipeline as a directed graph (Boost.Graph): sources → topics → jobs → sinks.
//
// What it answers, before a single event is simulated:
//   * is the graph sound: no cycle, every job fed, every source and sink connected, keys kept by every hop
//   that needs
//     them;
//   * in which order the stages are built;
//   * where the bottleneck is: the minimum cut between the sources and the sinks, with the capacities the
//   user gave;
//   * where the end-to-end guarantee ends: the first stage whose effects a replay repeats.
// Not modelled: the dynamics; those are what the simulation is for.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace wrackline::topology {

enum class StageKind : std::uint8_t { source, topic, job, sink };
const char* to_string(StageKind kind);

inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

/// What a replay of the same input does to the stage's effects.
enum class Replay : std::uint8_t {
  repeats,     ///< effects appear again: append-only sinks, a log written without sequence numbers
  overwrites,  ///< the same key is written again with the same value
  fenced,      ///< offsets and effects are one atomic step
};

struct Stage {
  std::string name;
  StageKind kind = StageKind::topic;
  std::int64_t capacity_records_per_second = kUnlimited;
  bool partitions_by_key = false;   ///< source or topic: records of one key stay in one partition
  bool needs_key = false;           ///< job: keyed state, so its input must be partitioned by that key
  Replay replay = Replay::repeats;  ///< meaningful for sinks
};

/// One thing that is wrong with the graph, naming the stages involved.
struct Problem {
  enum class Kind : std::uint8_t {
    duplicate_name,
    unknown_stage,
    impossible_edge,  ///< e.g. a sink feeding a job, a source feeding a sink
    cycle,
    job_without_input,
    job_without_output,
    unused_source,     ///< nothing reads, directly or not, what it writes
    unreachable_sink,  ///< no source reaches it
    key_change_without_shuffle,
  };
  Kind kind;
  std::vector<std::string> stages;
  std::string message;
};

struct Bottleneck {
  std::int64_t records_per_second = kUnlimited;
  std::vector<std::string> stages;  ///< the saturated stages of the minimum cut, in order of their names
};

class Topology {
 public:
  void add(Stage stage);
  /// `keeps_key`: the hop hands on the key by which its input is partitioned (no re-keying without a
  /// shuffle).
  void connect(const std::string& from, const std::string& to, bool keeps_key = true);

  const std::vector<Stage>& stages() const { return stages_; }

  /// Everything that is wrong, collected; empty when the pipeline can be built.
  std::vector<Problem> validate() const;
  /// Stage names so that each comes after all it reads from. Requires validate() to be empty.
  std::vector<std::string> build_order() const;
  /// Minimum cut by stage capacity between all sources and all sinks.
  Bottleneck bottleneck() const;
  /// The first stage downstream of `source` at which a replay becomes visible, if any.
  std::optional<std::string> guarantee_ends_at(const std::string& source) const;

 private:
  struct Hop {
    std::size_t from;
    std::size_t to;
    bool keeps_key;
  };
  std::optional<std::size_t> find(const std::string& name) const;
  void find_problems_of_shape(std::vector<Problem>& problems) const;
  void find_problems_of_keys(std::vector<Problem>& problems) const;

  std::vector<Stage> stages_;
  std::vector<Hop> hops_;
  std::vector<Problem> build_problems_;
};

}  // namespace wrackline::topology

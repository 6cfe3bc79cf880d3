// Moments: the named steps of the protocols, announced by the models as they happen (design §5). One
// vocabulary serves faults ("strike at the 3rd sink.commit.durable"), the run's hash, the timeline,
// expectations and coverage.
//
// A model declares each moment once, as a constant, and the table of them once per run:
//
//   inline constexpr MomentDef kAppended{"kafka.produce.appended", {"partition", "offset"}, "the leader wrote
//   the batch"}; sim.moments().declare({&kAppended, ...}); process.announce(kAppended, partition, offset);
//
// Attributes are integers: ids, offsets, epochs, counts, milliseconds. An announcement nobody subscribed to
// costs the hash and a count.
//
// What a subscriber may do: anything, including crash the announcing process. Then Process::announce does not
// return: the code of the crashed process is unwound from that very point (see process.hpp), so a step that
// changes the world is announced before and after, and a fault between the two finds exactly the first half
// done.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/entity.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

class Process;

inline constexpr std::size_t kMostAttributes = 6;

struct MomentDef {
  std::string_view name;
  std::array<std::string_view, kMostAttributes> attributes{};
  std::string_view meaning;
  std::uint64_t key = 0;  ///< hash of the name: the same in every run and build

  consteval MomentDef(std::string_view moment_name, std::initializer_list<std::string_view> attribute_names,
                      std::string_view what_it_means)
      : name{moment_name}, meaning{what_it_means}, key{0xcbf29ce484222325U} {
    std::size_t i = 0;
    for (std::string_view attribute : attribute_names) attributes.at(i++) = attribute;
    for (char c : moment_name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    key ^= key >> 32;
  }
  std::size_t attribute_count() const {
    std::size_t count = 0;
    while (count < kMostAttributes && !attributes[count].empty()) ++count;
    return count;
  }
};

/// One announcement, as subscribers see it.
struct Moment {
  const MomentDef& def;
  std::uint64_t nth = 0;  ///< 1 for the first announcement of this moment in the run
  Time at{};
  std::uint64_t event = 0;  ///< index of the event it happened in
  EntityId entity;
  Process* process = nullptr;  ///< who announced it; null when it was not a process
  std::array<std::int64_t, kMostAttributes> values{};
  std::span<const std::int64_t> attributes() const { return {values.data(), def.attribute_count()}; }
  /// The value of the attribute with that name, or `otherwise`.
  std::int64_t attribute(std::string_view name, std::int64_t otherwise = 0) const;
};
std::string to_string(const Moment& moment);

using MomentHandler = std::function<void(const Moment&)>;

class MomentRegistry {
 public:
  /// A dense number of the run, in the order of declaration.
  using Id = std::uint32_t;
  struct Subscription {
    std::uint64_t number = 0;
  };

  void declare(std::initializer_list<const MomentDef*> table) {
    declare(std::span{table.begin(), table.size()});
  }
  void declare(std::span<const MomentDef* const> table);

  const std::vector<const MomentDef*>& all() const { return defs_; }
  const MomentDef* find(std::string_view name) const;
  /// Declared names close to a mistyped one, best first.
  std::vector<std::string> nearest(std::string_view name) const;

  /// Calls `handler` at every announcement of the moment, until cancelled. Asserts that the moment is
  /// declared.
  Subscription subscribe(std::string_view name, MomentHandler handler);
  Subscription subscribe_all(MomentHandler handler);
  void cancel(Subscription subscription);

  /// How often each moment happened, by Id.
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  std::uint64_t count(std::string_view name) const;

  /// Coverage of pairs: how often `next` was the announcement right after `first`. Off until asked for.
  void count_pairs();
  std::uint64_t pair_count(std::string_view first, std::string_view next) const;

  /// For Simulation::announce. Returns the Id; the moment is declared.
  Id note(const MomentDef& def) {
    Id id = ids_[def.key & mask_];
    if (keys_[def.key & mask_] != def.key) [[unlikely]]
      id = probe(def);
    ++counts_[id];
    return id;
  }
  bool watched(Id id) const { return (watched_[id] | watch_all_) != 0; }
  void tell(Id id, Moment& moment);

 private:
  struct Subscriber {
    std::uint64_t number = 0;
    MomentHandler handler;
    bool cancelled = false;
  };
  using Subscribers = std::vector<std::unique_ptr<Subscriber>>;  // stable while a handler subscribes others

  Id probe(const MomentDef& def) const;
  Id id_of(std::string_view name) const;
  void insert(std::uint64_t key, Id id);
  static void call(Subscribers& subscribers, const Moment& moment);
  void sweep();

  std::vector<const MomentDef*> defs_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint8_t> watched_;
  std::uint8_t watch_all_ = 0;
  // Open addressing by the name's hash; starts with room for one so that note() needs no check for "none
  // declared".
  std::vector<std::uint64_t> keys_{0, 0};
  std::vector<Id> ids_{0, 0};
  std::uint64_t mask_ = 1;
  std::vector<Subscribers> by_moment_;
  Subscribers of_all_;
  std::uint64_t next_number_ = 1;
  unsigned telling_ = 0;
  bool sweep_needed_ = false;
  bool pairs_on_ = false;
  Id previous_ = 0;
  bool any_previous_ = false;
  std::vector<std::uint64_t> pairs_;
};

}  // namespace wrackline::sim

// The usual ways in which a network misbehaves, as rules (sim/link_rule.hpp). Each is applied to the packets
// of a `PathFilter`; what a rule draws, it draws as a function of (its key, the ordered pair of processes,
// the packet's number), so that it strikes the same packets whatever else happens.
#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/link_rule.hpp"
#include "sim/node.hpp"

namespace wrackline::sim {

/// Which packets: those from a node of one set to a node of another (an empty set is every node), or both
/// ways. Packets within one node never match.
struct PathFilter {
  enum class Traffic : std::uint8_t { both, requests, responses };
  std::vector<const Node*> from;
  std::vector<const Node*> to;
  bool both_ways = true;
  Traffic traffic = Traffic::both;
  bool matches(const Packet& packet) const;
};

/// What a rule did so far: its evidence.
struct RuleCounts {
  std::uint64_t seen = 0;    ///< packets that match the filter
  std::uint64_t struck = 0;  ///< of them, treated otherwise than without the rule
};

/// Common to all: filter, key, evidence. `counts` outlives the rule.
class FilteredRule : public LinkRule {
 public:
  FilteredRule(PathFilter filter, RuleCounts& counts) : filter_{std::move(filter)}, counts_{counts} {}
  Verdict decide(const Packet& packet) final;

 protected:
  virtual Verdict judge(const Packet& packet) = 0;
  /// The number of the n-th decision: of the pair and the packet.
  static std::uint64_t decision(const Packet& packet);

 private:
  PathFilter filter_;
  RuleCounts& counts_;
};

/// Nothing passes. Held packets go out when it heals (TCP retransmits); otherwise they are lost.
class CutRule final : public FilteredRule {
 public:
  CutRule(PathFilter filter, RuleCounts& counts, bool hold = true)
      : FilteredRule{std::move(filter), counts}, hold_{hold} {}

 private:
  Verdict judge(const Packet&) override { return hold_ ? Verdict::hold() : Verdict::drop(); }
  bool hold_;
};

/// A share of the packets takes longer.
class DelayRule final : public FilteredRule {
 public:
  DelayRule(PathFilter filter, RuleCounts& counts, Decider decider, Distribution extra,
            Ratio share = Ratio::always())
      : FilteredRule{std::move(filter), counts}, decider_{decider}, extra_{std::move(extra)}, share_{share} {}

 private:
  Verdict judge(const Packet& packet) override;
  Decider decider_;
  Distribution extra_;
  Ratio share_;
};

/// Segments are lost and sent again: a packet is late by one retransmission timeout for each loss in a row
/// (200 ms, doubling), and everything behind it on its connection waits.
class LossRule final : public FilteredRule {
 public:
  LossRule(PathFilter filter, RuleCounts& counts, Decider decider, Ratio probability)
      : FilteredRule{std::move(filter), counts}, decider_{decider}, probability_{probability} {}

 private:
  Verdict judge(const Packet& packet) override;
  Decider decider_;
  Ratio probability_;
};

/// A narrow path: one queue of that rate shared by all packets that match.
class BandwidthRule final : public FilteredRule {
 public:
  BandwidthRule(PathFilter filter, RuleCounts& counts, std::int64_t bytes_per_second)
      : FilteredRule{std::move(filter), counts}, bytes_per_second_{bytes_per_second} {}

 private:
  Verdict judge(const Packet& packet) override;
  std::int64_t bytes_per_second_;
  Time free_at_{kStart};
};

/// A share of the packets vanishes, or takes its connection with it. With `limit`, the first so many only.
class VanishRule final : public FilteredRule {
 public:
  VanishRule(PathFilter filter, RuleCounts& counts, Decider decider, Ratio probability, Verdict verdict,
             std::uint64_t limit = ~std::uint64_t{0})
      : FilteredRule{std::move(filter), counts},
        decider_{decider},
        probability_{probability},
        verdict_{verdict},
        left_{limit} {}

 private:
  Verdict judge(const Packet& packet) override;
  Decider decider_;
  Ratio probability_;
  Verdict verdict_;
  std::uint64_t left_;
};

}  // namespace wrackline::sim

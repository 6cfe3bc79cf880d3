#include "engine/kafka/partition_registration.hpp"

#include <algorithm>
#include <cassert>

#include "engine/kafka/broker_ids.hpp"

namespace wrackline::kafka {

namespace {

using Ids = std::vector<BrokerId>;

bool contains_all(std::span<const BrokerId> ids, std::span<const BrokerId> wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](BrokerId id) { return contains(ids, id); });
}

Ids without(std::span<const BrokerId> ids, std::span<const BrokerId> gone) {
  Ids kept;
  for (const BrokerId id : ids) {
    if (!contains(gone, id)) kept.push_back(id);
  }
  return kept;
}

class PartitionChangeBuilder {
 public:
  PartitionChangeBuilder(const PartitionRegistration& partition, const PartitionChangeRules& rules,
                         const PartitionChangeRequest& request)
      : partition_{partition},
        rules_{rules},
        request_{request},
        isr_{request.target_isr.value_or(partition.isr)},
        replicas_{request.target_replicas.value_or(partition.replicas)},
        removing_{request.target_removing.value_or(partition.removing)},
        adding_{request.target_adding.value_or(partition.adding)},
        elr_{partition.elr},
        last_known_elr_{partition.last_known_elr} {}

  std::optional<PartitionChange> build() {
    complete_reassignment_if_needed();
    maybe_populate_target_elr();
    elect();
    update_elr();
    // Only with ELR may the ISR become empty; without it the last member stays, dead as it is (L-29).
    if (!change_.isr && (!isr_.empty() || rules_.elr_enabled) && isr_ != partition_.isr) change_.isr = isr_;
    bump_leader_epoch_if_needed();
    update_last_known_leader();
    if (replicas_ != partition_.replicas) change_.replicas = replicas_;
    if (removing_ != partition_.removing) change_.removing = removing_;
    if (adding_ != partition_.adding) change_.adding = adding_;
    if (change_.empty()) return std::nullopt;
    return change_;
  }

 private:
  struct Elected {
    BrokerId node = kNoLeader;
    bool unclean = false;
  };

  bool is_acceptable(BrokerId id) const { return contains(request_.live, id); }

  bool is_valid_new_leader(BrokerId id) const {
    const bool from_elr = rules_.elr_enabled && isr_.empty() && contains(elr_, id);
    return (contains(isr_, id) || from_elr) && is_acceptable(id);
  }

  bool can_elect_last_known_leader() const {
    if (!rules_.elr_enabled || !elr_.empty() || !isr_.empty() || partition_.last_known_elr.size() != 1)
      return false;
    return !rules_.last_known_leader_must_live || is_acceptable(partition_.last_known_elr.front());
  }

  Elected electee() const {
    if (request_.election == Election::preferred && is_valid_new_leader(replicas_.front()))
      return {replicas_.front()};
    if (is_valid_new_leader(partition_.leader)) return {partition_.leader};
    for (const BrokerId id : replicas_) {
      if (is_valid_new_leader(id)) return {id};
    }
    if (can_elect_last_known_leader()) return {partition_.last_known_elr.front(), true};
    if (request_.election == Election::unclean) {
      for (const BrokerId id : replicas_) {
        if (is_acceptable(id)) return {id, true};
      }
    }
    return {};
  }

  void elect() {
    const Elected elected = electee();
    if (elected.node == partition_.leader) return;
    if (contains(elr_, elected.node)) {
      isr_ = {elected.node};
      std::erase(elr_, elected.node);
    }
    change_.leader = elected.node;
    if (!elected.unclean) return;
    // Whatever the others had beyond this one is gone: it alone is in sync, and may have to recover.
    change_.isr = Ids{elected.node};
    change_.unclean = true;
    if (partition_.leader_recovery_state != LeaderRecoveryState::recovering) {
      change_.leader_recovery_state = LeaderRecoveryState::recovering;
    }
  }

  void complete_reassignment_if_needed() {
    if (removing_.empty() && adding_.empty()) return;
    const Ids isr = without(isr_, removing_);
    const Ids replicas = without(replicas_, removing_);
    if (isr.empty() || replicas.empty() || !contains_all(isr, adding_)) return;
    isr_ = isr;
    replicas_ = replicas;
    removing_.clear();
    adding_.clear();
  }

  /// KIP-966: who was in sync when the ISR fell below its minimum has everything that was committed since.
  void maybe_populate_target_elr() {
    if (!rules_.elr_enabled) return;
    const auto enough = std::min(static_cast<std::size_t>(rules_.min_insync_replicas), replicas_.size());
    if (isr_.size() >= enough) {
      elr_.clear();
      last_known_elr_.clear();
      return;
    }
    Ids candidates = elr_;
    candidates.insert(candidates.end(), partition_.isr.begin(), partition_.isr.end());
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    elr_ = without(without(candidates, isr_), request_.unclean_shutdown);
  }

  void update_elr() {
    const bool clean = !change_.isr;
    if (!clean || !rules_.elr_enabled) {
      elr_.clear();
      last_known_elr_.clear();
    }
    if (elr_ != partition_.elr) change_.elr = elr_;
    if (last_known_elr_ != partition_.last_known_elr) change_.last_known_elr = last_known_elr_;
  }

  void bump_leader_epoch_if_needed() {
    if (change_.leader) return;
    const bool replicas_left = !contains_all(replicas_, partition_.replicas);
    const bool isr_left =
        rules_.bump_leader_epoch_on_shrink && change_.isr && !contains_all(*change_.isr, partition_.isr);
    if (replicas_left || isr_left) change_.leader = partition_.leader;
  }

  void update_last_known_leader() {
    if (!rules_.elr_enabled) return;
    const Ids& known = partition_.last_known_elr;
    if (change_.isr && change_.isr->empty() && (known.size() != 1 || known.front() != partition_.leader)) {
      // Only the first time that the partition is left without a leader.
      change_.last_known_elr = Ids{partition_.leader};
      return;
    }
    const bool led = change_.leader ? *change_.leader >= 0 : partition_.leader != kNoLeader;
    if (led && !known.empty()) change_.last_known_elr = Ids{};
  }

  const PartitionRegistration& partition_;
  const PartitionChangeRules& rules_;
  const PartitionChangeRequest& request_;
  Ids isr_;
  Ids replicas_;
  Ids removing_;
  Ids adding_;
  Ids elr_;
  Ids last_known_elr_;
  PartitionChange change_;
};

}  // namespace

PartitionRegistration PartitionRegistration::merge(const PartitionChange& change) const {
  PartitionRegistration merged = *this;
  merged.replicas = change.replicas.value_or(replicas);
  merged.isr = change.isr.value_or(isr);
  merged.elr = change.elr.value_or(elr);
  merged.last_known_elr = change.last_known_elr.value_or(last_known_elr);
  merged.removing = change.removing.value_or(removing);
  merged.adding = change.adding.value_or(adding);
  merged.leader_recovery_state = change.leader_recovery_state.value_or(leader_recovery_state);
  if (change.leader) {
    merged.leader = *change.leader;
    ++merged.leader_epoch;
  }
  ++merged.partition_epoch;
  return merged;
}

std::optional<PartitionChange> decide_partition_change(const PartitionRegistration& partition,
                                                       const PartitionChangeRules& rules,
                                                       const PartitionChangeRequest& request) {
  assert(!partition.replicas.empty());
  return PartitionChangeBuilder{partition, rules, request}.build();
}

}  // namespace wrackline::kafka

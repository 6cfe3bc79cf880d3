// Members with different subscriptions (AbstractStickyAssignor.GeneralAssignmentBuilder): partitions move one
// by one from members with more to members with fewer, and a partition that moved to and fro is not moved
// twice.
#include <algorithm>
#include <cassert>
#include <optional>
#include <set>

#include "engine/kafka/sticky_assignor.hpp"

namespace wrackline::kafka::sticky {

namespace {

struct Pair {
  Member from;
  Member to;
  auto operator<=>(const Pair&) const = default;
};

/// Which partitions moved between whom, so that instead of undoing a move another partition is sent back.
class Movements {
 public:
  void move(TopicPartition partition, Member from, Member to) {
    const auto known = moves_.find(partition);
    if (known == moves_.end()) {
      moves_.emplace(partition, Pair{from, to});
      return;
    }
    assert(known->second.to == from);
    const Member origin = known->second.from;
    moves_.erase(known);
    if (origin != to) moves_.emplace(partition, Pair{origin, to});
  }

  TopicPartition actual(TopicPartition partition, Member from, Member to) const {
    const auto known = moves_.find(partition);
    if (known != moves_.end()) from = known->second.from;
    for (const auto& [moved, pair] : moves_) {
      if (moved.topic == partition.topic && pair == Pair{to, from}) return moved;
    }
    return partition;
  }

 private:
  std::map<TopicPartition, Pair> moves_;
};

class General {
 public:
  explicit General(Problem& problem) : problem_{problem}, assigned_{problem.owned.of_member} {
    for (Member member = 0; member < assigned_.size(); ++member) {
      active_.insert(member);
      for (const TopicPartition partition : assigned_[member]) owner_[partition] = member;
    }
    for (const AssignorTopic& topic : problem.topics) {
      partitions_[topic.topic] = topic.partitions;
      std::vector<Member>& consumers = consumers_[topic.topic];
      for (Member member = 0; member < assigned_.size(); ++member) {
        if (subscribes(member, topic.topic)) consumers.push_back(member);
      }
    }
    std::vector<TopicId> topics;
    for (const AssignorTopic& topic : problem.topics) topics.push_back(topic.topic);
    std::sort(topics.begin(), topics.end(), [&](TopicId a, TopicId b) {
      const std::size_t left = consumers_[a].size();
      const std::size_t right = consumers_[b].size();
      return left != right ? left < right : a < b;
    });
    for (const TopicId topic : topics) {
      for (std::int32_t p = 0; p < partitions_[topic]; ++p) all_.push_back({topic, p});
    }
  }

  std::vector<TopicPartitions> run() {
    find_previous_owners();
    drop_what_does_not_fit();
    TopicPartitions free;
    for (const TopicPartition partition : all_) {
      const bool taken =
          std::any_of(assigned_.begin(), assigned_.end(), [&](const TopicPartitions& of_member) {
            return std::find(of_member.begin(), of_member.end(), partition) != of_member.end();
          });
      if (!taken) free.push_back(partition);
    }
    balance(free);
    return assigned_;
  }

 private:
  bool subscribes(Member member, TopicId topic) const {
    const std::vector<TopicId>& topics = problem_.members[member]->topics;
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
  }

  void find_previous_owners() {
    struct Previous {
      Member member;
      std::int32_t generation;
    };
    std::map<TopicPartition, Previous> previous;
    for (Member member = 0; member < assigned_.size(); ++member) {
      const AssignorMember& who = *problem_.members[member];
      if (who.generation >= problem_.owned.max_generation) continue;
      for (const TopicPartition partition : who.owned) {
        const auto known = previous.find(partition);
        if (known == previous.end() || who.generation > known->second.generation) {
          previous[partition] = {member, who.generation};
        }
      }
    }
    for (const auto& [partition, who] : previous) previous_[partition] = who.member;
  }

  void drop_what_does_not_fit() {
    for (Member member = 0; member < assigned_.size(); ++member) {
      std::erase_if(assigned_[member], [&](TopicPartition partition) {
        if (!consumers_.contains(partition.topic)) {
          owner_.erase(partition);
          return true;
        }
        if (subscribes(member, partition.topic) && !problem_.racks.mismatch(member, partition)) return false;
        revocation_required_ = true;
        return true;
      });
    }
  }

  /// Members by what they have, then by id.
  std::vector<Member> by_load() const {
    std::vector<Member> order(active_.begin(), active_.end());
    std::sort(order.begin(), order.end(), [&](Member a, Member b) {
      return assigned_[a].size() != assigned_[b].size() ? assigned_[a].size() < assigned_[b].size() : a < b;
    });
    return order;
  }

  Member least_loaded(TopicPartition partition, bool only_near) const {
    for (const Member member : by_load()) {
      if (!subscribes(member, partition.topic)) continue;
      if (only_near && problem_.racks.mismatch(member, partition)) continue;
      return member;
    }
    return kNobody;
  }

  bool assign_one(TopicPartition partition, bool only_near) {
    const Member member = least_loaded(partition, only_near);
    if (member == kNobody) return false;
    assigned_[member].push_back(partition);
    owner_[partition] = member;
    return true;
  }

  std::size_t most_for(Member member) const {
    std::size_t most = 0;
    for (const auto& [topic, count] : partitions_) {
      if (subscribes(member, topic)) most += static_cast<std::size_t>(count);
    }
    return most;
  }

  bool can_participate(Member member) const {
    if (assigned_[member].size() < most_for(member)) return true;
    return std::any_of(assigned_[member].begin(), assigned_[member].end(),
                       [&](TopicPartition partition) { return consumers_.at(partition.topic).size() >= 2; });
  }

  std::size_t score(const std::vector<TopicPartitions>& assignment) const {
    std::size_t sum = 0;
    for (const Member a : active_) {
      for (const Member b : active_) {
        if (b <= a) continue;
        const std::size_t x = assignment[a].size();
        const std::size_t y = assignment[b].size();
        sum += x > y ? x - y : y - x;
      }
    }
    return sum;
  }

  void balance(TopicPartitions& free) {
    const bool initializing = assigned_[by_load().back()].empty();
    TopicPartitions to_assign = free;
    if (problem_.racks.in_use()) {
      std::erase_if(to_assign, [&](TopicPartition partition) { return assign_one(partition, true); });
    }
    for (const TopicPartition partition : to_assign) assign_one(partition, false);

    const auto is_fixed = [&](TopicPartition partition) { return consumers_.at(partition.topic).size() < 2; };
    std::erase_if(all_, is_fixed);
    std::erase_if(free, is_fixed);
    for (Member member = 0; member < assigned_.size(); ++member) {
      if (!can_participate(member)) active_.erase(member);
    }
    const std::vector<TopicPartitions> before = assigned_;
    const auto owner_before = owner_;
    if (!revocation_required_) reassign(free);
    const bool moved = reassign(all_);
    if (!initializing && moved && score(assigned_) >= score(before)) {
      assigned_ = before;
      owner_ = owner_before;
    }
  }

  bool is_balanced() const {
    const std::vector<Member> order = by_load();
    if (order.empty()) return true;
    if (assigned_[order.front()].size() + 1 >= assigned_[order.back()].size()) return true;
    for (const Member member : order) {
      const std::size_t count = assigned_[member].size();
      if (count == most_for(member)) continue;
      for (const Member other : active_) {
        if (assigned_[other].size() <= count + 1) continue;
        for (const TopicPartition partition : assigned_[other]) {
          if (subscribes(member, partition.topic)) return false;
        }
      }
    }
    return true;
  }

  bool reassign(const TopicPartitions& partitions) {
    bool moved = false;
    for (bool modified = true; modified;) {
      modified = false;
      for (const TopicPartition partition : partitions) {
        if (is_balanced()) break;
        if (reassign_one(partition)) {
          modified = true;
          moved = true;
        }
      }
    }
    return moved;
  }

  bool reassign_one(TopicPartition partition) {
    const Member from = owner_.at(partition);
    const auto previous = previous_.find(partition);
    if (previous != previous_.end() && assigned_[from].size() > assigned_[previous->second].size() + 1) {
      move(partition, previous->second);
      return true;
    }
    const auto has_fewer = [&](Member other) { return assigned_[from].size() > assigned_[other].size() + 1; };
    for (const Member other : consumers_.at(partition.topic)) {
      if (!has_fewer(other)) continue;
      const Member to = least_loaded(partition, false);
      assert(to != kNobody);
      move(partition, to);
      return true;
    }
    return false;
  }

  void move(TopicPartition wanted, Member to) {
    const TopicPartition partition = movements_.actual(wanted, owner_.at(wanted), to);
    const Member from = owner_.at(partition);
    movements_.move(partition, from, to);
    std::erase(assigned_[from], partition);
    assigned_[to].push_back(partition);
    owner_[partition] = to;
  }

  Problem& problem_;
  std::vector<TopicPartitions> assigned_;
  std::set<Member> active_;
  std::map<TopicPartition, Member> owner_;
  std::map<TopicPartition, Member> previous_;
  std::map<TopicId, std::int32_t> partitions_;
  std::map<TopicId, std::vector<Member>> consumers_;
  TopicPartitions all_;
  Movements movements_;
  bool revocation_required_ = false;
};

}  // namespace

void assign_general(Problem& problem, std::vector<TopicPartitions>& out) { out = General{problem}.run(); }

}  // namespace wrackline::kafka::sticky

#include "engine/kafka/sticky_assignor.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace wrackline::kafka {

namespace sticky {

namespace {

bool contains(const TopicPartitions& partitions, TopicPartition wanted) {
  return std::find(partitions.begin(), partitions.end(), wanted) != partitions.end();
}

}  // namespace

RackInfo::RackInfo(const std::vector<AssignorTopic>& topics,
                   const std::vector<const AssignorMember*>& members)
    : members_{members} {
  std::map<std::string, std::int32_t> members_by_rack;
  for (const AssignorMember* const member : members) {
    if (!member->rack.empty()) ++members_by_rack[member->rack];
  }
  if (members_by_rack.empty()) return;
  std::vector<std::string> all;
  for (const AssignorTopic& topic : topics) {
    for (std::int32_t p = 0; p < topic.partitions; ++p) {
      std::vector<std::string>& racks = racks_[{topic.topic, p}];
      if (static_cast<std::size_t>(p) < topic.racks.size()) racks = topic.racks[static_cast<std::size_t>(p)];
      std::sort(racks.begin(), racks.end());
      racks.erase(std::unique(racks.begin(), racks.end()), racks.end());
      all.insert(all.end(), racks.begin(), racks.end());
      std::int32_t& near = near_members_[{topic.topic, p}];
      for (const std::string& rack : racks) {
        const auto known = members_by_rack.find(rack);
        if (known != members_by_rack.end()) near += known->second;
      }
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const bool meet = std::any_of(members_by_rack.begin(), members_by_rack.end(), [&](const auto& entry) {
    return std::binary_search(all.begin(), all.end(), entry.first);
  });
  in_use_ = meet && !std::all_of(racks_.begin(), racks_.end(),
                                 [&](const auto& entry) { return entry.second == all; });
}

bool RackInfo::is_near(Member member, TopicPartition partition) const {
  if (!in_use_ || members_[member]->rack.empty()) return false;
  const auto racks = racks_.find(partition);
  return racks != racks_.end() &&
         std::binary_search(racks->second.begin(), racks->second.end(), members_[member]->rack);
}

bool RackInfo::mismatch(Member member, TopicPartition partition) const {
  return in_use_ && !members_[member]->rack.empty() && !is_near(member, partition);
}

void RackInfo::sort_by_near_members(TopicPartitions& partitions) const {
  const auto near = [&](TopicPartition partition) {
    const auto known = near_members_.find(partition);
    return known == near_members_.end() ? 0 : known->second;
  };
  std::sort(partitions.begin(), partitions.end(), [&](TopicPartition a, TopicPartition b) {
    return near(a) != near(b) ? near(a) < near(b) : a < b;
  });
}

std::ptrdiff_t RackInfo::next_near(TopicPartition partition, const std::vector<Member>& list,
                                   std::size_t first) const {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::size_t index = (first + i) % list.size();
    if (is_near(list[index], partition)) return static_cast<std::ptrdiff_t>(index);
  }
  return -1;
}

namespace {

/// Members that subscribe to the same topics: everybody gets the same number, some one more.
class Constrained {
 public:
  Constrained(Problem& problem, std::vector<TopicPartitions>& out,
              std::map<TopicPartition, Member>& transferring)
      : problem_{problem}, out_{out}, transferring_{transferring} {
    for (const AssignorTopic& topic : problem.topics) total_ += static_cast<std::size_t>(topic.partitions);
    min_quota_ = total_ / problem.members.size();
    max_quota_ = (total_ + problem.members.size() - 1) / problem.members.size();
    expected_over_min_ = total_ % problem.members.size();
  }

  void run() {
    for (Member member = 0; member < problem_.members.size(); ++member) keep_owned(member);
    TopicPartitions free;
    for (const AssignorTopic& topic : problem_.topics) {
      for (std::int32_t p = 0; p < topic.partitions; ++p) {
        if (!contains(assigned_, {topic.topic, p})) free.push_back({topic.topic, p});
      }
    }
    std::sort(under_min_.begin(), under_min_.end());
    std::sort(exactly_min_.begin(), exactly_min_.end());
    problem_.racks.sort_by_near_members(free);
    if (problem_.racks.in_use()) assign_near(free);
    assign_round_robin(free);
  }

 private:
  void keep(Member member, const TopicPartitions& owned, std::size_t count) {
    for (std::size_t i = 0; i < owned.size(); ++i) {
      if (i < count) {
        out_[member].push_back(owned[i]);
        assigned_.push_back(owned[i]);
      } else {
        may_be_revoked_[owned[i]] = member;
      }
    }
  }

  void keep_owned(Member member) {
    TopicPartitions owned;
    for (const TopicPartition partition : problem_.owned.of_member[member]) {
      if (problem_.racks.mismatch(member, partition)) {
        may_be_revoked_[partition] = member;
      } else if (!contains(problem_.owned.claimed_twice, partition)) {
        owned.push_back(partition);
      }
    }
    std::sort(owned.begin(), owned.end(), [](TopicPartition a, TopicPartition b) {
      return a.partition != b.partition ? a.partition < b.partition : a.topic < b.topic;
    });
    if (owned.size() < min_quota_) {
      keep(member, owned, owned.size());
      under_min_.push_back(member);
    } else if (owned.size() >= max_quota_ && over_min_ < expected_over_min_) {
      if (++over_min_ == expected_over_min_) exactly_min_.clear();
      keep(member, owned, max_quota_);
    } else {
      keep(member, owned, min_quota_);
      if (over_min_ < expected_over_min_) exactly_min_.push_back(member);
    }
  }

  std::size_t give(TopicPartition partition, Member member) {
    out_[member].push_back(partition);
    const auto before = may_be_revoked_.find(partition);
    if ((before != may_be_revoked_.end() && before->second != member) ||
        contains(problem_.owned.claimed_twice, partition)) {
      transferring_[partition] = member;
    }
    return out_[member].size();
  }

  void assign_near(TopicPartitions& free) {
    std::size_t next = 0;
    std::erase_if(free, [&](TopicPartition partition) {
      Member member = kNobody;
      std::ptrdiff_t index = problem_.racks.next_near(partition, under_min_, next);
      if (index >= 0) {
        member = under_min_[static_cast<std::size_t>(index)];
        const std::size_t count = out_[member].size() + 1;
        if (count >= min_quota_) {
          under_min_.erase(under_min_.begin() + index);
          if (count < max_quota_ && over_min_ < expected_over_min_) exactly_min_.push_back(member);
        } else {
          ++index;
        }
        next = under_min_.empty() ? 0 : static_cast<std::size_t>(index) % under_min_.size();
      } else {
        const std::ptrdiff_t first = problem_.racks.next_near(partition, exactly_min_, 0);
        if (first >= 0) {
          member = exactly_min_[static_cast<std::size_t>(first)];
          if (out_[member].size() + 1 == max_quota_) {
            exactly_min_.erase(exactly_min_.begin() + first);
            if (++over_min_ == expected_over_min_) exactly_min_.clear();
          }
        }
      }
      if (member == kNobody) return false;
      give(partition, member);
      return true;
    });
  }

  void assign_round_robin(const TopicPartitions& free) {
    std::size_t next = 0;
    for (const TopicPartition partition : free) {
      Member member = kNobody;
      bool from_under_min = true;
      if (next >= under_min_.size()) next = 0;
      if (!under_min_.empty()) {
        member = under_min_[next++];
      } else {
        assert(!exactly_min_.empty());
        from_under_min = false;
        member = exactly_min_.front();
        exactly_min_.erase(exactly_min_.begin());
      }
      const std::size_t count = give(partition, member);
      if (count == min_quota_ && from_under_min) {
        --next;
        under_min_.erase(under_min_.begin() + static_cast<std::ptrdiff_t>(next));
        exactly_min_.push_back(member);
      } else if (count == max_quota_) {
        ++over_min_;
      }
    }
  }

  Problem& problem_;
  std::vector<TopicPartitions>& out_;
  std::map<TopicPartition, Member>& transferring_;
  std::size_t total_ = 0;
  std::size_t min_quota_ = 0;
  std::size_t max_quota_ = 0;
  std::size_t expected_over_min_ = 0;
  std::size_t over_min_ = 0;
  std::vector<Member> under_min_;
  std::vector<Member> exactly_min_;
  TopicPartitions assigned_;
  std::map<TopicPartition, Member> may_be_revoked_;
};

/// A partition claimed by two members: the newer generation keeps it, a tie is nobody's.
Owned clean(const std::vector<AssignorTopic>& topics, const std::vector<const AssignorMember*>& members) {
  Owned owned;
  owned.of_member.resize(members.size());
  std::map<TopicPartition, Member> owner;
  std::vector<TopicId> first_topics;
  for (Member member = 0; member < members.size(); ++member) {
    std::vector<TopicId> subscribed = members[member]->topics;
    std::sort(subscribed.begin(), subscribed.end());
    if (first_topics.empty()) {
      first_topics = subscribed;
    } else if (subscribed != first_topics) {
      owned.equal_subscriptions = false;
    }
    const std::int32_t generation = members[member]->generation;
    owned.max_generation = std::max(owned.max_generation, generation);
    for (const TopicPartition partition : members[member]->owned) {
      const bool exists = std::any_of(topics.begin(), topics.end(), [&](const AssignorTopic& topic) {
        return topic.topic == partition.topic;
      });
      if (!exists) continue;
      const auto other = owner.find(partition);
      if (other == owner.end()) {
        owned.of_member[member].push_back(partition);
        owner[partition] = member;
        continue;
      }
      const std::int32_t other_generation = members[other->second]->generation;
      if (generation < other_generation) continue;
      std::erase(owned.of_member[other->second], partition);
      other->second = member;
      if (generation == other_generation) {
        owned.claimed_twice.push_back(partition);
      } else {
        owned.of_member[member].push_back(partition);
      }
    }
  }
  return owned;
}

}  // namespace

void assign_constrained(Problem& problem, std::vector<TopicPartitions>& out,
                        std::map<TopicPartition, Member>& transferring) {
  Constrained{problem, out, transferring}.run();
}

}  // namespace sticky

void assign_sticky(AssignorKind kind, const std::vector<AssignorTopic>& topics,
                   const std::vector<AssignorMember>& members, GroupAssignment& out) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return members[a].id < members[b].id; });
  std::vector<const AssignorMember*> by_id;
  for (const std::size_t member : order) by_id.push_back(&members[member]);

  std::vector<AssignorTopic> wanted;
  for (const AssignorTopic& topic : topics) {
    const bool subscribed = std::any_of(members.begin(), members.end(), [&](const AssignorMember& member) {
      return std::find(member.topics.begin(), member.topics.end(), topic.topic) != member.topics.end();
    });
    if (subscribed && topic.partitions > 0) wanted.push_back(topic);
  }
  const sticky::RackInfo racks{wanted, by_id};
  sticky::Problem problem{wanted, by_id, racks, sticky::clean(wanted, by_id)};
  std::vector<TopicPartitions> assigned(members.size());
  std::map<TopicPartition, sticky::Member> transferring;
  if (problem.owned.equal_subscriptions) {
    sticky::assign_constrained(problem, assigned, transferring);
  } else {
    sticky::assign_general(problem, assigned);
    std::map<TopicPartition, sticky::Member> added;
    TopicPartitions revoked;
    for (sticky::Member member = 0; member < by_id.size(); ++member) {
      const TopicPartitions& had = by_id[member]->owned;
      for (const TopicPartition partition : assigned[member]) {
        if (std::find(had.begin(), had.end(), partition) == had.end()) added[partition] = member;
      }
      for (const TopicPartition partition : had) {
        if (std::find(assigned[member].begin(), assigned[member].end(), partition) ==
            assigned[member].end()) {
          revoked.push_back(partition);
        }
      }
    }
    for (const auto& [partition, member] : added) {
      if (std::find(revoked.begin(), revoked.end(), partition) != revoked.end())
        transferring[partition] = member;
    }
  }
  if (kind == AssignorKind::cooperative_sticky) {
    for (const auto& [partition, member] : transferring) std::erase(assigned[member], partition);
  }
  for (sticky::Member member = 0; member < by_id.size(); ++member)
    out[order[member]] = std::move(assigned[member]);
}

}  // namespace wrackline::kafka

#include "engine/kafka/assignor.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>

#include "engine/kafka/sticky_assignor.hpp"

namespace wrackline::kafka {

namespace {

struct Row {
  AssignorKind kind;
  std::string_view name;
};

constexpr std::array kRows{
    Row{AssignorKind::range, "range"},
    Row{AssignorKind::roundrobin, "roundrobin"},
    Row{AssignorKind::sticky, "sticky"},
    Row{AssignorKind::cooperative_sticky, "cooperative-sticky"},
};

bool subscribes(const AssignorMember& member, TopicId topic) {
  return std::find(member.topics.begin(), member.topics.end(), topic) != member.topics.end();
}

/// Static members first, by instance id, then the others by member id (AbstractPartitionAssignor.MemberInfo).
std::vector<std::size_t> in_member_order(const std::vector<AssignorMember>& members) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    const AssignorMember& a = members[x];
    const AssignorMember& b = members[y];
    if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
    if (a.instance_id.has_value() != b.instance_id.has_value()) return a.instance_id.has_value();
    return a.id < b.id;
  });
  return order;
}

/// One topic while range deals it out.
class RangeTopic {
 public:
  RangeTopic(const AssignorTopic& topic, const std::vector<AssignorMember>& members,
             const std::vector<std::size_t>& order)
      : topic_{topic}, members_{members} {
    for (const std::size_t member : order) {
      if (subscribes(members[member], topic.topic)) consumers_.push_back(member);
    }
    taken_.assign(consumers_.size(), 0);
    assigned_.assign(static_cast<std::size_t>(topic.partitions), false);
    if (!consumers_.empty()) {
      per_consumer_ = topic.partitions / static_cast<std::int32_t>(consumers_.size());
      extra_ = topic.partitions % static_cast<std::int32_t>(consumers_.size());
    }
    find_out_about_racks();
  }

  bool needs_racks() const { return needs_racks_; }
  std::int32_t partitions() const { return topic_.partitions; }
  const std::vector<std::size_t>& consumers() const { return consumers_; }

  bool rack_matches(std::size_t consumer, std::int32_t partition) const {
    const std::string& rack = members_[consumers_[consumer]].rack;
    if (rack.empty()) return true;
    const auto at = static_cast<std::size_t>(partition);
    if (at >= topic_.racks.size()) return false;
    return std::find(topic_.racks[at].begin(), topic_.racks[at].end(), rack) != topic_.racks[at].end();
  }

  std::int32_t assignable(std::size_t consumer) const {
    return std::max(0, per_consumer_ + (extra_ > 0 ? 1 : 0) - taken_[consumer]);
  }

  void take(std::size_t consumer, const std::vector<std::int32_t>& partitions, GroupAssignment& out) {
    for (const std::int32_t partition : partitions) {
      out[consumers_[consumer]].push_back({topic_.topic, partition});
      assigned_[static_cast<std::size_t>(partition)] = true;
    }
    taken_[consumer] += static_cast<std::int32_t>(partitions.size());
    if (taken_[consumer] > per_consumer_) --extra_;
  }

  void deal(bool only_matching_racks, GroupAssignment& out) {
    std::vector<std::int32_t> next;
    for (std::size_t consumer = 0; consumer < consumers_.size(); ++consumer) {
      next.clear();
      const auto most = static_cast<std::size_t>(assignable(consumer));
      for (std::int32_t p = 0; p < topic_.partitions && next.size() < most; ++p) {
        if (assigned_[static_cast<std::size_t>(p)]) continue;
        if (!only_matching_racks || rack_matches(consumer, p)) next.push_back(p);
      }
      if (!next.empty()) take(consumer, next, out);
    }
  }

 private:
  /// Racks count only when a consumer's rack holds a replica and the partitions differ in their racks
  /// (KIP-881).
  void find_out_about_racks() {
    std::vector<std::string> consumer_racks;
    for (const std::size_t consumer : consumers_) {
      if (!members_[consumer].rack.empty()) consumer_racks.push_back(members_[consumer].rack);
    }
    if (consumer_racks.empty()) return;
    std::vector<std::vector<std::string>> of_partition(static_cast<std::size_t>(topic_.partitions));
    std::vector<std::string> all;
    for (std::size_t p = 0; p < of_partition.size() && p < topic_.racks.size(); ++p) {
      of_partition[p] = topic_.racks[p];
      std::sort(of_partition[p].begin(), of_partition[p].end());
      of_partition[p].erase(std::unique(of_partition[p].begin(), of_partition[p].end()),
                            of_partition[p].end());
      all.insert(all.end(), of_partition[p].begin(), of_partition[p].end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    const bool meet = std::any_of(consumer_racks.begin(), consumer_racks.end(), [&](const std::string& rack) {
      return std::binary_search(all.begin(), all.end(), rack);
    });
    needs_racks_ = meet && !std::all_of(of_partition.begin(), of_partition.end(),
                                        [&](const std::vector<std::string>& racks) { return racks == all; });
  }

  const AssignorTopic& topic_;
  const std::vector<AssignorMember>& members_;
  std::vector<std::size_t> consumers_;
  std::vector<std::int32_t> taken_;
  std::vector<bool> assigned_;
  std::int32_t per_consumer_ = 0;
  std::int32_t extra_ = 0;
  bool needs_racks_ = false;
};

/// Topics that the same consumers read and that have equally many partitions stay co-partitioned.
void deal_co_partitioned(std::vector<RangeTopic*>& group, GroupAssignment& out) {
  const std::size_t consumers = group.front()->consumers().size();
  std::vector<bool> full(consumers, false);
  for (std::int32_t p = 0; p < group.front()->partitions(); ++p) {
    for (std::size_t consumer = 0; consumer < consumers; ++consumer) {
      if (full[consumer]) continue;
      const bool fits = std::all_of(group.begin(), group.end(), [&](const RangeTopic* topic) {
        return topic->rack_matches(consumer, p) && topic->assignable(consumer) > 0;
      });
      if (!fits) continue;
      for (RangeTopic* const topic : group) topic->take(consumer, {p}, out);
      full[consumer] = std::none_of(group.begin(), group.end(),
                                    [&](const RangeTopic* topic) { return topic->assignable(consumer) > 0; });
      break;
    }
  }
}

void assign_range(const std::vector<AssignorTopic>& topics, const std::vector<AssignorMember>& members,
                  GroupAssignment& out) {
  const std::vector<std::size_t> order = in_member_order(members);
  std::vector<RangeTopic> states;
  states.reserve(topics.size());
  for (const AssignorTopic& topic : topics) {
    if (topic.partitions > 0) states.emplace_back(topic, members, order);
  }
  const bool with_racks =
      std::any_of(states.begin(), states.end(), [](const RangeTopic& topic) { return topic.needs_racks(); });
  if (with_racks) {
    std::vector<bool> done(states.size(), false);
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (done[i]) continue;
      std::vector<RangeTopic*> group;
      for (std::size_t j = i; j < states.size(); ++j) {
        if (done[j] || states[j].consumers() != states[i].consumers()) continue;
        if (states[j].partitions() != states[i].partitions()) continue;
        group.push_back(&states[j]);
        done[j] = true;
      }
      if (group.size() > 1) {
        deal_co_partitioned(group, out);
      } else if (states[i].needs_racks()) {
        states[i].deal(true, out);
      }
    }
  }
  for (RangeTopic& topic : states) topic.deal(false, out);
}

void assign_round_robin(const std::vector<AssignorTopic>& topics, const std::vector<AssignorMember>& members,
                        GroupAssignment& out) {
  const std::vector<std::size_t> order = in_member_order(members);
  std::size_t turn = 0;
  for (const AssignorTopic& topic : topics) {
    const bool wanted = std::any_of(members.begin(), members.end(), [&](const AssignorMember& member) {
      return subscribes(member, topic.topic);
    });
    for (std::int32_t p = 0; wanted && p < topic.partitions; ++p) {
      while (!subscribes(members[order[turn]], topic.topic)) turn = (turn + 1) % order.size();
      out[order[turn]].push_back({topic.topic, p});
      turn = (turn + 1) % order.size();
    }
  }
}

}  // namespace

std::string_view name_of(AssignorKind kind) {
  return std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.kind == kind; })->name;
}

std::optional<AssignorKind> assignor_of(std::string_view name) {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.name == name; });
  if (row == kRows.end()) return std::nullopt;
  return row->kind;
}

bool supports(AssignorKind kind, RebalanceProtocol protocol) {
  return protocol == RebalanceProtocol::eager || kind == AssignorKind::cooperative_sticky;
}

GroupAssignment assign(AssignorKind kind, const std::vector<AssignorTopic>& topics,
                       const std::vector<AssignorMember>& members) {
  GroupAssignment out(members.size());
  if (members.empty()) return out;
  switch (kind) {
    case AssignorKind::range:
      assign_range(topics, members, out);
      break;
    case AssignorKind::roundrobin:
      assign_round_robin(topics, members, out);
      break;
    case AssignorKind::sticky:
    case AssignorKind::cooperative_sticky:
      assign_sticky(kind, topics, members, out);
      break;
  }
  for (TopicPartitions& partitions : out) std::sort(partitions.begin(), partitions.end());
  return out;
}

std::optional<GroupAssignment> assign_server_range(const std::vector<AssignorTopic>& topics,
                                                   const std::vector<AssignorMember>& members) {
  for (const AssignorMember& member : members) {
    for (const TopicId topic : member.topics) {
      const bool exists = std::any_of(topics.begin(), topics.end(),
                                      [&](const AssignorTopic& known) { return known.topic == topic; });
      if (!exists) return std::nullopt;
    }
  }
  const std::vector<std::size_t> order = in_member_order(members);
  GroupAssignment out(members.size());
  for (const AssignorTopic& topic : topics) {
    if (topic.partitions > 0) RangeTopic{topic, members, order}.deal(false, out);
  }
  for (TopicPartitions& partitions : out) std::sort(partitions.begin(), partitions.end());
  return out;
}

}  // namespace wrackline::kafka

#include "engine/kafka/assignor.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

namespace {

AssignorMember member(std::string id, TopicPartitions owned = {}, std::int32_t generation = kNoGeneration) {
  AssignorMember m;
  m.id = std::move(id);
  m.topics = {0, 1};
  m.owned = std::move(owned);
  m.generation = generation;
  return m;
}

const std::vector<AssignorTopic> kTwoTopics{{0, 3, {}}, {1, 3, {}}};
const std::vector<AssignorTopic> kOneTopic{{0, 2, {}}};

}  // namespace

SCENARIO(
    "C-28: range gives the surplus of every topic to the same members, round robin does not (conformance "
    "74)") {
  const std::vector<AssignorMember> members{member("c0"), member("c1")};
  CHECK(assign(AssignorKind::range, kTwoTopics, members) ==
        GroupAssignment{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {{0, 2}, {1, 2}}});
  CHECK(assign(AssignorKind::roundrobin, kTwoTopics, members) ==
        GroupAssignment{{{0, 0}, {0, 2}, {1, 1}}, {{0, 1}, {1, 0}, {1, 2}}});
}

SCENARIO("C-21: cooperative-sticky withholds a partition that changes hands (conformance 67)") {
  GIVEN("a that owns everything and b that joins") {
    const std::vector<AssignorMember> first{member("a", {{0, 0}, {0, 1}}, 1), member("b")};
    WHEN("round one is assigned") {
      const GroupAssignment round = assign(AssignorKind::cooperative_sticky, kOneTopic, first);
      THEN("the moving partition is nobody's") { CHECK(round == GroupAssignment{{{0, 0}}, {}}); }
    }
    WHEN("a has given it up and round two is assigned") {
      const std::vector<AssignorMember> second{member("a", {{0, 0}}, 2), member("b", {}, 2)};
      THEN("b gets it") {
        CHECK(assign(AssignorKind::cooperative_sticky, kOneTopic, second) ==
              GroupAssignment{{{0, 0}}, {{0, 1}}});
      }
    }
  }
}

SCENARIO("C-28: of two members that claim one partition the newer generation keeps it") {
  const GroupAssignment sticky =
      assign(AssignorKind::sticky, kOneTopic, {member("a", {{0, 0}}, 1), member("b", {{0, 0}}, 2)});
  CHECK(sticky == GroupAssignment{{{0, 1}}, {{0, 0}}});
}

// The tournament, the radix queue and the 4-ary heap pop the identical sequence, and what kernel.md §2 calls
// traps are none.
#include "sim/event_queue.hpp"

#include <map>
#include <vector>

#include "sim/event_id.hpp"
#include "sim/time.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;

namespace {

/// Draws for the tests: a counter, mixed.
struct Draw {
  std::uint64_t state;
  std::uint64_t operator()(std::uint64_t below) { return mix(++state) % below; }
};

/// The queues over one slot table, with a sorted map as the judge.
struct Contest {
  EventSlots slots;
  RadixQueue radix{slots};
  HeapQueue heap;
  EventQueue adaptive{QueueKind::adaptive, slots};
  std::map<std::pair<std::uint64_t, TieKey>, std::uint32_t> model;
  std::uint64_t counter = 0;
  std::uint64_t popped = 0;

  void push(std::uint64_t time, std::uint64_t source, std::uint64_t priority = 8) {
    const TieKey tie{priority << 60 | source << TieKey::kCounterBits | ++counter};
    const std::uint32_t slot = slots.take({[](void*, std::uint64_t) {}}, tie.bits());
    radix.push(time, tie.bits(), slot);
    heap.push(time, tie.bits(), slot);
    adaptive.push(time, tie.bits(), slot);
    model.emplace(std::pair{time, tie}, slot);
  }
  std::uint64_t pop() {
    const Due a = radix.pop();
    REQUIRE(a == heap.pop());
    REQUIRE(a == adaptive.pop());
    REQUIRE(model.begin()->first.first == a.time);
    REQUIRE(model.begin()->second == a.slot);
    model.erase(model.begin());
    slots.give_back(a.slot);
    ++popped;
    return a.time;
  }
  void require_same_front() {
    const Due front = heap.front();
    REQUIRE(radix.front() == front);
    REQUIRE(adaptive.front() == front);
  }
  void drain() {
    while (!model.empty()) pop();
    REQUIRE(radix.empty());
    REQUIRE(heap.empty());
    REQUIRE(adaptive.empty());
  }
};

}  // namespace

TEST_CASE("all queues pop the total order, for any mix of delays", "[sim][queue]") {
  for (const std::uint64_t width : {1ULL, 2ULL, 50ULL, 1'000ULL, 1'000'000ULL, 1'000'000'000'000ULL}) {
    for (const std::uint64_t standing : {1ULL, 3ULL, 4ULL, 8ULL, 30ULL, 100ULL, 250ULL, 3'000ULL}) {
      Contest contest;
      Draw draw{width * 31 + standing};
      for (std::uint64_t i = 0; i < standing; ++i) contest.push(draw(width), draw(5), draw(16));
      for (int i = 0; i < 5'000; ++i) {
        const std::uint64_t now = contest.pop();
        // Now and then two for one, none for one, and a far one.
        const std::uint64_t fate = draw(10);
        const std::uint64_t births = contest.model.empty() ? 1 : fate == 0 ? 0 : fate == 1 ? 2 : 1;
        for (std::uint64_t k = 0; k < births; ++k) {
          const std::uint64_t delay = draw(100) == 0 ? draw(1ULL << 50) : draw(width);
          contest.push(now + delay, draw(5), draw(16));
        }
      }
      contest.drain();
    }
  }
}

TEST_CASE("looking at the front does not close the time before it", "[sim][queue]") {
  GIVEN("a queue whose front was looked at") {
    const int standing = GENERATE(3, 100, 500);
    Contest contest;
    Draw draw{7};
    for (int i = 0; i < standing; ++i) contest.push(1'000'000 + draw(1'000'000), draw(3));
    contest.require_same_front();
    WHEN("events are pushed from outside, before the front but after the time last executed") {
      for (int i = 0; i < 300; ++i) {
        contest.push(draw(1'000'000), draw(3));
        contest.require_same_front();
      }
      for (int i = 0; i < 200; ++i) contest.push(draw(3'000'000), draw(3));
      THEN("they come out in their place") { contest.drain(); }
    }
  }
}

TEST_CASE("a crowd at one instant comes out in order, also when it grows while it drains", "[sim][queue]") {
  Contest contest;
  Draw draw{11};
  for (int i = 0; i < 1'000; ++i) contest.push(5'000, draw(20));
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t now = contest.pop();
    if (i < 2'000) contest.push(now, draw(20));
    if (i % 3 == 0) contest.push(now + draw(2), draw(20));
  }
  contest.drain();
}

TEST_CASE("a queue that swells and drains keeps the order at every size", "[sim][queue]") {
  Contest contest;
  Draw draw{19};
  std::uint64_t now = 0;
  for (const std::size_t crest : {5U, 4U, 17U, 256U, 257U, 40U, 4'200U, 9U}) {
    // Up by two for one, so that places are filled as they are left and opened anew by turns.
    while (contest.model.size() < crest) {
      for (int births = 0; births < 2; ++births) contest.push(now + draw(1'000), draw(3));
      if (draw(2) == 0) now = contest.pop();
    }
    while (contest.model.size() > crest / 9) now = contest.pop();
  }
  contest.drain();
}

TEST_CASE("times up to the end of time are in order", "[sim][queue]") {
  Contest contest;
  Draw draw{13};
  const std::uint64_t last = static_cast<std::uint64_t>(to_ns(kNever));
  for (int i = 0; i < 64; ++i) {
    contest.push(last >> i, draw(3));
    contest.push((last >> i) - draw(1 + (last >> i)), draw(3));
    contest.push(last, draw(3));
  }
  contest.drain();
}

TEST_CASE("taking entries out leaves the others in order", "[sim][queue]") {
  const int births = GENERATE(2, 60, 400);
  Contest contest;
  Draw draw{17};
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < births; ++i)
      contest.push(1'000'000U * static_cast<unsigned>(round) + 500'000 + draw(3'000'000), draw(9));
    auto unwanted = [](std::uint32_t slot) { return slot % 3 == 0; };
    contest.radix.remove_if(unwanted);
    contest.heap.remove_if(unwanted);
    contest.adaptive.remove_if(unwanted);
    std::erase_if(contest.model, [](const auto& each) { return each.second % 3 == 0; });
    while (!contest.model.empty() &&
           contest.model.begin()->first.first < 1'000'000U * (static_cast<unsigned>(round) + 1)) {
      contest.pop();
    }
    REQUIRE(contest.radix.size() == contest.model.size());
    REQUIRE(contest.heap.size() == contest.model.size());
    REQUIRE(contest.adaptive.size() == contest.model.size());
  }
  contest.drain();
}

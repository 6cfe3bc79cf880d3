// The store of state beside commits: who may store, and what is kept for how long.
#include "engine/processor/committed_states.hpp"

#include "tests/support/catch.hpp"

namespace wrackline::processor {
namespace {

using Store = CommittedStates<std::int32_t, int, std::int64_t>;

}  // namespace

SCENARIO("whoever takes a number over fences the one before") {
  Store store;
  const std::uint32_t first = store.claim(0, {1, store.claims()});
  CHECK(store.put(0, first, 10, 1));
  const std::uint32_t second = store.claim(0, {2, store.claims()});
  CHECK(store.put(0, second, 10, 2));
  CHECK_FALSE(store.put(0, first, 10, 3));
  CHECK_FALSE(store.put(0, first, 20, 3));
  CHECK(*store.at(0, 10) == 2);
  CHECK(store.at(0, 20) == nullptr);
  CHECK(store.at(1, 10) == nullptr);
}

SCENARIO("a claim that comes late does not displace that of a later generation") {
  Store store;
  const std::uint64_t zombie_joins = store.claims();
  const std::uint32_t owner = store.claim(0, {5, store.claims()});
  const std::uint32_t zombie = store.claim(0, {4, zombie_joins});
  CHECK_FALSE(store.put(0, zombie, 10, 1));
  CHECK(store.put(0, owner, 10, 2));
  GIVEN("a blackout that takes the group's generations back") {
    const std::uint32_t anew = store.claim(0, {1, store.claims()});
    CHECK(store.put(0, anew, 10, 3));
    CHECK_FALSE(store.put(0, owner, 10, 4));
  }
}

SCENARIO("a state is kept until no commit at or before it can come into force, and one look longer") {
  Store store;
  const std::uint32_t owner = store.claim(0, {1, 0});
  for (int offset = 0; offset < 100; ++offset) CHECK(store.put(0, owner, offset, offset));
  CHECK(store.kept(0) == 100);
  store.resumes_from(0, 60);
  CHECK(store.kept(0) == 100);
  store.resumes_from(0, 80);
  CHECK(store.kept(0) == 40);
  CHECK(store.at(0, 59) == nullptr);
  CHECK(*store.at(0, 60) == 60);
  store.resumes_from(0, 80);
  CHECK(store.kept(0) == 20);
  CHECK(*store.at(0, 80) == 80);
  CHECK(*store.at(0, 99) == 99);
}

}  // namespace wrackline::processor

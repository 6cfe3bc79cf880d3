// Values whose copies share: none sees what another does, and what is shared stays shared.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/event_time/shared_list.hpp"
#include "engine/event_time/shared_map.hpp"
#include "sim/event_id.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time {
namespace {

/// Uniform in [0, below), a function of the case and the number of the roll.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{sim::mix(seed + 1)} {}
  std::uint32_t roll(std::uint32_t below) {
    state_ = sim::mix(state_);
    return static_cast<std::uint32_t>(state_ % below);
  }

 private:
  std::uint64_t state_;
};

using Map = SharedMap<std::uint32_t, Shared<std::string>>;
using Oracle = std::map<std::uint32_t, std::string>;

bool same(const Map& map, const Oracle& oracle) {
  auto expected = oracle.begin();
  bool equal = map.size() == oracle.size() && map.empty() == oracle.empty();
  map.for_each([&](std::uint32_t key, const Shared<std::string>& value) {
    equal = equal && expected != oracle.end() && expected->first == key && expected->second == *value;
    if (expected != oracle.end()) ++expected;
  });
  if (!oracle.empty())
    equal = equal && map.first_key() == oracle.begin()->first && *map.first_value() == oracle.begin()->second;
  return equal && expected == oracle.end();
}

/// Copies of copies, changed at random, beside whole copies.
bool case_agrees(std::uint64_t seed) {
  Dice dice{seed};
  const std::uint32_t keys = 1 + dice.roll(dice.roll(2) == 0 ? 20 : 600);
  std::vector<std::pair<Map, Oracle>> family(1);
  for (int i = 0; i < 400; ++i) {
    auto& [map, oracle] = family[dice.roll(static_cast<std::uint32_t>(family.size()))];
    const std::uint32_t key = dice.roll(keys);
    const std::uint32_t what = dice.roll(20);
    if (what < 8) {
      map.own(key).own() += static_cast<char>('a' + dice.roll(26));
      oracle[key] = *map.own(key);
    } else if (what < 13) {
      if (map.erase(key) != (oracle.erase(key) == 1)) return false;
    } else if (what < 15) {
      const Shared<std::string>* const found = map.find(key);
      const auto expected = oracle.find(key);
      if ((found == nullptr) != (expected == oracle.end())) return false;
      if (found != nullptr && **found != expected->second) return false;
    } else if (what < 16) {
      // A queue: the least go, as what waits for time to pass does.
      for (std::uint32_t n = dice.roll(60); n > 0 && !map.empty(); --n) {
        const std::uint32_t first = map.first_key();
        map.erase(first);
        oracle.erase(first);
      }
    } else if (what < 17) {
      const std::uint32_t from = dice.roll(keys);
      for (std::uint32_t n = 0; n < 40; ++n) {
        map.own(from + n).own() = "q";
        oracle[from + n] = "q";
      }
    } else if (what < 19) {
      const auto copy = family[dice.roll(static_cast<std::uint32_t>(family.size()))];
      family.push_back(copy);
    } else {
      family.erase(family.begin() + dice.roll(static_cast<std::uint32_t>(family.size())));
      if (family.empty()) family.emplace_back();
    }
  }
  return std::all_of(family.begin(), family.end(),
                     [](const auto& pair) { return same(pair.first, pair.second); });
}

}  // namespace

TEST_CASE("an ordered map whose copies share is std::map, whole copies and all") {
  std::vector<std::uint64_t> differ;
  for (std::uint64_t seed = 0; seed < 2000; ++seed)
    if (!case_agrees(seed)) differ.push_back(seed);
  CAPTURE(differ);
  CHECK(differ.empty());
}

SCENARIO("what is written after a copy is copied, and nothing else") {
  GIVEN("a map of a thousand entries and its copy") {
    Map map;
    for (std::uint32_t key = 0; key < 1000; ++key) map.own(key).own() = "old";
    const Map before = map;
    const auto parts = [](const Map& of) {
      std::vector<const void*> found;
      of.for_each([&](std::uint32_t, const Shared<std::string>& value) { found.push_back(value.part()); });
      return found;
    };
    CHECK(parts(map) == parts(before));
    WHEN("one value is written to") {
      map.own(500).own() = "new";
      THEN("the copy has the old one, and shares the rest") {
        CHECK(**before.find(500) == "old");
        CHECK(**map.find(500) == "new");
        const auto now = parts(map);
        const auto then = parts(before);
        for (std::size_t key = 0; key < 1000; ++key) CHECK((now[key] == then[key]) == (key != 500));
      }
      THEN("who has seen the copy sees of the map the leaf of that entry") {
        SeenParts seen;
        std::size_t visited = 0;
        const auto count = [&](std::uint32_t, const Shared<std::string>&) { ++visited; };
        before.for_each(count, &seen);
        CHECK(visited == 1000);
        map.for_each(count, &seen);
        CHECK(visited > 1000);
        CHECK(visited <= 1016);
      }
    }
  }
}

SCENARIO("a list whose copies share grows for him alone who appends") {
  SharedList<int> list;
  for (int i = 0; i < 3; ++i) list.push_back(i);
  SharedList<int> shorter = list;
  list.push_back(3);
  const auto items = [](const SharedList<int>& of) { return std::vector<int>(of.begin(), of.end()); };
  CHECK(items(shorter) == std::vector{0, 1, 2});
  GIVEN("a second who goes on from the same place") {
    shorter.push_back(30);
    CHECK(items(list) == std::vector{0, 1, 2, 3});
    CHECK(items(shorter) == std::vector{0, 1, 2, 30});
  }
  GIVEN("a list that takes in itself, or a copy of its beginning") {
    list.append(shorter);
    CHECK(items(list) == std::vector{0, 1, 2, 3, 0, 1, 2});
    list.append(list);
    CHECK(list.size() == 14);
    CHECK(items(shorter) == std::vector{0, 1, 2});
  }
  GIVEN("someone who has seen the shorter one") {
    SeenParts seen;
    CHECK(shorter.unseen(&seen).size() == 3);
    CHECK(list.unseen(&seen).size() == 1);
    CHECK(list.unseen(&seen).empty());
    CHECK(shorter.unseen(&seen).empty());
    CHECK(shorter.unseen(nullptr).size() == 3);
  }
  GIVEN("one that is cleared") {
    list.clear();
    CHECK(list.empty());
    list.push_back(7);
    CHECK(items(list) == std::vector{7});
    CHECK(items(shorter) == std::vector{0, 1, 2});
  }
}

TEST_CASE("lists agree with whole copies") {
  std::vector<std::uint64_t> differ;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Dice dice{seed};
    std::vector<std::pair<SharedList<std::uint32_t>, std::vector<std::uint32_t>>> family(1);
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t size = static_cast<std::uint32_t>(family.size());
      const std::size_t one = dice.roll(size);
      const std::uint32_t what = dice.roll(20);
      if (what < 14) {
        family[one].first.push_back(what);
        family[one].second.push_back(what);
      } else if (what < 15) {
        const auto other = family[dice.roll(size)];
        if (other.second.size() > 1000) continue;
        family[one].first.append(other.first);
        family[one].second.insert(family[one].second.end(), other.second.begin(), other.second.end());
      } else if (what < 19) {
        const auto copy = family[one];
        family.push_back(copy);
      } else if (size > 1) {
        family.erase(family.begin() + static_cast<std::ptrdiff_t>(one));
      }
    }
    const bool agree = std::all_of(family.begin(), family.end(), [](const auto& pair) {
      return std::equal(pair.first.begin(), pair.first.end(), pair.second.begin(), pair.second.end());
    });
    if (!agree) differ.push_back(seed);
  }
  CAPTURE(differ);
  CHECK(differ.empty());
}

}  // namespace wrackline::event_time

#include <algorithm>
#include <array>

#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

constexpr std::array<Kind, 0> kKinds{};

}  // namespace

std::span<const Kind> kinds() { return kKinds; }

const Kind* find_kind(std::string_view name) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace wrackline::conform

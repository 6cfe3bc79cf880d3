#include "sim/moment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/nearest.hpp"

namespace wrackline::sim {

std::int64_t Moment::attribute(std::string_view name, std::int64_t otherwise) const {
  for (std::size_t i = 0; i < def.attribute_count(); ++i) {
    if (def.attributes[i] == name) return values[i];
  }
  return otherwise;
}

std::string to_string(const Moment& moment) {
  std::string text{moment.def.name};
  for (std::size_t i = 0; i < moment.def.attribute_count(); ++i) {
    text += fmt::format(" {}={}", moment.def.attributes[i], moment.values[i]);
  }
  return text;
}

void MomentRegistry::declare(std::span<const MomentDef* const> table) {
  for (const MomentDef* def : table) {
    if (const MomentDef* known = find(def->name)) {
      assert(known->attributes == def->attributes && "one moment declared twice with different attributes");
      continue;
    }
    const Id id = static_cast<Id>(defs_.size());
    defs_.push_back(def);
    counts_.push_back(0);
    watched_.push_back(0);
    by_moment_.emplace_back();
    if (4 * defs_.size() > keys_.size()) {
      keys_.assign(8 * defs_.size() <= 64 ? 64 : 2 * keys_.size(), 0);
      ids_.assign(keys_.size(), 0);
      mask_ = keys_.size() - 1;
      for (Id known = 0; known < id; ++known) insert(defs_[known]->key, known);
    }
    insert(def->key, id);
  }
  if (pairs_on_) count_pairs();
}

void MomentRegistry::insert(std::uint64_t key, Id id) {
  std::uint64_t at = key & mask_;
  while (keys_[at] != 0) {
    assert(keys_[at] != key && "two moments whose names have the same hash");
    at = (at + 1) & mask_;
  }
  keys_[at] = key;
  ids_[at] = id;
}

MomentRegistry::Id MomentRegistry::probe(const MomentDef& def) const {
  std::uint64_t at = def.key & mask_;
  while (keys_[at] != def.key) {
    assert(keys_[at] != 0 && "a moment was announced that no model declared");
    at = (at + 1) & mask_;
  }
  return ids_[at];
}

const MomentDef* MomentRegistry::find(std::string_view name) const {
  const auto found =
      std::find_if(defs_.begin(), defs_.end(), [name](const MomentDef* def) { return def->name == name; });
  return found == defs_.end() ? nullptr : *found;
}

MomentRegistry::Id MomentRegistry::id_of(std::string_view name) const {
  const MomentDef* def = find(name);
  assert(def != nullptr && "this moment is not declared");
  return probe(*def);
}

std::vector<std::string> MomentRegistry::nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const MomentDef* def : defs_) names.emplace_back(def->name);
  return nearest_names(name, names);
}

MomentRegistry::Subscription MomentRegistry::subscribe(std::string_view name, MomentHandler handler) {
  const Id id = id_of(name);
  by_moment_[id].push_back(std::make_unique<Subscriber>(Subscriber{next_number_, std::move(handler), false}));
  watched_[id] = 1;
  return {next_number_++};
}

MomentRegistry::Subscription MomentRegistry::subscribe_all(MomentHandler handler) {
  of_all_.push_back(std::make_unique<Subscriber>(Subscriber{next_number_, std::move(handler), false}));
  watch_all_ = 1;
  return {next_number_++};
}

void MomentRegistry::cancel(Subscription subscription) {
  auto mark = [subscription](Subscribers& subscribers) {
    for (const auto& subscriber : subscribers) {
      if (subscriber->number == subscription.number) subscriber->cancelled = true;
    }
  };
  for (Subscribers& subscribers : by_moment_) mark(subscribers);
  mark(of_all_);
  sweep_needed_ = true;
  if (telling_ == 0) sweep();
}

void MomentRegistry::sweep() {
  auto is_cancelled = [](const auto& subscriber) { return subscriber->cancelled; };
  for (std::size_t id = 0; id < by_moment_.size(); ++id) {
    std::erase_if(by_moment_[id], is_cancelled);
    watched_[id] = by_moment_[id].empty() ? 0 : 1;
  }
  std::erase_if(of_all_, is_cancelled);
  watch_all_ = of_all_.empty() && !pairs_on_ ? 0 : 1;
  sweep_needed_ = false;
}

std::uint64_t MomentRegistry::count(std::string_view name) const { return counts_[id_of(name)]; }

void MomentRegistry::count_pairs() {
  pairs_on_ = true;
  watch_all_ = 1;
  pairs_.assign(defs_.size() * defs_.size(), 0);
  any_previous_ = false;
}

std::uint64_t MomentRegistry::pair_count(std::string_view first, std::string_view next) const {
  return pairs_on_ ? pairs_[id_of(first) * defs_.size() + id_of(next)] : 0;
}

void MomentRegistry::call(Subscribers& subscribers, const Moment& moment) {
  // By index and with the count of now: a handler may subscribe further handlers while it runs.
  for (std::size_t i = 0, count = subscribers.size(); i < count; ++i) {
    Subscriber& subscriber = *subscribers[i];
    if (!subscriber.cancelled) subscriber.handler(moment);
  }
}

void MomentRegistry::tell(Id id, Moment& moment) {
  moment.nth = counts_[id];
  if (pairs_on_) {
    if (any_previous_) ++pairs_[previous_ * defs_.size() + id];
    previous_ = id;
    any_previous_ = true;
  }
  // A handler may leave by an exception (its own announcement crashed the process it spoke for).
  struct Telling {
    MomentRegistry& registry;
    ~Telling() {
      if (--registry.telling_ == 0 && registry.sweep_needed_) registry.sweep();
    }
  } const telling{*this};
  ++telling_;
  call(of_all_, moment);
  call(by_moment_[id], moment);
}

}  // namespace wrackline::sim

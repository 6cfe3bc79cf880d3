#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "faults/fault.hpp"
#include "sim/math.hpp"

namespace wrackline::faults {
namespace {

template <class T>
void add_once(std::vector<T*>& to, T* item) {
  if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

}  // namespace

Scene::~Scene() {
  for (const auto& deferred : deferred_) world.sim.cancel(deferred->event);
}

std::vector<sim::Process*> Scene::processes() const {
  std::vector<sim::Process*> result;
  for (const sim::Target& found : targets_) {
    if (found.process != nullptr) {
      add_once(result, found.process);
      continue;
    }
    for (const auto& process : found.node->processes()) add_once(result, process.get());
  }
  return result;
}

std::vector<sim::Node*> Scene::nodes() const {
  std::vector<sim::Node*> result;
  for (const sim::Target& found : targets_) add_once(result, found.node);
  return result;
}

std::vector<sim::Disk*> Scene::disks() const {
  std::vector<sim::Disk*> result;
  for (sim::Node* node : nodes()) {
    for (sim::Disk* disk : world.disks) {
      if (&disk->node() == node) add_once(result, disk);
    }
  }
  return result;
}

std::vector<sim::Node*> Scene::nodes_of(std::string_view selectors) {
  std::vector<sim::Node*> result;
  for (const std::string& selector : selectors_in(selectors)) {
    const sim::Selection selection = world.sim.selectors().select(
        selector, {nullptr, [this](std::uint64_t below) { return stream.below(below); }});
    if (!selection.ok()) missed(selection.error);
    for (const sim::Target& found : selection.targets) add_once(result, found.node);
  }
  return result;
}

const Setting& Scene::setting(std::string_view param) const {
  const auto found = settings_.find(param);
  assert(found != settings_.end() && "a parameter that the fault's type does not declare");
  return found->second;
}

bool Scene::flag(std::string_view param) const { return std::get<bool>(setting(param)); }
const std::string& Scene::text(std::string_view param) const { return std::get<std::string>(setting(param)); }
sim::Ratio Scene::ratio(std::string_view param) const { return std::get<sim::Ratio>(setting(param)); }
const sim::Distribution& Scene::law(std::string_view param) const {
  return std::get<sim::Distribution>(setting(param));
}

double Scene::draw(std::string_view param) {
  const sim::Distribution& its_law = law(param);
  const ParamDef& declared = *type_.find(param);
  const double value = std::clamp(its_law.sample(stream), least(declared), greatest(declared));
  if (!its_law.is_constant()) drawn_.emplace_back(param, value);
  return value;
}

sim::Duration Scene::duration(std::string_view param) {
  return sim::Duration{sim::math::round_to_int(draw(param))};
}
double Scene::number(std::string_view param) { return draw(param); }
std::int64_t Scene::count(std::string_view param) { return sim::math::round_to_int(draw(param)); }

void Scene::did(std::string what, std::uint64_t effects) {
  notes_.push_back({now(), std::move(what), effects});
}
void Scene::missed(std::string why) { notes_.push_back({now(), std::move(why), 0}); }

void Scene::later(sim::Duration delay, std::function<void()> act) {
  deferred_.push_back(std::make_unique<Deferred>(Deferred{this, std::move(act), {}}));
  ++pending_;
  deferred_.back()->event = world.sim.schedule_after(delay, {&Scene::run_deferred, deferred_.back().get(), 0},
                                                     entity_, sim::Priority::first);
}

void Scene::run_deferred(void* object, std::uint64_t) {
  auto& deferred = *static_cast<Deferred*>(object);
  --deferred.scene->pending_;
  deferred.act();
}

}  // namespace wrackline::faults

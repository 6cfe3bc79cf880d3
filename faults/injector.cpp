#include "faults/injector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace wrackline::faults {
namespace {

constexpr std::size_t kMostDetails = 100;
constexpr unsigned kStrikeBits = 40;

std::string name_of(const sim::Target& target) {
  return target.process != nullptr ? target.process->name() : target.node->name();
}

bool matches(const When& when, const sim::Moment& moment) {
  return std::all_of(when.where.begin(), when.where.end(), [&](const auto& wanted) {
    return moment.attribute(wanted.first, ~wanted.second) == wanted.second;
  });
}

std::string seconds(sim::Time at) {
  return fmt::format("{}.{:03}s", sim::to_ms(at) / 1000, sim::to_ms(at) % 1000);
}

}  // namespace

/// A strike whose fault still lives.
struct Injector::Active {
  std::size_t fault;
  StrikeReport report;
  std::unique_ptr<Fault> object;
  std::unique_ptr<Scene> scene;
  sim::EventHandle end;
  bool ended = false;
  Injector* owner = nullptr;
};

struct Injector::Watch {
  std::size_t fault;
  std::uint64_t matched = 0;
  sim::MomentRegistry::Subscription subscription;
};

std::uint64_t StrikeReport::effects() const {
  std::uint64_t sum = 0;
  for (const Scene::Note& note : notes) sum += note.effects;
  return sum;
}

std::string FaultReport::describe() const {
  std::string text = fmt::format("{} ({}{}{})", id, what, target.empty() ? "" : " on ", target);
  if (idle) return text + ": idle\n";
  text += struck() ? fmt::format(": struck {} times, {} effects\n", strikes, effects)
                   : fmt::format(": never struck ({} attempts)\n", strikes);
  for (const StrikeReport& strike : detail) {
    for (const Scene::Note& note : strike.notes)
      text += fmt::format("  {} {}\n", seconds(note.at), note.what);
  }
  for (const std::string& problem : problems) text += fmt::format("  {}\n", problem);
  return text;
}

Injector::Injector(World world, FaultPlan plan) : world_{std::move(world)}, plan_{std::move(plan)} {
  for (const PlannedFault& fault : plan_.faults) {
    FaultReport& report = reports_.emplace_back();
    report.id = fault.id;
    report.what = fault.type->name;
    report.target = fault.target;
    report.idle = fault.idle;
  }
}

Injector::~Injector() {
  for (const auto& watch : watches_) world_.sim.moments().cancel(watch->subscription);
  for (const sim::EventHandle event : events_) world_.sim.cancel(event);
  for (const auto& active : active_) world_.sim.cancel(active->end);
}

std::vector<Problem> Injector::check() const {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
    const PlannedFault& fault = plan_.faults[i];
    if (fault.type->targets == TargetKind::processes || fault.type->targets == TargetKind::nodes) {
      if (std::string wrong = world_.sim.selectors().check(fault.target); !wrong.empty()) {
        problems.push_back({i, "target", wrong});
      }
    }
    for (const ParamDef& param : fault.type->params) {
      const auto given = fault.params.find(param.name);
      if (!param.selects || given == fault.params.end()) continue;
      const auto& text = std::get<std::string>(given->second);
      if (text.empty()) continue;
      for (const std::string& selector : selectors_in(text)) {
        if (std::string wrong = world_.sim.selectors().check(selector); !wrong.empty())
          problems.push_back({i, std::string{param.name}, wrong});
      }
    }
    if (fault.when && world_.sim.moments().find(fault.when->moment) == nullptr) {
      const auto near = world_.sim.moments().nearest(fault.when->moment);
      problems.push_back(
          {i, "when",
           fmt::format("there is no moment '{}'{}", fault.when->moment,
                       near.empty() ? "" : fmt::format("; did you mean '{}'?", near.front()))});
    }
  }
  return problems;
}

void Injector::arm() {
  assert(!armed_);
  armed_ = true;
  bool anything = false;
  for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
    const PlannedFault& fault = plan_.faults[i];
    if (fault.idle || (fault.strikes.empty() && !fault.when)) continue;
    if (!std::exchange(anything, true)) entity_ = world_.sim.entity("faults");
    for (const PlannedStrike& strike : fault.strikes) {
      const std::uint64_t packed = std::uint64_t{i} << kStrikeBits | strike.number;
      events_.push_back(world_.sim.schedule(std::max(strike.at, world_.sim.now()),
                                            sim::Callback::to<&Injector::on_strike>(*this, packed), entity_,
                                            sim::Priority::first));
    }
    if (!fault.when) continue;
    if (world_.sim.moments().find(fault.when->moment) == nullptr) {
      reports_[i].problems.push_back(fmt::format("there is no moment '{}'", fault.when->moment));
      continue;
    }
    Watch& watch = *watches_.emplace_back(std::make_unique<Watch>());
    watch.fault = i;
    watch.subscription = world_.sim.moments().subscribe(
        fault.when->moment, [this, &watch](const sim::Moment& moment) { on_moment(watch, moment); });
  }
  if (anything && plan_.heal_at != sim::kNever) {
    events_.push_back(world_.sim.schedule(plan_.heal_at, sim::Callback::to<&Injector::heal_all>(*this),
                                          entity_, sim::Priority::first));
  }
}

void Injector::on_strike(std::uint64_t packed) {
  strike(packed >> kStrikeBits, packed & ((std::uint64_t{1} << kStrikeBits) - 1), nullptr);
}

void Injector::on_moment(Watch& watch, const sim::Moment& moment) {
  const PlannedFault& fault = plan_.faults[watch.fault];
  if (healed_ || !matches(*fault.when, moment)) return;
  const std::uint64_t count = ++watch.matched;
  if (count < fault.when->nth || count - fault.when->nth >= fault.when->times) return;
  const std::uint64_t number = count - fault.when->nth;
  const sim::Decider spared{plan_.seed, "fault " + fault.id, "probability"};
  if (spared.chance(number, fault.probability)) strike(watch.fault, number, moment.process);
}

void Injector::strike(std::size_t index, std::uint64_t number, sim::Process* self) {
  if (healed_) return;
  const PlannedFault& fault = plan_.faults[index];
  FaultReport& report = reports_[index];
  ++report.strikes;
  sim::Stream stream = sim::Decider{plan_.seed, "fault " + fault.id, "strike"}.stream(number);

  sim::Selection selection;
  const bool selects =
      fault.type->targets == TargetKind::processes || fault.type->targets == TargetKind::nodes;
  if (selects) {
    selection = world_.sim.selectors().select(
        fault.target, {self, [&stream](std::uint64_t below) { return stream.below(below); }});
    if (!selection.ok() || selection.targets.empty()) {
      report.problems.push_back(
          fmt::format("{} {}", seconds(world_.sim.now()),
                      selection.ok() ? fault.target + " names nobody now" : selection.error));
      return;
    }
  }

  const sim::Time now = world_.sim.now();
  sim::Duration lasts = plan_.heal_at == sim::kNever ? sim::kNever - now : plan_.heal_at - now;
  bool ends_by_itself = false;
  StrikeReport strike_report;
  if (fault.lasts) {
    const sim::Duration wanted = fault.lasts->sample_duration(stream);
    ends_by_itself = wanted < lasts;
    lasts = std::min(wanted, lasts);
    if (!fault.lasts->is_constant())
      strike_report.drawn.emplace_back("for", static_cast<double>(wanted.count()));
  }
  strike_report.number = number;
  strike_report.at = now;
  for (const sim::Target& target : selection.targets) {
    strike_report.targets += (strike_report.targets.empty() ? "" : ", ") + name_of(target);
  }

  auto active = std::make_unique<Active>();
  active->fault = index;
  active->report = std::move(strike_report);
  active->object = fault.type->make();
  active->scene = std::make_unique<Scene>(world_, *fault.type, fault.params, fault.target,
                                          std::move(selection.targets), stream, lasts);
  active->scene->entity_ = entity_;
  active->owner = this;
  Active& mine = *active;
  if (depth_ == 0) std::erase_if(active_, [](const auto& old) { return old->ended; });
  active_.push_back(std::move(active));
  ++depth_;
  mine.object->strike(*mine.scene);
  --depth_;
  if (!fault.type->lasts && !mine.scene->has_more_to_do()) {
    end(mine);
  } else if (ends_by_itself) {
    mine.end = world_.sim.schedule(now + lasts, {&Injector::on_end, &mine, 0}, entity_, sim::Priority::first);
  }
}

void Injector::on_end(void* object, std::uint64_t) {
  auto& active = *static_cast<Active*>(object);
  active.owner->end(active);
}

void Injector::end(Active& active) {
  if (std::exchange(active.ended, true)) return;
  world_.sim.cancel(active.end);
  ++depth_;
  active.object->heal(*active.scene);
  --depth_;
  FaultReport& report = reports_[active.fault];
  StrikeReport& strike = active.report;
  strike.healed = world_.sim.now();
  strike.notes = active.scene->notes();
  strike.drawn.insert(strike.drawn.end(), active.scene->drawn().begin(), active.scene->drawn().end());
  report.effects += strike.effects();
  if (report.detail.size() < kMostDetails) report.detail.push_back(std::move(strike));
}

void Injector::heal_all() {
  healed_ = true;
  for (std::size_t i = 0; i < active_.size(); ++i) end(*active_[i]);
  if (depth_ == 0) active_.clear();
  // One fault may have kept another from bringing a process back (its machine had no power then), and a
  // process may have given up by itself over what it met: an operator starts them again.
  for (sim::Process* process : world_.sim.processes()) {
    if (process->process_state() == sim::ProcessState::crashed && process->node().powered())
      process->restart();
  }
}

std::vector<FaultReport> Injector::report() const {
  std::vector<FaultReport> result = reports_;
  for (const auto& active : active_) {
    if (active->ended) continue;
    StrikeReport strike = active->report;
    strike.notes = active->scene->notes();
    strike.drawn.insert(strike.drawn.end(), active->scene->drawn().begin(), active->scene->drawn().end());
    FaultReport& report = result[active->fault];
    report.effects += strike.effects();
    if (report.detail.size() < kMostDetails) report.detail.push_back(std::move(strike));
  }
  return result;
}

}  // namespace wrackline::faults

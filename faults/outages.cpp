#include "faults/outages.hpp"

#include <algorithm>

#include "faults/fault.hpp"

namespace wrackline::faults {
namespace {

constexpr std::string_view kKeptByAnother = ": another fault keeps it so";

Claims::Thing down(const sim::Process& process) { return {Claims::State::down, process.id()}; }
Claims::Thing dark(const sim::Node& node) { return {Claims::State::dark, node.id()}; }
Claims::Thing clock_of(const sim::Node& node) { return {Claims::State::clock_stopped, node.id()}; }

std::string joined(std::string_view a, std::string_view b, std::string_view c = "") {
  return std::string{a}.append(b).append(c);
}

}  // namespace

void Claims::take(const Thing& thing, const Scene& by, bool made) { claims_.push_back({thing, &by, made}); }

Claims::Released Claims::let_go(const Thing& thing, const Scene& by, sim::Time now) {
  const auto mine = std::find_if(claims_.begin(), claims_.end(),
                                 [&](const Claim& claim) { return claim.thing == thing && claim.by == &by; });
  if (mine == claims_.end()) return {};
  Released released{.held = true, .made = mine->made, .last = true, .kept = mine->without_others < now};
  claims_.erase(mine);
  bool maker_left = false;
  for (const Claim& other : claims_) {
    if (other.thing != thing) continue;
    released.last = false;
    maker_left = maker_left || other.made;
  }
  for (Claim& other : claims_) {
    if (other.thing == thing && !maker_left) other.without_others = std::min(other.without_others, now);
  }
  return released;
}

void take_down(Scene& scene, sim::Process& process, How how) {
  const bool stops = how == How::stop;
  const bool made = process.alive() && !(stops && process.stopping());
  scene.world.claims.take(down(process), scene, made);
  process.keep_down(true);
  if (!made) {
    scene.missed(process.name() + (process.alive() ? " was stopping already" : " was down already"));
    return;
  }
  scene.did((stops ? "stopped " : "crashed ") + process.name());
  if (stops) {
    process.stop();
  } else {
    process.crash();
  }
}

void bring_up(Scene& scene, sim::Process& process) {
  const Claims::Released released = scene.world.claims.let_go(down(process), scene, scene.now());
  if (!released.held) return;
  const bool kept = released.kept || process.wanted_up_since() < scene.now();
  if (!released.made && kept) scene.did("kept " + process.name() + " down");
  const bool wanted = released.made || process.wanted_up_since() != sim::kNever;
  if (released.last && wanted && process.powered()) {
    scene.did("restarted " + process.name(), 0);
  } else if (released.made) {
    scene.missed(process.name() + (released.last ? " stays down: its machine has no power"
                                                 : joined(" stays down", kKeptByAnother)));
  }
  if (released.last) process.keep_down(false);
  if (released.made) process.bring_up();
}

void pause(Scene& scene, sim::Process& process) {
  if (!process.alive()) {
    scene.missed(process.name() + " was down");
    return;
  }
  const bool made = !process.paused();
  scene.world.claims.take({Claims::State::paused, process.id(), process.incarnation()}, scene, made);
  if (!made) {
    scene.missed(process.name() + " was paused already");
    return;
  }
  scene.did("paused " + process.name());
  process.pause();
}

void resume(Scene& scene, sim::Process& process, std::uint32_t incarnation) {
  const Claims::Released released =
      scene.world.claims.let_go({Claims::State::paused, process.id(), incarnation}, scene, scene.now());
  // Who was killed meanwhile is not paused any more.
  if (!released.held || !process.paused() || process.incarnation() != incarnation) return;
  if (!released.made && released.kept) scene.did("kept " + process.name() + " paused");
  if (released.last) {
    scene.did("resumed " + process.name(), 0);
    process.resume();
  } else if (released.made) {
    scene.missed(joined(process.name(), " stays paused", kKeptByAnother));
  }
}

bool power_off(Scene& scene, sim::Node& node, std::string_view missed) {
  const bool made = node.powered();
  scene.world.claims.take(dark(node), scene, made);
  if (made) {
    node.power_off();
  } else {
    scene.missed(joined(node.name(), " ", missed));
  }
  return made;
}

void power_on(Scene& scene, sim::Node& node, std::string_view back) {
  const Claims::Released released = scene.world.claims.let_go(dark(node), scene, scene.now());
  if (!released.held) return;
  if (!released.made && released.kept) scene.did("kept " + node.name() + " without power");
  if (released.last) {
    scene.did(joined(back, node.name()), 0);
    node.power_on();
  } else if (released.made) {
    scene.missed(joined(node.name(), " stays without power", kKeptByAnother));
  }
}

void stop_clock(Scene& scene, sim::Node& node, sim::NodeClock::Frozen which) {
  const bool made = node.clock().frozen() == sim::NodeClock::Frozen::none;
  scene.world.claims.take(clock_of(node), scene, made);
  if (!made) {
    scene.missed(node.name() + " was frozen already");
    return;
  }
  node.change_clock([which](sim::NodeClock& clock, sim::Time now) { clock.freeze(now, which); });
  scene.did(node.name() + ": clock frozen");
}

void start_clock(Scene& scene, sim::Node& node, bool catch_up) {
  const Claims::Released released = scene.world.claims.let_go(clock_of(node), scene, scene.now());
  if (!released.held) return;
  if (!released.made && released.kept) scene.did(node.name() + ": clock kept frozen");
  if (!released.last) return;
  node.change_clock([catch_up](sim::NodeClock& clock, sim::Time now) { clock.thaw(now, catch_up); });
}

}  // namespace wrackline::faults

// Who may end an outage: overlapping faults that want the same thing down, frozen or dark.
//
// The rule, one for all. What a fault took down belongs to it for as long as it lasts. A fault that finds the
// work done already says so (a miss), and from then on keeps it so as well. What several keep comes back when
// the last of them lets go, and by nobody's hand before: not by another fault's healing, not by a supervisor,
// not by power that returns under it. So the outage is the union of what was asked for, in any order of ends,
// and a fault that asks for nothing more than others do changes nothing.
//
//   take_down(scene, process, How::crash);   // strike: does it or finds it done, and says which
//   bring_up(scene, process);                // heal: lets go; says whether it came back, or who keeps it
//
// A miss that outlasts the others has done something after all, and reports it: "kept x down". A machine that
// gets its power back starts what ran when the power went and what somebody wanted up meanwhile, except what
// a fault keeps down (sim/process.hpp: keep_down).
//
// The same for processes that are paused (of one incarnation: a restart ends the pause), machines without
// power (a machine, or its zone) and clocks that stand still. Conditions that add up need none of this:
// delays, slow disks, throttles and drifts are each imposed and taken away for themselves.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/clock.hpp"
#include "sim/simulation.hpp"

namespace wrackline::faults {

class Scene;

/// What is kept as it is, and by whom. Part of the World of faults.
class Claims {
 public:
  enum class State : std::uint8_t { down, paused, dark, clock_stopped };
  struct Thing {
    State state;
    sim::EntityId entity;
    std::uint32_t incarnation = 0;  ///< of a pause
    bool operator==(const Thing&) const = default;
  };
  struct Released {
    bool held = false;  ///< by this one, until now
    bool made = false;  ///< this one had brought it about
    bool last = false;  ///< nobody keeps it any more
    bool kept = false;  ///< it would have ended before, but for this one
  };

  void take(const Thing& thing, const Scene& by, bool made);
  Released let_go(const Thing& thing, const Scene& by, sim::Time now);

 private:
  struct Claim {
    Thing thing;
    const Scene* by;
    bool made;
    sim::Time without_others = sim::kNever;  ///< since when only those who had missed keep it
  };
  std::vector<Claim> claims_;
};

enum class How : std::uint8_t { crash, stop };
void take_down(Scene& scene, sim::Process& process, How how);
/// Nothing, if the scene does not keep it down.
void bring_up(Scene& scene, sim::Process& process);

void pause(Scene& scene, sim::Process& process);
/// `incarnation`: the one that was paused.
void resume(Scene& scene, sim::Process& process, std::uint32_t incarnation);

/// Returns whether it had power until now; the caller says what that did. `missed`: "was gone already".
bool power_off(Scene& scene, sim::Node& node, std::string_view missed);
/// `back`: "back: ".
void power_on(Scene& scene, sim::Node& node, std::string_view back);

void stop_clock(Scene& scene, sim::Node& node, sim::NodeClock::Frozen which);
/// Of several, the last one's `catch_up` counts.
void start_clock(Scene& scene, sim::Node& node, bool catch_up);

}  // namespace wrackline::faults

#include "faults/lever_fault.hpp"

#include <fmt/format.h>

namespace wrackline::faults {

void LeverFault::strike(Scene& scene) {
  std::vector<std::string> arguments{scene.target};
  for (const ParamDef& param : type().params) {
    switch (param.type) {
      case ParamType::duration:
      case ParamType::offset:
        arguments.push_back(fmt::format("{}", scene.duration(param.name).count()));
        break;
      case ParamType::count:
        arguments.push_back(fmt::format("{}", scene.count(param.name)));
        break;
      case ParamType::number:
      case ParamType::bytes_per_second:
        arguments.push_back(fmt::format("{}", scene.number(param.name)));
        break;
      case ParamType::ratio:
        arguments.push_back(scene.ratio(param.name).to_string());
        break;
      case ParamType::flag:
        arguments.emplace_back(scene.flag(param.name) ? "true" : "false");
        break;
      case ParamType::choice:
      case ParamType::text:
        arguments.push_back(scene.text(param.name));
        break;
    }
  }
  if (type().lasts) arguments.push_back(fmt::format("{}", scene.lasts.count()));
  const sim::LeverOutcome outcome = scene.world.sim.levers().pull(type().name, arguments);
  if (outcome.did_act()) {
    scene.did(outcome.what);
  } else {
    scene.missed(outcome.what);
  }
}

}  // namespace wrackline::faults

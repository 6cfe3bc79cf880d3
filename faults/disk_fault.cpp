#include "faults/disk_fault.hpp"

#include <fmt/format.h>

namespace wrackline::faults {

void DiskFault::strike(Scene& scene) {
  for (sim::Disk* disk : scene.disks()) {
    const std::uint64_t before = effects(disk->counts());
    hits_.push_back({disk, before, disk->impose(condition(scene))});
  }
  if (hits_.empty()) scene.missed("the targets have no disk");
}

void DiskFault::heal(Scene& scene) {
  for (Hit& hit : hits_) {
    const std::uint64_t count = effects(hit.disk->counts()) - hit.before;
    hit.handle.end();
    const std::string text = fmt::format("{}: {} {}", hit.disk->name(), count, effect());
    if (count > 0) {
      scene.did(text, count);
    } else {
      scene.missed(text);
    }
  }
}

}  // namespace wrackline::faults

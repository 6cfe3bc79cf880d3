// What each delivery guarantee permits: a table of anomalies. Anything that is not permitted is a violation.
//
// The classes are those of kafka.md 6.1: EO (no acknowledged loss, no duplicate effect), ALO (no acknowledged
// loss), AMO (no duplicate effect). Permitted everywhere: late_dropped and what follows from a wrong clock
// (wrongly_late, premature_fire), since a guarantee of delivery says nothing about time; a scenario that
// minds says so in `expect`. Losses that the application was told about, or could not be told about, are
// permitted everywhere too (kafka.md: UL is not AL); an acknowledged loss is permitted by at_most_once and
// none only.
#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string_view>

#include "analysis/names/anomaly.hpp"

namespace wrackline::analysis {

enum class Guarantee : std::uint8_t { none, at_most_once, at_least_once, effectively_once, exactly_once };

using AnomalySet = std::bitset<kAnomalies>;

struct GuaranteeInfo {
  Guarantee guarantee;
  std::string_view name;
  std::string_view doc;
  std::span<const Anomaly> permits;
  bool permits_acknowledged_loss = false;  ///< an event that was acknowledged may have the fate `lost`
  bool permits_sink_duplicates = false;    ///< a reader of the sink may see an event's effect twice
};

std::span<const GuaranteeInfo> guarantees();
const GuaranteeInfo& info_of(Guarantee guarantee);
std::string_view name_of(Guarantee guarantee);
std::optional<Guarantee> find_guarantee(std::string_view name);
AnomalySet permitted_by(Guarantee guarantee);

}  // namespace wrackline::analysis

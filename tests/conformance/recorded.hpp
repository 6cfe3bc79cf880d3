// Runs the recorded cases that travel with the repository (vectors/<kind>.jsonl.gz) through the driver of
// their kind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wrackline::conform {

struct Tally {
  std::size_t cases = 0;
  std::size_t agree = 0;
  std::vector<std::string> not_modelled;  ///< "id: what is missing"
  std::vector<std::string> differ;        ///< "id, step n: expected ..., got ..."
};

/// `kind` as in the cases, e.g. "kafka.sender".
Tally run_recorded(std::string_view kind);

}  // namespace wrackline::conform

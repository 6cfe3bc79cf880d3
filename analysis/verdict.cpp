#include "analysis/verdict.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace wrackline::analysis {

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, 3> kNames{"pass", "inconclusive", "fail"};
  return kNames[static_cast<std::size_t>(outcome)];
}

void Verdict::add(Outcome outcome_of_reason, std::string code, std::string text) {
  add({outcome_of_reason, std::move(code), std::move(text), 1});
  arrange();
}

void Verdict::merge(const Verdict& other) {
  outcome = std::max(outcome, other.outcome);
  for (const Reason& reason : other.reasons) add(reason);
  arrange();
}

void Verdict::add(const Reason& reason) {
  outcome = std::max(outcome, reason.outcome);
  for (Reason& known : reasons) {
    if (known.outcome == reason.outcome && known.code == reason.code && known.text == reason.text) {
      known.runs += reason.runs;
      return;
    }
  }
  reasons.push_back(reason);
}

void Verdict::arrange() {
  std::sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return std::tie(b.outcome, a.code, a.text) < std::tie(a.outcome, b.code, b.text);
  });
}

}  // namespace wrackline::analysis

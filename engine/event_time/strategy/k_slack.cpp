// W9 K-slack: K is the greatest lateness so far, W = M - K - 1. It only ever grows.
//
// Modelled: MP-K-slack (Mutschler, Philippsen, IPDPS 2013) with the switches of its well-known
// implementations: a start value, a cap, a time-out that passes everything on when the source is quiet, and
// `discard`, under which records that are behind teach it nothing. On iid continuous lateness K changes H_n
// times in n records.
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

class KSlack {
 public:
  explicit KSlack(const Spec& spec)
      : k_ms_{spec.integer("k0")},
        max_k_ms_{spec.integer("max_k")},
        timeout_ms_{spec.integer("timeout")},
        discard_{spec.integer("discard") != 0} {}

  bool update(const Observation& seen, std::int64_t lateness_ms, bool behind) {
    last_ms_ = seen.arrival_ms;
    flushing_ = false;
    if (lateness_ms <= k_ms_ || (discard_ && behind)) return false;
    const std::int64_t before = k_ms_;
    k_ms_ = std::max(k_ms_, std::min(lateness_ms, max_k_ms_));
    return k_ms_ != before;
  }
  bool tick(std::int64_t now_ms) {
    if (timeout_ms_ > 0 && now_ms - last_ms_ >= timeout_ms_) flushing_ = true;
    return flushing_;
  }
  std::int64_t slack_ms() const { return flushing_ ? 0 : k_ms_; }
  std::size_t bytes() const { return 0; }

 private:
  std::int64_t k_ms_;
  std::int64_t max_k_ms_;
  std::int64_t timeout_ms_;
  std::int64_t last_ms_ = 0;
  bool discard_;
  bool flushing_ = false;
};

}  // namespace

const StrategyType& k_slack_strategy() {
  static const StrategyType type{
      .name = "k_slack",
      .id = "W9",
      .doc = "The greatest lateness so far is the bound; it only grows.",
      .source = "Mutschler, Philippsen, IPDPS 2013; defaults as in the Siddhi extension",
      .parameters = {duration("k0", "0s", 0, kYearMs, "The bound to start with."),
                     duration("max_k", "36525d", 0, 36525 * kDayMs, "The bound never exceeds this."),
                     duration("timeout", "0s", 0, kYearMs,
                              "After so long without a record all is passed on; 0: never."),
                     {"discard", ParameterType::boolean, "false", 0, 1,
                      "Records that are behind do not enlarge the bound."},
                     max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        return std::make_unique<SlackGenerator<KSlack>>(KSlack{spec}, spec.integer("max_silence"));
      },
      .check =
          [](const Spec& spec, std::vector<std::string>& problems) {
            if (spec.integer("k0") > spec.integer("max_k"))
              problems.push_back("k_slack: k0 is greater than max_k");
          },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy

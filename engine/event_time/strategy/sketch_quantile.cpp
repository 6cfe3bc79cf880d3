// W12 sketch quantile: as the sliding quantile, in bounded memory: two sketches of n records that take turns,
// so that the bound is judged over the last n to 2 n records and old ones are forgotten.
//
// The bound is renewed every `refresh` records, and with every one of the first `refresh`. DDSketch answers
// within the relative error alpha, the t-digest within a rank error that shrinks towards the tails.
#include <utility>

#include "engine/event_time/sketch/dd_sketch.hpp"
#include "engine/event_time/sketch/t_digest.hpp"
#include "engine/event_time/strategy/parameters.hpp"
#include "engine/event_time/strategy/slack_generator.hpp"

namespace wrackline::event_time::strategy {
namespace {

template <class Sketch>
class SketchQuantile {
 public:
  SketchQuantile(const Spec& spec, const Sketch& empty)
      : p_{spec.number("p")},
        n_{static_cast<std::uint64_t>(spec.integer("n"))},
        refresh_{static_cast<std::uint64_t>(spec.integer("refresh"))},
        current_{empty},
        previous_{empty},
        both_{empty} {}

  bool update(const Observation&, std::int64_t lateness_ms, bool) {
    current_.add(lateness_ms);
    ++seen_;
    if (seen_ > refresh_ && seen_ % refresh_ != 0) return false;
    const std::int64_t before = std::exchange(slack_ms_, whole_ms(quantile_of_both()));
    if (current_.count() >= n_) {
      std::swap(current_, previous_);
      current_.clear();
    }
    return slack_ms_ != before;
  }
  std::int64_t slack_ms() const { return slack_ms_; }
  std::size_t bytes() const { return current_.bytes() + previous_.bytes() + both_.bytes(); }

 private:
  double quantile_of_both() {
    if constexpr (requires { current_.quantile_with(previous_, p_); }) {
      return current_.quantile_with(previous_, p_);
    } else {
      both_.clear();
      both_.merge(previous_);
      both_.merge(current_);
      return both_.quantile(p_);
    }
  }

  double p_;
  std::uint64_t n_;
  std::uint64_t refresh_;
  std::uint64_t seen_ = 0;
  std::int64_t slack_ms_ = 0;
  Sketch current_;
  Sketch previous_;
  Sketch both_;
};

template <class Sketch>
std::unique_ptr<Generator> make_with(const Spec& spec, Sketch empty) {
  return std::make_unique<SlackGenerator<SketchQuantile<Sketch>>>(
      SketchQuantile<Sketch>{spec, std::move(empty)}, spec.integer("max_silence"));
}

}  // namespace

const StrategyType& sketch_quantile_strategy() {
  static const StrategyType type{
      .name = "sketch_quantile",
      .id = "W12",
      .doc = "A quantile of recent lateness from two rotating sketches: bounded memory.",
      .source = "DDSketch (VLDB 2019), t-digest",
      .parameters = {quantile(),
                     {.name = "sketch",
                      .type = ParameterType::choice,
                      .default_text = "ddsketch",
                      .min = 0,
                      .max = 1,
                      .doc = "Which sketch.",
                      .choices = {"ddsketch", "tdigest"}},
                     integer("n", "1000", 1, 1e12, "Records after which the sketches take turns."),
                     {.name = "alpha",
                      .type = ParameterType::ratio,
                      .default_text = "0.01",
                      .min = 0.0001,
                      .max = 0.5,
                      .doc = "Of ddsketch: relative error of the bound."},
                     integer("max_bins", "2048", 16, 65536,
                             "Of ddsketch: bins; the lowest collapse beyond that."),
                     number("compression", "100", 10, 10000,
                            "Of tdigest: accuracy, and number of centroids."),
                     integer("refresh", "32", 1, 1e6, "The bound is renewed every so many records."),
                     max_silence()},
      .adaptive = true,
      .make = [](const Spec& spec) -> std::unique_ptr<Generator> {
        if (spec.integer("sketch") == 0) {
          return make_with(spec, sketch::DDSketch{spec.number("alpha"),
                                                  static_cast<std::size_t>(spec.integer("max_bins"))});
        }
        return make_with(spec, sketch::TDigest{spec.number("compression")});
      },
  };
  return type;
}

}  // namespace wrackline::event_time::strategy

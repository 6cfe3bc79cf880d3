// When does a source make its records? A base rate, how regular the gaps are, and how the rate changes over
// time.
//
// Modelled: constant gaps and a Poisson process; a rate that is steady, bursts on and off (fixed or
// exponential lengths), or follows a repeating day of pieces. All of them by the same change of time: a gap
// is drawn as an amount of *work* at the base rate, and time runs through it as fast as the rate factor of
// the moment says. So a lever that changes the rate in the middle of a gap shortens or stretches what is left
// of it, as in a real Poisson process. Not modelled: self-similar traffic, closed loops (sources do not wait
// for answers).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace wrackline::workload {

struct SteadyRate {};

/// The rate alternates between bursts and quiet.
struct BurstyRate {
  sim::Duration quiet{};
  sim::Duration burst{};
  double quiet_factor = 0;  ///< 0: nothing between the bursts
  double burst_factor = 1;
  bool random_lengths = false;  ///< both exponential with these means (an interrupted Poisson process)
  bool burst_first = false;

  /// Everything falls into the first `on_share` (0 < share < 1) of each period; the mean rate stays.
  static BurstyRate on_off(sim::Duration period, double on_share);
};

/// The rate repeats with a period, e.g. a day.
struct DiurnalRate {
  struct Piece {
    sim::Duration from{};  ///< within the period; the first piece starts at 0, they ascend
    double factor = 1;
  };
  std::vector<Piece> pieces;
  sim::Duration period{};

  /// 1 + swing * sin over the period, in steps of a 96th (a quarter of an hour of a day); 0 <= swing <= 1.
  static DiurnalRate sine(sim::Duration period, double swing);
};

struct ArrivalLaw {
  enum class Spacing : std::uint8_t {
    constant,  ///< one record every 1 / rate; the first one gap after the start
    poisson,
  };
  Spacing spacing = Spacing::poisson;
  double records_per_second = 1;
  std::variant<SteadyRate, BurstyRate, DiurnalRate> shape = SteadyRate{};

  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;
};

class ArrivalProcess {
 public:
  ArrivalProcess(const ArrivalLaw& law, std::uint64_t seed, const std::string& entity, sim::Time start);

  /// When the next record is made; kNever while the rate is 0 for good.
  sim::Time next() const { return next_; }
  /// Takes it and draws the one after.
  void pop() {
    if (!plain_) {
      walk_ = at_next_;
      draw();
      return;
    }
    // A steady rate, the usual case: no pieces to walk through, nothing to remember but the time.
    walk_.at_ns = at_next_.at_ns;
    walk_.fraction = at_next_.fraction;
    work_ = poisson_ ? mean_gap_ns_ * unit_exponential_.sample(gaps_) : mean_gap_ns_;
    step(at_next_, lever_ == 1 ? work_ : work_ / lever_);
    next_ = sim::from_ns(at_next_.at_ns);
  }
  /// From `now` (not after next(), not before the last record) on, the rate is `factor` times what the law
  /// says.
  void set_rate_factor(sim::Time now, double factor);
  double rate_factor() const { return lever_; }
  /// The mean distance of records at the base rate.
  std::int64_t mean_gap_ns() const { return static_cast<std::int64_t>(mean_gap_ns_); }

 private:
  /// A position on the time axis, to a fraction of a nanosecond, and the piece of constant rate around it.
  struct Walk {
    std::int64_t at_ns = 0;
    double fraction = 0;  ///< [0, 1)
    double factor = 1;
    std::int64_t piece_end_ns = 0;
    std::size_t piece = 0;
    sim::Stream lengths{0};
  };

  static void step(Walk& walk, double ns) {
    const double moved = walk.fraction + ns;
    const auto whole = static_cast<std::int64_t>(moved);
    walk.at_ns += whole;
    walk.fraction = moved - static_cast<double>(whole);
  }
  void draw();
  void next_piece(Walk& walk) const;
  /// Moves on by `work` (ns at the base rate); false if that never comes to an end.
  bool go(Walk& walk, double work) const;
  /// The work done from the walk's position to `until`, moving there.
  double go_until(Walk& walk, std::int64_t until_ns) const;

  ArrivalLaw law_;
  sim::Distribution unit_exponential_ = sim::Distribution::exponential(1);
  bool poisson_;
  bool plain_ = false;  ///< a steady rate that is not 0
  double mean_gap_ns_ = 0;
  double lever_ = 1;
  sim::Stream gaps_;
  Walk walk_;        ///< at the last record (or the start, or the last change of the lever)
  Walk at_next_;     ///< at the next one
  double work_ = 0;  ///< between the two
  sim::Time next_ = sim::kNever;
};

}  // namespace wrackline::workload

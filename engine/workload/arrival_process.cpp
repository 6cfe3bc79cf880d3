#include "engine/workload/arrival_process.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/math.hpp"

namespace wrackline::workload {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
constexpr double kSecondNs = 1e9;
/// Nothing that takes longer than this (about 146 years) happens in a run.
constexpr double kTooLongNs = 4.6e18;
/// Mean gaps above this (11 days) are walked with care: the next record may be out of reach.
constexpr double kLongGapNs = 1e15;

void check(std::vector<std::string>& found, const BurstyRate& rate) {
  if (rate.quiet <= sim::Duration::zero() || rate.burst <= sim::Duration::zero())
    found.push_back("bursts: both the quiet time and the burst must last longer than 0");
  if (!(rate.quiet_factor >= 0) || !(rate.burst_factor >= 0) || !(rate.quiet_factor + rate.burst_factor > 0))
    found.push_back("bursts: the factors must be 0 or more, and one of them greater than 0");
}

void check(std::vector<std::string>& found, const DiurnalRate& rate) {
  if (rate.period <= sim::Duration::zero()) found.push_back("diurnal rate: the period must be longer than 0");
  if (rate.pieces.empty() || rate.pieces.front().from != sim::Duration::zero()) {
    found.push_back("diurnal rate: the first piece must start at 0");
    return;
  }
  bool any = false;
  for (std::size_t i = 0; i < rate.pieces.size(); ++i) {
    const auto& piece = rate.pieces[i];
    if (piece.from >= rate.period || (i > 0 && piece.from <= rate.pieces[i - 1].from))
      found.push_back(
          fmt::format("diurnal rate: piece {} must start after the one before and within the period", i));
    if (!(piece.factor >= 0))
      found.push_back(fmt::format("diurnal rate: the factor of piece {} must be 0 or more", i));
    any = any || piece.factor > 0;
  }
  if (!any) found.push_back("diurnal rate: one of the factors must be greater than 0");
}

void check(std::vector<std::string>&, const SteadyRate&) {}

}  // namespace

BurstyRate BurstyRate::on_off(sim::Duration period, double on_share) {
  assert(on_share > 0 && on_share < 1);
  const sim::Duration burst{static_cast<std::int64_t>(static_cast<double>(period.count()) * on_share)};
  return {.quiet = period - burst, .burst = burst, .burst_factor = 1 / on_share, .burst_first = true};
}

DiurnalRate DiurnalRate::sine(sim::Duration period, double swing) {
  assert(swing >= 0 && swing <= 1);
  constexpr int kSteps = 96;
  DiurnalRate rate{.pieces = {}, .period = period};
  for (int step = 0; step < kSteps; ++step) {
    // The rate of a step is that of its middle.
    const double factor = 1 + swing * sim::math::sin_turns((step + 0.5) / kSteps);
    rate.pieces.push_back({period / kSteps * step, factor});
  }
  return rate;
}

std::vector<std::string> ArrivalLaw::problems() const {
  std::vector<std::string> found;
  if (!(records_per_second > 0) || records_per_second > 1e9)
    found.push_back(
        fmt::format("the rate must be greater than 0 and at most 1e9 records/s, not {}", records_per_second));
  std::visit([&](const auto& rate) { check(found, rate); }, shape);
  return found;
}

ArrivalProcess::ArrivalProcess(const ArrivalLaw& law, std::uint64_t seed, const std::string& entity,
                               sim::Time start)
    : law_{law},
      poisson_{law.spacing == ArrivalLaw::Spacing::poisson},
      mean_gap_ns_{kSecondNs / law.records_per_second},
      gaps_{seed, entity, "arrival gaps"} {
  assert(law.problems().empty());
  walk_.at_ns = sim::to_ns(start);
  walk_.lengths = sim::Stream{seed, entity, "burst lengths"};
  walk_.piece_end_ns = walk_.at_ns;
  if (const auto* diurnal = std::get_if<DiurnalRate>(&law_.shape)) {
    // The period is counted from the start of the run, where the true wall clock shows midnight.
    const std::int64_t into = walk_.at_ns % diurnal->period.count();
    while (walk_.piece + 1 < diurnal->pieces.size() && diurnal->pieces[walk_.piece + 1].from.count() <= into)
      ++walk_.piece;
    const bool last = walk_.piece + 1 == diurnal->pieces.size();
    walk_.piece_end_ns =
        walk_.at_ns - into + (last ? diurnal->period : diurnal->pieces[walk_.piece + 1].from).count();
    walk_.factor = diurnal->pieces[walk_.piece].factor;
  } else if (std::holds_alternative<BurstyRate>(law_.shape)) {
    walk_.piece = std::get<BurstyRate>(law_.shape).burst_first ? 0 : 1;
    next_piece(walk_);
  } else {
    walk_.piece_end_ns = kForever;
    plain_ = mean_gap_ns_ < kLongGapNs;
  }
  draw();
}

void ArrivalProcess::next_piece(Walk& walk) const {
  walk.at_ns = walk.piece_end_ns;
  walk.fraction = 0;
  if (const auto* bursty = std::get_if<BurstyRate>(&law_.shape)) {
    walk.piece = 1 - walk.piece;
    const bool burst = walk.piece == 1;
    auto length = static_cast<double>((burst ? bursty->burst : bursty->quiet).count());
    if (bursty->random_lengths) length *= unit_exponential_.sample(walk.lengths);
    walk.factor = burst ? bursty->burst_factor : bursty->quiet_factor;
    walk.piece_end_ns +=
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::fmin(length, kTooLongNs / 1024)));
  } else if (const auto* diurnal = std::get_if<DiurnalRate>(&law_.shape)) {
    const std::size_t ended = walk.piece;
    walk.piece = (ended + 1) % diurnal->pieces.size();
    walk.factor = diurnal->pieces[walk.piece].factor;
    const bool last = walk.piece + 1 == diurnal->pieces.size();
    walk.piece_end_ns += (last ? diurnal->period : diurnal->pieces[walk.piece + 1].from).count() -
                         diurnal->pieces[walk.piece].from.count();
  }
}

bool ArrivalProcess::go(Walk& walk, double work) const {
  if (lever_ == 0) return false;
  while (true) {
    const double speed = walk.factor * lever_;
    const double room = walk.piece_end_ns == kForever
                            ? kTooLongNs
                            : static_cast<double>(walk.piece_end_ns - walk.at_ns) - walk.fraction;
    const double needed = speed > 0 ? work / speed : kTooLongNs;
    if (needed < room) {
      step(walk, needed);
      return true;
    }
    if (walk.piece_end_ns == kForever || static_cast<double>(walk.piece_end_ns) > kTooLongNs) return false;
    work -= room * speed;
    next_piece(walk);
  }
}

double ArrivalProcess::go_until(Walk& walk, std::int64_t until_ns) const {
  double work = 0;
  while (walk.piece_end_ns <= until_ns) {
    work += (static_cast<double>(walk.piece_end_ns - walk.at_ns) - walk.fraction) * walk.factor * lever_;
    next_piece(walk);
  }
  work += (static_cast<double>(until_ns - walk.at_ns) - walk.fraction) * walk.factor * lever_;
  walk.at_ns = until_ns;
  walk.fraction = 0;
  return work;
}

void ArrivalProcess::draw() {
  work_ = poisson_ ? mean_gap_ns_ * unit_exponential_.sample(gaps_) : mean_gap_ns_;
  at_next_ = walk_;
  next_ = go(at_next_, work_) ? sim::from_ns(at_next_.at_ns) : sim::kNever;
}

void ArrivalProcess::set_rate_factor(sim::Time now, double factor) {
  assert(factor >= 0);
  const std::int64_t now_ns = sim::to_ns(now);
  assert(now <= next_);
  if (now_ns > walk_.at_ns) work_ = std::fmax(0.0, work_ - go_until(walk_, now_ns));
  lever_ = factor;
  plain_ = walk_.piece_end_ns == kForever && mean_gap_ns_ < kLongGapNs * factor;
  at_next_ = walk_;
  next_ = go(at_next_, work_) ? sim::from_ns(at_next_.at_ns) : sim::kNever;
}

}  // namespace wrackline::workload

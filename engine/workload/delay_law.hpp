// How long records take from their creation to the producer: any law of sim/distribution.hpp, drawn for each
// record by itself (a law of stalls: in time), or one of two laws under which neighbours hang together.
//
//   BatchUpload     a device collects, and uploads at fixed times: what was made between two uploads waits
//   for
//                   the next one and arrives together with it, so delays fall like a saw's teeth. An upload
//                   may fail, again and again, and is then repeated later: the rare backlog of several
//                   periods (science.md 6.1, industrial machines and city buses).
//   Autoregressive  each delay is like the one before it: a Gaussian copula with correlation lag1 from record
//                   to record over any marginal law that has a quantile function (science.md 6.3: lag-1 of
//                   log delay).
//
// Not modelled: dependence on the load (queues in the network), memory longer than one record.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace wrackline::workload {

struct BatchUpload {
  sim::Duration period{};                  ///< between uploads, of each producer from a phase of its own on
  sim::Distribution transfer{};              ///< of a whole upload
  sim::Ratio fails = sim::Ratio::never();  ///< an upload fails at first
  sim::Ratio fails_again = sim::Ratio::never();  ///< a repetition fails too
  sim::Duration retry{};                         ///< until it is repeated
};

struct Autoregressive {
  sim::Distribution marginal;  ///< has a quantile function
  double lag1 = 0;             ///< of normal scores, from -1 to 1 exclusive
};

class DelayLaw {
 public:
  using Any = std::variant<sim::Distribution, BatchUpload, Autoregressive>;

  DelayLaw() = default;
  DelayLaw(sim::Distribution law) : law_{std::move(law)} {}  // NOLINT: a distribution is a law of delays
  DelayLaw(BatchUpload law) : law_{std::move(law)} {}        // NOLINT
  DelayLaw(Autoregressive law) : law_{std::move(law)} {}     // NOLINT

  /// Certainly always zero.
  bool is_zero() const;
  const Any& law() const { return law_; }
  /// What is impossible about it, in words; empty if nothing.
  std::vector<std::string> problems() const;

 private:
  Any law_;
};

/// The delays of one producer, record after record. Ask in order of creation.
class DelayProcess {
 public:
  DelayProcess(const DelayLaw& law, std::uint64_t seed, const std::string& entity);
  sim::Duration next(sim::Time created) {
    if (plain_) return independent_.next(created);
    return next_dependent(created);
  }

 private:
  sim::Duration next_dependent(sim::Time created);
  sim::Duration upload_after(const BatchUpload& law, sim::Time created);

  DelayLaw law_;
  bool plain_;
  sim::DelayProcess independent_;
  sim::Stream draws_;
  sim::Distribution unit_normal_ = sim::Distribution::normal(0, 1);
  double score_ = 0;  ///< of the record before, standard normal
  bool any_ = false;
  std::int64_t phase_ns_ = 0;
  sim::Decider uploads_;
};

}  // namespace wrackline::workload

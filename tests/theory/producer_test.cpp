// V14, V15: batching and retries, with the real accumulator and sender (science.md 4.5, 4.6).
#include <cmath>
#include <vector>

#include "engine/workload/source.hpp"
#include "tests/kafka_producer/rig.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::theory {
namespace {

using kafka::Nanos;

struct Batching {
  double mean_wait_ms = 0;
  double records_per_batch = 0;
  double waited_in_full = 0;  ///< share of the records that waited exactly linger.ms
};

/// Poisson arrivals into one partition, every request answered at once: what remains is the wait for the
/// batch to close.
Batching batch_up(double rate_per_second, std::int64_t linger_ms, std::uint64_t records) {
  auto config = kafka::plain();
  config.linger_ms = linger_ms;
  config.batch_size = 1 << 20;
  kafka::Rig rig{config};
  workload::SourceOptions options;
  options.name = "V14";
  options.arrivals.records_per_second = rate_per_second;
  options.count = records;
  workload::Source source{options, 1};

  workload::ArrivalBatch batch;
  std::vector<Nanos> waiting;
  double wait_ns = 0;
  std::uint64_t batches = 0;
  std::uint64_t in_full = 0;
  rig.now = 0;
  const auto send_due = [&] {
    rig.run();
    for (const auto& request : rig.outbox.produce) {
      ++batches;
      for (const Nanos arrived : waiting) {
        wait_ns += static_cast<double>(rig.now - arrived);
        if (rig.now - arrived == kafka::ms(linger_ms)) ++in_full;
      }
      waiting.clear();
      rig.respond(request, kafka::Errors::none, 0);
    }
    rig.completed();
  };
  while (!source.exhausted() || !waiting.empty()) {
    const Nanos arrival = sim::to_ns(source.next_event());
    const Nanos wake_up = waiting.empty() ? kafka::kNeverNanos : rig.sender.next_wakeup(rig.now);
    if (wake_up <= arrival) {
      rig.now = wake_up;
      send_due();
      continue;
    }
    rig.now = arrival;
    batch.clear();
    source.pull(sim::from_ns(arrival), batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      rig.append();
      waiting.push_back(arrival);
    }
    send_due();
  }
  const auto n = static_cast<double>(records);
  return {wait_ns / n / 1e6, n / static_cast<double>(batches), static_cast<double>(in_full) / n};
}

TEST_CASE("V14: linger.ms: mean wait and size of a batch") {
  for (const double rate : {100.0, 1000.0, 10'000.0}) {
    const double x = rate * 0.005;
    CAPTURE(rate);
    const Batching measured = batch_up(rate, 5, 400'000);
    CHECK(measured.mean_wait_ms == Approx(5 * (1 + x / 2) / (1 + x)).epsilon(0.01));
    CHECK(measured.records_per_batch == Approx(1 + x).epsilon(0.01));
    CHECK(measured.waited_in_full == Approx(1 / (1 + x)).epsilon(0.01));
  }
}

struct Retries {
  double copies = 0;
  double never_stored = 0;
  double told_failed = 0;
  double attempts = 0;
};

/// One record at a time; a request is lost with probability `lost_request`, an answer with `lost_answer`.
Retries send_with_losses(double lost_request, double lost_answer, std::int32_t retries, int records) {
  auto config = kafka::plain();
  config.retries = retries;
  kafka::Rig rig{config};
  sim::Stream fate{1, "V15", "losses"};
  Retries sum;
  for (int n = 0; n < records; ++n) {
    rig.append();
    int copies = 0;
    bool failed = false;
    for (bool done = false; !done;) {
      rig.run();
      REQUIRE(rig.outbox.produce.size() == 1);
      const auto& request = rig.outbox.produce[0];
      sum.attempts += 1;
      const bool arrives = fate.unit() >= lost_request;
      if (arrives) ++copies;
      if (arrives && fate.unit() >= lost_answer) {
        rig.respond(request, kafka::Errors::none, copies);
      } else {
        rig.sender.handle_lost(request.correlation, rig.now);
      }
      for (const kafka::Completion& completion : rig.completed()) {
        done = true;
        failed = completion.told != sim::Told::acknowledged;
      }
      // The next attempt is made at once: the rig retries without backoff.
    }
    sum.copies += copies;
    sum.never_stored += copies == 0 ? 1 : 0;
    sum.told_failed += failed ? 1 : 0;
  }
  const auto n = static_cast<double>(records);
  return {sum.copies / n, sum.never_stored / n, sum.told_failed / n, sum.attempts / n};
}

TEST_CASE("V15: retries without idempotence: copies, losses, failures, attempts") {
  const Retries measured = send_with_losses(0.2, 0.1, 2, 1'000'000);
  CHECK(measured.copies == Approx(1.08672).epsilon(0.001));
  CHECK(measured.never_stored == Approx(0.008).epsilon(0.05));
  CHECK(measured.told_failed == Approx(0.021952).epsilon(0.03));
  CHECK(measured.attempts == Approx(1.3584).epsilon(0.001));
}

}  // namespace
}  // namespace wrackline::theory

#include "scenarios/run/campaign.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

namespace wrackline::scenarios {

namespace {

constexpr std::uint64_t kAhead = 64;

/// The shared state of the threads: who takes which run, and whose result is next.
class Campaign {
 public:
  Campaign(const Plan& plan, const CampaignOptions& options, RunOne run_one, const ResultSink& sink)
      : plan_(plan),
        options_(options),
        run_one_(run_one),
        sink_(sink),
        total_(plan.cells.size() * plan.seeds.size()) {}

  CampaignEnd run() {
    const auto threads = static_cast<unsigned>(
        std::clamp<std::uint64_t>(options_.threads, 1, std::max<std::uint64_t>(total_, 1)));
    ahead_ = kAhead * threads;
    std::vector<std::jthread> workers;
    for (unsigned i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
    work();
    workers.clear();  // joins
    if (error_) std::rethrow_exception(error_);
    return delivered_ == total_ ? CampaignEnd::kComplete : CampaignEnd::kStopped;
  }

 private:
  struct Finished {
    std::vector<analysis::RunResult> results;
    std::exception_ptr error;
  };

  RunTask task(std::uint64_t index) const {
    return {plan_, plan_.cells[index / plan_.seeds.size()], plan_.seeds[index % plan_.seeds.size()]};
  }
  bool stopped() const { return stopping_ || (options_.stop != nullptr && options_.stop->load()); }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      room_.wait(lock, [&] { return stopped() || next_ >= total_ || next_ < delivered_ + ahead_; });
      if (stopped() || next_ >= total_) break;
      const std::uint64_t index = next_++;
      lock.unlock();
      Finished finished;
      try {
        finished.results = run_one_(task(index));
      } catch (...) {
        finished.error = std::current_exception();
      }
      lock.lock();
      finished_.emplace(index, std::move(finished));
      deliver(lock);
    }
    room_.notify_all();
  }

  /// Hands over what is next in order. One thread at a time; the lock is open while the sink works.
  void deliver(std::unique_lock<std::mutex>& lock) {
    if (delivering_) return;
    delivering_ = true;
    while (!stopping_ && !finished_.empty() && finished_.begin()->first == delivered_) {
      Finished first = std::move(finished_.begin()->second);
      finished_.erase(finished_.begin());
      const RunTask of = task(delivered_);
      lock.unlock();
      bool go_on = false;
      std::exception_ptr error = first.error;
      if (!error) {
        try {
          go_on = sink_(of, std::move(first.results));
          if (options_.progress) options_.progress({delivered_ + 1, total_});
        } catch (...) {
          error = std::current_exception();
        }
      }
      lock.lock();
      error_ = error;
      ++delivered_;
      stopping_ = error != nullptr || !go_on;
      room_.notify_all();
    }
    delivering_ = false;
  }

  const Plan& plan_;
  const CampaignOptions& options_;
  RunOne run_one_;
  const ResultSink& sink_;
  std::uint64_t total_;
  std::uint64_t ahead_ = kAhead;
  std::mutex mutex_;
  std::condition_variable room_;
  std::map<std::uint64_t, Finished> finished_;
  std::uint64_t next_ = 0;
  std::uint64_t delivered_ = 0;  ///< changed under the lock, read by the delivering thread only without it
  bool delivering_ = false;
  std::atomic<bool> stopping_ = false;
  std::exception_ptr error_;
};

}  // namespace

CampaignEnd run_campaign(const Plan& plan, const CampaignOptions& options, RunOne run_one,
                         const ResultSink& sink) {
  assert(run_one != nullptr);
  return Campaign(plan, options, run_one, sink).run();
}

}  // namespace wrackline::scenarios

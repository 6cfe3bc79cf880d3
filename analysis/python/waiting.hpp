// Long work for Python: it runs on a thread of its own that never touches Python, while the calling thread
// waits for it without the GIL and looks every kPoll whether a signal has arrived. So other threads of the
// program run meanwhile, and Ctrl-C ends the work as soon as it looks at its stop flag.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>

namespace wrackline::python {

constexpr std::size_t kLookEvery = 65'536;  ///< rows that long work takes between two looks at its stop flag

/// Waits for work on another thread.
class Wait {
 public:
  static constexpr std::chrono::milliseconds kPoll{50};

  void finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }
  /// True when finished. Without the GIL.
  bool poll() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPoll, [&] { return finished_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false;
};

/// Runs `work(stop)` and answers signals meanwhile; raises what the work or a signal handler raised.
template <class Work>
void interruptible(Work&& work) {
  std::atomic<bool> stop{false};
  std::exception_ptr failed;
  std::exception_ptr raised;
  Wait wait;
  std::thread thread([&] {
    try {
      work(stop);
    } catch (...) {
      failed = std::current_exception();
    }
    wait.finish();
  });
  bool finished = false;
  while (!finished) {
    {
      const pybind11::gil_scoped_release others_may_run;
      finished = wait.poll();
    }
    if (!raised && PyErr_CheckSignals() != 0) {
      raised = std::make_exception_ptr(pybind11::error_already_set());
      stop = true;
    }
  }
  {
    const pybind11::gil_scoped_release others_may_run;
    thread.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (failed) std::rethrow_exception(failed);
}

}  // namespace wrackline::python

#include "sim/cpu.hpp"

#include <algorithm>
#include <cassert>

#include "sim/process.hpp"

namespace wrackline::sim {

namespace {

constexpr std::uint32_t kGap = ~std::uint32_t{0};

std::int64_t scaled(std::int64_t ns, std::int64_t numerator, std::int64_t denominator, bool up) {
  const Wide product = Wide{static_cast<std::uint64_t>(ns)} * static_cast<std::uint64_t>(numerator);
  const Wide divisor = static_cast<std::uint64_t>(denominator);
  return static_cast<std::int64_t>((product + (up ? divisor - 1 : 0)) / divisor);
}

}  // namespace

const WaitKind Cpu::WorkAwaiter::kWorks{[](const void*) { return std::string{"the processor"}; }};

Cpu::Cpu(Simulation& simulation, const std::string& node_name, unsigned servers)
    : simulation_{simulation}, entity_{simulation.entity(node_name + "/cpu")}, servers_{servers} {
  assert(servers > 0);
}

void Cpu::account() {
  busy_server_ns_ += (simulation_.now() - busy_since_).count() * busy_;
  busy_since_ = simulation_.now();
}

Duration Cpu::busy_time() const {
  return Duration{busy_server_ns_ + (simulation_.now() - busy_since_).count() * busy_};
}

Cpu::Ticket Cpu::run(Process& process, Duration cost, Callback done) {
  assert(cost >= Duration{0});
  if (!process.alive()) return {};
  std::uint32_t index = 0;
  if (unused_.empty()) {
    index = static_cast<std::uint32_t>(jobs_.size());
    jobs_.emplace_back();
  } else {
    index = unused_.back();
    unused_.pop_back();
  }
  Job& job = jobs_[index];
  job.process = &process;
  job.done = done;
  job.remaining_ns = cost.count();
  const Ticket ticket{index, job.generation};
  if (process.paused()) {
    job.state = State::frozen;
    frozen_.push_back(index);
  } else {
    enqueue(index);
  }
  return ticket;
}

void Cpu::enqueue(std::uint32_t index) {
  if (busy_ < servers_) {
    serve(index);
  } else {
    jobs_[index].state = State::queued;
    queue_.push_back(index);
  }
}

void Cpu::serve(std::uint32_t index) {
  account();
  ++busy_;
  jobs_[index].state = State::served;
  arm(index);
}

void Cpu::arm(std::uint32_t index) {
  Job& job = jobs_[index];
  job.since = simulation_.now();
  if (speed_ == 0) return;
  const Duration takes{speed_ == kFullSpeed ? job.remaining_ns
                                            : scaled(job.remaining_ns, kFullSpeed, speed_, true)};
  job.completion = simulation_.schedule_after(takes, Callback::to<&Cpu::complete>(*this, index), entity_);
}

/// Takes stock of a job in service and cancels its completion.
void Cpu::interrupt(Job& job) {
  const std::int64_t elapsed_ns = (simulation_.now() - job.since).count();
  job.remaining_ns =
      std::max<std::int64_t>(0, job.remaining_ns - scaled(elapsed_ns, speed_, kFullSpeed, false));
  simulation_.cancel(job.completion);
}

void Cpu::serve_next() {
  while (busy_ < servers_ && queue_next_ < queue_.size()) {
    const std::uint32_t index = queue_[queue_next_++];
    if (index == kGap) {
      --queue_gaps_;
    } else {
      serve(index);
    }
  }
  if (queue_next_ == queue_.size()) {
    queue_.clear();
    queue_next_ = 0;
  } else if (queue_next_ > 1024 && 2 * queue_next_ > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_next_));
    queue_next_ = 0;
  }
}

void Cpu::complete(std::uint64_t which) {
  const std::uint32_t index = static_cast<std::uint32_t>(which);
  const Callback done = jobs_[index].done;
  Process& process = *jobs_[index].process;
  account();
  --busy_;
  free(index);
  serve_next();
  process.deliver(done);
}

void Cpu::free(std::uint32_t index) {
  ++jobs_[index].generation;
  jobs_[index].state = State::unused;
  unused_.push_back(index);
}

void Cpu::remove(std::uint32_t index) {
  Job& job = jobs_[index];
  switch (job.state) {
    case State::unused:
      return;
    case State::served:
      interrupt(job);
      account();
      --busy_;
      break;
    case State::queued:
      *std::find(queue_.begin() + static_cast<std::ptrdiff_t>(queue_next_), queue_.end(), index) = kGap;
      ++queue_gaps_;
      break;
    case State::frozen:
      std::erase(frozen_, index);
      break;
  }
  job.state = State::unused;
}

void Cpu::abandon(Ticket ticket) {
  if (ticket.job >= jobs_.size() || jobs_[ticket.job].generation != ticket.generation) return;
  remove(ticket.job);
  free(ticket.job);
  serve_next();
}

void Cpu::drop(Process& process) {
  for (std::uint32_t index = 0; index < jobs_.size(); ++index) {
    if (jobs_[index].state == State::unused || jobs_[index].process != &process) continue;
    remove(index);
    free(index);
  }
  serve_next();
}

void Cpu::pause(Process& process) {
  auto freeze = [this, &process](std::uint32_t index) {
    if (index == kGap || jobs_[index].process != &process) return;
    remove(index);
    jobs_[index].state = State::frozen;
    frozen_.push_back(index);
  };
  for (std::uint32_t index = 0; index < jobs_.size(); ++index) {
    if (jobs_[index].state == State::served) freeze(index);
  }
  for (std::size_t i = queue_next_; i < queue_.size(); ++i) freeze(queue_[i]);
  serve_next();
}

void Cpu::resume(Process& process) {
  std::vector<std::uint32_t> thawed;
  std::erase_if(frozen_, [&](std::uint32_t index) {
    if (jobs_[index].process != &process) return false;
    thawed.push_back(index);
    return true;
  });
  for (std::uint32_t index : thawed) enqueue(index);
}

void Cpu::set_speed(std::int64_t ppm) {
  assert(ppm >= 0);
  for (Job& job : jobs_) {
    if (job.state == State::served) interrupt(job);
  }
  speed_ = ppm;
  for (std::uint32_t index = 0; index < jobs_.size(); ++index) {
    if (jobs_[index].state == State::served) arm(index);
  }
}

void Cpu::WorkAwaiter::suspend(TaskFrame& task) {
  task_ = &task;
  task.wait_for(kWorks, this);
  ticket_ =
      cpu_.run(static_cast<Process&>(task.scope()), cost_,
               {[](void* waiting, std::uint64_t) { static_cast<TaskFrame*>(waiting)->wake(); }, &task, 0});
}

}  // namespace wrackline::sim

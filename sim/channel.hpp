// Channels between tasks, and from callbacks to tasks: unbounded, first in first out, any number of receivers
// served in the order in which they came. Sending never waits. A bound, where the real system has one, is the
// model's to count.
//
//   Channel<Request> requests{"requests"};
//   requests.send(std::move(request));
//   Request request = co_await requests.receive();
//   std::optional<Request> maybe = co_await requests.receive_for(100ms);
//
// A message is handed to the receiver at send; the receiver runs after the current step. While its process is
// paused it stays unread, and nothing is lost; what was handed to a task that is then cancelled goes back to
// the front. A channel that lives in a process's memory dies with it: keep it in the main task's frame, or
// clear() it at a restart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/waiters.hpp"

namespace wrackline::sim {

/// A first-in-first-out buffer that keeps its memory.
template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void push_back(T value) {
    if (size_ == slots_.size()) grow();
    slots_[(first_ + size_++) & (slots_.size() - 1)].emplace(std::move(value));
  }
  void push_front(T value) {
    if (size_ == slots_.size()) grow();
    first_ = (first_ - 1) & (slots_.size() - 1);
    ++size_;
    slots_[first_].emplace(std::move(value));
  }
  T pop_front() {
    std::optional<T>& slot = slots_[first_];
    T value = std::move(*slot);
    slot.reset();
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
    return value;
  }
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  void grow() {
    std::vector<std::optional<T>> larger(slots_.empty() ? 4 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    slots_ = std::move(larger);
    first_ = 0;
  }
  std::size_t size_ = 0;
  std::size_t first_ = 0;
  std::vector<std::optional<T>> slots_;
};

template <class T>
class Channel {
  struct Received : Waiter {
    explicit Received(Channel& from) : channel{from} {}
    ~Received() {
      // The task was cancelled before it could look at its message. What the dead were handed is lost with
      // them.
      if (message && this->task_->scope().state != TaskScope::State::ended)
        channel.put_back(std::move(*message));
    }
    /// False if a message is there and the task may go on with it.
    bool suspend(TaskFrame& task) {
      this->wait(task, channel.waiters_, kReceives, &channel);
      if (channel.buffer_.empty()) return true;
      this->leave();
      message.emplace(channel.buffer_.pop_front());
      if (task.scope().state != TaskScope::State::paused) return false;
      task.wake();
      return true;
    }
    Channel& channel;
    std::optional<T> message;
  };

 public:
  explicit Channel(std::string name = "a channel") : name_{std::move(name)} {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send(T message) {
    if (waiters_.empty()) {
      buffer_.push_back(std::move(message));
      return;
    }
    Waiter& waiter = waiters_.take();
    static_cast<Received&>(waiter).message.emplace(std::move(message));
    Waiters::wake(waiter);
  }

  std::size_t size() const { return buffer_.size(); }
  bool empty() const { return buffer_.empty(); }
  void clear() { buffer_.clear(); }
  /// Without waiting.
  std::optional<T> try_receive() {
    if (buffer_.empty()) return std::nullopt;
    return buffer_.pop_front();
  }

  class [[nodiscard]] ReceiveAwaiter : Received {
   public:
    using Received::Received;
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> caller) {
      return this->suspend(caller.promise());
    }
    T await_resume() {
      this->task_->resumed();
      T received = std::move(*this->message);
      this->message.reset();
      return received;
    }
  };
  class [[nodiscard]] ReceiveForAwaiter : Received {
   public:
    ReceiveForAwaiter(Channel& from, Duration limit) : Received{from}, limit_{limit} {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> caller) {
      if (!this->suspend(caller.promise())) return false;
      if (!this->message) time_.set(*this, limit_);
      return true;
    }
    std::optional<T> await_resume() {
      time_.lift();
      this->task_->resumed();
      return std::exchange(this->message, std::nullopt);
    }

   private:
    Duration limit_;
    TimeLimit time_;
  };

  ReceiveAwaiter receive() { return ReceiveAwaiter{*this}; }
  /// Nothing if no message came within `limit`.
  ReceiveForAwaiter receive_for(Duration limit) { return {*this, limit}; }

  const std::string& name() const { return name_; }

 private:
  static const WaitKind kReceives;

  void put_back(T message) {
    if (waiters_.empty()) {
      buffer_.push_front(std::move(message));
    } else {
      send(std::move(message));
    }
  }

  Waiters waiters_;
  Ring<T> buffer_;
  std::string name_;
};

template <class T>
inline constexpr WaitKind Channel<T>::kReceives{
    [](const void* channel) { return "a message on " + static_cast<const Channel<T>*>(channel)->name_; }};

}  // namespace wrackline::sim

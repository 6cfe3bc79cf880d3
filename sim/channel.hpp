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

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "sim/waiters.hpp"

namespace wrackline::sim {

/// A first-in-first-out buffer that keeps its memory.
template <class T>
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { clear(); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void push_back(T value) {
    if (size_ == capacity_) grow();
    new (&place(first_ + size_++)) T{std::move(value)};
  }
  void push_front(T value) {
    if (size_ == capacity_) grow();
    ++size_;
    new (&place(--first_)) T{std::move(value)};
  }
  T pop_front() {
    T& front = place(first_++);
    --size_;
    T value = std::move(front);
    front.~T();
    return value;
  }
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  struct alignas(T) Place {
    std::byte bytes[sizeof(T)];
  };
  T& place(std::uint32_t at) { return reinterpret_cast<T&>(places_[at & (capacity_ - 1)]); }
  [[gnu::noinline]] void grow() {
    Ring larger;
    larger.capacity_ = std::max(4U, 2 * capacity_);
    larger.places_ = std::make_unique_for_overwrite<Place[]>(larger.capacity_);
    while (!empty()) larger.push_back(pop_front());
    std::swap(places_, larger.places_);
    std::swap(capacity_, larger.capacity_);
    std::swap(size_, larger.size_);
    first_ = 0;
  }

  std::unique_ptr<Place[]> places_;
  std::uint32_t capacity_ = 0;  ///< a power of two
  std::uint32_t size_ = 0;
  std::uint32_t first_ = 0;  ///< modulo the capacity
};

template <class T>
class Channel {
  struct Received : Waiter {
    explicit Received(Channel& from) : channel{from} {}
    ~Received() {
      if (this->task_ != nullptr) abandon();
    }
    /// False if a message is there and the task may go on with it.
    bool suspend(TaskFrame& task) {
      if (!channel.buffer_.empty()) {
        message.emplace(channel.buffer_.pop_front());
        this->task_ = &task;
        if (task.scope().state != TaskScope::State::paused) return false;
        task.wait_for(kReceives, &channel);
        task.wake();
      } else {
        this->wait(task, channel.waiters_, kReceives, &channel);
      }
      return true;
    }
    void resumed() { std::exchange(this->task_, nullptr)->resumed(); }
    /// The task was cancelled before it could look at its message. What the dead were handed is lost with
    /// them.
    void abandon() {
      this->leave();
      if (message && this->task_->scope().state != TaskScope::State::ended)
        channel.put_back(std::move(*message));
    }
    Channel& channel;
    std::optional<T> message;
  };

 public:
  explicit Channel(std::string name = "a channel")
      : name_{std::make_unique<const std::string>(std::move(name))} {}
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
      this->resumed();
      return std::move(*this->message);
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
      this->resumed();
      return std::move(this->message);
    }

   private:
    Duration limit_;
    TimeLimit time_;
  };

  ReceiveAwaiter receive() { return ReceiveAwaiter{*this}; }
  /// Nothing if no message came within `limit`.
  ReceiveForAwaiter receive_for(Duration limit) { return {*this, limit}; }

  const std::string& name() const { return *name_; }

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
  std::unique_ptr<const std::string> name_;
};

template <class T>
inline constexpr WaitKind Channel<T>::kReceives{
    [](const void* channel) { return "a message on " + static_cast<const Channel<T>*>(channel)->name(); }};

}  // namespace wrackline::sim

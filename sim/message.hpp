// What travels over a connection: a kind, a size on the wire, a correlation and a payload of any movable
// type. The message owns its payload; both come in one piece from the run's arena, so a steady state
// allocates nothing.
//
// Not modelled: encoding. A payload is moved, never copied; what several readers share (a block of records)
// is shared by the payload's own pointer.
#pragma once

#include <cassert>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "sim/frame_arena.hpp"
#include "sim/time.hpp"

namespace wrackline::sim {

namespace detail {

struct PayloadType {
  std::size_t bytes;
  void (*destroy)(void* envelope);  ///< null where there is nothing to do
};

/// The head of a message in memory; the payload follows.
struct Envelope {
  enum class What : std::uint8_t { data, open, opened, closed };
  const PayloadType* type = nullptr;
  Envelope* next = nullptr;  ///< in the queue that it waits in
  Time sent{};
  Time due{};
  std::uint64_t correlation = 0;
  std::uint64_t held_by = 0;  ///< a bit per rule that holds it back
  std::uint32_t kind = 0;
  std::uint32_t bytes = 0;
  What what = What::data;
  std::uint8_t reason = 0;
};

template <class T>
struct EnvelopeOf : Envelope {
  explicit EnvelopeOf(T&& value) : payload{std::move(value)} {}
  T payload;
};

template <class T>
void destroy_envelope(void* envelope) {
  static_cast<EnvelopeOf<T>*>(envelope)->~EnvelopeOf<T>();
}
template <class T>
inline constexpr PayloadType kPayloadType{
    sizeof(EnvelopeOf<T>), std::is_trivially_destructible_v<T> ? nullptr : &destroy_envelope<T>};

inline void discard(Envelope* envelope) {
  const PayloadType* type = envelope->type;
  if (type->destroy != nullptr) type->destroy(envelope);
  FrameArena::release(envelope, type->bytes);
}

/// First in, first out, linked through the envelopes in a ring: one word.
class EnvelopeQueue {
 public:
  EnvelopeQueue() = default;
  EnvelopeQueue(const EnvelopeQueue&) = delete;
  EnvelopeQueue& operator=(const EnvelopeQueue&) = delete;
  ~EnvelopeQueue() { clear(); }

  bool empty() const { return last_ == nullptr; }
  Envelope* front() const { return last_ == nullptr ? nullptr : last_->next; }  ///< null if empty
  Envelope* back() const { return last_; }                                      ///< null if empty
  Envelope* after(const Envelope* envelope) const { return envelope == last_ ? nullptr : envelope->next; }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Envelope* envelope = front(); envelope != nullptr; envelope = after(envelope))
      sum += envelope->bytes;
    return sum;
  }
  void push(Envelope* envelope) {
    if (last_ == nullptr) {
      envelope->next = envelope;
    } else {
      envelope->next = last_->next;
      last_->next = envelope;
    }
    last_ = envelope;
  }
  Envelope* pop() {
    Envelope* first = last_->next;
    if (first == last_) {
      last_ = nullptr;
    } else {
      last_->next = first->next;
    }
    return first;
  }
  void clear() {
    while (!empty()) discard(pop());
  }

 private:
  Envelope* last_ = nullptr;
};

}  // namespace detail

class Message {
 public:
  Message() = default;
  template <class T>
  static Message make(std::uint32_t kind, std::uint32_t bytes, T payload, std::uint64_t correlation = 0) {
    using Whole = detail::EnvelopeOf<T>;
    static_assert(alignof(Whole) <= 16);
    auto* whole = new (FrameArena::allocate(sizeof(Whole))) Whole{std::move(payload)};
    whole->type = &detail::kPayloadType<T>;
    whole->kind = kind;
    whole->bytes = bytes;
    whole->correlation = correlation;
    return Message{whole};
  }
  explicit Message(detail::Envelope* envelope) : envelope_{envelope} {}
  Message(Message&& other) noexcept : envelope_{std::exchange(other.envelope_, nullptr)} {}
  Message& operator=(Message&& other) noexcept {
    std::swap(envelope_, other.envelope_);
    return *this;
  }
  ~Message() {
    if (envelope_ != nullptr) detail::discard(envelope_);
  }

  explicit operator bool() const { return envelope_ != nullptr; }
  std::uint32_t kind() const { return envelope_->kind; }
  std::uint32_t bytes() const { return envelope_->bytes; }
  std::uint64_t correlation() const { return envelope_->correlation; }
  void set_correlation(std::uint64_t correlation) { envelope_->correlation = correlation; }
  Time sent() const { return envelope_->sent; }
  detail::Envelope::What what() const { return envelope_->what; }
  std::uint8_t reason() const { return envelope_->reason; }
  template <class T>
  bool carries() const {
    return envelope_->type == &detail::kPayloadType<T>;
  }
  /// The payload; asserts that it is one. Move out of it freely.
  template <class T>
  T& as() {
    assert(carries<T>());
    return static_cast<detail::EnvelopeOf<T>*>(envelope_)->payload;
  }

  detail::Envelope* release() { return std::exchange(envelope_, nullptr); }

 private:
  detail::Envelope* envelope_ = nullptr;
};

}  // namespace wrackline::sim

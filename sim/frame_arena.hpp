// Memory of coroutine frames: one arena per run, a free list per size class. Spawning a task costs about as
// much as resuming one (reference/kernel.md §3), and a steady state allocates nothing.
//
// A frame finds its arena through the chunk that it lies in, so frames carry no header; the arena outlives
// its run until the last frame is given back. The arena in use is the one of the Simulation that was created
// or entered last on this thread; it decides where memory comes from and nothing else.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace wrackline::sim {

class FrameArena {
 public:
  /// An arena of its own, made current on this thread. retire() instead of delete.
  static FrameArena* create();
  /// The run is over: frees the memory now or when the last frame comes back.
  void retire();

  static void* allocate(std::size_t bytes) {
    if constexpr (kApart) return allocate_apart(bytes);
    if (bytes > kLargest) return ::operator new(bytes);
    FrameArena* const arena = current_;
    assert(arena != nullptr && "a task can only be made while a Simulation exists on this thread");
    const std::size_t grains = (bytes + kGrain - 1) / kGrain;
    ++arena->live_;
    FreeFrame* const frame = arena->free_[grains];
    if (frame == nullptr) [[unlikely]]
      return arena->carve(grains * kGrain);
    arena->free_[grains] = frame->next;
    return frame;
  }
  static void release(void* frame, std::size_t bytes) {
    if constexpr (kApart) return release_apart(frame, bytes);
    if (bytes > kLargest) {
      ::operator delete(frame, bytes);
      return;
    }
    const auto chunk = reinterpret_cast<std::uintptr_t>(frame) & ~std::uintptr_t{kChunkBytes - 1};
    FrameArena* const arena = reinterpret_cast<Chunk*>(chunk)->arena;
    const std::size_t grains = (bytes + kGrain - 1) / kGrain;
    arena->free_[grains] = new (frame) FreeFrame{arena->free_[grains]};
    if (--arena->live_ == 0 && arena->retired_) [[unlikely]]
      delete arena;
  }

  FrameArena(const FrameArena&) = delete;
  FrameArena& operator=(const FrameArena&) = delete;
  std::size_t live_frames() const { return live_; }

  /// Makes an arena current for a scope.
  class Use {
   public:
    explicit Use(FrameArena* arena) : outer_{current_} { current_ = arena; }
    ~Use() { current_ = outer_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    FrameArena* outer_;
  };

 private:
  /// Under AddressSanitizer each frame is an allocation of its own: one that is used after it was given back
  /// shall be found, not reused.
  static constexpr bool kApart =
#if defined(__SANITIZE_ADDRESS__)
      true;
#elif defined(__has_feature)
      __has_feature(address_sanitizer);
#else
      false;
#endif
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kLine = 64;
  static constexpr std::size_t kLargest = 4096;
  static constexpr std::size_t kChunkBytes = 256 * 1024;
  struct FreeFrame {
    FreeFrame* next;
  };
  struct Chunk {
    FrameArena* arena;
  };

  FrameArena() = default;
  ~FrameArena();
  void* carve(std::size_t bytes);
  static void* allocate_apart(std::size_t bytes);
  static void release_apart(void* frame, std::size_t bytes);

  static inline constinit thread_local FrameArena* current_ = nullptr;

  FreeFrame* free_[kLargest / kGrain + 1] = {};
  std::byte* unused_ = nullptr;
  std::size_t unused_bytes_ = 0;
  std::size_t live_ = 0;
  bool retired_ = false;
  std::vector<void*> chunks_;
};

}  // namespace wrackline::sim

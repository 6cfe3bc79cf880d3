#include "sim/frame_arena.hpp"

#include <cassert>
#include <new>

namespace wrackline::sim {

FrameArena* FrameArena::create() { return current_ = new FrameArena; }

void FrameArena::retire() {
  if (current_ == this) current_ = nullptr;
  retired_ = true;
  if (live_ == 0) delete this;
}

FrameArena::~FrameArena() {
  for (void* chunk : chunks_) ::operator delete(chunk, kChunkBytes, std::align_val_t{kChunkBytes});
}

void* FrameArena::allocate(std::size_t bytes) {
  if (bytes > kLargest) return ::operator new(bytes);
  FrameArena* const arena = current_;
  assert(arena != nullptr && "a task can only be made while a Simulation exists on this thread");
  const std::size_t grains = (bytes + kGrain - 1) / kGrain;
  ++arena->live_;
  if (FreeFrame* const frame = arena->free_[grains]) {
    arena->free_[grains] = frame->next;
    return frame;
  }
  return arena->carve(grains * kGrain);
}

void FrameArena::release(void* frame, std::size_t bytes) {
  if (bytes > kLargest) {
    ::operator delete(frame, bytes);
    return;
  }
  const auto chunk = reinterpret_cast<std::uintptr_t>(frame) & ~std::uintptr_t{kChunkBytes - 1};
  FrameArena* const arena = reinterpret_cast<Chunk*>(chunk)->arena;
  const std::size_t grains = (bytes + kGrain - 1) / kGrain;
  arena->free_[grains] = new (frame) FreeFrame{arena->free_[grains]};
  if (--arena->live_ == 0 && arena->retired_) delete arena;
}

void* FrameArena::carve(std::size_t bytes) {
  if (unused_bytes_ < bytes) {
    void* const chunk = ::operator new(kChunkBytes, std::align_val_t{kChunkBytes});
    chunks_.push_back(chunk);
    new (chunk) Chunk{this};
    unused_ = static_cast<std::byte*>(chunk) + kGrain;
    unused_bytes_ = kChunkBytes - kGrain;
  }
  void* const frame = unused_;
  unused_ += bytes;
  unused_bytes_ -= bytes;
  return frame;
}

}  // namespace wrackline::sim

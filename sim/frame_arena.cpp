#include "sim/frame_arena.hpp"

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

// The frame stands behind its arena's address.
void* FrameArena::allocate_apart(std::size_t bytes) {
  assert(current_ != nullptr && "a task can only be made while a Simulation exists on this thread");
  void* const memory = ::operator new(kGrain + bytes);
  new (memory) Chunk{current_};
  ++current_->live_;
  return static_cast<std::byte*>(memory) + kGrain;
}

void FrameArena::release_apart(void* frame, std::size_t bytes) {
  void* const memory = static_cast<std::byte*>(frame) - kGrain;
  FrameArena* const arena = static_cast<Chunk*>(memory)->arena;
  ::operator delete(memory, kGrain + bytes);
  if (--arena->live_ == 0 && arena->retired_) delete arena;
}

void* FrameArena::carve(std::size_t bytes) {
  // What fills whole lines of memory begins with one.
  if (bytes % kLine == 0) {
    const std::size_t gap = unused_bytes_ % kLine;  // a chunk ends with a line
    unused_ += gap;
    unused_bytes_ -= gap;
  }
  if (unused_bytes_ < bytes) {
    void* const chunk = ::operator new(kChunkBytes, std::align_val_t{kChunkBytes});
    chunks_.push_back(chunk);
    new (chunk) Chunk{this};
    unused_ = static_cast<std::byte*>(chunk) + kLine;
    unused_bytes_ = kChunkBytes - kLine;
  }
  void* const frame = unused_;
  unused_ += bytes;
  unused_bytes_ -= bytes;
  return frame;
}

}  // namespace wrackline::sim

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

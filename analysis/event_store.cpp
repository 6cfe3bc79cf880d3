#include "analysis/event_store.hpp"

#include <algorithm>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace wrackline::analysis {

namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kSmallChunks = 48;  // about one huge page: a short run must not pay for a large one

}  // namespace

void EventStore::ChunkMemory::grow(std::vector<Chunk*>& to) {
  const bool small = chunks_ < kSmallChunks;
  const std::size_t wanted = small ? 1 : kHugePage / sizeof(Chunk);
  const std::size_t alignment = small ? alignof(Chunk) : kHugePage;
  const std::size_t bytes = (wanted * sizeof(Chunk) + alignment - 1) / alignment * alignment;
  void* memory = ::operator new(bytes, std::align_val_t{alignment});
#if defined(__linux__)
  if (!small) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  auto* first = static_cast<Chunk*>(memory);
  for (std::size_t i = wanted; i-- > 0;) to.push_back(new (first + i) Chunk);
  slabs_.push_back({memory, wanted});
  chunks_ += wanted;
}

EventStore::ChunkMemory::~ChunkMemory() {
  for (std::size_t i = 0; i < slabs_.size(); ++i) {
    auto* first = static_cast<Chunk*>(slabs_[i].memory);
    std::destroy_n(first, slabs_[i].chunks);
    ::operator delete(slabs_[i].memory, std::align_val_t{i < kSmallChunks ? alignof(Chunk) : kHugePage});
  }
}

EventStore::EventStore(std::uint32_t windows_per_event)
    : windows_per_event_{windows_per_event},
      mask_words_{windows_per_event <= 1 ? 0 : (windows_per_event + 63) / 64} {
  assert(windows_per_event >= 1 && windows_per_event <= 255 &&
         "a word counts the windows of an event up to 255");
}

std::uint64_t EventStore::created(std::uint16_t source) const {
  if (source >= books_.size()) return 0;
  const SourceBook& book = books_[source];
  if (book.live.empty()) return book.first_live << kChunkBits;
  return ((book.next_chunk - 1) << kChunkBits) + book.live.back()->used;
}

EventStore::Chunk* EventStore::find(sim::EventId id) {
  if (id.source() >= books_.size()) return nullptr;
  const SourceBook& book = books_[id.source()];
  const std::uint64_t number = id.ordinal() >> kChunkBits;
  if (number - book.first_live >= book.live.size()) return nullptr;  // also below: the difference wraps
  cached_tag_ = id.packed() >> kChunkBits;
  cached_ = book.live[number - book.first_live];
  return cached_;
}

EventStore::Chunk& EventStore::open_chunk(sim::EventId id) {
  if (id.source() >= books_.size()) books_.resize(std::size_t{id.source()} + 1);
  SourceBook& book = books_[id.source()];
  assert(id.ordinal() >> kChunkBits == book.next_chunk && "events of a source are created in order");
  if (free_.empty()) memory_.grow(free_);
  Chunk& chunk = *free_.back();
  free_.pop_back();
  chunk.used = 0;
  chunk.least_event_time_ms = INT64_MAX;
  chunk.greatest_event_time_ms = INT64_MIN;
  chunk.masks.assign(std::size_t{2} * mask_words_ * kChunk, 0);
  book.live.push_back(&chunk);
  ++book.next_chunk;
  return *find(id);
}

EventRef EventStore::ref(Chunk& chunk, sim::EventId id) {
  EventRef found;
  if (!exists(chunk, id)) return found;
  const std::size_t i = index(id);
  found.state = &chunk.events[i];
  if (mask_words_ != 0) {
    found.present = &chunk.masks[i * 2 * mask_words_];
    found.late = found.present + mask_words_;
  }
  return found;
}

EventRef EventStore::ref(Kept& kept) const {
  EventRef found;
  found.state = &kept.state;
  found.times_known = kept.times_known;
  if (mask_words_ != 0) {
    found.present = kept.masks.data();
    found.late = found.present + mask_words_;
  }
  return found;
}

EventRef EventStore::ref(sim::EventId id) {
  if (Chunk* chunk = live(id)) return ref(*chunk, id);
  if (const auto kept = kept_.find(id.packed()); kept != kept_.end()) return ref(kept->second);
  const std::optional<Ending> ending = settled_ending(id);
  if (!ending) return {};

  Kept& kept = kept_[id.packed()];
  kept.times_known = false;
  kept.state.word = ending->word;
  kept.masks.assign(std::size_t{2} * mask_words_, 0);
  // The masks follow: an event that ended is in all of its windows that it was not late for, or in none.
  if (mask_words_ != 0 && word::seen(kept.state.word) != 0) {
    for (std::uint32_t w = 0; w < windows_per_event_; ++w) {
      const std::uint32_t words = w < ending->late ? mask_words_ : 0;
      kept.masks[words + w / 64] |= std::uint64_t{1} << (w % 64);
    }
  }
  EventRef found = ref(kept);
  found.revived = true;
  return found;
}

const EventState* EventStore::peek(sim::EventId id) {
  if (Chunk* chunk = live(id)) return exists(*chunk, id) ? &chunk->events[index(id)] : nullptr;
  const auto kept = kept_.find(id.packed());
  return kept != kept_.end() && kept->second.times_known ? &kept->second.state : nullptr;
}

std::uint32_t EventStore::peek_word(sim::EventId id) {
  if (Chunk* chunk = live(id)) return exists(*chunk, id) ? chunk->events[index(id)].word : 0;
  if (const auto kept = kept_.find(id.packed()); kept != kept_.end()) return kept->second.state.word;
  return settled_ending(id).value_or(Ending{}).word;
}

EventStore::Oldest EventStore::oldest(std::uint16_t source) {
  if (source >= books_.size() || books_[source].live.empty()) return {};
  return {books_[source].live.front(), books_[source].first_live << kChunkBits};
}

std::optional<EventStore::Ending> EventStore::settled_ending(sim::EventId id) const {
  if (id.source() >= books_.size()) return std::nullopt;
  const SourceBook& book = books_[id.source()];
  const std::uint64_t number = id.ordinal() >> kChunkBits;
  if (number < book.first_remains || number >= book.first_live) return std::nullopt;
  const auto others = std::lower_bound(book.others.begin(), book.others.end(), number,
                                       [](const Others& o, std::uint64_t chunk) { return o.chunk < chunk; });
  if (others != book.others.end() && others->chunk == number) {
    const std::size_t offset = index(id);
    const auto other = std::lower_bound(others->events.begin(), others->events.end(), offset,
                                        [](const Other& o, std::size_t value) { return o.offset < value; });
    if (other != others->events.end() && other->offset == offset) return Ending{other->word, other->late};
  }
  return Ending{run_word(book, number), 0};
}

std::uint32_t EventStore::run_word(const SourceBook& book, std::uint64_t chunk) {
  return std::upper_bound(book.runs.begin(), book.runs.end(), chunk,
                          [](std::uint64_t number, const Run& run) { return number < run.end; })
      ->word;
}

bool EventStore::enter(sim::EventId id, const Ending& ending) {
  SourceBook& book = books_[id.source()];
  const std::uint64_t number = id.ordinal() >> kChunkBits;
  if (number < book.first_remains) return false;
  assert(number < book.first_live && "only events of settled chunks are kept for themselves");
  const bool usual = ending.late == 0 && ending.word == run_word(book, number);
  auto others = std::lower_bound(book.others.begin(), book.others.end(), number,
                                 [](const Others& o, std::uint64_t chunk) { return o.chunk < chunk; });
  if (others == book.others.end() || others->chunk != number) {
    if (usual) return true;
    others = book.others.insert(others, {number, {}});
  }
  const auto offset = static_cast<std::uint16_t>(index(id));
  auto other = std::lower_bound(others->events.begin(), others->events.end(), offset,
                                [](const Other& o, std::uint16_t value) { return o.offset < value; });
  const bool known = other != others->events.end() && other->offset == offset;
  if (known) other = others->events.erase(other);
  if (!usual) others->events.insert(other, {offset, ending.late, ending.word});
  return true;
}

void EventStore::release_oldest(std::uint16_t source, Remains remains) {
  SourceBook& book = books_[source];
  if (book.runs.empty() || book.runs.back().word != remains.word) book.runs.push_back({0, remains.word});
  book.runs.back().end = book.first_live + 1;
  if (!remains.others.empty()) {
    remains.others.shrink_to_fit();
    book.others.push_back({book.first_live, std::move(remains.others)});
  }
  free_.push_back(book.live.front());
  book.live.erase(book.live.begin());
  ++book.first_live;
  cached_tag_ = ~std::uint64_t{0};
  cached_ = nullptr;
}

std::int64_t EventStore::least_live_event_time_ms() const {
  std::int64_t least = INT64_MAX;
  for (const SourceBook& book : books_) {
    for (const Chunk* chunk : book.live) least = std::min(least, chunk->least_event_time_ms);
  }
  return least;
}

void EventStore::forget(std::uint16_t source, std::uint64_t below) {
  if (source >= books_.size()) return;
  SourceBook& book = books_[source];
  const std::uint64_t upto = std::min(below >> kChunkBits, book.first_live);
  if (upto <= book.first_remains) return;
  std::erase_if(book.runs, [&](const Run& run) { return run.end <= upto; });
  std::erase_if(book.others, [&](const Others& others) { return others.chunk < upto; });
  book.first_remains = upto;
}

std::vector<std::uint64_t> EventStore::kept_ids() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(kept_.size());
  for (const auto& [packed, kept] : kept_) ids.push_back(packed);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::size_t EventStore::bytes() const {
  std::size_t sum = memory_.chunks() * (sizeof(Chunk) + std::size_t{2} * mask_words_ * kChunk * 8);
  for (const SourceBook& book : books_) {
    sum += book.runs.capacity() * sizeof(Run) + book.others.capacity() * sizeof(Others);
    for (const Others& others : book.others) sum += others.events.capacity() * sizeof(Other);
  }
  return sum + kept_.size() * (sizeof(Kept) + 32 + std::size_t{2} * mask_words_ * 8);
}

}  // namespace wrackline::analysis

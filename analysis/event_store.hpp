// Where the ledger keeps its events: memory for those in flight, next to nothing for the millions behind
// them.
//
// A source numbers its events 0, 1, 2, ... Their states stand in chunks of 1024, found by two shifts. When
// the ledger settles a chunk (see ledger.hpp), the chunk is given back and only this stays of it:
//
//   the word that most of its events ended with              16 bytes per run of chunks that agree on it
//   (offset, word) of those that ended otherwise             8 bytes per late, duplicated, refused, ... event
//   the whole state of those that have no end yet            a hash map entry per lost or straggling event
//
// Those of the last kind that meet their end after all can be folded likewise (settle_kept).
//
// Nothing is approximated: whoever asks for a settled event later (a retry that surfaces, a zombie's row) has
// it revived from these remains, with its exact word, and it is counted anew when the books are closed. Only
// its times are gone.
//
// Not here: what the bits mean for the fate of an event (ledger.cpp), and which chunks may be settled.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/event_state.hpp"

namespace wrackline::analysis {

/// A state with whatever else is known of the event. Valid until the next call that is not const.
struct EventRef {
  EventState* state = nullptr;  ///< null: never created, or forgotten
  std::uint64_t* present =
      nullptr;  ///< bit per window that shows the event; null if an event has one window only
  std::uint64_t* late = nullptr;  ///< bit per window that the event was late for
  bool times_known = true;        ///< false: only the word (and the masks that follow from it) is true
  bool revived = false;           ///< by this very call: its word had been counted, and is not any more
};

class EventStore {
 public:
  static constexpr int kChunkBits = 10;
  static constexpr std::uint64_t kChunk = std::uint64_t{1} << kChunkBits;

  struct Chunk {
    alignas(64) std::array<EventState, kChunk> events;  ///< valid below `used`
    std::vector<std::uint64_t> masks;                   ///< per event: present words, late words
    std::uint32_t used = 0;
    std::int64_t least_event_time_ms = INT64_MAX;
    std::int64_t greatest_event_time_ms = INT64_MIN;
  };

  /// `windows_per_event`: the largest number of windows that share an event.
  explicit EventStore(std::uint32_t windows_per_event);
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  /// The next event of its source; ordinals must be gap-free.
  EventState& create(sim::EventId id, std::int64_t event_time_ms) {
    Chunk* chunk = live(id);
    if (chunk == nullptr) [[unlikely]]
      chunk = &open_chunk(id);
    assert(index(id) == chunk->used && "events of a source are created in order");
    ++chunk->used;
    if (event_time_ms < chunk->least_event_time_ms) chunk->least_event_time_ms = event_time_ms;
    if (event_time_ms > chunk->greatest_event_time_ms) chunk->greatest_event_time_ms = event_time_ms;
    return chunk->events[index(id)];
  }

  /// The chunk of an unsettled event, or null. The one used last is found without a search.
  Chunk* live(sim::EventId id) {
    if (id.packed() >> kChunkBits == cached_tag_) [[likely]]
      return cached_;
    return find(id);
  }
  static std::size_t index(sim::EventId id) { return static_cast<std::size_t>(id.packed() & (kChunk - 1)); }
  bool exists(const Chunk& chunk, sim::EventId id) const { return index(id) < chunk.used; }

  /// Settled or not; a settled one is revived.
  EventRef ref(sim::EventId id);
  EventRef ref(Chunk& chunk, sim::EventId id);
  /// Without reviving: null when there is no such event, or when only its word is left.
  const EventState* peek(sim::EventId id);
  /// The word of an event, settled or not; 0 if there is none.
  std::uint32_t peek_word(sim::EventId id);

  std::uint32_t windows_per_event() const { return windows_per_event_; }
  std::uint32_t mask_words() const { return mask_words_; }
  std::size_t sources() const { return books_.size(); }
  std::uint64_t created(std::uint16_t source) const;

  /// The chunks of the source that could be settled, from the oldest on.
  template <class Visit>
  void for_each_full_chunk(std::uint16_t source, Visit&& visit) const {
    for (const Chunk* chunk : books_[source].live)
      if (chunk->used == kChunk) visit(*chunk);
  }

  /// How an event ended: its word, and of how many of its windows it was late for. All others show it.
  struct Ending {
    std::uint32_t word = 0;
    std::uint16_t late = 0;
  };

  /// The oldest chunk of the source that is not settled, and the ordinal of its first event.
  struct Oldest {
    Chunk* chunk = nullptr;
    std::uint64_t first = 0;
  };
  Oldest oldest(std::uint16_t source);
  /// Gives that chunk back. It must be full. `ended(word)`: the event has met its fate and the word says
  /// which; `count(id, word, n)`: n events of the chunk ended by this word; `keep(id, word)`: this one is
  /// kept whole.
  /// Before that, `resolve(id, ref)` is asked whether the event has ended in a way that its word alone does
  /// not tell; it has counted those of which it gives an Ending.
  template <class Ended, class Count, class Resolve, class Keep>
  void settle_oldest(std::uint16_t source, Ended&& ended, Count&& count, Resolve&& resolve, Keep&& keep);
  /// Folds those of the kept events that `resolve` (as above) gives an Ending of.
  template <class Resolve>
  void settle_kept(Resolve&& resolve);

  /// Forgets the settled events below the ordinal, whole chunks only.
  void forget(std::uint16_t source, std::uint64_t below);

  /// Visits (id, ref) of every event that has not been counted: the unsettled in order, then the kept ones by
  /// id.
  template <class Visit>
  void for_each_uncounted(Visit&& visit);
  /// Visits (id, ref) of the kept ones only, by id.
  template <class Visit>
  void for_each_kept(Visit&& visit);
  std::size_t kept() const { return kept_.size(); }

  /// INT64_MAX if everything is settled.
  std::int64_t least_live_event_time_ms() const;

  /// Memory in use, for the test that it is flat.
  std::size_t bytes() const;

 private:
  struct Other {
    std::uint16_t offset;
    std::uint16_t late;
    std::uint32_t word;
  };
  /// What stays of one chunk while it is settled.
  struct Remains {
    std::uint32_t word = 0;     ///< of all events of the chunk but `others` and those in kept_
    std::vector<Other> others;  ///< by offset
  };
  /// Neighbouring chunks whose events ended alike: in a quiet run there is one of these for all of it.
  struct Run {
    std::uint64_t end = 0;  ///< number of the first chunk behind the run
    std::uint32_t word = 0;
  };
  struct Others {
    std::uint64_t chunk = 0;
    std::vector<Other> events;  ///< by offset
  };
  struct SourceBook {
    std::uint64_t next_chunk = 0;     ///< number of the next chunk to be opened
    std::uint64_t first_live = 0;     ///< number of the chunk live[0]
    std::uint64_t first_remains = 0;  ///< number of the oldest chunk of which something is left
    std::vector<Chunk*> live;
    std::vector<Run> runs;       ///< of the chunks from first_remains to first_live
    std::vector<Others> others;  ///< by chunk; only of those that have any
  };
  struct Kept {
    EventState state;
    std::vector<std::uint64_t> masks;
    bool times_known = true;
  };

  /// Where chunks come from. The rows of a window touch events all over the memory of the last seconds, so
  /// that much of their cost is in translating addresses: beyond the first few, chunks share pages of 2 MiB
  /// where the system has such.
  class ChunkMemory {
   public:
    ChunkMemory() = default;
    ChunkMemory(const ChunkMemory&) = delete;
    ChunkMemory& operator=(const ChunkMemory&) = delete;
    ~ChunkMemory();
    /// Appends at least one more chunk.
    void grow(std::vector<Chunk*>& to);
    std::size_t chunks() const { return chunks_; }

   private:
    struct Slab {
      void* memory;
      std::size_t chunks;
    };
    std::vector<Slab> slabs_;
    std::size_t chunks_ = 0;
  };

  Chunk* find(sim::EventId id);
  Chunk& open_chunk(sim::EventId id);
  EventRef ref(Kept& kept) const;
  /// The word of a settled event; nothing for one that never was, or is forgotten.
  std::optional<Ending> settled_ending(sim::EventId id) const;
  static std::uint32_t run_word(const SourceBook& book, std::uint64_t chunk);
  /// Enters the ending of one event of a chunk that was settled before; false: all of that is forgotten.
  bool enter(sim::EventId id, const Ending& ending);
  template <class Ended>
  static std::uint32_t usual_word(const Chunk& chunk, const SourceBook& book, Ended&& ended);
  void release_oldest(std::uint16_t source, Remains remains);
  std::vector<std::uint64_t> kept_ids() const;

  std::uint32_t windows_per_event_;
  std::uint32_t mask_words_;
  std::uint64_t cached_tag_ = ~std::uint64_t{0};
  Chunk* cached_ = nullptr;
  std::vector<SourceBook> books_;  ///< by source
  ChunkMemory memory_;
  std::vector<Chunk*> free_;
  std::unordered_map<std::uint64_t, Kept> kept_;  ///< never walked but by sorted id
};

/// What those with no end yet will end by, too, most likely: the word of the others, else that of the chunk
/// before.
template <class Ended>
std::uint32_t EventStore::usual_word(const Chunk& chunk, const SourceBook& book, Ended&& ended) {
  // Boyer-Moore vote: finds the word that more than half of the events bear, if there is one. Any other
  // answer is right too, and costs memory only.
  std::uint32_t candidate = book.runs.empty() ? 0 : book.runs.back().word;
  std::uint32_t votes = 0;
  for (const EventState& event : chunk.events) {
    if (event.word != candidate && !ended(event.word)) continue;
    if (votes == 0) candidate = event.word;
    votes += event.word == candidate ? 1U : ~0U;
  }
  return candidate;
}

template <class Ended, class Count, class Resolve, class Keep>
void EventStore::settle_oldest(std::uint16_t source, Ended&& ended, Count&& count, Resolve&& resolve,
                               Keep&& keep) {
  SourceBook& book = books_[source];
  assert(!book.live.empty() && book.live.front()->used == kChunk);
  Chunk& chunk = *book.live.front();
  const std::uint64_t first = book.first_live << kChunkBits;
  Remains remains;
  remains.word = usual_word(chunk, book, ended);
  const bool usual_ended = ended(remains.word);
  std::uint64_t usual = 0;
  for (std::uint32_t i = 0; i < kChunk; ++i) {
    const std::uint32_t w = chunk.events[i].word;
    const sim::EventId id{source, first + i};
    if (w == remains.word && usual_ended) {
      ++usual;
    } else if (ended(w)) {
      remains.others.push_back({static_cast<std::uint16_t>(i), 0, w});
      count(id, w, std::uint64_t{1});
    } else if (const std::optional<Ending> ending = resolve(id, ref(chunk, id))) {
      remains.others.push_back({static_cast<std::uint16_t>(i), ending->late, ending->word});
    } else {
      keep(id, w);
      Kept& kept = kept_[id.packed()];
      kept.state = chunk.events[i];
      const auto masks = chunk.masks.begin() + std::ptrdiff_t{i} * 2 * mask_words_;
      kept.masks.assign(masks, masks + std::ptrdiff_t{2} * mask_words_);
    }
  }
  if (usual != 0) count(sim::EventId{source, first}, remains.word, usual);
  release_oldest(source, std::move(remains));
}

template <class Resolve>
void EventStore::settle_kept(Resolve&& resolve) {
  for (const std::uint64_t packed : kept_ids()) {
    const sim::EventId id{static_cast<std::uint16_t>(packed >> sim::EventId::kOrdinalBits), packed};
    const auto kept = kept_.find(packed);
    const std::optional<Ending> ending = resolve(id, ref(kept->second));
    if (ending && enter(id, *ending)) kept_.erase(kept);
  }
}

template <class Visit>
void EventStore::for_each_kept(Visit&& visit) {
  for (const std::uint64_t packed : kept_ids()) {
    const sim::EventId id{static_cast<std::uint16_t>(packed >> sim::EventId::kOrdinalBits), packed};
    visit(id, ref(kept_.find(packed)->second));
  }
}

template <class Visit>
void EventStore::for_each_uncounted(Visit&& visit) {
  for (std::size_t source = 0; source < books_.size(); ++source) {
    std::uint64_t ordinal = books_[source].first_live << kChunkBits;
    for (Chunk* chunk : books_[source].live) {
      for (std::uint32_t i = 0; i < chunk->used; ++i, ++ordinal) {
        const sim::EventId id{static_cast<std::uint16_t>(source), ordinal};
        visit(id, ref(*chunk, id));
      }
    }
  }
  for_each_kept(visit);
}

}  // namespace wrackline::analysis

#include "engine/event_time/spark/row.hpp"

namespace wrackline::event_time::spark {

std::optional<std::size_t> find_column(const Schema& schema, std::string_view name) {
  for (std::size_t i = 0; i < schema.size(); ++i)
    if (schema[i].name == name) return i;
  return std::nullopt;
}

EventTimeColumn find_event_time_column(const Schema& schema) {
  EventTimeColumn found;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (!schema[i].watermark_delay_ms) continue;
    if (found.index)
      found.ambiguous = true;
    else
      found.index = i;
  }
  return found;
}

std::uint64_t hash_of(Row row) {
  std::uint64_t h = 0x9e3779b97f4a7c15U;
  const auto take = [&h](std::uint64_t v) {
    h ^= v;
    h *= 0xbf58476d1ce4e5b9U;
    h ^= h >> 29;
  };
  for (const Value& value : row) {
    take(static_cast<std::uint64_t>(value.kind));
    take(static_cast<std::uint64_t>(value.a));
    take(static_cast<std::uint64_t>(value.b));
  }
  return h;
}

}  // namespace wrackline::event_time::spark

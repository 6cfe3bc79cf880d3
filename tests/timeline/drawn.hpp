// A trace read back: tracks by their path, and what is drawn on each, as text.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "perfetto.pb.h"

namespace wrackline::tests {

struct Drawn {
  struct Event {
    std::uint64_t at_ns = 0;
    perfetto::TrackEvent::Type type{};
    std::string category;
    std::string name;
    std::string arguments;  ///< "key=3 end=visible"
    std::int64_t value = 0;
    std::uint64_t arrow = 0;
  };
  std::vector<std::string> tracks;                   ///< paths in the order of their making
  std::map<std::string, std::vector<Event>> events;  ///< by path, in the order of time
  std::size_t interned = 0;                          ///< names written

  std::vector<std::string> names(const std::string& track, perfetto::TrackEvent::Type type) const {
    std::vector<std::string> list;
    const auto found = events.find(track);
    if (found == events.end()) return list;
    for (const Event& event : found->second)
      if (event.type == type) list.push_back(event.name);
    return list;
  }
  /// Every slice that begins ends, and none ends that did not begin.
  bool balanced() const {
    for (const auto& [path, list] : events) {
      std::int64_t depth = 0;
      for (const Event& event : list) {
        if (event.type == perfetto::TrackEvent::TYPE_SLICE_BEGIN) ++depth;
        if (event.type == perfetto::TrackEvent::TYPE_SLICE_END && --depth < 0) return false;
      }
      if (depth != 0) return false;
    }
    return true;
  }
};

/// Empty tracks if the bytes are no trace.
inline Drawn read_back(const std::string& bytes) {
  Drawn drawn;
  perfetto::Trace trace;
  if (!trace.ParseFromString(bytes)) return drawn;
  std::map<std::uint64_t, std::string> paths;
  std::map<std::uint64_t, std::string> categories;
  std::map<std::uint64_t, std::string> names;
  std::map<std::uint64_t, std::string> arguments;
  const auto learn = [&](const auto& list, std::map<std::uint64_t, std::string>& into) {
    for (const auto& entry : list) {
      into[entry.iid()] = entry.name();
      ++drawn.interned;
    }
  };
  for (const perfetto::TracePacket& packet : trace.packet()) {
    learn(packet.interned_data().event_categories(), categories);
    learn(packet.interned_data().event_names(), names);
    learn(packet.interned_data().debug_annotation_names(), arguments);
    if (packet.has_track_descriptor()) {
      const perfetto::TrackDescriptor& track = packet.track_descriptor();
      const std::string above = track.has_parent_uuid() ? paths.at(track.parent_uuid()) + " > " : "";
      paths[track.uuid()] = above + track.name();
      drawn.tracks.push_back(paths[track.uuid()]);
    }
    if (!packet.has_track_event()) continue;
    const perfetto::TrackEvent& event = packet.track_event();
    Drawn::Event one;
    one.at_ns = packet.timestamp();
    one.type = event.type();
    if (event.category_iids_size() > 0) one.category = categories.at(event.category_iids(0));
    if (event.has_name_iid()) one.name = names.at(event.name_iid());
    for (const perfetto::DebugAnnotation& note : event.debug_annotations()) {
      if (!one.arguments.empty()) one.arguments += " ";
      one.arguments += arguments.at(note.name_iid()) + "=" +
                       (note.has_string_value() ? note.string_value() : std::to_string(note.int_value()));
    }
    one.value = event.counter_value();
    if (event.flow_ids_size() > 0) one.arrow = event.flow_ids(0);
    drawn.events[paths.at(event.track_uuid())].push_back(std::move(one));
  }
  for (auto& [path, list] : drawn.events) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Drawn::Event& a, const Drawn::Event& b) { return a.at_ns < b.at_ns; });
  }
  return drawn;
}

/// For golden files: one line for each event of a track.
inline std::string to_text(const Drawn& drawn, const std::string& track) {
  static const char* const kTypes[] = {"?", "begin", "end", "mark", "value"};
  std::string text = track + "\n";
  const auto found = drawn.events.find(track);
  if (found == drawn.events.end()) return text;
  for (const Drawn::Event& event : found->second) {
    text += "  " + std::to_string(event.at_ns / 1'000'000) + " ms " + kTypes[event.type];
    if (!event.name.empty()) text += " " + event.name;
    if (event.type == perfetto::TrackEvent::TYPE_COUNTER) text += " " + std::to_string(event.value);
    if (!event.arguments.empty()) text += " (" + event.arguments + ")";
    text += "\n";
  }
  return text;
}

}  // namespace wrackline::tests

#include "analysis/timeline/trace_file.hpp"

#include "perfetto.pb.h"

namespace wrackline::analysis {

namespace {

/// All packets are of one writer; readers drop events of writer 0.
constexpr std::uint32_t kSequence = 1;
/// Trace.packet, length-delimited.
constexpr char kPacketTag = 0x0a;

}  // namespace

void TraceFile::write(perfetto::TracePacket& packet) {
  packet.set_trusted_packet_sequence_id(kSequence);
  packet.set_sequence_flags(begun_ ? perfetto::TracePacket::SEQ_NEEDS_INCREMENTAL_STATE
                                   : perfetto::TracePacket::SEQ_INCREMENTAL_STATE_CLEARED);
  begun_ = true;
  buffer_.clear();
  packet.SerializeToString(&buffer_);
  std::string head{kPacketTag};
  for (std::size_t rest = buffer_.size(); head.size() == 1 || rest != 0; rest >>= 7)
    head.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
  out_ << head << buffer_;
}

TraceFile::Track TraceFile::describe(Track parent, std::string_view name, std::string_view description,
                                     const std::string* unit) {
  perfetto::TracePacket packet;
  perfetto::TrackDescriptor& track = *packet.mutable_track_descriptor();
  track.set_uuid(++last_track_);
  track.set_name(std::string{name});
  if (parent != 0) track.set_parent_uuid(parent);
  track.set_child_ordering(perfetto::TrackDescriptor::EXPLICIT);
  track.set_sibling_order_rank(children_[parent]++);
  if (!description.empty()) track.set_description(std::string{description});
  if (unit != nullptr) track.mutable_counter()->set_unit_name(*unit);
  write(packet);
  return last_track_;
}

TraceFile::Track TraceFile::track(Track parent, std::string_view name, std::string_view description) {
  return describe(parent, name, description, nullptr);
}

TraceFile::Track TraceFile::counter(Track parent, std::string_view name, std::string_view unit) {
  const std::string text{unit};
  return describe(parent, name, {}, &text);
}

template <class Add>
std::uint64_t TraceFile::number(Names& names, std::string_view name, Add&& add) {
  const auto known = names.find(name);
  if (known != names.end()) return known->second;
  const std::uint64_t fresh = names.size() + 1;
  names.emplace(name, fresh);
  perfetto::InternedString& told = *add();
  told.set_iid(fresh);
  told.set_name(std::string{name});
  return fresh;
}

void TraceFile::event(int type, Track track, sim::Time at, std::string_view category, std::string_view name,
                      Arguments arguments, Arrow arrow) {
  perfetto::TracePacket packet;
  packet.set_timestamp(static_cast<std::uint64_t>(sim::to_ns(at)));
  perfetto::TrackEvent& event = *packet.mutable_track_event();
  event.set_type(static_cast<perfetto::TrackEvent::Type>(type));
  event.set_track_uuid(track);
  if (!category.empty()) {
    event.add_category_iids(number(categories_, category,
                                   [&] { return packet.mutable_interned_data()->add_event_categories(); }));
  }
  if (!name.empty()) {
    event.set_name_iid(
        number(event_names_, name, [&] { return packet.mutable_interned_data()->add_event_names(); }));
  }
  for (const Argument& argument : arguments) {
    perfetto::DebugAnnotation& note = *event.add_debug_annotations();
    note.set_name_iid(number(argument_names_, argument.name,
                             [&] { return packet.mutable_interned_data()->add_debug_annotation_names(); }));
    if (const auto* const integer = std::get_if<std::int64_t>(&argument.value)) {
      note.set_int_value(*integer);
    } else {
      note.set_string_value(std::get<std::string>(argument.value));
    }
  }
  if (arrow != 0) event.add_flow_ids(arrow);
  write(packet);
}

void TraceFile::begin(Track track, sim::Time at, std::string_view category, std::string_view name,
                      Arguments arguments, Arrow arrow) {
  event(perfetto::TrackEvent::TYPE_SLICE_BEGIN, track, at, category, name, arguments, arrow);
}

void TraceFile::end(Track track, sim::Time at, Arguments arguments) {
  event(perfetto::TrackEvent::TYPE_SLICE_END, track, at, {}, {}, arguments, 0);
}

void TraceFile::instant(Track track, sim::Time at, std::string_view category, std::string_view name,
                        Arguments arguments, Arrow arrow) {
  event(perfetto::TrackEvent::TYPE_INSTANT, track, at, category, name, arguments, arrow);
}

void TraceFile::value(Track counter, sim::Time at, std::int64_t value) {
  perfetto::TracePacket packet;
  packet.set_timestamp(static_cast<std::uint64_t>(sim::to_ns(at)));
  perfetto::TrackEvent& event = *packet.mutable_track_event();
  event.set_type(perfetto::TrackEvent::TYPE_COUNTER);
  event.set_track_uuid(counter);
  event.set_counter_value(value);
  write(packet);
}

}  // namespace wrackline::analysis

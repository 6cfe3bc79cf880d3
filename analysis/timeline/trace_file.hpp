// A trace in Perfetto's format (ui.perfetto.dev opens it, trace_processor queries it with SQL): tracks in
// groups, slices, instants, counters, arrows between them.
//
// Written as it comes, packet by packet, so that a long run needs no memory for it; names are written once.
// Times are the run's true time in ns. Who draws what is timeline.hpp's affair.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "sim/time.hpp"

namespace wrackline::perfetto {
class InternedData;
class TracePacket;
}  // namespace wrackline::perfetto

namespace wrackline::analysis {

class TraceFile {
 public:
  /// 0 is the root: no track.
  using Track = std::uint64_t;
  /// Slices and instants with the same arrow (not 0) are joined in the order of their times.
  using Arrow = std::uint64_t;
  struct Argument {
    std::string_view name;
    std::variant<std::int64_t, std::string> value;
  };
  using Arguments = std::span<const Argument>;

  /// `out` outlives this.
  explicit TraceFile(std::ostream& out) : out_{out} {}
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  /// Tracks stand below their parent in the order in which they are made.
  Track track(Track parent, std::string_view name, std::string_view description = {});
  Track counter(Track parent, std::string_view name, std::string_view unit);

  /// Slices of a track nest: the last begun ends first.
  void begin(Track track, sim::Time at, std::string_view category, std::string_view name,
             Arguments arguments = {}, Arrow arrow = 0);
  void end(Track track, sim::Time at, Arguments arguments = {});
  void instant(Track track, sim::Time at, std::string_view category, std::string_view name,
               Arguments arguments = {}, Arrow arrow = 0);
  void value(Track counter, sim::Time at, std::int64_t value);

  bool good() const { return out_.good(); }

 private:
  using Names = std::map<std::string, std::uint64_t, std::less<>>;

  Track describe(Track parent, std::string_view name, std::string_view description, const std::string* unit);
  void event(int type, Track track, sim::Time at, std::string_view category, std::string_view name,
             Arguments arguments, Arrow arrow);
  /// The number of a name; a new one is told in `interned` through `add`.
  template <class Add>
  static std::uint64_t number(Names& names, std::string_view name, Add&& add);
  void write(perfetto::TracePacket& packet);

  std::ostream& out_;
  Track last_track_ = 0;
  bool begun_ = false;
  Names categories_;
  Names event_names_;
  Names argument_names_;
  std::map<Track, std::int32_t> children_;
  std::string buffer_;
};

}  // namespace wrackline::analysis

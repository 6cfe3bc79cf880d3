// Settling of joins is invisible: the same books, anomalies and latencies as those of a ledger that never
// settles, whatever the join, the reader and the trouble. The story is told by a small consumer around the
// real operator: it commits its state with its positions, crashes and replays.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <set>

#include "engine/event_time/window/stream_join.hpp"
#include "tests/analysis/twins.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using event_time::window::JoinedRow;
using event_time::window::JoinSide;
using event_time::window::JoinType;
using event_time::window::JoinVerdict;
using event_time::window::StreamJoin;
using event_time::window::StreamJoinSpec;
using event_time::window::WindowDefinition;
using testing::at_ms;
using testing::event;
using testing::Twins;
using Type = StreamJoinSpec::Type;

constexpr std::array<std::uint16_t, 2> kBoth{0, 1};

std::vector<StreamJoinSpec> specs() {
  std::vector<StreamJoinSpec> made;
  for (const JoinType kind : {JoinType::inner, JoinType::left, JoinType::right, JoinType::full}) {
    made.push_back({.kind = kind, .lower_ms = -15, .upper_ms = 40, .windows = {}});
    made.push_back({.kind = kind,
                    .lower_ms = 20,
                    .upper_ms = 30,
                    .allowed_lateness_ms = 25,
                    .right_allowed_lateness_ms = 5,
                    .windows = {}});
    for (const WindowDefinition& windows : {WindowDefinition::tumbling(80), WindowDefinition::hopping(90, 30),
                                            WindowDefinition::cumulate(120, 40)})
      made.push_back({.type = Type::window, .kind = kind, .windows = windows});
    if (kind == JoinType::right || kind == JoinType::full) continue;
    made.push_back({.type = Type::temporal, .kind = kind, .windows = {}});
    made.push_back({.type = Type::stream_table, .kind = kind, .windows = {}});
  }
  return made;
}

std::string name_of(const StreamJoinSpec& spec) {
  constexpr const char* kTypes[] = {"interval", "window", "stream_table", "temporal"};
  constexpr const char* kKinds[] = {"inner", "left", "right", "full"};
  return std::string{kTypes[static_cast<std::size_t>(spec.type)]} + ", " +
         kKinds[static_cast<std::size_t>(spec.kind)] + ", " + std::to_string(spec.upper_ms);
}

LedgerConfig config_of(const StreamJoinSpec& spec, Reading reading) {
  LedgerConfig config;
  config.window.join =
      std::make_shared<const JoinShape>(spec, std::vector<std::uint16_t>{1}, std::vector<std::uint16_t>{1},
                                        [](sim::EventId) { return std::int64_t{1}; });
  config.reading = reading;
  config.steady_from = at_ms(1000);
  config.steady_until = at_ms(4000);
  return config;
}

/// Two ledgers and the consumer that both hear of. Source 0 writes to topic 0, the left one, source 1 to
/// topic 1.
class Story : public Twins {
 public:
  Story(const StreamJoinSpec& spec, Reading reading, std::uint32_t seed, bool trouble)
      : Twins{config_of(spec, reading)}, spec_{spec}, reading_{reading}, trouble_{trouble}, random_{seed} {
    restart(StreamJoin{spec}, {0, 0});
    committed_ = {*join_, {0, 0}};
  }

  std::size_t most_bytes = 0;

  void tell(std::int64_t duration_ms, std::uint32_t keys) {
    struct Arrival {
      std::int64_t at_ms;
      sim::EventId id;
    };
    std::vector<Arrival> arrivals;
    std::uint64_t made[2] = {};
    for (std::int64_t t = 0; t < duration_ms; ++t) {
      const std::uint16_t source = chance(spec_.has_table() ? 250 : 450) ? 1 : 0;
      const sim::EventId id = event(made[source]++, source);
      times_[source].push_back(t);
      keys_[source].push_back(static_cast<std::uint32_t>(random_() % keys));
      arrivals.push_back({t + (chance(300) ? below(120) : below(20)) + (chance(5) ? 1500 : 0), id});
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at_ms < b.at_ms; });
    std::uint64_t created[2] = {};
    for (std::size_t at = 0;
         at < arrivals.size() || read_[0] < logs_[0].size() || read_[1] < logs_[1].size();) {
      if (at < arrivals.size()) {
        const Arrival arrival = arrivals[at++];
        now_ms_ = std::max(now_ms_, arrival.at_ms);
        for (const std::uint16_t source : kBoth) {
          for (; created[source] < made[source] && times_[source][created[source]] <= now_ms_;
               ++created[source])
            create(event(created[source], source));
        }
        arrived(arrival.id);
      } else {
        ++now_ms_;
      }
      // The sides are read as it comes.
      for (int i = 0; i < 2; ++i) {
        const std::size_t side = chance(500) ? 0 : 1;
        if (read_[side] < logs_[side].size() && !chance(100)) take_in(side);
      }
      if (chance(200)) {
        newest_ms_ = std::max(newest_ms_, now_ms_ - 60);
        join_->advance_watermark(newest_ms_, made_);
      }
      write_out();
      if (chance(100)) committed_ = {*join_, {read_[0], read_[1]}};
      if (chance(60)) settle();
      if (trouble_ && chance(2)) {
        restart(committed_.state, committed_.read);
        newest_ms_ = std::max<std::int64_t>(0, join_->watermark());
      }
      most_bytes = std::max(most_bytes, settling.bytes());
    }
    join_->advance_watermark(event_time::kMaxTimestamp, made_);
    write_out();
    while (!on_the_wire_.empty()) arrive_again();
    committed_ = {*join_, {read_[0], read_[1]}};
    now_ms_ += 10'000;
    settle();
  }

 private:
  using Read = std::array<std::size_t, 2>;
  struct Commit {
    StreamJoin state;
    Read read;
  };
  struct Written {
    sim::VisibleResult row;
    std::vector<sim::EventId> inside;
  };

  bool chance(unsigned per_mille) { return random_() % 1000 < per_mille; }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_() % static_cast<unsigned>(bound));
  }
  std::int64_t time_of(sim::EventId id) const { return times_[id.source()][id.ordinal()]; }
  std::uint32_t key_of(sim::EventId id) const { return keys_[id.source()][id.ordinal()]; }

  void create(sim::EventId id) {
    const std::int64_t t = time_of(id);
    const sim::CreatedRecord record{id, key_of(id), t, at_ms(t), at_ms(t)};
    both([&](Ledger& ledger) { ledger.created({&record, 1}); });
  }

  void restart(StreamJoin state, Read read) {
    join_ = std::make_unique<StreamJoin>(std::move(state));
    read_ = read;
    for (const std::uint16_t topic : kBoth) {
      both([&](Ledger& ledger) {
        ledger.assigned(0, {topic, 0}, static_cast<std::int64_t>(read[topic]), at_ms(now_ms_));
      });
    }
  }

  void append(sim::EventId id) {
    const std::vector<sim::EventId> one{id};
    std::vector<sim::EventId>& log = logs_[id.source()];
    const auto offset = static_cast<std::int64_t>(log.size());
    both([&](Ledger& ledger) {
      ledger.appended({id.source(), 0}, offset, one, at_ms(now_ms_));
      ledger.committed({id.source(), 0}, offset, one, at_ms(now_ms_));
    });
    log.push_back(id);
  }

  void arrived(sim::EventId id) {
    const std::vector<sim::EventId> one{id};
    const sim::Time at = at_ms(now_ms_);
    if (trouble_ && chance(5)) {
      both([&](Ledger& ledger) { ledger.refused(sim::SendRefusal::expired, one, at); });
      return;
    }
    const sim::Told told = trouble_ && chance(10) ? sim::Told::outcome_unknown : sim::Told::acknowledged;
    both([&](Ledger& ledger) { ledger.told(told, one, at); });
    if (trouble_ && chance(3)) return;  // gone from the log
    append(id);
    if (trouble_ && chance(10)) append(id);
  }

  void take_in(std::size_t side) {
    const sim::EventId id = logs_[side][read_[side]];
    const std::vector<sim::EventId> one{id};
    const sim::Time at = at_ms(now_ms_);
    const sim::PartitionRef p{id.source(), 0};
    both([&](Ledger& ledger) { ledger.polled(0, p, static_cast<std::int64_t>(read_[side]), one, at); });
    ++read_[side];
    if (trouble_ && sim::mix(id) % 100 == 0) {
      both([&](Ledger& ledger) { ledger.dropped(sim::DropReason::dead_lettered, 0, one, at); });
      return;
    }
    if (trouble_ && chance(1)) return;  // never processed
    const auto verdict =
        join_->add(side == 0 ? JoinSide::left : JoinSide::right, key_of(id), {time_of(id), id, 1}, made_);
    if (verdict == JoinVerdict::late_dropped) {
      both([&](Ledger& ledger) { ledger.dropped(sim::DropReason::late, 0, one, at); });
      return;
    }
    both([&](Ledger& ledger) { ledger.processed(0, one, at); });
    for (const event_time::Window& window : join_->late_windows())
      both([&](Ledger& ledger) { ledger.late_for_window(0, window.end_ms, one, at); });
  }

  void show(Written& written, bool overwrites) {
    written.row.contributions = written.inside;
    written.row.overwrites = overwrites;
    both([&](Ledger& ledger) { ledger.visible(written.row, at_ms(now_ms_)); });
  }

  void write_out() {
    for (const JoinedRow& joined : made_) {
      Written written;
      written.row.key = joined.key;
      written.row.window_start_ms = INT64_MIN;
      if (spec_.type == Type::window) {
        written.row.window_start_ms = joined.window.start_ms;
        written.row.window_end_ms = joined.window.end_ms;
      }
      if (joined.has_left) written.inside.push_back(joined.left.id);
      if (joined.has_right) written.inside.push_back(joined.right.id);
      written.row.value = static_cast<std::int64_t>(written.inside.size());
      for (const sim::EventId id : written.inside) written.row.digest += sim::mix(id);
      if (trouble_ && chance(1)) continue;  // never written
      const std::uint64_t identity = spec_.has_table() ? sim::mix(joined.left.id) : written.row.digest;
      const auto primary = std::pair{identity, joined.window.end_ms};
      const bool known = !shown_.insert(primary).second;
      if (trouble_ && chance(20)) on_the_wire_.push_back(written);  // and the answer is lost
      show(written, known && reading_ == Reading::upsert);
    }
    made_.clear();
    if (!on_the_wire_.empty() && chance(30)) arrive_again();
  }

  void arrive_again() {
    show(on_the_wire_.front(), reading_ == Reading::upsert);
    on_the_wire_.pop_front();
  }

  void settle() {
    JoinHorizon horizon;
    for (const StreamJoin* const state : {join_.get(), &committed_.state}) {
      state->append_ids(horizon.held);
      state->append_versions(horizon.held);
    }
    for (const Written& written : on_the_wire_)
      horizon.held.insert(horizon.held.end(), written.inside.begin(), written.inside.end());
    for (const std::uint16_t topic : kBoth) {
      horizon.read_from.push_back(
          {{topic, 0}, static_cast<std::int64_t>(std::min(read_[topic], committed_.read[topic]))});
    }
    horizon.created_from_ms = now_ms_ + 1;
    settling.settle_join(std::move(horizon));
  }

  StreamJoinSpec spec_;
  Reading reading_;
  bool trouble_;
  std::mt19937 random_;

  std::vector<std::int64_t> times_[2];
  std::vector<std::uint32_t> keys_[2];
  std::vector<sim::EventId> logs_[2];
  std::unique_ptr<StreamJoin> join_;
  Read read_{};
  Commit committed_{StreamJoin{spec_}, {}};
  std::vector<JoinedRow> made_;
  std::set<std::pair<std::uint64_t, std::int64_t>> shown_;
  std::deque<Written> on_the_wire_;
  std::int64_t now_ms_ = 0;
  std::int64_t newest_ms_ = 0;
};

}  // namespace

TEST_CASE("settling of joins: the books do not depend on it") {
  const char* const cases = std::getenv("WRACKLINE_PROPERTY_CASES");
  const auto seeds = static_cast<std::uint32_t>(cases == nullptr ? 2 : std::max(1, std::atoi(cases) / 1000));
  for (const StreamJoinSpec& spec : specs()) {
    for (const Reading reading : {Reading::every_row, Reading::upsert}) {
      for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(name_of(spec), static_cast<int>(reading), seed);
        Story story{spec, reading, seed, true};
        story.tell(3000, seed % 2 == 0 ? 20 : 60);
        story.close_and_compare();
        CHECK(story.keeping.broken_promises() == 0);
      }
    }
  }
}

TEST_CASE("settling of joins: memory is flat in the duration of a run") {
  for (const StreamJoinSpec& spec : specs()) {
    CAPTURE(name_of(spec));
    Story brief{spec, Reading::every_row, 1, false};
    brief.tell(4'000, 20);
    Story longer{spec, Reading::every_row, 1, false};
    longer.tell(20'000, 20);
    // Against the 32 bytes of an event that is kept, and its rows. What is left are 8 bytes for each event
    // that ended unlike most others, and here many of them come late.
    CHECK(longer.keeping.bytes() > brief.keeping.bytes() + 16'000 * 32);
    CHECK(longer.most_bytes < brief.most_bytes + 16'000 * 8);
    longer.close_and_compare();
    CHECK(longer.keeping.broken_promises() == 0);
  }
}

}  // namespace wrackline::analysis

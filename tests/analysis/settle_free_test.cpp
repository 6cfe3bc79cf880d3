// Settling of free windows is invisible, too: the same books, anomalies and latencies as those of a ledger
// that never settles, whatever the windows, the panes, the reader and the trouble. The story is told by a
// small consumer around the real operator: it commits its state with its position, crashes and replays.
#include <random>
#include <set>

#include "engine/event_time/window/pane_operator.hpp"
#include "tests/analysis/twins.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::analysis {
namespace {

using event_time::window::PaneOperator;
using event_time::window::PanePolicy;
using event_time::window::PartitionWindows;
using event_time::window::ResultPane;
using event_time::window::ResultPanes;
using event_time::window::WindowDefinition;
using event_time::window::WindowedAggregation;
using testing::at_ms;
using testing::event;
using testing::Twins;

struct Shape {
  std::string name;
  WindowDefinition windows;
  PanePolicy panes = {};
};

std::vector<Shape> shapes() {
  using Accumulation = PanePolicy::Accumulation;
  PanePolicy early;
  early.early_every_records = 2;
  early.allowed_lateness_ms = 40;
  PanePolicy retracting = early;
  retracting.accumulation = Accumulation::retracting;
  PanePolicy discarding = early;
  discarding.accumulation = Accumulation::discarding;
  PanePolicy patient;
  patient.early_every_ms = 300;
  patient.late_every_ms = 200;
  patient.late_every_records = 0;
  patient.allowed_lateness_ms = 60;
  patient.accumulation = Accumulation::retracting;
  PanePolicy late;
  late.allowed_lateness_ms = 100;
  return {
      {"session", WindowDefinition::session(15)},
      {"session, panes", WindowDefinition::session(15), early},
      {"session, retracting", WindowDefinition::session(20), retracting},
      {"session, retracting by time", WindowDefinition::session(12), patient},
      {"session, discarding", WindowDefinition::session(15), discarding},
      {"cumulate", WindowDefinition::cumulate(200, 50)},
      {"cumulate, late", WindowDefinition::cumulate(200, 50), late},
      {"hopping, panes", WindowDefinition::hopping(120, 40), early},
      {"hopping, odd", WindowDefinition::hopping(100, 30), retracting},
      {"tumbling, discarding", WindowDefinition::tumbling(80), discarding},
      {"tumbling, retracting", WindowDefinition::tumbling(80), patient},
      {"sliding", WindowDefinition::sliding(15)},
      {"sliding, late", WindowDefinition::sliding(15), late},
      {"sliding, panes", WindowDefinition::sliding(10), early},
      {"sliding, retracting by time", WindowDefinition::sliding(10), patient},
      {"count", WindowDefinition::count(3)},
      {"global, discarding", WindowDefinition::global(), discarding},
  };
}

WindowedAggregation aggregation_of(const Shape& shape) {
  WindowedAggregation made;
  made.windows = shape.windows;
  made.panes = shape.panes;
  return made;
}

LedgerConfig config_of(const Shape& shape, Reading reading) {
  LedgerConfig config;
  config.window.free = std::make_shared<const FreeWindows>(shape.windows, event_time::window::AggregateSpec{},
                                                           shape.panes, [](sim::EventId) { return 1; });
  config.window.allowed_lateness_ms = shape.panes.allowed_lateness_ms;
  config.reading = reading;
  config.steady_from = at_ms(1000);
  config.steady_until = at_ms(4000);
  return config;
}

/// Two ledgers and the consumer that both hear of.
class Story : public Twins {
 public:
  Story(const Shape& shape, Reading reading, std::uint32_t seed, bool trouble)
      : Twins{config_of(shape, reading)},
        shape_{shape},
        reading_{reading},
        trouble_{trouble},
        random_{seed},
        windows_{std::make_unique<PaneOperator>(aggregation_of(shape))},
        committed_{windows_->snapshot(0)} {}

  std::size_t most_bytes = 0;

  void tell(std::uint64_t events, std::uint32_t keys) {
    struct Arrival {
      std::int64_t at_ms;
      std::uint64_t n;
    };
    std::vector<Arrival> arrivals;
    for (std::uint64_t n = 0; n < events; ++n) {
      const auto at = static_cast<std::int64_t>(n);
      arrivals.push_back({at + (chance(300) ? below(120) : below(20)) + (chance(5) ? 1500 : 0), n});
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at_ms < b.at_ms; });
    std::uint64_t created = 0;
    std::size_t processed = 0;  // position
    std::size_t furthest = 0;
    while (processed < arrivals.size()) {
      const Arrival arrival = arrivals[processed++];
      now_ms_ = std::max(now_ms_, arrival.at_ms);
      for (; created < events && static_cast<std::int64_t>(created) <= now_ms_; ++created) {
        const auto at = static_cast<std::int64_t>(created);
        const auto key = static_cast<std::uint32_t>(sim::mix(created) % keys);
        const sim::CreatedRecord record{event(created), key, at, at_ms(at), at_ms(at)};
        both([&](Ledger& ledger) { ledger.created({&record, 1}); });
      }
      if (processed > furthest) {
        furthest = processed;
        arrived(arrival.n);
      }
      if (!stored_.contains(arrival.n)) continue;
      take_in(arrival.n, static_cast<std::uint32_t>(sim::mix(arrival.n) % keys));
      if (chance(200)) {
        newest_ms_ = std::max(newest_ms_, static_cast<std::int64_t>(arrival.n) - 30);
        windows_->advance_watermark(newest_ms_, fired_);
        windows_->advance_processing_time(now_ms_, fired_);
      }
      newest_ms_ = std::max(newest_ms_, static_cast<std::int64_t>(arrival.n) - 60);
      write_out();
      if (chance(100)) {
        committed_ = windows_->snapshot(0);
        position_ = processed;
      }
      if (chance(200)) settle();
      if (chance(1)) {
        windows_ = std::make_unique<PaneOperator>(aggregation_of(shape_));
        windows_->restore(0, committed_, now_ms_);
        windows_->advance_watermark(committed_.watermark_floor, fired_);
        newest_ms_ = committed_.watermark_floor;
        write_out();
        processed = position_;
      }
      most_bytes = std::max(most_bytes, settling.bytes());
    }
    windows_->advance_watermark(event_time::kMaxTimestamp, fired_);
    write_out();
    committed_ = windows_->snapshot(0);
    settle();
  }

 private:
  bool chance(unsigned per_mille) { return random_() % 1000 < per_mille; }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_() % static_cast<unsigned>(bound));
  }
  void arrived(std::uint64_t n) {
    const std::vector<sim::EventId> one{event(n)};
    const sim::Time at = at_ms(now_ms_);
    if (trouble_ && chance(5)) {
      both([&](Ledger& ledger) { ledger.refused(sim::SendRefusal::expired, one, at); });
      return;
    }
    const sim::Told told = trouble_ && chance(10) ? sim::Told::outcome_unknown : sim::Told::acknowledged;
    both([&](Ledger& ledger) { ledger.told(told, one, at); });
    if (trouble_ && chance(10)) return;  // gone from the log
    both([&](Ledger& ledger) {
      ledger.appended({}, offset_, one, at);
      ledger.committed({}, offset_, one, at);
      ledger.polled(0, {}, offset_, one, at);
    });
    ++offset_;
    if (trouble_ && chance(10)) return;  // never processed
    stored_.insert(n);
  }

  void take_in(std::uint64_t n, std::uint32_t key) {
    const std::vector<sim::EventId> one{event(n)};
    const sim::Time at = at_ms(now_ms_);
    const auto verdict = windows_->add(0, key, static_cast<std::int64_t>(n), event(n), 1, now_ms_, fired_);
    if (verdict == PaneOperator::Verdict::late_dropped) {
      both([&](Ledger& ledger) { ledger.dropped(sim::DropReason::late, 0, one, at); });
      return;
    }
    both([&](Ledger& ledger) { ledger.processed(0, one, at); });
    const bool by_end = shape_.windows.kind == WindowDefinition::Kind::cumulate ||
                        shape_.windows.kind == WindowDefinition::Kind::sliding;
    for (const event_time::Window& window : windows_->late_windows()) {
      both([&](Ledger& ledger) {
        ledger.late_for_window(0, by_end ? window.end_ms : window.start_ms, one, at);
      });
    }
  }

  void write_out() {
    for (const ResultPane& pane : fired_.panes) {
      const auto ids = fired_.contributions(pane);
      sim::VisibleResult row;
      row.key = pane.key;
      row.window_start_ms = pane.window.start_ms;
      row.window_end_ms = pane.window.end_ms;
      row.pane = pane.index;
      std::vector<sim::EventId> inside{ids.begin(), ids.end()};
      const auto identity = std::tuple{row.key, row.window_start_ms, row.window_end_ms};
      if (pane.retraction) {
        if (!shown_.contains(identity)) continue;
        row.contributions = inside;
        both([&](Ledger& ledger) { ledger.withdrawn(row, at_ms(now_ms_)); });
        continue;
      }
      if (trouble_ && chance(10)) continue;  // never written
      if (trouble_ && inside.size() > 1 && chance(20)) inside.pop_back();
      if (trouble_ && chance(10)) inside.push_back(inside.front());
      row.contributions = inside;
      row.value = static_cast<std::int64_t>(inside.size());
      for (const sim::EventId id : inside) row.digest += sim::mix(id);
      row.overwrites = !shown_.insert(identity).second && reading_ == Reading::upsert;
      both([&](Ledger& ledger) { ledger.visible(row, at_ms(now_ms_)); });
      const bool several = shape_.panes.several();
      // Only a whole one: that a forgotten row was no session is not found a second time.
      const bool whole = inside.size() == ids.size();
      if (trouble_ && whole && !several && reading_ == Reading::every_row && chance(20))
        old_.push_back({row, inside});
    }
    fired_.clear();
    // A zombie appends a row that has been there for long.
    if (!old_.empty() && chance(10)) {
      auto& [row, inside] = old_[static_cast<std::size_t>(below(static_cast<std::int64_t>(old_.size())))];
      row.contributions = inside;
      row.overwrites = false;
      both([&](Ledger& ledger) { ledger.visible(row, at_ms(now_ms_)); });
    }
  }

  void settle() {
    settling.fold_shown();
    if (!settling.config().window.free->timed()) return;
    const std::int64_t final_ms = event_time::saturating_sub(
        std::min(committed_.watermark_floor, windows_->watermark()), shape_.panes.allowed_lateness_ms);
    if (final_ms <= 0) return;
    std::vector<OpenSession> open;
    const auto note = [&](std::uint32_t key, const event_time::Window& window) {
      open.push_back({key, window.start_ms, window.end_ms});
    };
    if (settling.config().window.free->sessions()) {
      windows_->for_each_open(note);
      committed_.for_each_open(note);
    }
    settling.settle_before(final_ms, std::move(open));
  }

  struct Old {
    sim::VisibleResult row;
    std::vector<sim::EventId> inside;
  };
  Shape shape_;
  Reading reading_;
  bool trouble_;
  std::mt19937 random_;

  std::unique_ptr<PaneOperator> windows_;
  PartitionWindows committed_;
  std::size_t position_ = 0;
  ResultPanes fired_;
  std::set<std::uint64_t> stored_;
  std::set<std::tuple<std::uint32_t, std::int64_t, std::int64_t>> shown_;
  std::vector<Old> old_;
  std::int64_t now_ms_ = 0;
  std::int64_t newest_ms_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace

TEST_CASE("settling of free windows: the books do not depend on it") {
  const char* const cases = std::getenv("WRACKLINE_PROPERTY_CASES");
  const auto seeds = static_cast<std::uint32_t>(cases == nullptr ? 8 : std::max(1, std::atoi(cases) / 1000));
  for (const Shape& shape : shapes()) {
    const bool replaces =
        shape.panes.several() && shape.panes.accumulation != PanePolicy::Accumulation::discarding;
    for (const Reading reading : {replaces ? Reading::latest_pane : Reading::every_row, Reading::upsert}) {
      for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(shape.name, static_cast<int>(reading), seed);
        Story story{shape, reading, seed, true};
        story.tell(5000, 7);
        story.close_and_compare();
        CHECK(story.keeping.broken_promises() == 0);
      }
    }
  }
}

TEST_CASE("settling of free windows: memory is flat in the duration of a run") {
  for (const Shape& shape : shapes()) {
    CAPTURE(shape.name);
    const bool replaces =
        shape.panes.several() && shape.panes.accumulation != PanePolicy::Accumulation::discarding;
    const Reading reading = replaces ? Reading::latest_pane : Reading::every_row;
    Story brief{shape, reading, 1, false};
    brief.tell(4'000, 5);
    Story longer{shape, reading, 1, false};
    longer.tell(20'000, 5);
    // Against the 32 bytes and more of an event that is kept. What is left are 8 bytes for each event that
    // ended unlike most others, and here a third of them come late.
    CHECK(longer.keeping.bytes() > brief.keeping.bytes() + 16'000 * 32);
    CHECK(longer.most_bytes < brief.most_bytes + 16'000 * 16);
    longer.close_and_compare();
    CHECK(longer.keeping.broken_promises() == 0);
  }
}

}  // namespace wrackline::analysis

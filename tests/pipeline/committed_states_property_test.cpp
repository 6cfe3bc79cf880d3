// State beside commits, shared between commits, against whole copies of it.
//
// Instances take records of a partition into a join or into windows, commit their state, lose commits, crash,
// and go on from any commit that may be in force; zombies store, or try to. Beside each state stands a whole
// copy in the strictest sense: the history that led to it, from which it is made anew, sharing nothing. Both
// lie in a store of the same rules, and whatever is asked for must go on alike. Cases of each kind:
// WRACKLINE_PROPERTY_CASES / 100.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/event_time/window/stream_join.hpp"
#include "engine/processor/committed_states.hpp"
#include "tests/event_time_window/random_case.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::processor {
namespace {

using event_time::kMaxTimestamp;
using event_time::TimestampMs;
using namespace event_time::window;

std::uint64_t cases() {
  const char* const text = std::getenv("WRACKLINE_PROPERTY_CASES");
  return (text == nullptr ? 20'000 : std::strtoull(text, nullptr, 10)) / 100;
}

/// A record is what its offset says, so whoever reads it again reads the same.
struct Input {
  std::uint64_t seed = 0;
  std::int64_t keys = 1;
  std::int64_t disorder = 0;

  Dice dice_of(std::int64_t offset) const {
    return Dice{sim::mix(seed) + static_cast<std::uint64_t>(offset)};
  }
};

/// One step of an operator: the record of an offset, a watermark, or a restart from its own state.
struct Step {
  enum class Kind : std::uint8_t { record, watermark, time, restart } kind = Kind::record;
  std::int64_t at = 0;
};
using History = std::vector<Step>;
using Out = std::vector<std::int64_t>;

/// A join as an instance runs it.
class Joining {
 public:
  using State = StreamJoin;
  Joining(const Input& input, std::uint64_t seed) : input_{input}, join_{spec_of(seed)} {}

  void restore(const State& state) { join_ = state; }
  State state() const { return join_; }
  void apply(const Step& step, Out& out) {
    std::vector<JoinedRow> rows;
    if (step.kind == Step::Kind::watermark) join_.advance_watermark(step.at, rows);
    if (step.kind == Step::Kind::record) {
      Dice dice = input_.dice_of(step.at);
      const JoinSide side = dice.chance(2) ? JoinSide::left : JoinSide::right;
      const auto key = static_cast<std::uint32_t>(dice.roll(0, input_.keys - 1));
      const JoinRecord record{step.at - dice.roll(0, input_.disorder),
                              sim::EventId{1, static_cast<std::uint64_t>(step.at)}, dice.roll(0, 9)};
      out.push_back(static_cast<std::int64_t>(join_.add(side, key, record, rows)));
    }
    for (const JoinedRow& row : rows) {
      for (const std::int64_t figure :
           {std::int64_t{row.key}, row.window.start_ms, row.window.end_ms,
            row.has_left ? row.left.timestamp : -1, row.has_right ? row.right.timestamp : -1,
            static_cast<std::int64_t>(row.left.id.ordinal()),
            static_cast<std::int64_t>(row.right.id.ordinal())})
        out.push_back(figure);
    }
  }
  std::vector<sim::EventId> held() const {
    std::vector<sim::EventId> ids;
    join_.append_ids(ids);
    join_.append_versions(ids);
    return ids;
  }

 private:
  static StreamJoinSpec spec_of(std::uint64_t seed) {
    Dice dice{seed};
    StreamJoinSpec spec;
    spec.type = static_cast<StreamJoinSpec::Type>(dice.roll(0, 3));
    spec.kind = static_cast<JoinType>(dice.roll(0, spec.has_table() ? 1 : 3));
    spec.lower_ms = dice.roll(-30, 20);
    spec.upper_ms = spec.lower_ms + dice.roll(0, 40);
    spec.windows = dice.chance(2) ? WindowDefinition::tumbling(dice.roll(1, 40))
                                  : WindowDefinition::hopping(dice.roll(1, 40), dice.roll(5, 20));
    return spec;
  }

  Input input_;
  StreamJoin join_;
};

/// Windows, panes and aggregates of any kind.
class Windowing {
 public:
  using State = PartitionWindows;
  Windowing(const Input& input, std::uint64_t seed) : input_{input}, windows_{RandomCase{seed}.spec} {}

  void restore(const State& state) { windows_.restore(0, state, now_ms_); }
  State state() const { return windows_.snapshot(0); }
  void apply(const Step& step, Out& out) {
    ResultPanes fired;
    if (step.kind == Step::Kind::watermark) windows_.advance_watermark(step.at, fired);
    if (step.kind == Step::Kind::time)
      windows_.advance_processing_time(now_ms_ = std::max(now_ms_, step.at), fired);
    if (step.kind == Step::Kind::record) {
      Dice dice = input_.dice_of(step.at);
      const auto key = static_cast<std::uint32_t>(dice.roll(0, input_.keys - 1));
      const std::int64_t timestamp = step.at - dice.roll(0, input_.disorder);
      out.push_back(static_cast<std::int64_t>(
          windows_.add(0, key, timestamp, sim::EventId{1, static_cast<std::uint64_t>(step.at)},
                       dice.roll(-3, 12), now_ms_, fired)));
    }
    for (const ResultPane& pane : fired.panes) {
      for (const std::int64_t figure :
           {std::int64_t{pane.key}, pane.window.start_ms, pane.window.end_ms, std::int64_t{pane.index},
            static_cast<std::int64_t>(pane.kind), std::int64_t{pane.retraction}, pane.basic.count,
            pane.basic.sum, static_cast<std::int64_t>(pane.basic.digest), pane.result.value})
        out.push_back(figure);
      for (const sim::EventId id : fired.contributions(pane))
        out.push_back(static_cast<std::int64_t>(id.ordinal()));
    }
  }
  std::vector<sim::EventId> held() const {
    std::vector<sim::EventId> ids;
    windows_.snapshot(0).append_ids(ids);
    return ids;
  }

 private:
  Input input_;
  PaneOperator windows_;
  std::int64_t now_ms_ = 0;
};

template <class Operator>
class Case {
 public:
  explicit Case(std::uint64_t seed) : seed_{seed}, dice_{seed} {
    input_ = {seed, dice_.chance(2) ? dice_.roll(1, 5) : dice_.roll(6, 150), dice_.roll(0, 20)};
  }

  /// Empty, or what is wrong.
  std::string run() {
    take_over(0);
    for (int i = 0; i < 160 && wrong_.empty(); ++i) step();
    // Twice: what goes on from one state must not have moved another.
    for (int round = 0; round < 2; ++round)
      for (const std::int64_t offset : offsets_) compare(offset);
    return wrong_;
  }

 private:
  struct Instance {
    Operator operates;
    History history;
    std::int64_t position = 0;
    TimestampMs watermark = -1000;
    std::uint32_t epoch = 0;
    std::uint32_t oracle_epoch = 0;
  };
  using Shared = CommittedStates<std::int32_t, typename Operator::State, std::int64_t>;
  using Whole = CommittedStates<std::int32_t, History, std::int64_t>;

  void fail(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  /// Whoever comes next owns the number; the one before may go on as a zombie.
  void take_over(std::int64_t offset) {
    const Claimant claimant{generation_++, shared_.claims()};
    Instance made{Operator{input_, seed_}, {}, offset};
    made.epoch = shared_.claim(0, claimant);
    made.oracle_epoch = whole_.claim(0, claimant);
    if (const auto state = shared_.at(0, offset)) made.operates.restore(*state);
    if (const auto history = whole_.at(0, offset)) {
      made.history = *history;
      made.history.push_back({Step::Kind::restart, 0});
    }
    if (instances_.size() > 1) instances_.erase(instances_.begin());
    instances_.push_back(std::move(made));
  }

  void feed(Instance& to, const Step& step) {
    Out out;
    to.operates.apply(step, out);
    to.history.push_back(step);
  }

  void step() {
    const bool zombie = instances_.size() > 1 && dice_.chance(4);
    Instance& one = zombie ? instances_.front() : instances_.back();
    const std::int64_t what = dice_.roll(0, 19);
    if (what < 9) {
      for (std::int64_t n = dice_.roll(1, 6); n > 0; --n) feed(one, {Step::Kind::record, one.position++});
    } else if (what < 12) {
      one.watermark = std::max(one.watermark, one.position - dice_.roll(0, 30));
      feed(one, {Step::Kind::watermark, one.watermark});
    } else if (what < 13) {
      feed(one, {Step::Kind::time, one.position + dice_.roll(0, 20)});
    } else if (what < 17) {
      commit(one);
    } else if (what < 18) {
      if (!offsets_.empty()) compare(pick());
    } else if (what < 19) {
      // Commits that were taken back, or never came: the group resumes at any that may be in force.
      if (!offsets_.empty()) take_over(pick());
    } else if (!offsets_.empty()) {
      const std::int64_t from = pick();
      shared_.resumes_from(0, from);
      whole_.resumes_from(0, from);
      std::erase_if(offsets_, [&](std::int64_t offset) { return offset < from; });
      if (shared_.kept(0) != whole_.kept(0)) fail("how many are kept");
    }
  }

  void commit(Instance& one) {
    // At most once, an earlier commit may be in force still, and then it goes with the state of now.
    if (!offsets_.empty() && dice_.chance(5)) put(one, pick());
    put(one, one.position);
  }
  void put(Instance& one, std::int64_t offset) {
    const bool stored = shared_.put(0, one.epoch, offset, one.operates.state());
    if (stored != whole_.put(0, one.oracle_epoch, offset, one.history)) fail("who is fenced");
    if (stored && std::find(offsets_.begin(), offsets_.end(), offset) == offsets_.end())
      offsets_.push_back(offset);
  }
  std::int64_t pick() {
    return offsets_[static_cast<std::size_t>(dice_.roll(0, static_cast<std::int64_t>(offsets_.size()) - 1))];
  }

  /// What the state of the commit goes on to do is what one made anew from its history does.
  void compare(std::int64_t offset) {
    const auto state = shared_.at(0, offset);
    const auto history = whole_.at(0, offset);
    if ((state == nullptr) != (history == nullptr)) return fail("what is kept");
    if (state == nullptr) return;
    Operator from_store{input_, seed_};
    from_store.restore(*state);
    Operator anew = made_from(*history);
    if (from_store.held() != anew.held()) return fail("what is held");
    Out out;
    Out expected;
    const auto both = [&](const Step& step) {
      from_store.apply(step, out);
      anew.apply(step, expected);
    };
    for (std::int64_t at = offset; at < offset + 20; ++at) {
      both({Step::Kind::record, at});
      if (at % 7 == 0) both({Step::Kind::watermark, at - 15});
      if (at % 11 == 0) both({Step::Kind::time, at});
    }
    both({Step::Kind::watermark, kMaxTimestamp});
    if (out != expected) fail("what comes of it");
    if (!from_store.held().empty() && from_store.held() != anew.held()) fail("what is left");
  }
  Operator made_from(const History& history) const {
    Operator made{input_, seed_};
    Out none;
    const auto restart = [&] {
      const typename Operator::State state = made.state();
      made = Operator{input_, seed_};
      made.restore(state);
    };
    for (const Step& step : history) step.kind == Step::Kind::restart ? restart() : made.apply(step, none);
    restart();
    return made;
  }

  std::uint64_t seed_;
  Dice dice_;
  Input input_;
  Shared shared_;
  Whole whole_;
  std::vector<Instance> instances_;
  std::vector<std::int64_t> offsets_;  ///< that may be in force
  std::int32_t generation_ = 0;
  std::string wrong_;
};

template <class Operator>
void check_cases() {
  std::string wrong;
  for (std::uint64_t seed = 0; seed < cases(); ++seed) {
    const std::string why = Case<Operator>{seed}.run();
    if (!why.empty()) wrong += std::to_string(seed) + ": " + why + "\n";
  }
  INFO(wrong);
  CHECK(wrong.empty());
}

}  // namespace

TEST_CASE("joins go on from any commit as from a whole copy of their state") { check_cases<Joining>(); }
TEST_CASE("windows go on from any commit as from a whole copy of their state") { check_cases<Windowing>(); }

}  // namespace wrackline::processor

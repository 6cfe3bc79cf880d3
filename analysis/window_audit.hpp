// The windows against a batch oracle: an audit that shares nothing with the ledger but the hooks.
//
// Collects the records that the processor accepted, recomputes every window in one go with
// event_time::WindowOracle when the run is over, and compares counts, digests (sums of mixed identities) and,
// if told which, aggregates with the rows that a reader of the sink sees. The ledger finds the same record by
// record and in flat memory; that both agree is a test of both. Keeps all events: for tests and small runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analysis/ledger.hpp"
#include "sim/observer.hpp"

namespace wrackline::analysis {

/// How one (key, window) at the sink differs from what the oracle expects.
struct WindowDifference {
  enum class Kind : std::uint8_t {
    window_gap,  ///< accepted records, no row
    no_such,     ///< a row, no accepted record
    missing,     ///< fewer contributions than accepted records
    surplus,     ///< more of them
    digest,      ///< as many, but others
    value,       ///< the right records, another aggregate
  };
  Kind kind = Kind::digest;
  std::uint32_t key = 0;
  std::int64_t window_start_ms = 0;
  std::int64_t expected = 0;  ///< records; of `value`: the aggregate
  std::int64_t seen = 0;
  friend bool operator==(const WindowDifference&, const WindowDifference&) = default;
};

enum class Aggregate : std::uint8_t { unchecked, count, sum, min, max };

class WindowAudit final : public sim::Observer {
 public:
  using ValueOf = std::function<std::int64_t(sim::EventId)>;

  /// `value_of` is asked for sum, min and max only.
  explicit WindowAudit(const LedgerConfig& config, Aggregate aggregate = Aggregate::unchecked,
                       ValueOf value_of = {});

  void created(std::span<const sim::CreatedRecord> records) override;
  void processed(std::uint32_t job, std::span<const sim::EventId> ids, sim::Time at) override;
  void dropped(sim::DropReason why, std::uint32_t job, std::span<const sim::EventId> ids,
               sim::Time at) override;
  void late_for_window(std::uint32_t job, std::int64_t window_start_ms, std::span<const sim::EventId> ids,
                       sim::Time at) override;
  void visible(const sim::VisibleResult& result, sim::Time at) override;
  void withdrawn(const sim::VisibleResult& result, sim::Time at) override;

  /// By window, then key. Windows that end after `windows_due_ms` are not looked at.
  std::vector<WindowDifference> compare(std::int64_t windows_due_ms) const;

 private:
  struct Event {
    std::uint32_t key = 0;
    std::int64_t event_time_ms = 0;
    bool processed = false;
    bool dropped = false;
  };
  struct Sum {
    std::int64_t count = 0;
    std::uint64_t digest = 0;
    std::int64_t value = 0;
    std::uint32_t pane = 0;
    bool any = false;
  };
  using Cell = std::pair<std::int64_t, std::uint32_t>;  ///< window start, key

  LedgerConfig config_;
  Aggregate aggregate_;
  ValueOf value_of_;
  std::map<sim::EventId, Event> events_;
  std::map<std::pair<std::int64_t, sim::EventId>, bool> late_;  ///< (window start, event)
  std::map<Cell, Sum> rows_;
};

}  // namespace wrackline::analysis

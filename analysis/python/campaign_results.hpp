// The results of a campaign as columns: a row per run and job, in the order of the plan, and a merged result
// per cell and job.
//
// A whole analysis::RunResult is large (dense histograms), so a row keeps the figures of the metric table,
// the identity of the run and its account (faults, moments, anomalies, reasons) as JSON text; histograms are
// kept merged per cell. Those of one run are had by running it again: a run is a pure function of its cell
// and seed.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/metrics.hpp"
#include "analysis/python/loaded_plan.hpp"
#include "analysis/run_result.hpp"
#include "scenarios/run/campaign.hpp"

namespace wrackline::python {

/// A figure of the metric table and how its column is stored.
struct Figure {
  std::string name;
  analysis::MetricRef ref;
  bool whole =
      false;  ///< int64 and always there; otherwise float64, seconds for durations, NaN where there is none
};
const std::vector<Figure>& figures();

struct FigureColumn {
  std::vector<std::int64_t> whole;
  std::vector<double> real;
};

class CampaignResults {
 public:
  explicit CampaignResults(std::shared_ptr<LoadedPlan> loaded);

  /// Runs everything that the plan asks for; once.
  scenarios::CampaignEnd run(unsigned threads, const std::atomic<bool>& stop,
                             std::atomic<std::uint64_t>& done);
  /// The whole result of a row, by running it once more.
  analysis::RunResult repeat(std::size_t row) const;

  std::uint64_t total() const { return loaded_->plan().cells.size() * loaded_->plan().seeds.size(); }
  std::size_t rows() const { return seed.size(); }
  LoadedPlan& loaded() const { return *loaded_; }
  const FigureColumn& figure(std::size_t index, analysis::Phase phase) const {
    return figures_[static_cast<std::size_t>(phase)][index];
  }
  /// Merged over seeds, by cell and job.
  const std::vector<analysis::RunResult>& cells() const { return cells_; }
  const std::vector<std::size_t>& cell_indices() const { return cell_indices_; }

  std::vector<std::int64_t> cell;
  std::vector<std::int64_t> job;  ///< index within the results of one run
  std::vector<std::uint64_t> seed;
  std::vector<std::int64_t> outcome;
  std::vector<std::int64_t> virtual_ns;
  std::vector<std::string> job_name;
  std::vector<std::string> run_id;
  std::vector<std::string> hash;
  std::vector<std::string> account;  ///< JSON of the run without its latencies

 private:
  void add(const scenarios::RunTask& task, std::vector<analysis::RunResult> results);
  void add_row(const scenarios::RunTask& task, std::size_t job_index, analysis::RunResult& result);

  std::shared_ptr<LoadedPlan> loaded_;
  std::vector<FigureColumn> figures_[2];
  std::map<std::pair<std::size_t, std::size_t>, std::size_t>
      merged_into_;  ///< (cell, job) -> index in cells_
  std::vector<analysis::RunResult> cells_;
  std::vector<std::size_t> cell_indices_;
};

}  // namespace wrackline::python

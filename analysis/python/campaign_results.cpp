#include "analysis/python/campaign_results.hpp"

#include <cassert>
#include <limits>
#include <nlohmann/json.hpp>

#include "analysis/result_json.hpp"

namespace wrackline::python {

namespace {

bool is_whole(const analysis::MetricRef& ref) {
  using Kind = analysis::Statistic::Kind;
  if (ref.metric.empty()) return ref.statistic.kind == Kind::count || ref.statistic.kind == Kind::missing;
  return ref.unit != analysis::Unit::ratio && ref.unit != analysis::Unit::duration;
}

double real_value(const std::optional<analysis::MetricValue>& value) {
  if (!value) return std::numeric_limits<double>::quiet_NaN();
  const double number = static_cast<double>(value->value) / static_cast<double>(value->denominator);
  return value->unit == analysis::Unit::duration ? number / 1e9 : number;
}

}  // namespace

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all = [] {
    std::vector<Figure> made;
    for (const std::string& name : analysis::metric_names()) {
      const auto ref = analysis::parse_metric(name);
      assert(ref.has_value());
      made.push_back({name, *ref, is_whole(*ref)});
    }
    return made;
  }();
  return all;
}

CampaignResults::CampaignResults(std::shared_ptr<LoadedPlan> loaded) : loaded_(std::move(loaded)) {
  for (auto& phase : figures_) phase.resize(figures().size());
}

scenarios::CampaignEnd CampaignResults::run(unsigned threads, const std::atomic<bool>& stop,
                                            std::atomic<std::uint64_t>& done) {
  assert(seed.empty());
  scenarios::CampaignOptions options;
  options.threads = threads;
  options.stop = &stop;
  options.progress = [&](const scenarios::CampaignProgress& progress) { done = progress.done; };
  return scenarios::run_campaign(
      loaded_->plan(), options, scenarios::run_one,
      [&](const scenarios::RunTask& task, std::vector<analysis::RunResult> results) {
        add(task, std::move(results));
        return true;
      });
}

analysis::RunResult CampaignResults::repeat(std::size_t row) const {
  const scenarios::Plan& plan = loaded_->plan();
  auto results =
      scenarios::run_one({plan, plan.cells.at(static_cast<std::size_t>(cell.at(row))), seed.at(row)});
  return std::move(results.at(static_cast<std::size_t>(job.at(row))));
}

void CampaignResults::add(const scenarios::RunTask& task, std::vector<analysis::RunResult> results) {
  for (std::size_t index = 0; index < results.size(); ++index) {
    analysis::RunResult& result = results[index];
    // The loader's options are not known to the run itself.
    result.reproduce = loaded_->reproduce(task.cell.index, task.seed);
    add_row(task, index, result);
    const auto [at, fresh] = merged_into_.try_emplace({task.cell.index, index}, cells_.size());
    if (fresh) {
      cells_.push_back(std::move(result));
      cell_indices_.push_back(task.cell.index);
    } else {
      cells_[at->second].merge(result);
    }
  }
}

void CampaignResults::add_row(const scenarios::RunTask& task, std::size_t job_index,
                              analysis::RunResult& result) {
  for (const analysis::Phase phase : {analysis::Phase::all, analysis::Phase::steady}) {
    for (std::size_t i = 0; i < figures().size(); ++i) {
      const auto value = analysis::evaluate(result, figures()[i].ref, phase);
      FigureColumn& column = figures_[static_cast<std::size_t>(phase)][i];
      if (figures()[i].whole) {
        column.whole.push_back(value ? value->value : 0);
      } else {
        column.real.push_back(real_value(value));
      }
    }
  }
  auto latencies = std::move(result.latencies);
  result.latencies = {};
  nlohmann::json json = analysis::to_json(result);
  json.erase("latencies");
  result.latencies = std::move(latencies);

  cell.push_back(static_cast<std::int64_t>(task.cell.index));
  job.push_back(static_cast<std::int64_t>(job_index));
  seed.push_back(task.seed);
  outcome.push_back(static_cast<std::int64_t>(result.verdict.outcome));
  virtual_ns.push_back(result.virtual_ns());
  job_name.push_back(result.job);
  run_id.push_back(result.seeds.empty() ? std::string{} : result.seeds.front().run_id);
  hash.push_back(result.seeds.empty() ? std::string{} : result.seeds.front().hash);
  account.push_back(json.dump());
}

}  // namespace wrackline::python

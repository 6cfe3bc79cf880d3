// wrackline._core: what the Python package needs of the engine, in coarse calls: load a plan, run it, take
// whole columns.
//
// Threads: a campaign runs on threads that never touch Python. The calling thread waits for them without the
// GIL and looks every Wait::kPoll whether a signal has arrived, so that Ctrl-C stops the campaign after the
// runs under way; what had ended by then stays in the Campaign.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "analysis/names/metric.hpp"
#include "analysis/python/arrays.hpp"
#include "analysis/python/bindings.hpp"
#include "analysis/python/campaign_results.hpp"
#include "analysis/python/loaded_plan.hpp"
#include "analysis/python/waiting.hpp"
#include "analysis/result_json.hpp"
#include "analysis/verdict_table.hpp"

namespace py = pybind11;

namespace wrackline::python {

namespace {

analysis::Phase phase_named(const std::string& name) {
  if (const auto phase = analysis::find_phase(name)) return *phase;
  throw py::value_error("phase must be 'all' or 'steady', not '" + name + "'");
}

analysis::Latency latency_named(const std::string& name) {
  if (const auto latency = analysis::find_latency(name)) return *latency;
  std::string known;
  for (const auto& info : analysis::latencies())
    known += (known.empty() ? "" : ", ") + std::string{info.name};
  throw py::value_error("there is no latency '" + name + "'; known: " + known);
}

/// A read-only view of a column that lives as long as `owner`.
template <class T>
py::array view(const std::vector<T>& column, const py::object& owner) {
  py::array_t<T> array(static_cast<py::ssize_t>(column.size()), column.data(), owner);
  py::detail::array_proxy(array.ptr())->flags &= ~py::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return array;
}

py::dict histogram(const analysis::RunResult& result, const std::string& latency, const std::string& phase) {
  const analysis::LatencyStat& stat = result.latency(latency_named(latency), phase_named(phase));
  std::vector<std::int64_t> low;
  std::vector<std::int64_t> value;
  std::vector<std::int64_t> count;
  for (const analysis::Histogram::Bucket& bucket : stat.seen.buckets()) {
    const std::size_t index = analysis::Histogram::bucket_of(static_cast<std::uint64_t>(bucket.from));
    const std::int64_t width = index + 1 < analysis::Histogram::kBuckets
                                   ? analysis::Histogram::floor_of(index + 1) - bucket.from
                                   : 1;
    low.push_back(bucket.from);
    value.push_back(std::clamp(bucket.from + width / 2, *stat.seen.least(), *stat.seen.greatest()));
    count.push_back(static_cast<std::int64_t>(bucket.count));
  }
  py::dict out;
  out["low"] = owned(std::move(low));
  out["value"] = owned(std::move(value));
  out["count"] = owned(std::move(count));
  out["missing"] = stat.missing;
  out["negative"] = stat.seen.negative();
  return out;
}

py::dict columns(const py::object& self, const std::string& phase_name) {
  const auto& results = self.cast<const CampaignResults&>();
  const analysis::Phase phase = phase_named(phase_name);
  py::dict out;
  out["cell"] = view(results.cell, self);
  out["job_index"] = view(results.job, self);
  out["seed"] = view(results.seed, self);
  out["outcome_code"] = view(results.outcome, self);
  out["virtual_ns"] = view(results.virtual_ns, self);
  for (std::size_t i = 0; i < figures().size(); ++i) {
    const FigureColumn& column = results.figure(i, phase);
    out[py::str(figures()[i].name)] = figures()[i].whole ? view(column.whole, self) : view(column.real, self);
  }
  return out;
}

/// True when the plan was run to its end. Raises what a signal handler or `progress` raised, after the runs
/// under way.
bool run_campaign(CampaignResults& results, unsigned threads, const py::object& progress) {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> done{0};
  Wait wait;
  auto end = scenarios::CampaignEnd::kStopped;
  std::exception_ptr failed;
  std::thread campaign([&] {
    try {
      end = results.run(threads, stop, done);
    } catch (const scenarios::BadScenario& bad) {
      results.loaded().report(bad);
    } catch (...) {
      failed = std::current_exception();
    }
    wait.finish();
  });

  std::exception_ptr raised;
  std::uint64_t shown = 0;
  const auto look = [&] {
    if (raised) return;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      const std::uint64_t now = done;
      if (now != shown && !progress.is_none()) progress(now);
      shown = now;
    } catch (...) {
      raised = std::current_exception();
      stop = true;
    }
  };
  bool finished = false;
  while (!finished) {
    {
      const py::gil_scoped_release others_may_run;
      finished = wait.poll();
    }
    look();
  }
  {
    const py::gil_scoped_release others_may_run;
    campaign.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (failed) std::rethrow_exception(failed);
  return end == scenarios::CampaignEnd::kComplete;
}

std::string table(const CampaignResults& results, const std::string& latency, const std::string& phase) {
  analysis::TableOptions options;
  options.latency = latency_named(latency);
  options.phase = phase_named(phase);
  return analysis::verdict_table(results.cells(), options);
}

py::list figure_table() {
  py::list all;
  for (const Figure& figure : figures()) {
    all.append(py::make_tuple(figure.name, std::string{analysis::name_of(figure.ref.unit)}, figure.whole));
  }
  return all;
}

py::list latency_table() {
  py::list all;
  for (const auto& info : analysis::latencies()) {
    all.append(py::make_tuple(std::string{info.name}, std::string{analysis::name_of(info.unit)},
                              std::string{info.missing}, std::string{info.doc}));
  }
  return all;
}

void bind_plan(py::module_& module) {
  py::class_<LoadedPlan, std::shared_ptr<LoadedPlan>>(module, "Plan")
      .def(py::init([](std::string path, std::optional<std::string> text, std::vector<std::string> sets,
                       std::vector<std::string> sweeps, std::vector<std::uint64_t> seeds,
                       std::vector<std::string> readable) {
             return std::make_shared<LoadedPlan>(Request{std::move(path), std::move(text), std::move(sets),
                                                         std::move(sweeps), std::move(readable),
                                                         std::move(seeds)});
           }),
           py::call_guard<py::gil_scoped_release>(), py::arg("path"), py::arg("text"), py::arg("sets"),
           py::arg("sweeps"), py::arg("seeds"), py::arg("readable"))
      .def_property_readonly("valid", &LoadedPlan::valid)
      .def("json", &LoadedPlan::plan_json)
      .def("diagnostics_json", &LoadedPlan::diagnostics_json)
      .def("diagnostics_text", &LoadedPlan::diagnostics_text)
      .def("reproduce", &LoadedPlan::reproduce, py::arg("cell"), py::arg("seed"));
}

void bind_campaign(py::module_& module) {
  py::class_<analysis::RunResult>(module, "Result")
      .def("json", [](const analysis::RunResult& result) { return analysis::to_json(result).dump(); })
      .def_property_readonly("hash",
                             [](const analysis::RunResult& result) {
                               return result.seeds.empty() ? std::string{} : result.seeds.front().hash;
                             })
      .def("histogram", histogram, py::arg("latency"), py::arg("phase"));
  py::class_<CampaignResults, std::shared_ptr<CampaignResults>>(module, "Campaign")
      .def(py::init([](std::shared_ptr<LoadedPlan> plan) {
             if (!plan->valid()) throw py::value_error("the plan is not valid");
             return std::make_shared<CampaignResults>(std::move(plan));
           }),
           py::arg("plan"))
      .def("run", run_campaign, py::arg("threads"), py::arg("progress"))
      .def_property_readonly("total", &CampaignResults::total)
      .def("__len__", &CampaignResults::rows)
      .def("columns", columns, py::arg("phase"))
      .def_readonly("job_name", &CampaignResults::job_name)
      .def_readonly("run_id", &CampaignResults::run_id)
      .def_readonly("hash", &CampaignResults::hash)
      .def("account", [](const CampaignResults& results, std::size_t row) { return results.account.at(row); })
      .def("repeat", &CampaignResults::repeat, py::call_guard<py::gil_scoped_release>(), py::arg("row"))
      .def_property_readonly("cell_indices", &CampaignResults::cell_indices)
      .def("cell", [](const CampaignResults& results, std::size_t i) { return results.cells().at(i); })
      .def("table", table, py::arg("latency"), py::arg("phase"))
      .def("json_text",
           [](const CampaignResults& results) { return analysis::to_json_text(results.cells()); });
}

}  // namespace

}  // namespace wrackline::python

PYBIND11_MODULE(_core, module) {
  using namespace wrackline;
  module.doc() = "The engine of wrackline; use the package, not this module.";
  module.attr("model_version") = std::string{scenarios::kModelVersion};
  module.def("parse_seeds", scenarios::parse_seeds, py::arg("text"));
  module.def("figures", python::figure_table);
  module.def("latencies", python::latency_table);
  python::bind_plan(module);
  python::bind_campaign(module);
  python::bind_trace(module);
  python::bind_replay(module);
  python::bind_strategies(module);
  python::bind_windows(module);
  python::bind_join(module);
}

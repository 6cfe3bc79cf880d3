#include "engine/replay/result_maker.hpp"

#include <algorithm>

namespace wrackline::replay {

namespace {
/// Beyond, one error is as bad as another, and it still fits a Spread.
constexpr double kWorstPpm = 1e15;
}  // namespace

ResultMaker::ResultMaker(const AggregateList& list, RowList& rows)
    : details_{std::make_unique<const Details>(list)}, rows_{rows} {
  const auto place = [&](std::size_t among_all) {
    return static_cast<std::size_t>(std::count_if(
        list.specs.begin(), list.specs.begin() + static_cast<std::ptrdiff_t>(among_all), is_detailed));
  };
  for (const SketchPair& pair : list.pairs()) pairs_.push_back({place(pair.sketch), place(pair.exact)});
}

void ResultMaker::read(const DetailCell& cell) {
  results_.clear();
  for (std::size_t i = 0; i < cell.kept.size(); ++i)
    results_.push_back(cell.kept[i].result(details_->specs()[i]));
}

void ResultMaker::note(std::span<const AggregateResult> results, WindowFigures& figures) const {
  figures.sketch_errors_ppm.resize(pairs_.size());
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const double exact = results[pairs_[i].exact].real;
    const double off = results[pairs_[i].sketch].real - exact;
    const double ratio = std::max(off, -off) / std::max({exact, -exact, 1.0});
    figures.sketch_errors_ppm[i].insert(static_cast<std::int64_t>(std::min(ratio * 1e6 + 0.5, kWorstPpm)));
  }
}

}  // namespace wrackline::replay

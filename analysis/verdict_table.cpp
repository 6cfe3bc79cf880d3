#include "analysis/verdict_table.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "analysis/metrics.hpp"

namespace wrackline::analysis {

namespace {

struct Column {
  std::string title;
  bool right = true;
  std::vector<std::string> cells;
};

char32_t decode(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const unsigned char lead = byte(at);
  const int length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0xffU >> (length + 1));
  for (int i = 1; i < length; ++i) code = (code << 6) | (byte(at + static_cast<std::size_t>(i)) & 0x3fU);
  at += static_cast<std::size_t>(length);
  return code;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return right ? space + text : text + space;
}

std::string losses(const Books& books) {
  std::string text;
  for (std::size_t told = 0; told < kLossTold; ++told) {
    if (told != 0) text += " / ";
    text += count_text(books.lost_told(static_cast<LossTold>(told)));
  }
  return text;
}

std::string rows_text(const JoinBooks& join) {
  return count_text(join.delivered) + " of " + count_text(join.expected);
}

std::string missing_rows(const JoinBooks& join) {
  return count_text(join.late_left) + " / " + count_text(join.late_right) + " / " + count_text(join.lost()) +
         " / " + count_text(join.refused + join.pending);
}

std::string quantile_text(const LatencyStat& stat, Quantile q, Unit unit) {
  const auto value = stat.seen.quantile(q);
  if (!value) return "-";
  return unit == Unit::duration ? duration_text(*value) : count_text(static_cast<std::uint64_t>(*value));
}

std::string outcome_text(const RunResult& cell) {
  std::string text{name_of(cell.verdict.outcome)};
  if (cell.runs() > 1) {
    const auto with = std::count_if(cell.seeds.begin(), cell.seeds.end(), [&](const SeedOutcome& seed) {
      return seed.outcome == cell.verdict.outcome;
    });
    text += " (" + std::to_string(with) + "/" + std::to_string(cell.runs()) + ")";
  }
  return text;
}

/// The axes, in the order in which cells first name them; the guarantee stands first even where it is no
/// axis.
std::vector<std::string> axes_of(std::span<const RunResult> cells) {
  std::vector<std::string> axes{"guarantee"};
  for (const RunResult& cell : cells) {
    for (const auto& [axis, value] : cell.cell) {
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) axes.push_back(axis);
    }
  }
  return axes;
}

std::string axis_value(const RunResult& cell, const std::string& axis) {
  for (const auto& [name, value] : cell.cell) {
    if (name == axis) return value;
  }
  return axis == "guarantee" ? std::string{name_of(cell.guarantee)} : "-";
}

std::vector<Column> columns_of(std::span<const RunResult> cells, const TableOptions& options) {
  std::vector<Column> columns;
  columns.push_back({"#", true, {}});
  const auto axes = axes_of(cells);
  for (const std::string& axis : axes) columns.push_back({axis, false, {}});
  const bool jobs =
      std::any_of(cells.begin(), cells.end(), [](const RunResult& cell) { return !cell.job.empty(); });
  if (jobs) columns.push_back({"job", false, {}});
  const std::size_t first = columns.size();
  for (const char* title :
       {"duplicates", "lost: acked / failed / unknown / acks=0", "late", "P50", "P95", "P99", "missing"}) {
    columns.push_back({title, true, {}});
  }
  const bool joins = std::any_of(cells.begin(), cells.end(),
                                 [&](const RunResult& cell) { return cell.books_of(options.phase).join; });
  if (joins) {
    columns.push_back({"join rows", true, {}});
    columns.push_back({"without: late left / right / lost / other", true, {}});
    columns.push_back({"nulls / stale", true, {}});
  }
  columns.push_back({"verdict", false, {}});

  const Unit unit = latencies()[static_cast<std::size_t>(options.latency)].unit;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const RunResult& cell = cells[row];
    const Books& books = cell.books_of(options.phase);
    const LatencyStat& stat = cell.latency(options.latency, options.phase);
    columns[0].cells.push_back(std::to_string(row + 1));
    for (std::size_t i = 0; i < axes.size(); ++i) columns[i + 1].cells.push_back(axis_value(cell, axes[i]));
    if (jobs) columns[first - 1].cells.push_back(cell.job);
    std::size_t at = first;
    columns[at++].cells.push_back(count_text(books.duplicated(DuplicateHop::sink)));
    columns[at++].cells.push_back(losses(books));
    columns[at++].cells.push_back(ratio_text(books[Fate::late_dropped], books.produced));
    for (const Quantile q : {kP50, kP95, kP99}) columns[at++].cells.push_back(quantile_text(stat, q, unit));
    columns[at++].cells.push_back(count_text(stat.missing));
    if (joins) {
      const std::optional<JoinBooks>& join = books.join;
      columns[at++].cells.push_back(join ? rows_text(*join) : "-");
      columns[at++].cells.push_back(join ? missing_rows(*join) : "-");
      columns[at++].cells.push_back(join ? count_text(join->nulls) + " / " + count_text(join->stale) : "-");
    }
    columns[at++].cells.push_back(outcome_text(cell));
  }
  return columns;
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
  struct Range {
    char32_t from, to;
  };
  constexpr std::array<Range, 4> kNone{
      {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
  constexpr std::array<Range, 8> kWide{{{0x1100, 0x115f},
                                        {0x2e80, 0xa4cf},
                                        {0xac00, 0xd7a3},
                                        {0xf900, 0xfaff},
                                        {0xfe30, 0xfe4f},
                                        {0xff00, 0xff60},
                                        {0x1f300, 0x1faff},
                                        {0x20000, 0x3fffd}}};
  const auto in = [](const auto& ranges, char32_t code) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const Range& r) { return code >= r.from && code <= r.to; });
  };
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const char32_t code = decode(utf8, at);
    width += in(kNone, code) ? 0 : in(kWide, code) ? 2 : 1;
  }
  return width;
}

std::string verdict_table(std::span<const RunResult> cells, const TableOptions& options) {
  const std::vector<Column> columns = columns_of(cells, options);
  std::vector<std::size_t> widths;
  for (const Column& column : columns) {
    std::size_t width = display_width(column.title);
    for (const std::string& cell : column.cells) width = std::max(width, display_width(cell));
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](auto&& cell_of, const char* between) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i != 0) out += between;
      out += cell_of(i);
    }
    // No blanks at the end of a line: they would make golden files fragile and say nothing.
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  };
  line([&](std::size_t i) { return padded(columns[i].title, widths[i], columns[i].right); }, " │ ");
  line(
      [&](std::size_t i) {
        std::string rule;
        for (std::size_t n = 0; n < widths[i]; ++n) rule += "─";
        return rule;
      },
      "─┼─");
  for (std::size_t row = 0; row < cells.size(); ++row) {
    line([&](std::size_t i) { return padded(columns[i].cells[row], widths[i], columns[i].right); }, " │ ");
  }
  text += "Latency: " + std::string{name_of(options.latency)} +
          "; missing: " + std::string{latencies()[static_cast<std::size_t>(options.latency)].missing} + ".";
  if (options.phase == Phase::steady) text += " Steady part of the run only.";
  text += "\n";
  if (std::any_of(cells.begin(), cells.end(),
                  [&](const RunResult& cell) { return cell.books_of(options.phase).join; })) {
    text +=
        "Join rows: seen, of those that all events together have; the others, for want of what. Nulls: for a "
        "partner that was late or lost; stale: another version than that of the time.\n";
  }
  if (!options.reasons) return text;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const Verdict& verdict = cells[row].verdict;
    for (std::size_t i = 0; i < std::min(options.reason_limit, verdict.reasons.size()); ++i) {
      const Reason& reason = verdict.reasons[i];
      text +=
          "  " + std::to_string(row + 1) + "  " + std::string{name_of(reason.outcome)} + ": " + reason.text;
      if (cells[row].runs() > 1) {
        text += " (" + std::to_string(reason.runs) + " of " + std::to_string(cells[row].runs()) + " runs)";
      }
      text += "\n";
    }
    if (verdict.reasons.size() > options.reason_limit) {
      text += "  " + std::to_string(row + 1) + "  and " +
              std::to_string(verdict.reasons.size() - options.reason_limit) + " more\n";
    }
  }
  return text;
}

}  // namespace wrackline::analysis

#include "scenarios/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>

namespace wrackline::scenarios {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::int32_t code_points(std::string_view text) {
  return static_cast<std::int32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

}  // namespace

std::int32_t SourceMap::add(std::string name, std::string text) {
  File file{std::move(name), std::move(text), {0}};
  for (std::size_t i = 0; i < file.text.size(); ++i) {
    if (file.text[i] == '\n') file.line_starts.push_back(i + 1);
  }
  files_.push_back(std::move(file));
  return size() - 1;
}

const std::string& SourceMap::name(std::int32_t file) const {
  return files_.at(static_cast<std::size_t>(file)).name;
}
const std::string& SourceMap::text(std::int32_t file) const {
  return files_.at(static_cast<std::size_t>(file)).text;
}

std::string_view SourceMap::line(const Location& at) const {
  if (at.file < 0 || at.file >= size() || at.line < 1) return {};
  const File& file = files_[static_cast<std::size_t>(at.file)];
  const auto index = static_cast<std::size_t>(at.line - 1);
  if (index >= file.line_starts.size()) return {};
  std::string_view text(file.text);
  text.remove_prefix(file.line_starts[index]);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Location SourceMap::locate(std::int32_t file_index, std::size_t offset, std::size_t length) const {
  const File& file = files_.at(static_cast<std::size_t>(file_index));
  offset = std::min(offset, file.text.size());
  const auto after = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), offset);
  const std::size_t start = *std::prev(after);
  const std::string_view text(file.text);
  const std::size_t line_end = std::min(text.find('\n', offset), text.size());
  length = std::min(length, std::max<std::size_t>(line_end, offset) - offset);
  return {file_index, static_cast<std::int32_t>(after - file.line_starts.begin()),
          code_points(text.substr(start, offset - start)) + 1,
          std::max(1, code_points(text.substr(offset, length)))};
}

Location SourceMap::Cursor::locate(std::size_t offset, std::size_t length) {
  const std::string& text = sources_.text(file_);
  for (; offset_ < std::min(offset, text.size()); ++offset_) {
    if (text[offset_] == '\n') {
      ++line_;
      column_ = 1;
    } else if (!continues(text[offset_])) {
      ++column_;
    }
  }
  const std::string_view covered = std::string_view(text).substr(offset_, length);
  return {file_, line_, column_, std::max(1, code_points(covered.substr(0, covered.find('\n'))))};
}

void Diagnostics::report(std::string_view code, Location at, std::string message, std::string suggestion) {
  const Code* const found = find_code(code);
  assert(found != nullptr);
  all_.push_back({found, at, std::move(message), std::move(suggestion)});
}

bool Diagnostics::has_errors() const { return count(Severity::kError) > 0; }

std::size_t Diagnostics::count(Severity severity) const {
  const std::vector<Diagnostic> unique = sorted();
  return static_cast<std::size_t>(std::count_if(
      unique.begin(), unique.end(), [&](const Diagnostic& d) { return d.code->severity == severity; }));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.at.file, d.at.line, d.at.column, d.code->name, d.message, d.suggestion);
  };
  std::vector<Diagnostic> result = all_;
  std::sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  result.erase(std::unique(result.begin(), result.end(),
                           [&](const auto& a, const auto& b) { return key(a) == key(b); }),
               result.end());
  return result;
}

namespace {

constexpr std::size_t kMostLineShown = 160;

/// The line and a caret below; of a very long line only what is around the place.
void append_excerpt(std::string& out, const SourceMap& sources, const Location& at) {
  const std::string_view line = sources.line(at);
  if (line.empty()) return;
  std::string shown;
  std::string marks;
  std::int32_t column = 0;
  const std::int32_t first = at.column > 100 ? at.column - 60 : 1;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!continues(line[i])) ++column;
    if (column < first) continue;
    if (shown.size() > kMostLineShown && !continues(line[i])) break;
    const auto byte = static_cast<unsigned char>(line[i]);
    shown += byte < 0x20 || byte == 0x7F ? ' ' : line[i];
    if (!continues(line[i]) && column < at.column) marks += ' ';
  }
  const std::size_t width = std::min<std::size_t>(static_cast<std::size_t>(at.length), 80);
  const std::string number = fmt::format("{}", at.line);
  out += fmt::format(" {} | {}\n {} | {}^{}\n", number, shown, std::string(number.size(), ' '), marks,
                     std::string(width - 1, '~'));
}

std::string place(const SourceMap& sources, const Location& at) {
  if (at.file < 0) return "command line";
  return fmt::format("{}:{}:{}", sources.name(at.file), at.line, at.column);
}

std::string plural(std::size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.sorted()) {
    out += fmt::format("{}: {}[{}]: {}\n", place(diagnostics.sources(), d.at), name_of(d.code->severity),
                       d.code->name, d.message);
    append_excerpt(out, diagnostics.sources(), d.at);
    if (!d.suggestion.empty()) out += fmt::format("   did you mean \"{}\"?\n", d.suggestion);
  }
  const std::size_t errors = diagnostics.count(Severity::kError);
  const std::size_t warnings = diagnostics.count(Severity::kWarning);
  if (errors + warnings > 0) {
    out += fmt::format("{}, {}; `wrackline explain CODE` says more\n", plural(errors, "error"),
                       plural(warnings, "warning"));
  }
  return out;
}

nlohmann::json to_json(const Diagnostics& diagnostics) {
  nlohmann::json list = nlohmann::json::array();
  for (const Diagnostic& d : diagnostics.sorted()) {
    nlohmann::json entry{
        {"code", d.code->name}, {"severity", name_of(d.code->severity)}, {"message", d.message}};
    if (d.at.file >= 0) {
      entry["file"] = diagnostics.sources().name(d.at.file);
      entry["line"] = d.at.line;
      entry["column"] = d.at.column;
      entry["length"] = d.at.length;
    }
    if (!d.suggestion.empty()) entry["suggestion"] = d.suggestion;
    list.push_back(std::move(entry));
  }
  return {{"diagnostics", std::move(list)}};
}

}  // namespace wrackline::scenarios

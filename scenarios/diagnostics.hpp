// What is wrong with a scenario, collected and shown at once: code, place, the line with a caret, what was
// meant.
//
// A diagnostic never aborts: the loader reports and goes on, so that one look at the output shows everything
// that has to be changed. The codes, with severity and explanation, are declared once in
// diagnostic_codes.cpp; `wrackline explain CODE` prints the same text. Codes are stable: a code is never
// given another meaning.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::scenarios {

enum class Severity {
  kError,    ///< the scenario can not run
  kWarning,  ///< it runs, but probably not as meant
  kNote,     ///< worth knowing: e.g. a property that has no effect here
};

/// A place in a file of the scenario. Lines and columns start at 1; columns count code points. `file` counts
/// the files of a SourceMap.
struct Location {
  std::int32_t file = -1;  ///< -1: no file (a flag of the command line)
  std::int32_t line = 0;
  std::int32_t column = 0;
  std::int32_t length = 1;  ///< code points to underline
  friend auto operator<=>(const Location&, const Location&) = default;
};

struct Code {
  std::string_view name;  ///< "WL1203"
  Severity severity;
  std::string_view title;
  std::string_view explanation;  ///< what it means and what to do
};

/// Every code, sorted by name.
std::span<const Code> codes();
const Code* find_code(std::string_view name);

struct Diagnostic {
  const Code* code = nullptr;
  Location at;
  std::string message;
  std::string suggestion;  ///< nearest valid name, empty if there is none
};

/// The texts that were read, kept for the carets. `name` is the path as the user would write it.
class SourceMap {
 public:
  std::int32_t add(std::string name, std::string text);
  std::int32_t size() const { return static_cast<std::int32_t>(files_.size()); }
  const std::string& name(std::int32_t file) const;
  const std::string& text(std::int32_t file) const;
  std::string_view line(const Location& at) const;
  /// Line and column of a byte offset.
  Location locate(std::int32_t file, std::size_t offset, std::size_t length = 1) const;

  /// `locate` for offsets that only grow: linear over a whole file, however long its lines are.
  class Cursor {
   public:
    Cursor(const SourceMap& sources, std::int32_t file) : sources_(sources), file_(file) {}
    Location locate(std::size_t offset, std::size_t length);

   private:
    const SourceMap& sources_;
    std::int32_t file_;
    std::size_t offset_ = 0;
    std::int32_t line_ = 1;
    std::int32_t column_ = 1;
  };

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<std::size_t> line_starts;
  };
  std::vector<File> files_;
};

class Diagnostics {
 public:
  /// Asserts that the code is declared.
  void report(std::string_view code, Location at, std::string message, std::string suggestion = {});

  bool has_errors() const;
  bool empty() const { return all_.empty(); }
  std::size_t count(Severity severity) const;
  /// By place, then code; the same thing reported twice (e.g. in every cell of a matrix) is kept once.
  std::vector<Diagnostic> sorted() const;

  SourceMap& sources() { return sources_; }
  const SourceMap& sources() const { return sources_; }

 private:
  std::vector<Diagnostic> all_;
  SourceMap sources_;
};

/// For people: `file:line:column: error[WL1203]: message`, the line, a caret, "did you mean"; ends with a
/// count.
std::string to_text(const Diagnostics& diagnostics);
/// For programs: {"diagnostics":
/// [{"code","severity","file","line","column","length","message","suggestion"}]}.
nlohmann::json to_json(const Diagnostics& diagnostics);

}  // namespace wrackline::scenarios

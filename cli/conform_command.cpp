// `conform`: recorded cases against the models, counted by kind.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/commands.hpp"

namespace wrackline::cli {

namespace {

using conform::Json;

struct Difference {
  std::string id;
  conform::Differs at;
};

struct Tally {
  std::uint64_t cases = 0;
  std::uint64_t agree = 0;
  std::uint64_t not_modelled = 0;
  std::vector<Difference> differences;
  std::map<std::string, std::uint64_t> missing;  ///< rule that is not built -> cases
  std::uint64_t differ() const { return cases - agree - not_modelled; }
};

/// Lines of a file; zlib reads plain files as they are.
class LineReader {
 public:
  explicit LineReader(const std::string& path) : file_(gzopen(path.c_str(), "rb"), gzclose) {}
  bool is_open() const { return file_ != nullptr; }

  std::optional<std::string> next() {
    std::string line;
    while (true) {
      if (at_ == filled_) {
        const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
        if (got < 0) failed_ = true;
        if (got <= 0) return line.empty() ? std::nullopt : std::optional(std::move(line));
        at_ = 0;
        filled_ = static_cast<std::size_t>(got);
      }
      const char* const begin = buffer_.data() + at_;
      const char* const end = buffer_.data() + filled_;
      const char* const newline = std::find(begin, end, '\n');
      line.append(begin, newline);
      at_ += static_cast<std::size_t>(newline - begin);
      if (newline == end) continue;
      ++at_;
      return line;
    }
  }
  bool failed() const { return failed_; }

 private:
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  std::vector<char> buffer_ = std::vector<char>(1 << 16);
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  bool failed_ = false;
};

class Conformance {
 public:
  Conformance(const Parts& parts, const Streams& streams, std::size_t shown)
      : parts_(parts), streams_(streams), shown_(shown) {}

  void read(const std::string& path) {
    LineReader lines(path);
    if (!lines.is_open()) return bad(fmt::format("{} can not be opened", path));
    std::size_t number = 0;
    while (const auto line = lines.next()) {
      ++number;
      if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
      const Json recorded = Json::parse(*line, nullptr, false);
      if (!recorded.is_object() || !recorded.contains("kind") || !recorded["kind"].is_string()) {
        bad(fmt::format("{}:{}: no recorded case", path, number));
        continue;
      }
      replay(recorded, fmt::format("{}:{}", path, number));
    }
    if (lines.failed()) bad(fmt::format("{} is damaged after line {}", path, number));
  }

  int finish(bool json) {
    for (const auto& [kind, cases] : unknown_)
      streams_.err << fmt::format("unknown kind {} ({} cases)\n", kind, cases);
    if (json) {
      print_json();
    } else {
      print_table();
    }
    if (bad_ || !unknown_.empty()) return kBadInput;
    return std::any_of(tallies_.begin(), tallies_.end(), [](const auto& t) { return t.second.differ() > 0; })
               ? kFail
               : kPass;
  }

 private:
  void bad(const std::string& message) {
    streams_.err << message << "\n";
    bad_ = true;
  }

  void replay(const Json& recorded, const std::string& place) {
    const std::string name = recorded["kind"].get<std::string>();
    const auto kind = std::find_if(parts_.kinds.begin(), parts_.kinds.end(),
                                   [&](const conform::Kind& k) { return k.name == name; });
    if (kind == parts_.kinds.end()) {
      ++unknown_[name];
      return;
    }
    Tally& tally = tallies_[name];
    ++tally.cases;
    conform::Outcome outcome = conform::Agree{};
    try {
      outcome = kind->driver(recorded);
    } catch (const std::exception& error) {
      // A case in a form that the driver does not understand is not agreement.
      outcome = conform::Differs{0, {}, fmt::format("the driver failed: {}", error.what())};
    }
    if (std::holds_alternative<conform::Agree>(outcome)) {
      ++tally.agree;
    } else if (const auto* missing = std::get_if<conform::NotModelled>(&outcome)) {
      ++tally.not_modelled;
      ++tally.missing[missing->what];
    } else if (tally.differences.size() < shown_) {
      tally.differences.push_back({recorded.value("id", place), std::get<conform::Differs>(outcome)});
    }
  }

  void print_json() const {
    Json kinds = Json::array();
    for (const auto& [name, tally] : tallies_) {
      kinds.push_back({{"kind", name},
                       {"cases", tally.cases},
                       {"agree", tally.agree},
                       {"not_modelled", tally.not_modelled}});
    }
    streams_.out << Json{{"kinds", std::move(kinds)}}.dump(2) << "\n";
  }

  static std::string cut(const Json& json) {
    constexpr std::size_t kMost = 600;
    std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > kMost) text = text.substr(0, kMost) + "...";
    return text;
  }

  void print_table() const {
    std::size_t width = 4;
    for (const auto& [name, tally] : tallies_) width = std::max(width, name.size());
    streams_.out << fmt::format("{:<{}}  {:>7}  {:>7}  {:>7}  {:>12}\n", "kind", width, "cases", "agree",
                                "differ", "not modelled");
    for (const auto& [name, tally] : tallies_) {
      streams_.out << fmt::format("{:<{}}  {:>7}  {:>7}  {:>7}  {:>12}\n", name, width, tally.cases,
                                  tally.agree, tally.differ(), tally.not_modelled);
    }
    for (const auto& [name, tally] : tallies_) {
      for (const auto& [what, cases] : tally.missing)
        streams_.out << fmt::format("not modelled, {}: {} ({} cases)\n", name, what, cases);
    }
    for (const auto& [name, tally] : tallies_) {
      for (const Difference& difference : tally.differences) {
        streams_.out << fmt::format("\n{} parts at step {}\n  recorded {}\n  model    {}\n", difference.id,
                                    difference.at.step, cut(difference.at.expected), cut(difference.at.got));
      }
    }
  }

  const Parts& parts_;
  const Streams& streams_;
  std::size_t shown_;
  std::map<std::string, Tally> tallies_;
  std::map<std::string, std::uint64_t> unknown_;
  bool bad_ = false;
};

}  // namespace

int conform_files(const ConformOptions& options, const Parts& parts, const Streams& streams) {
  Conformance conformance(parts, streams, static_cast<std::size_t>(options.shown));
  for (const std::string& file : options.files) conformance.read(file);
  return conformance.finish(options.json);
}

}  // namespace wrackline::cli

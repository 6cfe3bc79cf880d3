#include "tests/conformance/recorded.hpp"

#include <zlib.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

std::string contents(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string text;
  std::array<char, 1 << 16> buffer{};
  while (true) {
    const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (got < 0) throw std::runtime_error("broken " + path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Tally run_recorded(std::string_view kind) {
  const Kind* const known = find_kind(kind);
  if (known == nullptr) throw std::runtime_error("no driver for " + std::string{kind});
  const std::string text = contents(std::string{WRACKLINE_SOURCE_DIR} + "/tests/conformance/vectors/" +
                                    std::string{kind} + ".jsonl.gz");
  Tally tally;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) {
      const Json recorded = Json::parse(text.substr(at, end - at));
      const std::string id = recorded.at("id");
      const Outcome outcome = known->driver(recorded);
      ++tally.cases;
      if (std::holds_alternative<Agree>(outcome)) {
        ++tally.agree;
      } else if (const auto* const missing = std::get_if<NotModelled>(&outcome)) {
        tally.not_modelled.push_back(id + ": " + missing->what);
      } else {
        const auto& parted = std::get<Differs>(outcome);
        tally.differ.push_back(id + ", step " + std::to_string(parted.step) + ": expected " +
                               parted.expected.dump() + ", got " + parted.got.dump());
      }
    }
    at = end + 1;
  }
  return tally;
}

}  // namespace wrackline::conform

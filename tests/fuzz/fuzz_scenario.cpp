// The scenario loader against arbitrary bytes: no crash, no hang, no file asked for outside the scenario's
// directory, and whatever is accepted is accepted again in the form that `plan` and the reproducing command
// give it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "scenarios/diagnostics.hpp"
#include "scenarios/plan.hpp"
#include "scenarios/translate.hpp"

namespace {

using namespace wrackline;
using namespace wrackline::scenarios;

constexpr const char* kBase = R"({
  "name": "base", "duration": "10s",
  "kafka": { "topics": { "t": { "partitions": 2 } } },
  "sources": { "s": { "topic": "t", "rate": "10/s" } },
  "jobs": { "j": { "from": "t", "window": "1s", "to": "k" } },
  "sinks": { "k": {} } })";

void require(bool holds) {
  if (!holds) std::abort();
}

LoadOptions options_for(const std::string& text) {
  LoadOptions options;
  options.max_cells = 32;
  options.resolve_links = false;
  options.reader = [&text](const std::string& path) {
    require(path.starts_with("dir/") && (path + "/").find("/../") == std::string::npos);
    if (path == "dir/main.jsonc") return FileContent{text, {}};
    if (path == "dir/base.jsonc") return FileContent{kBase, {}};
    return FileContent{std::nullopt, "does not exist"};
  };
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // Up to a byte 0xFF, the input is a flag --set; and half of the inputs extend a scenario without a mistake.
  LoadOptions options = options_for(text);
  if (const std::size_t end = text.find('\xFF'); end != std::string::npos) {
    options.sets.push_back(text.substr(0, end));
    text = text.substr(end + 1);
  }
  if (text.starts_with("+")) text = "{\"extends\": \"base.jsonc\"," + text.substr(1) + "}";
  Diagnostics diagnostics;
  const auto plan = load_plan("dir/main.jsonc", options, diagnostics);
  require(plan.has_value() == !diagnostics.has_errors());
  (void)to_text(diagnostics);
  (void)to_json(diagnostics).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!plan) return 0;
  for (const Cell& cell : plan->cells) {
    for (const SourceSpec& source : cell.spec.sources) {
      (void)delay_law_of(source.delay);
      (void)distribution_of(source.clock.offset);
      (void)clock_changes_of(source.clock);
      (void)key_law_of(source.keys);
    }
    (void)faults_of(cell.spec);
    require(nlohmann::json::parse(cell.resolved, nullptr, false).is_object());
  }
  const Cell& last = plan->cells.back();
  LoadOptions again = options;
  for (const Setting& setting : last.settings) again.sets.push_back(setting.path + "=" + setting.set_value);
  Diagnostics ignored;
  const auto single = load_plan("dir/main.jsonc", again, ignored);
  require(single.has_value());
  require(single->cells.front().hash == last.hash);
  return 0;
}

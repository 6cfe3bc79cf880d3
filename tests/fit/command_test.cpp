// What `fit` prints, to the letter: a made-up trace with every trouble that clocks can have.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/cli.hpp"
#include "tests/fit/support.hpp"
#include "tests/support/golden.hpp"

namespace wrackline::fit {
namespace {

using sim::Distribution;

std::string troubled() {
  const auto way = Distribution::lognormal_median_sigma(120, 0.4);
  MadeTrace trace;
  for (std::uint32_t key = 0; key < 5; ++key) trace.source(key, 1200, 500, way);
  trace.source(5, 1200, 500, way, [](std::int64_t t) { return t + (t - kBeginMs) / 10'000; });
  trace.source(6, 1200, 500, way, [](std::int64_t t) { return t - kBeginMs < 300'000 ? t : t - 2000; });
  trace.source(7, 300, 2000, way, [](std::int64_t t) { return t - 82'000'000'000; });
  trace.source(8, 1200, 500, way, [](std::int64_t t) {
    return t - kBeginMs > 200'000 && t - kBeginMs < 204'000 ? t - 4'294'967 : t;
  });
  trace.source(9, 1200, 500, way, [](std::int64_t t) {
    const std::int64_t since = t - kBeginMs;
    return since > 100'000 && since < 130'000 ? kBeginMs + 100'000 : t;
  });
  return trace.csv();
}

TEST_CASE("fit prints what its golden file shows, the same twice") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "wrackline-fit-golden";
  fs::create_directories(folder);
  const std::string file = (folder / "troubled.csv").string();
  std::ofstream{file, std::ios::binary} << troubled();
  const auto run = [&] {
    std::ostringstream out;
    std::ostringstream err;
    CHECK(cli::run({"fit", file, "--by", "key"}, {}, {out, err}) == 0);
    CHECK(err.str().empty());
    std::string text = out.str();
    // Where the file lies is nobody's business.
    return text.replace(0, file.size(), "troubled.csv");
  };
  const std::string once = run();
  tests::check_golden("cli/fit.txt", once);
  std::ostringstream out;
  std::ostringstream err;
  CHECK(cli::run({"fit", file, "--without", "dev7", "--without", "dev6"}, {}, {out, err}) == 0);
  CHECK(out.str().find("9,600 rows of") != std::string::npos);
  CHECK(out.str().find("1,500 rows left out") != std::string::npos);
  CHECK(cli::run({"fit", file, "--without", "dev77"}, {}, {out, err}) == cli::kUsage);
  CHECK(run() == once);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace wrackline::fit

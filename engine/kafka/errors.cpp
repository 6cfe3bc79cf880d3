#include "engine/kafka/errors.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace wrackline::kafka {

namespace {

enum class Retry : std::uint8_t { final_, retriable, refresh };

struct Row {
  Errors error;
  std::string_view name;
  std::string_view exception;
  Retry retry;
};

constexpr std::array kRows{
#define WRACKLINE_KAFKA_ERROR(name, code, exception, how) Row{Errors::name, #name, exception, Retry::how},
    WRACKLINE_KAFKA_ERRORS(WRACKLINE_KAFKA_ERROR)
#undef WRACKLINE_KAFKA_ERROR
};

const Row& row(Errors error) {
  const auto* const found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.error == error; });
  assert(found != kRows.end());
  return *found;
}

}  // namespace

std::string_view error_name(Errors error) { return row(error).name; }

std::string_view exception_name(Errors error) { return row(error).exception; }

std::optional<Errors> error_of(std::string_view name) {
  const auto* const found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.name == name; });
  if (found == kRows.end()) return std::nullopt;
  return found->error;
}

bool is_retriable(Errors error) { return row(error).retry != Retry::final_; }

bool needs_metadata_refresh(Errors error) { return row(error).retry == Retry::refresh; }

}  // namespace wrackline::kafka

// Why a query is refused or dies, in the engine's words: exception, error class, and what differs between 3.5
// and 4.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace wrackline::event_time::spark {

enum class Version : std::uint8_t { v3_5, v4_0 };

struct QueryFailure {
  std::string exception;  ///< simple class thrown to the caller
  std::string cause;      ///< first class in the chain that is not a wrapper
  std::optional<std::string> condition{};
  std::string message;  ///< our own sentence, not the engine's
};

/// Thrown by the checker at the start. 3.5 names no error class.
inline QueryFailure refused(Version version, std::string message) {
  QueryFailure failure{"ExtendedAnalysisException", "ExtendedAnalysisException", {}, std::move(message)};
  if (version == Version::v4_0) failure.condition = "_LEGACY_ERROR_TEMP_3102";
  return failure;
}
/// The output mode does not go with the operators.
inline QueryFailure refused_output_mode(Version version, std::string message) {
  if (version == Version::v3_5) return refused(version, std::move(message));
  return {"AnalysisException", "AnalysisException", "STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION",
          std::move(message)};
}
/// The running query dies of an AnalysisException.
inline QueryFailure died(Version version, std::string condition, std::string message) {
  QueryFailure failure{"StreamingQueryException", "AnalysisException", {}, std::move(message)};
  if (version == Version::v4_0) failure.condition = std::move(condition);
  return failure;
}

}  // namespace wrackline::event_time::spark

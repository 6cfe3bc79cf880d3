// What a client API tells its caller: an error of the protocol, or one that the client itself makes up.
//
// The Java clients raise exceptions; here they are values. An error that has a protocol code carries it; the
// few that have none (KafkaException, IllegalStateException, ...) are named by `Local`.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/kafka/errors.hpp"

namespace wrackline::kafka {

/// Errors without a code on the wire.
enum class Local : std::uint8_t {
  none,
  kafka,                ///< KafkaException: the general one
  illegal_state,        ///< IllegalStateException: the call does not fit the state
  transaction_aborted,  ///< TransactionAbortedException: a batch was dropped because its transaction is being
                        ///< aborted
  commit_failed,        ///< CommitFailedException: offsets refused because the group moved on
  authentication,       ///< AuthenticationException
};

struct ClientError {
  Errors code = Errors::none;
  Local local = Local::none;

  constexpr ClientError() = default;
  constexpr ClientError(Errors protocol_error) : code{protocol_error} {}  // NOLINT: an error code is an error
  constexpr ClientError(Local made_here) : local{made_here} {}            // NOLINT

  constexpr explicit operator bool() const { return code != Errors::none || local != Local::none; }
  friend constexpr bool operator==(const ClientError&, const ClientError&) = default;
};

/// Simple class name of the Java exception; empty when there is no error.
std::string_view exception_name(const ClientError& error);
/// RetriableException or a subclass of it.
bool is_retriable(const ClientError& error);

}  // namespace wrackline::kafka

#include "engine/kafka/client_error.hpp"

namespace wrackline::kafka {

std::string_view exception_name(const ClientError& error) {
  switch (error.local) {
    case Local::none:
      return exception_name(error.code);
    case Local::kafka:
      return "KafkaException";
    case Local::illegal_state:
      return "IllegalStateException";
    case Local::transaction_aborted:
      return "TransactionAbortedException";
    case Local::commit_failed:
      return "CommitFailedException";
    case Local::authentication:
      return "AuthenticationException";
  }
  return {};
}

bool is_retriable(const ClientError& error) { return error.local == Local::none && is_retriable(error.code); }

}  // namespace wrackline::kafka

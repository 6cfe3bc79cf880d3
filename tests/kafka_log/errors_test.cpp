// The vocabulary of errors (chapter 0 of the protocol: numbers, names, what a client may do after one).
#include "engine/kafka/errors.hpp"

#include "tests/support/catch.hpp"

using namespace wrackline::kafka;

SCENARIO("errors are found by the name that they have") {
  for (const Errors error : {Errors::unknown_server_error, Errors::none, Errors::offset_out_of_range,
                             Errors::not_enough_replicas_after_append, Errors::transaction_abortable}) {
    CHECK(find_error(error_name(error)) == error);
  }
  CHECK_FALSE(find_error("NO_SUCH_ERROR"));
}

SCENARIO("the numbers are those of the wire") {
  CHECK(static_cast<int>(Errors::not_leader_or_follower) == 6);
  CHECK(static_cast<int>(Errors::out_of_order_sequence_number) == 45);
  CHECK(static_cast<int>(Errors::fenced_leader_epoch) == 74);
  CHECK(static_cast<int>(Errors::fenced_member_epoch) == 110);
}

SCENARIO("which errors a client retries, and after which it refreshes its metadata") {
  for (const Errors error :
       {Errors::not_leader_or_follower, Errors::fenced_leader_epoch, Errors::unknown_topic_or_partition,
        Errors::leader_not_available, Errors::network_exception, Errors::kafka_storage_error}) {
    CHECK(is_retriable(error));
    CHECK(refreshes_metadata(error));
  }
  for (const Errors error :
       {Errors::request_timed_out, Errors::not_enough_replicas, Errors::not_enough_replicas_after_append,
        Errors::corrupt_message, Errors::concurrent_transactions, Errors::coordinator_load_in_progress,
        Errors::offset_not_available, Errors::unstable_offset_commit}) {
    CHECK(is_retriable(error));
    CHECK_FALSE(refreshes_metadata(error));
  }
  for (const Errors error :
       {Errors::out_of_order_sequence_number, Errors::unknown_producer_id, Errors::invalid_producer_epoch,
        Errors::invalid_txn_state, Errors::transaction_abortable, Errors::producer_fenced,
        Errors::message_too_large, Errors::invalid_timestamp, Errors::invalid_record,
        Errors::stale_member_epoch, Errors::rebalance_in_progress, Errors::illegal_generation,
        Errors::unknown_member_id}) {
    CHECK_FALSE(is_retriable(error));
  }
}

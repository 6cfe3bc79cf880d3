#include "engine/kafka/errors.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace wrackline::kafka {

namespace {

enum class Retry : std::uint8_t { never, same, after_metadata };

struct Row {
  Errors error;
  std::string_view name;
  std::string_view exception;
  Retry retry;
};

using enum Errors;
using enum Retry;

constexpr auto kRows = std::to_array<Row>({
    {unknown_server_error, "UNKNOWN_SERVER_ERROR", "UnknownServerException", never},
    {none, "NONE", "", never},
    {offset_out_of_range, "OFFSET_OUT_OF_RANGE", "OffsetOutOfRangeException", never},
    {corrupt_message, "CORRUPT_MESSAGE", "CorruptRecordException", same},
    {unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION", "UnknownTopicOrPartitionException",
     after_metadata},
    {invalid_fetch_size, "INVALID_FETCH_SIZE", "InvalidFetchSizeException", never},
    {leader_not_available, "LEADER_NOT_AVAILABLE", "LeaderNotAvailableException", after_metadata},
    {not_leader_or_follower, "NOT_LEADER_OR_FOLLOWER", "NotLeaderOrFollowerException", after_metadata},
    {request_timed_out, "REQUEST_TIMED_OUT", "TimeoutException", same},
    {broker_not_available, "BROKER_NOT_AVAILABLE", "BrokerNotAvailableException", never},
    {replica_not_available, "REPLICA_NOT_AVAILABLE", "ReplicaNotAvailableException", after_metadata},
    {message_too_large, "MESSAGE_TOO_LARGE", "RecordTooLargeException", never},
    {stale_controller_epoch, "STALE_CONTROLLER_EPOCH", "ControllerMovedException", never},
    {offset_metadata_too_large, "OFFSET_METADATA_TOO_LARGE", "OffsetMetadataTooLarge", never},
    {network_exception, "NETWORK_EXCEPTION", "NetworkException", after_metadata},
    {coordinator_load_in_progress, "COORDINATOR_LOAD_IN_PROGRESS", "CoordinatorLoadInProgressException",
     same},
    {coordinator_not_available, "COORDINATOR_NOT_AVAILABLE", "CoordinatorNotAvailableException", same},
    {not_coordinator, "NOT_COORDINATOR", "NotCoordinatorException", same},
    {invalid_topic_exception, "INVALID_TOPIC_EXCEPTION", "InvalidTopicException", never},
    {record_list_too_large, "RECORD_LIST_TOO_LARGE", "RecordBatchTooLargeException", never},
    {not_enough_replicas, "NOT_ENOUGH_REPLICAS", "NotEnoughReplicasException", same},
    {not_enough_replicas_after_append, "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
     "NotEnoughReplicasAfterAppendException", same},
    {invalid_required_acks, "INVALID_REQUIRED_ACKS", "InvalidRequiredAcksException", never},
    {illegal_generation, "ILLEGAL_GENERATION", "IllegalGenerationException", never},
    {inconsistent_group_protocol, "INCONSISTENT_GROUP_PROTOCOL", "InconsistentGroupProtocolException", never},
    {invalid_group_id, "INVALID_GROUP_ID", "InvalidGroupIdException", never},
    {unknown_member_id, "UNKNOWN_MEMBER_ID", "UnknownMemberIdException", never},
    {invalid_session_timeout, "INVALID_SESSION_TIMEOUT", "InvalidSessionTimeoutException", never},
    {rebalance_in_progress, "REBALANCE_IN_PROGRESS", "RebalanceInProgressException", never},
    {invalid_commit_offset_size, "INVALID_COMMIT_OFFSET_SIZE", "InvalidCommitOffsetSizeException", never},
    {topic_authorization_failed, "TOPIC_AUTHORIZATION_FAILED", "TopicAuthorizationException", never},
    {group_authorization_failed, "GROUP_AUTHORIZATION_FAILED", "GroupAuthorizationException", never},
    {cluster_authorization_failed, "CLUSTER_AUTHORIZATION_FAILED", "ClusterAuthorizationException", never},
    {invalid_timestamp, "INVALID_TIMESTAMP", "InvalidTimestampException", never},
    {unsupported_version, "UNSUPPORTED_VERSION", "UnsupportedVersionException", never},
    {topic_already_exists, "TOPIC_ALREADY_EXISTS", "TopicExistsException", never},
    {invalid_partitions, "INVALID_PARTITIONS", "InvalidPartitionsException", never},
    {invalid_replication_factor, "INVALID_REPLICATION_FACTOR", "InvalidReplicationFactorException", never},
    {invalid_replica_assignment, "INVALID_REPLICA_ASSIGNMENT", "InvalidReplicaAssignmentException", never},
    {invalid_config, "INVALID_CONFIG", "InvalidConfigurationException", never},
    {not_controller, "NOT_CONTROLLER", "NotControllerException", same},
    {invalid_request, "INVALID_REQUEST", "InvalidRequestException", never},
    {unsupported_for_message_format, "UNSUPPORTED_FOR_MESSAGE_FORMAT", "UnsupportedForMessageFormatException",
     never},
    {policy_violation, "POLICY_VIOLATION", "PolicyViolationException", never},
    {out_of_order_sequence_number, "OUT_OF_ORDER_SEQUENCE_NUMBER", "OutOfOrderSequenceException", never},
    {duplicate_sequence_number, "DUPLICATE_SEQUENCE_NUMBER", "DuplicateSequenceException", never},
    {invalid_producer_epoch, "INVALID_PRODUCER_EPOCH", "InvalidProducerEpochException", never},
    {invalid_txn_state, "INVALID_TXN_STATE", "InvalidTxnStateException", never},
    {invalid_producer_id_mapping, "INVALID_PRODUCER_ID_MAPPING", "InvalidPidMappingException", never},
    {invalid_transaction_timeout, "INVALID_TRANSACTION_TIMEOUT", "InvalidTxnTimeoutException", never},
    {concurrent_transactions, "CONCURRENT_TRANSACTIONS", "ConcurrentTransactionsException", same},
    {transaction_coordinator_fenced, "TRANSACTION_COORDINATOR_FENCED",
     "TransactionCoordinatorFencedException", never},
    {transactional_id_authorization_failed, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
     "TransactionalIdAuthorizationException", never},
    {operation_not_attempted, "OPERATION_NOT_ATTEMPTED", "OperationNotAttemptedException", never},
    {kafka_storage_error, "KAFKA_STORAGE_ERROR", "KafkaStorageException", after_metadata},
    {log_dir_not_found, "LOG_DIR_NOT_FOUND", "LogDirNotFoundException", never},
    {unknown_producer_id, "UNKNOWN_PRODUCER_ID", "UnknownProducerIdException", never},
    {reassignment_in_progress, "REASSIGNMENT_IN_PROGRESS", "ReassignmentInProgressException", never},
    {non_empty_group, "NON_EMPTY_GROUP", "GroupNotEmptyException", never},
    {group_id_not_found, "GROUP_ID_NOT_FOUND", "GroupIdNotFoundException", never},
    {fetch_session_id_not_found, "FETCH_SESSION_ID_NOT_FOUND", "FetchSessionIdNotFoundException", same},
    {invalid_fetch_session_epoch, "INVALID_FETCH_SESSION_EPOCH", "InvalidFetchSessionEpochException", same},
    {listener_not_found, "LISTENER_NOT_FOUND", "ListenerNotFoundException", after_metadata},
    {fenced_leader_epoch, "FENCED_LEADER_EPOCH", "FencedLeaderEpochException", after_metadata},
    {unknown_leader_epoch, "UNKNOWN_LEADER_EPOCH", "UnknownLeaderEpochException", same},
    {unsupported_compression_type, "UNSUPPORTED_COMPRESSION_TYPE", "UnsupportedCompressionTypeException",
     never},
    {stale_broker_epoch, "STALE_BROKER_EPOCH", "StaleBrokerEpochException", never},
    {offset_not_available, "OFFSET_NOT_AVAILABLE", "OffsetNotAvailableException", same},
    {member_id_required, "MEMBER_ID_REQUIRED", "MemberIdRequiredException", never},
    {preferred_leader_not_available, "PREFERRED_LEADER_NOT_AVAILABLE", "PreferredLeaderNotAvailableException",
     after_metadata},
    {group_max_size_reached, "GROUP_MAX_SIZE_REACHED", "GroupMaxSizeReachedException", never},
    {fenced_instance_id, "FENCED_INSTANCE_ID", "FencedInstanceIdException", never},
    {eligible_leaders_not_available, "ELIGIBLE_LEADERS_NOT_AVAILABLE", "EligibleLeadersNotAvailableException",
     after_metadata},
    {election_not_needed, "ELECTION_NOT_NEEDED", "ElectionNotNeededException", after_metadata},
    {no_reassignment_in_progress, "NO_REASSIGNMENT_IN_PROGRESS", "NoReassignmentInProgressException", never},
    {group_subscribed_to_topic, "GROUP_SUBSCRIBED_TO_TOPIC", "GroupSubscribedToTopicException", never},
    {invalid_record, "INVALID_RECORD", "InvalidRecordException", never},
    {unstable_offset_commit, "UNSTABLE_OFFSET_COMMIT", "UnstableOffsetCommitException", same},
    {throttling_quota_exceeded, "THROTTLING_QUOTA_EXCEEDED", "ThrottlingQuotaExceededException", same},
    {producer_fenced, "PRODUCER_FENCED", "ProducerFencedException", never},
    {resource_not_found, "RESOURCE_NOT_FOUND", "ResourceNotFoundException", never},
    {inconsistent_voter_set, "INCONSISTENT_VOTER_SET", "InconsistentVoterSetException", never},
    {invalid_update_version, "INVALID_UPDATE_VERSION", "InvalidUpdateVersionException", never},
    {feature_update_failed, "FEATURE_UPDATE_FAILED", "FeatureUpdateFailedException", never},
    {unknown_topic_id, "UNKNOWN_TOPIC_ID", "UnknownTopicIdException", after_metadata},
    {duplicate_broker_registration, "DUPLICATE_BROKER_REGISTRATION", "DuplicateBrokerRegistrationException",
     never},
    {broker_id_not_registered, "BROKER_ID_NOT_REGISTERED", "BrokerIdNotRegisteredException", never},
    {inconsistent_topic_id, "INCONSISTENT_TOPIC_ID", "InconsistentTopicIdException", after_metadata},
    {inconsistent_cluster_id, "INCONSISTENT_CLUSTER_ID", "InconsistentClusterIdException", never},
    {transactional_id_not_found, "TRANSACTIONAL_ID_NOT_FOUND", "TransactionalIdNotFoundException", never},
    {fetch_session_topic_id_error, "FETCH_SESSION_TOPIC_ID_ERROR", "FetchSessionTopicIdException", same},
    {ineligible_replica, "INELIGIBLE_REPLICA", "IneligibleReplicaException", never},
    {new_leader_elected, "NEW_LEADER_ELECTED", "NewLeaderElectedException", never},
    {offset_moved_to_tiered_storage, "OFFSET_MOVED_TO_TIERED_STORAGE", "OffsetMovedToTieredStorageException",
     never},
    {fenced_member_epoch, "FENCED_MEMBER_EPOCH", "FencedMemberEpochException", never},
    {unreleased_instance_id, "UNRELEASED_INSTANCE_ID", "UnreleasedInstanceIdException", never},
    {unsupported_assignor, "UNSUPPORTED_ASSIGNOR", "UnsupportedAssignorException", never},
    {stale_member_epoch, "STALE_MEMBER_EPOCH", "StaleMemberEpochException", never},
    {mismatched_endpoint_type, "MISMATCHED_ENDPOINT_TYPE", "MismatchedEndpointTypeException", never},
    {unsupported_endpoint_type, "UNSUPPORTED_ENDPOINT_TYPE", "UnsupportedEndpointTypeException", never},
    {unknown_controller_id, "UNKNOWN_CONTROLLER_ID", "UnknownControllerIdException", never},
    {transaction_abortable, "TRANSACTION_ABORTABLE", "TransactionAbortableException", never},
    {invalid_record_state, "INVALID_RECORD_STATE", "InvalidRecordStateException", never},
    {invalid_voter_key, "INVALID_VOTER_KEY", "InvalidVoterKeyException", never},
});

const Row& row_of(Errors error) {
  const auto* const found = std::lower_bound(
      kRows.begin(), kRows.end(), error, [](const Row& row, Errors wanted) { return row.error < wanted; });
  assert(found != kRows.end() && found->error == error);
  return *found;
}

}  // namespace

std::string_view error_name(Errors error) { return row_of(error).name; }

std::string_view exception_name(Errors error) { return row_of(error).exception; }

std::optional<Errors> find_error(std::string_view name) {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.name == name; });
  if (found == kRows.end()) return std::nullopt;
  return found->error;
}

bool is_retriable(Errors error) { return row_of(error).retry != never; }

bool refreshes_metadata(Errors error) { return row_of(error).retry == after_metadata; }

}  // namespace wrackline::kafka

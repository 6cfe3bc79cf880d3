// The error vocabulary of the protocol: Kafka's names, wire codes and the exception the Java clients raise
// for each.
//
// Modelled: the errors that a broker, a coordinator, the controller or a client of this model can give. Not
// modelled: security, quotas, delegation tokens, share groups and raft voters. From:
// org.apache.kafka.common.protocol.Errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wrackline::kafka {

// clang-format off
/// X(name, wire code, exception, class): class is `final_`, `retriable`, or `refresh` (retriable after fresh metadata).
#define WRACKLINE_KAFKA_ERRORS(X) \
  X(UNKNOWN_SERVER_ERROR, -1, "UnknownServerException", final_) \
  X(NONE, 0, "", final_) \
  X(OFFSET_OUT_OF_RANGE, 1, "OffsetOutOfRangeException", final_) \
  X(CORRUPT_MESSAGE, 2, "CorruptRecordException", retriable) \
  X(UNKNOWN_TOPIC_OR_PARTITION, 3, "UnknownTopicOrPartitionException", refresh) \
  X(INVALID_FETCH_SIZE, 4, "InvalidFetchSizeException", final_) \
  X(LEADER_NOT_AVAILABLE, 5, "LeaderNotAvailableException", refresh) \
  X(NOT_LEADER_OR_FOLLOWER, 6, "NotLeaderOrFollowerException", refresh) \
  X(REQUEST_TIMED_OUT, 7, "TimeoutException", retriable) \
  X(BROKER_NOT_AVAILABLE, 8, "BrokerNotAvailableException", final_) \
  X(REPLICA_NOT_AVAILABLE, 9, "ReplicaNotAvailableException", refresh) \
  X(MESSAGE_TOO_LARGE, 10, "RecordTooLargeException", final_) \
  X(STALE_CONTROLLER_EPOCH, 11, "ControllerMovedException", final_) \
  X(OFFSET_METADATA_TOO_LARGE, 12, "OffsetMetadataTooLarge", final_) \
  X(NETWORK_EXCEPTION, 13, "NetworkException", refresh) \
  X(COORDINATOR_LOAD_IN_PROGRESS, 14, "CoordinatorLoadInProgressException", retriable) \
  X(COORDINATOR_NOT_AVAILABLE, 15, "CoordinatorNotAvailableException", retriable) \
  X(NOT_COORDINATOR, 16, "NotCoordinatorException", retriable) \
  X(INVALID_TOPIC_EXCEPTION, 17, "InvalidTopicException", final_) \
  X(RECORD_LIST_TOO_LARGE, 18, "RecordBatchTooLargeException", final_) \
  X(NOT_ENOUGH_REPLICAS, 19, "NotEnoughReplicasException", retriable) \
  X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20, "NotEnoughReplicasAfterAppendException", retriable) \
  X(INVALID_REQUIRED_ACKS, 21, "InvalidRequiredAcksException", final_) \
  X(ILLEGAL_GENERATION, 22, "IllegalGenerationException", final_) \
  X(INCONSISTENT_GROUP_PROTOCOL, 23, "InconsistentGroupProtocolException", final_) \
  X(INVALID_GROUP_ID, 24, "InvalidGroupIdException", final_) \
  X(UNKNOWN_MEMBER_ID, 25, "UnknownMemberIdException", final_) \
  X(INVALID_SESSION_TIMEOUT, 26, "InvalidSessionTimeoutException", final_) \
  X(REBALANCE_IN_PROGRESS, 27, "RebalanceInProgressException", final_) \
  X(INVALID_COMMIT_OFFSET_SIZE, 28, "InvalidCommitOffsetSizeException", final_) \
  X(TOPIC_AUTHORIZATION_FAILED, 29, "TopicAuthorizationException", final_) \
  X(GROUP_AUTHORIZATION_FAILED, 30, "GroupAuthorizationException", final_) \
  X(CLUSTER_AUTHORIZATION_FAILED, 31, "ClusterAuthorizationException", final_) \
  X(INVALID_TIMESTAMP, 32, "InvalidTimestampException", final_) \
  X(UNSUPPORTED_VERSION, 35, "UnsupportedVersionException", final_) \
  X(TOPIC_ALREADY_EXISTS, 36, "TopicExistsException", final_) \
  X(INVALID_PARTITIONS, 37, "InvalidPartitionsException", final_) \
  X(INVALID_REPLICATION_FACTOR, 38, "InvalidReplicationFactorException", final_) \
  X(INVALID_REPLICA_ASSIGNMENT, 39, "InvalidReplicaAssignmentException", final_) \
  X(INVALID_CONFIG, 40, "InvalidConfigurationException", final_) \
  X(NOT_CONTROLLER, 41, "NotControllerException", retriable) \
  X(INVALID_REQUEST, 42, "InvalidRequestException", final_) \
  X(UNSUPPORTED_FOR_MESSAGE_FORMAT, 43, "UnsupportedForMessageFormatException", final_) \
  X(OUT_OF_ORDER_SEQUENCE_NUMBER, 45, "OutOfOrderSequenceException", final_) \
  X(DUPLICATE_SEQUENCE_NUMBER, 46, "DuplicateSequenceException", final_) \
  X(INVALID_PRODUCER_EPOCH, 47, "InvalidProducerEpochException", final_) \
  X(INVALID_TXN_STATE, 48, "InvalidTxnStateException", final_) \
  X(INVALID_PRODUCER_ID_MAPPING, 49, "InvalidPidMappingException", final_) \
  X(INVALID_TRANSACTION_TIMEOUT, 50, "InvalidTxnTimeoutException", final_) \
  X(CONCURRENT_TRANSACTIONS, 51, "ConcurrentTransactionsException", retriable) \
  X(TRANSACTION_COORDINATOR_FENCED, 52, "TransactionCoordinatorFencedException", final_) \
  X(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 53, "TransactionalIdAuthorizationException", final_) \
  X(OPERATION_NOT_ATTEMPTED, 55, "OperationNotAttemptedException", final_) \
  X(KAFKA_STORAGE_ERROR, 56, "KafkaStorageException", refresh) \
  X(UNKNOWN_PRODUCER_ID, 59, "UnknownProducerIdException", final_) \
  X(NON_EMPTY_GROUP, 68, "GroupNotEmptyException", final_) \
  X(GROUP_ID_NOT_FOUND, 69, "GroupIdNotFoundException", final_) \
  X(FETCH_SESSION_ID_NOT_FOUND, 70, "FetchSessionIdNotFoundException", retriable) \
  X(INVALID_FETCH_SESSION_EPOCH, 71, "InvalidFetchSessionEpochException", retriable) \
  X(TOPIC_DELETION_DISABLED, 73, "TopicDeletionDisabledException", final_) \
  X(FENCED_LEADER_EPOCH, 74, "FencedLeaderEpochException", refresh) \
  X(UNKNOWN_LEADER_EPOCH, 75, "UnknownLeaderEpochException", retriable) \
  X(UNSUPPORTED_COMPRESSION_TYPE, 76, "UnsupportedCompressionTypeException", final_) \
  X(STALE_BROKER_EPOCH, 77, "StaleBrokerEpochException", final_) \
  X(OFFSET_NOT_AVAILABLE, 78, "OffsetNotAvailableException", retriable) \
  X(MEMBER_ID_REQUIRED, 79, "MemberIdRequiredException", final_) \
  X(GROUP_MAX_SIZE_REACHED, 81, "GroupMaxSizeReachedException", final_) \
  X(FENCED_INSTANCE_ID, 82, "FencedInstanceIdException", final_) \
  X(GROUP_SUBSCRIBED_TO_TOPIC, 86, "GroupSubscribedToTopicException", final_) \
  X(INVALID_RECORD, 87, "InvalidRecordException", final_) \
  X(UNSTABLE_OFFSET_COMMIT, 88, "UnstableOffsetCommitException", retriable) \
  X(THROTTLING_QUOTA_EXCEEDED, 89, "ThrottlingQuotaExceededException", retriable) \
  X(PRODUCER_FENCED, 90, "ProducerFencedException", final_) \
  X(INVALID_UPDATE_VERSION, 95, "InvalidUpdateVersionException", final_) \
  X(UNKNOWN_TOPIC_ID, 100, "UnknownTopicIdException", refresh) \
  X(DUPLICATE_BROKER_REGISTRATION, 101, "DuplicateBrokerRegistrationException", final_) \
  X(BROKER_ID_NOT_REGISTERED, 102, "BrokerIdNotRegisteredException", final_) \
  X(INCONSISTENT_TOPIC_ID, 103, "InconsistentTopicIdException", refresh) \
  X(INCONSISTENT_CLUSTER_ID, 104, "InconsistentClusterIdException", final_) \
  X(TRANSACTIONAL_ID_NOT_FOUND, 105, "TransactionalIdNotFoundException", final_) \
  X(FETCH_SESSION_TOPIC_ID_ERROR, 106, "FetchSessionTopicIdException", retriable) \
  X(NEW_LEADER_ELECTED, 108, "NewLeaderElectedException", final_) \
  X(OFFSET_MOVED_TO_TIERED_STORAGE, 109, "OffsetMovedToTieredStorageException", final_) \
  X(FENCED_MEMBER_EPOCH, 110, "FencedMemberEpochException", final_) \
  X(UNRELEASED_INSTANCE_ID, 111, "UnreleasedInstanceIdException", final_) \
  X(UNSUPPORTED_ASSIGNOR, 112, "UnsupportedAssignorException", final_) \
  X(STALE_MEMBER_EPOCH, 113, "StaleMemberEpochException", final_) \
  X(MISMATCHED_ENDPOINT_TYPE, 114, "MismatchedEndpointTypeException", final_) \
  X(UNSUPPORTED_ENDPOINT_TYPE, 115, "UnsupportedEndpointTypeException", final_) \
  X(UNKNOWN_CONTROLLER_ID, 116, "UnknownControllerIdException", final_) \
  X(INVALID_REGISTRATION, 119, "InvalidRegistrationException", final_) \
  X(TRANSACTION_ABORTABLE, 120, "TransactionAbortableException", final_) \
  X(INVALID_RECORD_STATE, 121, "InvalidRecordStateException", final_) \
  X(FENCED_STATE_EPOCH, 124, "FencedStateEpochException", final_) \
  X(INVALID_REGULAR_EXPRESSION, 128, "InvalidRegularExpression", final_)
// clang-format on

enum class Errors : std::int16_t {
#define WRACKLINE_KAFKA_ERROR(name, code, exception, how) name = code,
  WRACKLINE_KAFKA_ERRORS(WRACKLINE_KAFKA_ERROR)
#undef WRACKLINE_KAFKA_ERROR
};

/// The protocol name, e.g. "NOT_LEADER_OR_FOLLOWER".
std::string_view error_name(Errors error);
/// Simple class name of the client's exception, e.g. "NotLeaderOrFollowerException"; empty for NONE.
std::string_view exception_name(Errors error);
std::optional<Errors> error_of(std::string_view name);
/// The same request may succeed later (RetriableException and its subclasses).
bool is_retriable(Errors error);
/// Retriable, and the client should fetch metadata first (InvalidMetadataException and its subclasses).
bool needs_metadata_refresh(Errors error);

}  // namespace wrackline::kafka

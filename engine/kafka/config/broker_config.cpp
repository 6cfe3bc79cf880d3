#include "engine/kafka/config/table.hpp"

namespace wrackline::kafka {

namespace {

using namespace rows;

std::vector<Property> rows_of_replication() {
  return {
      integer("default.replication.factor", "", "1", 1, 32767,
              "Copies of a topic that does not say; 1: any lost disk is lost data."),
      integer("min.insync.replicas", "", "1", 1, kInt,
              "Least replicas in sync for a write with acks=all. 2 of 3 survives one loss."),
      boolean("unclean.leader.election.enable", "false",
              "Let a replica that was not in sync lead: available again, data lost."),
      no_effect(
          long_integer("unclean.leader.election.interval.ms", "ms", "300000", 1, kLong,
                       "How long a partition stays without a leader before an unclean election is tried.")),
      long_integer("replica.lag.time.max.ms", "ms", "30000", 0, kLong,
                   "A follower that has not caught up for so long leaves the in-sync replicas."),
      integer("replica.fetch.wait.max.ms", "ms", "500", 0, kInt, "Longest wait of a follower's fetch."),
      integer("replica.fetch.min.bytes", "bytes", "1", 0, kInt,
              "A follower's fetch is answered when it has so much."),
      integer("replica.fetch.backoff.ms", "ms", "1000", 0, kInt, "Pause of a follower after an error."),
      integer("replica.fetch.max.bytes", "bytes", "1048576", 0, kInt,
              "Most bytes of one partition in a follower's fetch."),
      integer("replica.fetch.response.max.bytes", "bytes", "10485760", 0, kInt,
              "Most bytes of a follower's fetch."),
      no_effect(integer("num.replica.fetchers", "", "1", 1, kInt, "Fetcher threads per leader.")),
      integer("replica.socket.timeout.ms", "ms", "30000", 0, kInt, "Timeout of a follower's requests."),
      long_integer("replica.high.watermark.checkpoint.interval.ms", "ms", "5000", 0, kLong,
                   "How often the high watermark is written down; a restart begins from it."),
      integer("broker.heartbeat.interval.ms", "ms", "2000", 0, kInt,
              "Time between a broker's heartbeats to the controller."),
      integer("broker.session.timeout.ms", "ms", "9000", 0, kInt,
              "The controller fences a broker whose heartbeat is missing for longer: the time to fail over."),
      no_effect(integer("controller.quorum.append.linger.ms", "ms", "25", 0, kInt,
                        "How long metadata records wait to be batched.")),
      no_effect(
          boolean("auto.leader.rebalance.enable", "true", "Move leadership back to the preferred replicas.")),
      no_effect(long_integer("leader.imbalance.check.interval.seconds", "s", "300", 1, kLong,
                             "How often that is checked.")),
      no_effect(integer("leader.imbalance.per.broker.percentage", "%", "10", 0, kInt,
                        "Imbalance that is tolerated.")),
      from(integer("eligible.leader.replicas.version", "", "0", 0, 1,
                   "Feature level: remember who left the in-sync replicas last (KIP-966)."),
           {4, 1}, "1"),
  };
}

std::vector<Property> rows_of_log() {
  return {
      long_integer("log.flush.interval.messages", "records", "9223372036854775807", 1, kLong,
                   "Records between forced flushes; 1: each batch is on disk before it is acknowledged."),
      long_integer("log.flush.interval.ms", "ms", "null", 0, kLong,
                   "Time between forced flushes; unset: the OS decides."),
      long_integer("log.flush.scheduler.interval.ms", "ms", "9223372036854775807", 0, kLong,
                   "How often it is checked."),
      integer("log.flush.offset.checkpoint.interval.ms", "ms", "60000", 0, kInt,
              "How often the recovery point is written down."),
      no_effect(from(integer("num.recovery.threads.per.data.dir", "", "1", 1, kInt,
                             "Threads that recover logs after a crash."),
                     {4, 0}, "2")),
      integer("log.segment.bytes", "bytes", "1073741824", 14, kInt, "Size of a segment."),
      long_integer("log.roll.ms", "ms", "null", 1, kLong,
                   "Age at which a segment is closed; unset: log.roll.hours."),
      integer("log.roll.hours", "h", "168", 1, kInt, "Age at which a segment is closed."),
      long_integer("log.retention.ms", "ms", "null", -1, kLong,
                   "Age at which data is deleted; unset: log.retention.minutes."),
      integer("log.retention.minutes", "min", "null", -1, kInt,
              "Age at which data is deleted; unset: log.retention.hours."),
      integer("log.retention.hours", "h", "168", -1, kInt,
              "Age at which data is deleted; a slower consumer loses it."),
      long_integer("log.retention.bytes", "bytes", "-1", -1, kLong,
                   "Size at which the oldest segments are deleted; -1: none."),
      long_integer("log.retention.check.interval.ms", "ms", "300000", 1, kLong,
                   "How often retention is checked."),
      list("log.cleanup.policy", "delete", {"delete", "compact"},
           "Delete old segments, or keep the last record by key."),
      choice("log.message.timestamp.type", "CreateTime", {"CreateTime", "LogAppendTime"},
             "Whether a record keeps its producer's timestamp."),
      long_integer("log.message.timestamp.before.max.ms", "ms", "9223372036854775807", 0, kLong,
                   "Refuse records whose timestamp is further in the past."),
      from(
          long_integer(
              "log.message.timestamp.after.max.ms", "ms", "9223372036854775807", 0, kLong,
              "Refuse records whose timestamp is further in the future: INVALID_TIMESTAMP under clock skew."),
          {4, 0}, "3600000"),
      integer("message.max.bytes", "bytes", "1048588", 0, kInt, "Largest batch that is accepted."),
      integer("producer.id.expiration.ms", "ms", "86400000", 1, kInt,
              "A producer's sequences are forgotten after so long without a write."),
      no_effect(integer("producer.id.expiration.check.interval.ms", "ms", "600000", 1, kInt,
                        "How often that is checked.")),
      long_integer("log.cleaner.delete.retention.ms", "ms", "86400000", 0, kLong,
                   "How long the cleaner keeps a tombstone that it has found."),
      long_integer("log.cleaner.min.compaction.lag.ms", "ms", "0", 0, kLong,
                   "Age of a segment's youngest record before it is cleaned."),
      long_integer("log.cleaner.max.compaction.lag.ms", "ms", "9223372036854775807", 1, kLong,
                   "Age of a segment's first record that forces it to be closed and cleaned."),
      real("log.cleaner.min.cleanable.ratio", "0.5", 0, 1,
           "Share of a compacted log that has to be dirty before it is cleaned."),
      boolean("log.cleaner.enable", "true",
              "Clean compacted logs (__consumer_offsets); else they, and their loads, grow for ever."),
      long_integer("log.cleaner.backoff.ms", "ms", "15000", 0, kLong,
                   "Pause of the cleaner when no log is dirty enough."),
      long_integer("log.cleaner.dedupe.buffer.size", "bytes", "134217728", 1'048'577, kLong,
                   "Room for the keys of a dirty log, at 24 bytes each; a fuller log takes several passes."),
      no_effect(
          real("log.cleaner.io.buffer.load.factor", "0.9", 0, 1, "How full that room may get; always 0.9.")),
      no_effect(
          integer("log.cleaner.threads", "", "1", 0, kInt, "Threads of the cleaner; the model has one.")),
      no_effect(integer("log.cleaner.io.buffer.size", "bytes", "524288", 0, kInt, "Buffers of the cleaner.")),
      no_effect(real("log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", 0, INT64_MAX,
                     "Limit of the cleaner's throughput.")),
      no_effect(long_integer("log.segment.delete.delay.ms", "ms", "60000", 0, kLong,
                             "Delay before files go away.")),
      no_effect(
          integer("log.index.interval.bytes", "bytes", "4096", 0, kInt, "Bytes between index entries.")),
      no_effect(integer("log.index.size.max.bytes", "bytes", "10485760", 4, kInt, "Size of an index.")),
      no_effect(boolean("log.preallocate", "false", "Preallocate segments.")),
      no_effect(text("log.dirs", "null", "Directories.")),
      no_effect(text("log.dir", "/tmp/kafka-logs", "Directory.")),
      no_effect(choice("compression.type", "producer",
                       {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"},
                       "Compression on disk.")),
  };
}

std::vector<Property> rows_of_groups() {
  return {
      integer("offsets.topic.replication.factor", "", "3", 1, 32767, "Copies of __consumer_offsets."),
      integer("offsets.topic.num.partitions", "", "50", 1, kInt, "Partitions of __consumer_offsets."),
      integer("offsets.topic.segment.bytes", "bytes", "104857600", 1, kInt,
              "Size of its segments: what is closed can be cleaned, and a new coordinator loads the rest."),
      integer("offsets.commit.timeout.ms", "ms", "5000", 1, kInt,
              "How long a commit waits for its replicas."),
      integer("offset.metadata.max.bytes", "bytes", "4096", INT64_MIN, kInt,
              "Most metadata that may be committed with an offset."),
      integer("offsets.retention.minutes", "min", "10080", 1, kInt,
              "Offsets of an empty group are forgotten after so long."),
      integer("group.initial.rebalance.delay.ms", "ms", "3000", 0, kInt,
              "The first assignment of an empty group waits for more members."),
      integer("group.min.session.timeout.ms", "ms", "6000", 0, kInt,
              "Least session.timeout.ms that is accepted."),
      integer("group.max.session.timeout.ms", "ms", "1800000", 0, kInt,
              "Greatest session.timeout.ms that is accepted."),
      integer("group.max.size", "", "2147483647", 1, kInt, "Most members of a group."),
      no_effect(integer("group.consumer.session.timeout.ms", "ms", "45000", 1, kInt,
                        "Session of the consumer protocol.")),
      no_effect(integer("group.consumer.min.session.timeout.ms", "ms", "45000", 1, kInt, "Least of it.")),
      no_effect(integer("group.consumer.max.session.timeout.ms", "ms", "60000", 1, kInt, "Greatest of it.")),
      no_effect(integer("group.consumer.heartbeat.interval.ms", "ms", "5000", 1, kInt,
                        "Heartbeat of the consumer protocol.")),
      no_effect(integer("group.consumer.min.heartbeat.interval.ms", "ms", "5000", 1, kInt, "Least of it.")),
      no_effect(
          integer("group.consumer.max.heartbeat.interval.ms", "ms", "15000", 1, kInt, "Greatest of it.")),
      no_effect(list("group.consumer.assignors", "uniform,range", {}, "Server-side assignors.")),
      no_effect(from(list("group.coordinator.rebalance.protocols", "classic",
                          {"classic", "consumer", "share", "streams"}, "Protocols the coordinator speaks."),
                     {4, 0}, "classic,consumer")),
      no_effect(from(integer("group.coordinator.append.linger.ms", "ms", "10", -1, kInt,
                             "How long the coordinator batches its writes."),
                     {4, 0}, "5")),
      no_effect(integer("transaction.state.log.replication.factor", "", "3", 1, 32767,
                        "Copies of __transaction_state.")),
      no_effect(integer("transaction.state.log.min.isr", "", "2", 1, kInt, "Least in-sync replicas of it.")),
      no_effect(integer("transaction.state.log.num.partitions", "", "50", 1, kInt, "Partitions of it.")),
      no_effect(
          integer("transaction.max.timeout.ms", "ms", "900000", 1, kInt, "Cap for transaction.timeout.ms.")),
      no_effect(integer("transaction.abort.timed.out.transaction.cleanup.interval.ms", "ms", "10000", 1, kInt,
                        "How often timed-out transactions are aborted.")),
      no_effect(integer("transactional.id.expiration.ms", "ms", "604800000", 1, kInt,
                        "When an unused id is forgotten.")),
      no_effect(boolean("transaction.partition.verification.enable", "true",
                        "Refuse writes outside a transaction (KIP-890).")),
      no_effect(added(integer("add.partitions.to.txn.retry.backoff.ms", "ms", "20", 1, kInt,
                              "Server-side retry of AddPartitions."),
                      {4, 0})),
      no_effect(added(
          integer("add.partitions.to.txn.retry.backoff.max.ms", "ms", "100", 0, kInt, "Longest such retry."),
          {4, 0})),
      no_effect(from(
          integer("transaction.version", "", "0", 0, 2, "Feature level: epoch per transaction (KIP-890)."),
          {4, 0}, "2")),
  };
}

std::vector<Property> rows_of_server() {
  return {
      no_effect(integer("num.partitions", "", "1", 1, kInt,
                        "Partitions of a topic created on demand; the scenario says its own.")),
      no_effect(boolean("auto.create.topics.enable", "true", "Create topics on demand.")),
      no_effect(boolean("delete.topic.enable", "true", "Allow deletion.")),
      no_effect(integer("num.network.threads", "", "3", 1, kInt, "Threads that read and write sockets.")),
      no_effect(integer("num.io.threads", "", "8", 1, kInt, "Threads that handle requests.")),
      no_effect(integer("queued.max.requests", "", "500", 1, kInt, "Requests that wait for a thread.")),
      no_effect(integer("background.threads", "", "10", 1, kInt, "Threads for background work.")),
      no_effect(integer("socket.send.buffer.bytes", "bytes", "102400", -1, kInt, "Socket buffer.")),
      integer("socket.receive.buffer.bytes", "bytes", "102400", -1, kInt,
              "Socket buffer. Under acks=0 it bounds what is sent to a broker that does not read."),
      no_effect(integer("socket.request.max.bytes", "bytes", "104857600", 1, kInt, "Largest request.")),
      no_effect(long_integer("connections.max.idle.ms", "ms", "600000", INT64_MIN, kLong,
                             "Idle connections are closed.")),
      no_effect(boolean("controlled.shutdown.enable", "true", "Hand leadership over before stopping.")),
      no_effect(integer("controller.quorum.fetch.timeout.ms", "ms", "2000", 0, kInt,
                        "The model has one controller that does not fail.")),
      no_effect(integer("controller.quorum.election.timeout.ms", "ms", "1000", 0, kInt, "The same.")),
      no_effect(integer("controller.quorum.election.backoff.max.ms", "ms", "1000", 0, kInt, "The same.")),
      no_effect(text("broker.rack", "null", "Rack of a broker; the scenario's `zones` say it.")),
      no_effect(
          integer("node.id", "", "-1", INT64_MIN, kInt, "Number of a broker; the scenario counts from 0.")),
      no_effect(integer("broker.id", "", "-1", INT64_MIN, kInt, "The same, by its old name.")),
      no_effect(text("process.roles", "null", "Roles of a node.")),
      no_effect(text("listeners", "PLAINTEXT://:9092", "Addresses to listen on.")),
      no_effect(text("advertised.listeners", "null", "Addresses to publish.")),
      no_effect(long_integer("initial.broker.registration.timeout.ms", "ms", "60000", 0, kLong,
                             "Time to register at start.")),
  };
}

}  // namespace

const PropertyTable& broker_properties() {
  static const PropertyTable table("kafka.broker", [] {
    std::vector<Property> all;
    for (auto part : {rows_of_replication(), rows_of_log(), rows_of_groups(), rows_of_server()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }());
  return table;
}

}  // namespace wrackline::kafka

#include "engine/kafka/config/table.hpp"

namespace wrackline::kafka {

namespace {

using namespace rows;

std::vector<Property> rows_of_producer() {
  return {
      choice("acks", "all", {"0", "1", "all", "-1"},
             "Which replicas must have a batch before it is acknowledged: none, the leader, or all in sync."),
      boolean("enable.idempotence", "true",
              "Producer id and sequences, so that the broker recognises a retried batch. Needs acks=all, "
              "retries > 0 and at "
              "most 5 requests in flight."),
      integer("retries", "", "2147483647", 0, kInt, "How often a batch that failed retriably is sent again."),
      integer("delivery.timeout.ms", "ms", "120000", 0, kInt,
              "A batch that is not acknowledged within this time of its creation is reported as failed; it "
              "may be in the log."),
      integer("request.timeout.ms", "ms", "30000", 0, kInt,
              "Time after which an unanswered request counts as failed."),
      long_integer("retry.backoff.ms", "ms", "100", 0, kLong,
                   "First pause before a retry; doubles up to retry.backoff.max.ms."),
      long_integer("retry.backoff.max.ms", "ms", "1000", 0, kLong, "Longest pause between retries."),
      integer(
          "max.in.flight.requests.per.connection", "", "5", 1, kInt,
          "Unanswered produce requests per broker. More than 1 without idempotence can reorder at a retry."),
      from(long_integer("linger.ms", "ms", "0", 0, kLong, "How long a batch waits to be filled."), {4, 0},
           "5"),
      integer("batch.size", "bytes", "16384", 0, kInt, "Size at which a batch is full."),
      long_integer("buffer.memory", "bytes", "33554432", 0, kLong,
                   "Memory for records not yet sent; when it is full, send() blocks up to max.block.ms."),
      long_integer("max.block.ms", "ms", "60000", 0, kLong, "How long send() may block before it fails."),
      integer("max.request.size", "bytes", "1048576", 0, kInt, "Largest request, and largest record."),
      boolean("partitioner.ignore.keys", "false",
              "Spread records with a key as if they had none; breaks order by key."),
      boolean("partitioner.adaptive.partitioning.enable", "true",
              "Records without a key prefer brokers with shorter queues."),
      long_integer("partitioner.availability.timeout.ms", "ms", "0", 0, kLong,
                   "Leave out partitions whose broker accepted nothing for so long; 0 is off."),
      long_integer("metadata.max.age.ms", "ms", "300000", 0, kLong,
                   "Metadata is refreshed at least this often."),
      long_integer("reconnect.backoff.ms", "ms", "50", 0, kLong,
                   "First pause before connecting to a broker again."),
      long_integer("reconnect.backoff.max.ms", "ms", "1000", 0, kLong,
                   "Longest pause before connecting again."),
      long_integer("socket.connection.setup.timeout.ms", "ms", "10000", 0, kLong,
                   "How long the first attempt to connect may take."),
      long_integer("socket.connection.setup.timeout.max.ms", "ms", "30000", 0, kLong,
                   "How long an attempt to connect may take after failures."),

      no_effect(
          text("transactional.id", "null", "Name that outlives the process and turns on transactions.")),
      no_effect(integer("transaction.timeout.ms", "ms", "60000", 0, kInt,
                        "The coordinator aborts a transaction that is open for longer.")),
      no_effect(choice("compression.type", "none", {"none", "gzip", "snappy", "lz4", "zstd"},
                       "Compression of batches; the model counts bytes uncompressed.")),
      no_effect(integer("compression.gzip.level", "", "-1", -1, 9, "Level of gzip.")),
      no_effect(integer("compression.lz4.level", "", "9", 1, 17, "Level of lz4.")),
      no_effect(integer("compression.zstd.level", "", "3", -131072, 22, "Level of zstd.")),
      no_effect(long_integer("connections.max.idle.ms", "ms", "540000", INT64_MIN, kLong,
                             "Idle connections are closed.")),
      no_effect(long_integer("metadata.max.idle.ms", "ms", "300000", 5000, kLong,
                             "Forget topics not used for so long.")),
      no_effect(text("partitioner.class", "null", "Own partitioner class.")),
      no_effect(list("bootstrap.servers", "", {}, "Addresses; the scenario's brokers are always known.")),
      no_effect(text("client.id", "null", "Name in logs and quotas.")),
      no_effect(text("key.serializer", "null", "Class that writes the key.")),
      no_effect(text("value.serializer", "null", "Class that writes the value.")),
      no_effect(list("interceptor.classes", "", {}, "Classes called around send().")),
      no_effect(list("metric.reporters", "", {}, "Classes that receive metrics.")),
      integer("send.buffer.bytes", "bytes", "131072", -1, kInt,
              "Socket buffer. Under acks=0 it bounds what is sent to a broker that does not read."),
      no_effect(integer("receive.buffer.bytes", "bytes", "32768", -1, kInt, "Socket buffer.")),
      no_effect(choice("client.dns.lookup", "use_all_dns_ips",
                       {"use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"},
                       "How host names are looked up.")),
      no_effect(choice("security.protocol", "PLAINTEXT", {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"},
                       "Transport security.")),
      no_effect(boolean("enable.metrics.push", "true", "Client metrics to the broker (KIP-714).")),
      no_effect(integer("metrics.num.samples", "", "2", 1, kInt, "Samples kept for a metric.")),
      no_effect(
          long_integer("metrics.sample.window.ms", "ms", "30000", 0, kLong, "Window of a metric's sample.")),
      no_effect(from(choice("metadata.recovery.strategy", "none", {"none", "rebootstrap"},
                            "What a client does that knows no live broker."),
                     {4, 0}, "rebootstrap")),
  };
}

}  // namespace

const PropertyTable& producer_properties() {
  static const PropertyTable table("kafka.producer", rows_of_producer());
  return table;
}

}  // namespace wrackline::kafka

#include "engine/kafka/config/table.hpp"

namespace wrackline::kafka {

namespace {

using namespace rows;

std::vector<Property> rows_of_consumer() {
  return {
      text("group.id", "null", "The consumer group; default here: the name of the job."),
      boolean("enable.auto.commit", "true",
              "Commit inside poll() what earlier polls returned, every auto.commit.interval.ms. The job's "
              "`commit` sets it."),
      integer("auto.commit.interval.ms", "ms", "5000", 0, kInt, "Time between automatic commits."),
      choice("auto.offset.reset", "latest", {"latest", "earliest", "none", "by_duration:..."},
             "Where to start without a valid committed offset. latest skips what was produced before."),
      choice("isolation.level", "read_uncommitted", {"read_uncommitted", "read_committed"},
             "Whether records of open or aborted transactions are returned."),
      integer("max.poll.records", "", "500", 1, kInt, "Records returned by one poll()."),
      integer("max.poll.interval.ms", "ms", "300000", 1, kInt,
              "A consumer that does not poll for longer leaves the group. Also the rebalance timeout."),
      integer("session.timeout.ms", "ms", "45000", 0, kInt,
              "The coordinator removes a member whose heartbeat is missing for longer (classic protocol)."),
      integer("heartbeat.interval.ms", "ms", "3000", 0, kInt, "Time between heartbeats (classic protocol)."),
      list("partition.assignment.strategy", "range,cooperative-sticky",
           {"range", "roundrobin", "sticky", "cooperative-sticky",
            "org.apache.kafka.clients.consumer.RangeAssignor",
            "org.apache.kafka.clients.consumer.RoundRobinAssignor",
            "org.apache.kafka.clients.consumer.StickyAssignor",
            "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"},
           "Assignors by preference, short names or classes. The model assigns by range, eagerly."),
      text("group.instance.id", "null", "Static membership: a name that outlives restarts."),
      integer("fetch.min.bytes", "bytes", "1", 0, kInt, "The broker answers a fetch when it has so much ..."),
      integer("fetch.max.wait.ms", "ms", "500", 0, kInt, "... or after this time."),
      integer("fetch.max.bytes", "bytes", "52428800", 0, kInt, "Most bytes in one answer."),
      integer("max.partition.fetch.bytes", "bytes", "1048576", 0, kInt,
              "Most bytes of one partition in one answer."),
      integer("request.timeout.ms", "ms", "30000", 0, kInt,
              "Time after which an unanswered request counts as failed."),
      integer("default.api.timeout.ms", "ms", "60000", 0, kInt, "How long commitSync() and others retry."),
      long_integer("retry.backoff.ms", "ms", "100", 0, kLong, "First pause before a retry."),
      no_effect(
          long_integer("retry.backoff.max.ms", "ms", "1000", 0, kLong,
                       "Longest pause between retries; the model's consumer always waits retry.backoff.ms.")),
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

      choice("group.protocol", "classic", {"classic", "consumer"},
             "Group protocol. The model speaks the classic one."),
      no_effect(text("group.remote.assignor", "null", "Server-side assignor of the consumer protocol.")),
      no_effect(boolean("check.crcs", "true", "Verify checksums; the model corrupts no bytes.")),
      no_effect(boolean("allow.auto.create.topics", "true", "The scenario's topics always exist.")),
      no_effect(boolean("exclude.internal.topics", "true", "Leave internal topics out of patterns.")),
      no_effect(text("client.rack", "null", "Fetch from a follower in the same rack.")),
      no_effect(long_integer("connections.max.idle.ms", "ms", "540000", INT64_MIN, kLong,
                             "Idle connections are closed.")),
      no_effect(list("bootstrap.servers", "", {}, "Addresses; the scenario's brokers are always known.")),
      no_effect(text("client.id", "null", "Name in logs and quotas.")),
      no_effect(text("key.deserializer", "null", "Class that reads the key.")),
      no_effect(text("value.deserializer", "null", "Class that reads the value.")),
      no_effect(list("interceptor.classes", "", {}, "Classes called around poll().")),
      no_effect(list("metric.reporters", "", {}, "Classes that receive metrics.")),
      no_effect(integer("send.buffer.bytes", "bytes", "131072", -1, kInt, "Socket buffer.")),
      no_effect(integer("receive.buffer.bytes", "bytes", "65536", -1, kInt, "Socket buffer.")),
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

const PropertyTable& consumer_properties() {
  static const PropertyTable table("kafka.consumer", rows_of_consumer());
  return table;
}

}  // namespace wrackline::kafka

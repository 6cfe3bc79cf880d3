#include <array>

#include "engine/kafka/config/table.hpp"

namespace wrackline::kafka {

namespace {

using namespace rows;

std::vector<Property> rows_of_topic() {
  return {
      integer("replication.factor", "", "null", 1, 32767,
              "Copies of each partition; unset: default.replication.factor."),
      integer("min.insync.replicas", "", "null", 1, kInt,
              "Least replicas in sync for a write with acks=all; unset: the broker's."),
      boolean("unclean.leader.election.enable", "null",
              "Let a replica lead that was not in sync; unset: the broker's."),
      long_integer("flush.messages", "records", "null", 1, kLong,
                   "Records between forced flushes; unset: log.flush.interval.messages."),
      long_integer("flush.ms", "ms", "null", 0, kLong,
                   "Time between forced flushes; unset: log.flush.interval.ms."),
      integer("segment.bytes", "bytes", "null", 14, kInt, "Size of a segment; unset: log.segment.bytes."),
      long_integer("segment.ms", "ms", "null", 1, kLong,
                   "Age at which a segment is closed; unset: log.roll.hours."),
      long_integer("retention.ms", "ms", "null", -1, kLong,
                   "Age at which data is deleted; unset: log.retention.hours."),
      long_integer("retention.bytes", "bytes", "null", -1, kLong,
                   "Size at which the oldest segments go; unset: log.retention.bytes."),
      list("cleanup.policy", "null", {"delete", "compact"},
           "Delete or compact; unset: log.cleanup.policy. The model deletes."),
      choice("message.timestamp.type", "null", {"CreateTime", "LogAppendTime"},
             "Unset: log.message.timestamp.type."),
      long_integer("message.timestamp.before.max.ms", "ms", "null", 0, kLong,
                   "Unset: log.message.timestamp.before.max.ms."),
      long_integer("message.timestamp.after.max.ms", "ms", "null", 0, kLong,
                   "Unset: log.message.timestamp.after.max.ms."),
      integer("max.message.bytes", "bytes", "null", 0, kInt, "Largest batch; unset: message.max.bytes."),

      no_effect(long_integer("delete.retention.ms", "ms", "null", 0, kLong, "How long tombstones are kept.")),
      no_effect(long_integer("min.compaction.lag.ms", "ms", "null", 0, kLong, "Age before compaction.")),
      no_effect(long_integer("max.compaction.lag.ms", "ms", "null", 1, kLong, "Age that forces compaction.")),
      no_effect(real("min.cleanable.dirty.ratio", "null", 0, 1, "Dirty share before compaction.")),
      no_effect(long_integer("file.delete.delay.ms", "ms", "null", 0, kLong, "Delay before files go away.")),
      no_effect(integer("index.interval.bytes", "bytes", "null", 0, kInt, "Bytes between index entries.")),
      no_effect(integer("segment.index.bytes", "bytes", "null", 4, kInt, "Size of an index.")),
      no_effect(long_integer("segment.jitter.ms", "ms", "null", 0, kLong, "Jitter of segment.ms.")),
      no_effect(boolean("preallocate", "null", "Preallocate segments.")),
      no_effect(choice("compression.type", "null",
                       {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"},
                       "Compression on disk.")),
  };
}

struct Synonym {
  std::string_view topic;
  std::string_view broker;
  std::int64_t factor = 1;
};

/// The broker's name for a topic's property, as in LogConfig's synonyms; several in order of precedence.
constexpr std::array kSynonyms{
    Synonym{"replication.factor", "default.replication.factor"},
    Synonym{"min.insync.replicas", "min.insync.replicas"},
    Synonym{"unclean.leader.election.enable", "unclean.leader.election.enable"},
    Synonym{"flush.messages", "log.flush.interval.messages"},
    Synonym{"flush.ms", "log.flush.interval.ms"},
    Synonym{"flush.ms", "log.flush.scheduler.interval.ms"},
    Synonym{"segment.bytes", "log.segment.bytes"},
    Synonym{"segment.ms", "log.roll.ms"},
    Synonym{"segment.ms", "log.roll.hours", 3'600'000},
    Synonym{"retention.ms", "log.retention.ms"},
    Synonym{"retention.ms", "log.retention.minutes", 60'000},
    Synonym{"retention.ms", "log.retention.hours", 3'600'000},
    Synonym{"retention.bytes", "log.retention.bytes"},
    Synonym{"cleanup.policy", "log.cleanup.policy"},
    Synonym{"message.timestamp.type", "log.message.timestamp.type"},
    Synonym{"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"},
    Synonym{"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"},
    Synonym{"max.message.bytes", "message.max.bytes"},
};

}  // namespace

const PropertyTable& topic_properties() {
  static const PropertyTable table("kafka.topic", rows_of_topic());
  return table;
}

std::span<const PropertyTable* const> property_tables() {
  static const std::array<const PropertyTable*, 4> tables{&broker_properties(), &consumer_properties(),
                                                          &producer_properties(), &topic_properties()};
  return tables;
}

PropertyValue topic_value(const PropertyValues& topic, const PropertyValues& broker, std::string_view name) {
  if (!topic.is_null(name)) return topic.get(name);
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.topic != name) continue;
    PropertyValue value = broker.get(synonym.broker);
    if (std::holds_alternative<std::monostate>(value)) continue;
    if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && synonym.factor != 1) {
      return *number < 0 ? *number : *number * synonym.factor;  // -1 means without limit in any unit
    }
    return value;
  }
  return {};
}

std::int64_t replication_factor(const PropertyValues& topic, const PropertyValues& broker) {
  return std::get<std::int64_t>(topic_value(topic, broker, "replication.factor"));
}

}  // namespace wrackline::kafka

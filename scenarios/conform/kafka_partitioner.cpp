// kafka.partitioner: hashing of keys and ids, and the choice for records without a key.
#include <bit>
#include <vector>

#include "engine/kafka/partitioner.hpp"
#include "scenarios/conform/conform.hpp"

namespace wrackline::conform {

namespace {

using kafka::BuiltInPartitioner;

std::vector<std::uint8_t> big_endian(std::uint64_t bits, int bytes) {
  std::vector<std::uint8_t> out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(bits >> shift));
  return out;
}

std::vector<std::uint8_t> from_hex(const std::string& hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return out;
}

/// As the serializer named by `type` writes it.
std::vector<std::uint8_t> serialized(const Json& in) {
  const std::string type = in.at("type");
  const Json& value = in.at("value");
  if (type == "bytes") return from_hex(value);
  if (type == "string") {
    const auto text = value.get<std::string>();
    return {text.begin(), text.end()};
  }
  if (type == "long") return big_endian(static_cast<std::uint64_t>(value.get<std::int64_t>()), 8);
  if (type == "int") return big_endian(static_cast<std::uint32_t>(value.get<std::int32_t>()), 4);
  if (type == "double") return big_endian(std::bit_cast<std::uint64_t>(value.get<double>()), 8);
  throw NotModelledError{"serializer " + type};
}

class Steps {
 public:
  explicit Steps(const Json& config) : config_{config}, partitioner_{config.value("batch.size", 16384)} {
    available_ = config.value("available", std::vector<std::int32_t>{});
  }

  Json operator()(const Json& in) {
    const std::string op = in.at("op");
    if (op == "key") return key(in);
    if (op == "coordinator") return coordinator(in);
    if (op == "append") return append(in);
    if (op == "load_stats") return load_stats(in);
    throw NotModelledError{"op " + op};
  }

 private:
  Json key(const Json& in) const {
    const std::vector<std::uint8_t> bytes = serialized(in);
    Json partitions = Json::array();
    for (const std::int32_t count : config_.at("partition_counts")) {
      partitions.push_back(kafka::partition_for_key(bytes, count));
    }
    return {{"murmur2", kafka::murmur2(bytes)}, {"partition", partitions}};
  }

  Json coordinator(const Json& in) const {
    const std::string id = in.at("id");
    const std::int32_t groups = config_.value("offsets.topic.num.partitions", 50);
    const std::int32_t transactions = config_.value("transaction.state.log.num.partitions", 50);
    return {{"string_hash", kafka::java_string_hash(id)},
            {"group_partition", kafka::coordinator_partition(id, groups)},
            {"txn_partition", kafka::coordinator_partition(id, transactions)}};
  }

  Json append(const Json& in) {
    const BuiltInPartitioner::TopicView topic{config_.at("partitions"), available_};
    int draws = 0;
    const auto draw = [&] {
      ++draws;
      return in.at("random").get<std::int32_t>();
    };
    const std::int32_t used = partitioner_.current_partition(topic, draw);
    partitioner_.appended(in.at("bytes"), topic, in.at("enable_switch"), draw);
    return {{"partition", used},
            {"random_draws", draws},
            {"next_partition",
             partitioner_.current_partition(topic, [&] { return in.at("random").get<std::int32_t>(); })}};
  }

  Json load_stats(const Json& in) {
    if (in.at("queue_sizes").is_null()) {
      partitioner_.forget_load_stats();
      return {{"weight_total", nullptr}};
    }
    auto sizes = in.at("queue_sizes").get<std::vector<std::int32_t>>();
    auto ids = in.at("partition_ids").get<std::vector<std::int32_t>>();
    const std::size_t partitions = sizes.size();
    const std::size_t length = in.at("length");
    sizes.resize(length);
    ids.resize(length);
    partitioner_.update_load_stats(sizes, ids, partitions);
    const std::int32_t total = partitioner_.weight_total();
    return {{"weight_total", total == 0 ? Json{} : Json(total)}};
  }

  const Json& config_;
  BuiltInPartitioner partitioner_;
  std::vector<std::int32_t> available_;
};

}  // namespace

Outcome kafka_partitioner(const Json& recorded_case) {
  Steps steps{recorded_case.at("config")};
  return replay(recorded_case, steps);
}

}  // namespace wrackline::conform

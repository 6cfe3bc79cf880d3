// The log: brokers, topics, the network between them and their disks.
#include "engine/kafka/config/properties.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

const ObjectDecl& topic_decl() {
  static const ObjectDecl decl{
      "topic",
      "One topic of the log.",
      {integer("partitions", &TopicSpec::partitions, "1", {1, 10'000}, "Number of partitions."),
       properties("config", &TopicSpec::config, kafka::topic_properties,
                  "Topic properties by their real names.")}};
  return decl;
}

const ObjectDecl& network_decl() {
  static const ObjectDecl decl{
      "network",
      "The network between brokers, clients and the controller.",
      {with_default(object("latency", &NetworkSpec::latency, law_decl, "One-way delay of a message."),
                    "500us"),
       object("zone_latency", &NetworkSpec::zone_latency, law_decl,
              "One-way delay between zones; without it as `latency`."),
       bandwidth("bandwidth", &NetworkSpec::bytes_per_second, "Of each node's link; without it unlimited."),
       ratio("loss", &NetworkSpec::loss, "0",
             "Share of messages lost on the wire; the transport sends them again.")}};
  return decl;
}

const ObjectDecl& disk_decl() {
  static const ObjectDecl decl{
      "disk",
      "The brokers' disks.",
      {with_default(object("fsync", &DiskSpec::fsync, law_decl, "Time of one flush to the disk."), "2ms"),
       bandwidth("bandwidth", &DiskSpec::bytes_per_second, "Of each disk; without it unlimited.")}};
  return decl;
}

const ObjectDecl& broker_costs_decl() {
  static const ObjectDecl decl{
      "broker costs",
      "What a broker's processor is busy with.",
      {duration("request", &BrokerCostSpec::request, "40us", {0, kDay},
                "CPU time for a request of any kind."),
       with_default(object("batch", &BrokerCostSpec::batch, law_decl, "CPU time for each batch appended."),
                    "8us"),
       duration("kibibyte", &BrokerCostSpec::kibibyte, "1us", {0, kDay}, "CPU time for each KiB appended.")}};
  return decl;
}

Field version_field() {
  Field field{"version", FieldType::kVersion, "Version of Kafka: selects defaults and protocol rules.",
              "4.1"};
  field.bind = [](void* target, const FieldValue& v) {
    as<KafkaSpec>(target).version = parse_version(v.text).value_or(Version{});
  };
  return field;
}

}  // namespace

const ObjectDecl& kafka_decl() {
  static const ObjectDecl decl{
      "kafka",
      "The replicated log.",
      {version_field(),
       integer("brokers", &KafkaSpec::brokers, "3", {1, 1'000},
               "Number of brokers; they are called broker-1, broker-2, ..."),
       names("zones", &KafkaSpec::zones, "Failure domains; the brokers are dealt over them in turn."),
       properties("config", &KafkaSpec::config, kafka::broker_properties,
                  "Broker properties by their real names."),
       required(map("topics", &KafkaSpec::topics, topic_decl, "Topics by name.")),
       object("network", &KafkaSpec::network, network_decl, "The network."),
       object("disk", &KafkaSpec::disk, disk_decl, "The disks."),
       integer("cores", &KafkaSpec::cores, "8", {1, 1'024}, "Cores of each broker."),
       object("costs", &KafkaSpec::costs, broker_costs_decl, "The brokers' work.")}};
  return decl;
}

}  // namespace wrackline::scenarios

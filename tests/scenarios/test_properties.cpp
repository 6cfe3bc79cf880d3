#include "engine/kafka/config/properties.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline;

namespace {

PropertyValues producer(Version version,
                        std::initializer_list<std::pair<std::string_view, std::string_view>> set) {
  PropertyValues values(kafka::producer_properties(), version);
  for (const auto& [name, text] : set) {
    const ParsedProperty parsed = parse_property(*kafka::producer_properties().find(name), text);
    REQUIRE(parsed.error.empty());
    values.set(name, parsed.value);
  }
  return values;
}

const Version k39{3, 9};
const Version k41{4, 1};

}  // namespace

TEST_CASE("every default is a value that its property accepts, in every version") {
  for (const PropertyTable* table : kafka::property_tables()) {
    for (const Version version : {k39, Version{4, 0}, k41}) PropertyValues(*table, version);
    for (const Property& property : table->all()) {
      INFO(table->component() << " " << property.name);
      CHECK_FALSE(property.doc.empty());
      CHECK((property.type != PropertyType::kChoice || !property.choices.empty()));
    }
  }
}

TEST_CASE("defaults change with the version (kafka.md 5)") {
  const auto value = [](const PropertyTable& table, std::string_view name, Version version) {
    return std::string(default_text(*table.find(name), version));
  };
  CHECK(value(kafka::producer_properties(), "linger.ms", k39) == "0");
  CHECK(value(kafka::producer_properties(), "linger.ms", k41) == "5");
  CHECK(value(kafka::broker_properties(), "log.message.timestamp.after.max.ms", k39) ==
        "9223372036854775807");
  CHECK(value(kafka::broker_properties(), "log.message.timestamp.after.max.ms", {4, 0}) == "3600000");
  CHECK(value(kafka::broker_properties(), "num.recovery.threads.per.data.dir", k39) == "1");
  CHECK(value(kafka::broker_properties(), "num.recovery.threads.per.data.dir", k41) == "2");
  CHECK(value(kafka::broker_properties(), "eligible.leader.replicas.version", {4, 0}) == "0");
  CHECK(value(kafka::broker_properties(), "eligible.leader.replicas.version", k41) == "1");
  CHECK(value(kafka::consumer_properties(), "session.timeout.ms", k39) == "45000");
}

TEST_CASE("values are read as the engine reads them") {
  const auto& table = kafka::producer_properties();
  const auto good = [&](std::string_view name, std::string_view text) {
    return parse_property(*table.find(name), text).error.empty();
  };
  CHECK(good("linger.ms", " 5 "));
  CHECK(good("enable.idempotence", "TRUE"));
  CHECK_FALSE(good("enable.idempotence", "yes"));
  CHECK_FALSE(good("batch.size", "2147483648"));
  CHECK(good("buffer.memory", "2147483648"));
  CHECK_FALSE(good("linger.ms", "-1"));
  CHECK_FALSE(good("linger.ms", "0x5"));
  CHECK_FALSE(good("acks", "2"));
  const auto list =
      parse_property(*kafka::consumer_properties().find("partition.assignment.strategy"), "range, sticky");
  CHECK(std::get<std::vector<std::string>>(list.value) == std::vector<std::string>{"range", "sticky"});
}

TEST_CASE(
    "P-12: idempotence is on by default, off without a word on a conflict, an error where it was asked for") {
  const PropertyValues broker(kafka::broker_properties(), k41);
  CHECK(kafka::idempotence_enabled(producer(k41, {})));
  CHECK(kafka::check_producer(producer(k41, {}), broker).empty());

  const auto silent = producer(k41, {{"acks", "1"}});
  CHECK_FALSE(kafka::idempotence_enabled(silent));
  REQUIRE(kafka::check_producer(silent, broker).size() == 1);
  CHECK_FALSE(kafka::check_producer(silent, broker)[0].fatal);

  const auto asked = producer(k41, {{"acks", "1"}, {"enable.idempotence", "true"}});
  REQUIRE(kafka::check_producer(asked, broker).size() == 1);
  CHECK(kafka::check_producer(asked, broker)[0].fatal);

  const auto in_flight = [&](Version version) {
    return kafka::check_producer(producer(version, {{"max.in.flight.requests.per.connection", "6"}}),
                                 PropertyValues(kafka::broker_properties(), version));
  };
  CHECK_FALSE(in_flight(k39).at(0).fatal);
  CHECK(in_flight(k41).at(0).fatal);
}

TEST_CASE("P-5: delivery.timeout.ms is raised where it was left alone, refused where it was set too short") {
  const PropertyValues broker(kafka::broker_properties(), k41);
  CHECK(kafka::effective_delivery_timeout_ms(producer(k41, {})) == 120000);
  CHECK(kafka::effective_delivery_timeout_ms(producer(k41, {{"request.timeout.ms", "200000"}})) == 200005);
  CHECK(kafka::check_producer(producer(k41, {{"delivery.timeout.ms", "30004"}}), broker).at(0).fatal);
  CHECK(kafka::check_producer(producer(k41, {{"delivery.timeout.ms", "30005"}}), broker).empty());
}

TEST_CASE("a topic's property falls back on the broker's, by its other name") {
  PropertyValues broker(kafka::broker_properties(), k41);
  PropertyValues topic(kafka::topic_properties(), k41);
  CHECK(std::get<std::int64_t>(kafka::topic_value(topic, broker, "retention.ms")) == 168LL * 3'600'000);
  broker.set("log.retention.hours", std::int64_t{-1});
  CHECK(std::get<std::int64_t>(kafka::topic_value(topic, broker, "retention.ms")) == -1);
  broker.set("log.retention.minutes", std::int64_t{5});
  CHECK(std::get<std::int64_t>(kafka::topic_value(topic, broker, "retention.ms")) == 300'000);
  topic.set("retention.ms", std::int64_t{7});
  CHECK(std::get<std::int64_t>(kafka::topic_value(topic, broker, "retention.ms")) == 7);
  CHECK(std::get<std::int64_t>(kafka::topic_value(topic, broker, "flush.ms")) == INT64_MAX);
  CHECK(kafka::replication_factor(topic, broker) == 1);
}

TEST_CASE("every property of a topic has a fallback or is of no effect") {
  const PropertyValues broker(kafka::broker_properties(), k41);
  const PropertyValues topic(kafka::topic_properties(), k41);
  for (const Property& property : kafka::topic_properties().all()) {
    INFO(property.name);
    const bool found =
        !std::holds_alternative<std::monostate>(kafka::topic_value(topic, broker, property.name));
    CHECK((found || property.effect == PropertyClass::kWithoutEffect));
  }
}

TEST_CASE("the nearest name") {
  CHECK(kafka::producer_properties().nearest("lingerms") == "linger.ms");
  CHECK(kafka::producer_properties().nearest("ack") == "acks");
  CHECK(kafka::broker_properties().nearest("min.insync.replica") == "min.insync.replicas");
  CHECK_FALSE(kafka::producer_properties().nearest("zzzzzzzzzz"));
}

TEST_CASE("versions") {
  CHECK(parse_version("4.1") == Version{4, 1});
  CHECK(parse_version("3.9.1") == Version{3, 9});
  for (const char* bad : {"", "4", "4.", "4.1.", "4.1.2.3", "a.b", "-4.1", "4.-1", "4.1x"}) {
    INFO(bad);
    CHECK_FALSE(parse_version(bad));
  }
  CHECK(Version{3, 9} < Version{4, 0});
}

// Tables: filters, groupings, versioned semantics.
#include <fmt/format.h>

#include "engine/event_time/streams/table.hpp"
#include "engine/event_time/streams/table_aggregate.hpp"
#include "engine/event_time/streams/table_transform.hpp"
#include "tests/support/catch.hpp"

namespace wrackline::event_time::streams {
namespace {

using Text = std::string;
using Lines = std::vector<std::string>;
using Change = TableChange<Text, Text>;

std::optional<Text> starts_with_x(const Text& value) {
  return value.starts_with("x") ? std::optional<Text>(value) : std::nullopt;
}

SCENARIO("a filter's tombstone is sent for a row that was there, and for any row if nobody can know") {
  for (const bool knows : {true, false}) {
    Table<Text, Text> table({.send_old_values = true});
    TableTransform<Text, Text> filter(starts_with_x, {.send_old_values = knows, .filters = true});
    Lines lines;
    Drops drops;
    const auto put = [&](std::optional<Text> value) {
      table.process(
          {"a", std::move(value), 1},
          [&](const Change& change) {
            filter.process(
                change, [&](const Change& c) { lines.push_back(c.new_value.value_or("null")); }, drops);
          },
          drops);
    };
    put("y1");
    put("x1");
    put("y2");
    put("y3");
    CHECK(lines == (knows ? Lines{"x1", "null"} : Lines{"null", "x1", "null", "null"}));
  }
}

/// Rows such as "g:1" grouped by the text before the colon, values joined by + and -.
struct Grouping {
  explicit Grouping(bool versioned = false)
      : table({.history_retention_ms = versioned ? std::optional<std::int64_t>(100) : std::nullopt,
               .send_old_values = true}),
        sums({.initial = [] { return std::optional<Text>("0"); },
              .first = {},
              .add = [](const Text&, const Text& v,
                        const Text& a) { return std::optional<Text>(a + "+" + v); },
              .subtract =
                  [](const Text&, const Text& v, const Text& a) {
                    return v == "drop" ? std::nullopt : std::optional<Text>(a + "-" + v);
                  }},
             {}) {}

  Lines put(const Text& key, std::optional<Text> row, TimestampMs timestamp) {
    Lines lines;
    const auto select = [](const Text&, const Text& value) {
      const auto colon = value.find(':');
      return colon == Text::npos ? std::pair<std::optional<Text>, std::optional<Text>>{std::nullopt, value}
                                 : std::pair<std::optional<Text>, std::optional<Text>>{
                                       value.substr(0, colon), value.substr(colon + 1)};
    };
    const auto result = [&](const Change& c) {
      lines.push_back(fmt::format("{}={}@{}", c.key, c.new_value.value_or("null"), c.timestamp_ms));
    };
    table.process(
        {key, std::move(row), timestamp},
        [&](const Change& change) {
          regroup(change, table.versioned(), select,
                  [&](const Change& message) { sums.process(message, result, drops); });
        },
        drops);
    return lines;
  }
  Table<Text, Text> table;
  TableAggregate<Text, Text, Text> sums;
  Drops drops;
};

SCENARIO("groupBy takes a row out of its old group before it puts it into the new one") {
  Grouping grouping;
  CHECK(grouping.put("a", "g:1", 10) == Lines{"g=0+1@10"});
  CHECK(grouping.put("a", "g:2", 12) == Lines{"g=0+1-1+2@12"});
  CHECK(grouping.put("a", "h:3", 11) == Lines{"g=0+1-1+2-2@12", "h=0+3@11"});
  CHECK(grouping.put("a", "nogroup", 13) == Lines{"h=0+3-3@13"});
  CHECK(grouping.put("a", std::nullopt, 14) == Lines{});
}

SCENARIO("an aggregate that a user function answers with null is gone, and the next record starts anew") {
  Grouping grouping;
  grouping.put("a", "g:drop", 10);
  CHECK(grouping.put("a", std::nullopt, 11) == Lines{"g=null@11"});
  CHECK(grouping.put("b", "g:1", 5) == Lines{"g=0+1@5"});
}

SCENARIO("KIP-914: an aggregation leaves the out-of-order changes of a versioned table out") {
  Grouping grouping(true);
  grouping.put("a", "g:1", 100);
  CHECK(grouping.put("a", "h:2", 50) == Lines{});
  CHECK(grouping.drops.empty());
}

}  // namespace
}  // namespace wrackline::event_time::streams

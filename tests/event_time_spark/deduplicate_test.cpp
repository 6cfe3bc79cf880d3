// 2.8 of the reference, V-38 to V-42.
#include "tests/event_time_spark/harness.hpp"

namespace wrackline::event_time::spark::tests {
namespace {

SCENARIO("V-38: keys with the event time among them go when the watermark reaches it") {
  Query query{select(drop_duplicates(marked(10000), {"ts"}), {"ts"})};
  CHECK(query.add({{10000}, {15000}, {10000}}) == Lines{"10000", "15000"});
  CHECK(query.metrics().duplicates == 1);
  CHECK(query.add({{25000}}) == Lines{"25000"});
  CHECK(query.metrics().removed == 2);
  query.add({{10000}});
  CHECK(query.metrics().dropped == 1);
}

SCENARIO("V-39: without batches without data the state is cleaned by the next row") {
  Query query{drop_duplicates(marked(10000), {"ts"}), without_no_data_batches()};
  query.add({{10000}, {15000}});
  query.add({{25000}});
  CHECK(query.metrics().total == 3);
  query.add({{45000}});
  CHECK(query.metrics().total == 2);
}

SCENARIO(
    "2.8: without the event time among the keys nothing is ever forgotten, and late rows are still dropped") {
  Query query{drop_duplicates(marked(10000), {"key"})};
  query.add({{10000, 'a'}});
  query.add({{100000, 'a'}});
  CHECK(query.metrics().duplicates == 1);
  query.add({{10000, 'c'}});
  CHECK(query.metrics().dropped == 1);
  CHECK(query.metrics().total == 1);
}

SCENARIO("V-41: an entry expires at the first event time + delay, and duplicates do not refresh it") {
  Query query{select(drop_duplicates(marked(2000), {"key"}, true), {"key", "ts"})};
  CHECK(query.add({{17000, 'a'}}) == Lines{"a 17000"});
  CHECK(query.add({{16000, 'a'}}) == Lines{});
  query.add({{13000, 'a'}});
  CHECK(query.metrics().dropped == 1);
  CHECK(query.add({{22000, 'b'}, {21000, 'c'}}) == Lines{"b 22000", "c 21000"});
  CHECK(query.metrics().removed == 1);
  CHECK(query.add({{21000, 'a'}}) == Lines{"a 21000"});
  CHECK(query.add({{25000, 'd'}}) == Lines{"d 25000"});
  CHECK(query.metrics().total == 2);
}

SCENARIO("ColumnPruning: an event time that nobody uses is gone, and the late filter with it") {
  Query with_time{select(drop_duplicates(marked(0), {"key"}), {"key", "ts"})};
  Query without_time{select(drop_duplicates(marked(0), {"key"}), {"key"})};
  for (Query* const query : {&with_time, &without_time}) query->add({{50000, 'a'}});
  CHECK(with_time.add({{1000, 'b'}}) == Lines{});
  CHECK(without_time.add({{1000, 'b'}}) == Lines{"b"});
}

}  // namespace
}  // namespace wrackline::event_time::spark::tests

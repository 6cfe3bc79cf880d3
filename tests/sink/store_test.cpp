// What a repeated write does to each kind of store (reference/kafka.md 6.3, sink types EXT and UPS).
#include "engine/sink/store.hpp"

#include "tests/support/catch.hpp"

namespace wrackline::sink {

namespace {

RowBatch one_row(std::uint32_t key, std::int64_t window_end_ms) {
  RowBatch batch;
  ResultRow row;
  row.key = key;
  row.window_start_ms = window_end_ms - 1000;
  row.window_end_ms = window_end_ms;
  batch.rows.push_back(row);
  return batch;
}

}  // namespace

SCENARIO("EXT: an append store shows a repeated write twice") {
  Store store{StoreKind::append};
  CHECK_FALSE(store.apply(one_row(1, 1000)).overwrites[0]);
  CHECK_FALSE(store.apply(one_row(1, 1000)).overwrites[0]);
  CHECK(store.rows_written() == 2);
  CHECK(store.rows_overwritten() == 0);
}

SCENARIO("UPS: an upsert store replaces the row of the same job, key and window, and no other") {
  Store store{StoreKind::upsert};
  CHECK_FALSE(store.apply(one_row(1, 1000)).overwrites[0]);
  CHECK(store.apply(one_row(1, 1000)).overwrites[0]);
  CHECK_FALSE(store.apply(one_row(2, 1000)).overwrites[0]);
  CHECK_FALSE(store.apply(one_row(1, 2000)).overwrites[0]);
  CHECK(store.rows_overwritten() == 1);
}

SCENARIO("UPS: rows without a window are told apart by the record they came from") {
  Store store{StoreKind::upsert};
  RowBatch batch;
  batch.rows.resize(3);
  batch.rows[0].digest = 7;
  batch.rows[1].digest = 8;
  batch.rows[2].digest = 7;
  const Applied applied = store.apply(batch);
  CHECK_FALSE(applied.overwrites[0]);
  CHECK_FALSE(applied.overwrites[1]);
  CHECK(applied.overwrites[2]);
}

SCENARIO("an upsert store remembers rows until their windows can not be written again") {
  Store store{StoreKind::upsert};
  for (std::uint32_t key = 0; key < 1000; ++key) store.apply(one_row(key, 1000 + key % 2));
  CHECK(store.remembered_rows() == 1000);
  store.forget_windows_until(1000);
  CHECK(store.remembered_rows() == 500);
  CHECK(store.apply(one_row(1, 1001)).overwrites[0]);
}

SCENARIO("an upsert store forgets single rows that can not be written again, and no other") {
  Store store{StoreKind::upsert};
  std::vector<ResultRow> settled;
  for (std::uint32_t key = 0; key < 1000; ++key) {
    const RowBatch batch = one_row(key, 1000);
    store.apply(batch);
    if (key % 3 == 0) settled.push_back(batch.rows[0]);
  }
  store.forget(settled);
  CHECK(store.remembered_rows() == 1000 - settled.size());
  for (std::uint32_t key = 0; key < 1000; ++key) {
    CAPTURE(key);
    REQUIRE(store.apply(one_row(key, 1000)).overwrites[0] == (key % 3 != 0));
  }
  CHECK(store.remembered_rows() == 1000);
}

}  // namespace wrackline::sink

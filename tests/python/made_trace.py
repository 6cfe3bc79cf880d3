"""A trace for the tests: lognormal delays, three keys."""

import numpy as np

START = 1_760_000_000_000


def made(rows=6_000, seed=3):
    rng = np.random.default_rng(seed)
    event = START + np.sort(rng.integers(0, rows * 20, rows))
    arrival = event + rng.lognormal(4.6, 0.7, rows).astype(np.int64)
    order = np.argsort(arrival, kind="stable")
    key = np.array(["b", "a", "ü"])[rng.integers(0, 3, rows)]
    return event[order], arrival[order], key[order], rng.integers(-5, 100, rows)

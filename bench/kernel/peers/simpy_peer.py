"""The workloads on SimPy: simpy_peer.py WORKLOAD N EVENTS"""

import json
import random
import resource
import sys
import time

import simpy

CHUNK = 128
workload, n, events = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
draws = random.Random(42)
exponential = draws.expovariate
env = simpy.Environment()
settle = min(n, events // 2)
seen = 0
marks = []
done = env.event()
waited = 0.0


def count():
    global seen
    seen += 1
    if seen >= settle and (seen - settle) % CHUNK == 0:
        marks.append(time.perf_counter())
    if seen == settle + events:
        done.succeed()


def hold_event(_):
    count()
    env.timeout(exponential(1.0)).callbacks.append(hold_event)


def holder():
    while True:
        yield env.timeout(exponential(1.0))
        count()


def arrivals(line):
    while True:
        yield env.timeout(exponential(0.9))
        yield line.put(env.now)


def server(line):
    global waited
    while True:
        arrived = yield line.get()
        waited += env.now - arrived
        yield env.timeout(exponential(1.0))
        count()


def send(letter, to):
    box = boxes[to]
    env.timeout(exponential(1.0), letter).callbacks.append(lambda event: box.put(event._value))


def actor(me):
    while True:
        letter = yield boxes[me].get()
        count()
        send(letter, int(draws.random() * n))


if workload == "hold":
    for _ in range(n):
        env.timeout(exponential(1.0)).callbacks.append(hold_event)
elif workload == "hold-tasks":
    for _ in range(n):
        env.process(holder())
elif workload == "mm1":
    queue = simpy.Store(env)
    env.process(arrivals(queue))
    env.process(server(queue))
elif workload == "actors":
    boxes = [simpy.Store(env) for _ in range(n)]
    for i in range(n):
        env.process(actor(i))
        send(i, i)
else:
    sys.exit(64)
env.run(until=done)
ns = sorted((b - a) * 1e9 / CHUNK for a, b in zip(marks, marks[1:]))
print(json.dumps({
    "name": f"SimPy {simpy.__version__}", "n": n, "events": seen,
    "p10": ns[len(ns) // 10], "p25": ns[len(ns) // 4], "p50": ns[len(ns) // 2],
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "check": round(waited / seen * 1000),
}))

"""The peer of bench/lines.ts: memory_profiler's line profiler (what %mprun runs) on cells of the same kind."""

import sys
import time

from memory_profiler import LineProfiler

MIB = 1024 * 1024


def one_after_the_other():
    a = bytearray(40 * MIB)
    b = bytes(a)
    c = bytearray(b)
    return len(c)


def a_temporary():
    keep = bytearray(20 * MIB)
    work(24 * MIB)
    more = bytearray(30 * MIB)
    return len(keep) + len(more)


def work(size):
    scratch = bytearray(size)
    return len(scratch)


def small_lists():
    n = 0
    for i in range(20000):
        a = [i] * 10
        b = [i] * 30
        n += len(a) + len(b)
    return n


# Lines count from that of the `def`.
CELLS = [
    ("typed arrays one after the other", one_after_the_other, {1: 40, 2: 40, 3: 40}, [one_after_the_other]),
    ("a temporary between two that stay", a_temporary, {1: 20, 3: 30}, [a_temporary]),
    ("a temporary in a helper", a_temporary, {1: 24}, [work]),
    ("lists of 10 and 30", small_lists, {3: 136, 4: 296}, [small_lists]),
]


def right_share(truth, profiler, function):
    code = function.__code__
    measured = profiler.code_map.get(code) or {}
    increments = {
        line - code.co_firstlineno: max(0, measurement[0])
        for line, measurement in measured.items()
        if measurement is not None
    }
    # The line of the `def` carries what the process had before.
    increments.pop(0, None)
    total = sum(increments.values())
    whole = sum(truth.values())
    if total == 0:
        return 0.0
    return sum(min(weight / whole, increments.get(line, 0) / total) for line, weight in truth.items())


repeats = int(sys.argv[1])
for name, run, truth, functions in CELLS:
    shares = []
    plain = []
    probed = []
    for _ in range(repeats):
        begun = time.process_time()
        run()
        plain.append(time.process_time() - begun)
        profiler = LineProfiler()
        for function in functions:
            profiler.add_function(function)
        begun = time.process_time()
        profiler.enable_by_count()
        run()
        profiler.disable_by_count()
        probed.append(time.process_time() - begun)
        shares.append(right_share(truth, profiler, functions[0]))
    figures = " ".join(f"{100 * share:5.1f}" for share in shares)
    slower = sorted(probed)[repeats // 2] / max(1e-6, sorted(plain)[repeats // 2])
    print(f"{name:34} {figures}   {slower:.1f} times")

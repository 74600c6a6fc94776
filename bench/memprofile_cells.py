"""The cells of bench/memprofile.ts in Python. Lines count from that of the `def`; sizes are bytes."""

import asyncio
import json
import subprocess
import sys
import time

MIB = 1024 * 1024


def twenty():
    held = bytearray(b"\1") * (20 * MIB)
    time.sleep(0.005)
    return len(held)


def hundred():
    held = bytearray(b"\1") * (100 * MIB)
    time.sleep(0.005)
    return len(held)


def four_hundred():
    held = bytearray(b"\1") * (400 * MIB)
    time.sleep(0.005)
    return len(held)


def eight_hundred():
    held = bytearray(b"\1") * (800 * MIB)
    time.sleep(0.005)
    return len(held)


def graph():
    nodes = []
    for i in range(200_000):
        tags = [i, i + 1, i + 2, i + 3]
        nodes.append({"id": i, "next": nodes[-1] if nodes else None, "tags": tags})
    return len(nodes)


def letters():
    data = bytearray(b"\x61") * (64 * MIB)
    text = data.decode("latin1")
    return len(text) + len(data)


def buffers():
    held = []
    for i in range(150):
        held.append(bytearray(b"\1") * MIB)
    return len(held)


def travel():
    x = array_of(4_000_000)
    y = array_of(4_000_000)
    table = pyarrow.table({"x": x, "y": y})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return len(sink.getvalue())


def array_of(count):
    return numpy.full(count, 1.5)


def median():
    copy = sorted(UNSORTED)
    return copy[len(copy) // 2]


def wave():
    held = []
    total = 0.0
    for step in range(80):
        if step < 40:
            held.append(bytearray(b"\1") * (5 * MIB))
        if step == 40:
            held.clear()
        for i in range(30_000):
            total += i * 0.5
    return total


def child():
    code = "import time; b = bytearray(b'\\1') * (100 * 1048576); time.sleep(0.4)"
    return subprocess.run([sys.executable, "-c", code], check=True).returncode


def pipeline():
    asyncio.run(stages())


async def stages():
    await asyncio.gather(*[stage() for _ in range(4)])


async def stage():
    block = bytearray(b"\1") * (20 * MIB)
    await asyncio.sleep(0.02)
    half = block[: 10 * MIB]
    await asyncio.sleep(0.02)
    return len(block) + len(half)


# Name in the table, function, bytes at the peak (None: those of a plain run), who holds them, bytes by line.
CELLS = {
    "Float64Array of 20 MiB for 5 ms": (twenty, 20 * MIB, "twenty", {1: 1}),
    "Float64Array of 100 MiB for 5 ms": (hundred, 100 * MIB, "hundred", {1: 1}),
    "Float64Array of 400 MiB for 5 ms": (four_hundred, 400 * MIB, "four_hundred", {1: 1}),
    "Float64Array of 800 MiB for 5 ms": (eight_hundred, 800 * MIB, "eight_hundred", {1: 1}),
    "a graph of objects": (graph, None, "graph", None),
    "a text and its Buffer": (letters, 128 * MIB, "letters", {1: 1, 2: 1}),
    "150 Buffers of 1 MiB": (buffers, 150 * MIB, "buffers", {3: 1}),
    "an Arrow table, there and back": (travel, None, None, None),
    # Besides the copy, the sort takes up to half of it for itself.
    "a sorted copy": (median, None, "median", {1: 1}),
    "a peak in the middle of a loop": (wave, 200 * MIB, "wave", {5: 1}),
    "a child process": (child, None, None, None),
    "an async pipeline": (pipeline, 120 * MIB, "stage", {1: 2, 3: 1}),
}


def prepare(name):
    """Loads what a cell needs before it is measured."""
    if name == "a sorted copy":
        # Small integers are cached: only the list of the copy is new.
        globals()["UNSORTED"] = [(i * 7919) % 251 for i in range(6_000_000)]
    if name == "an Arrow table, there and back":
        globals()["numpy"] = __import__("numpy")
        globals()["pyarrow"] = __import__("pyarrow")
        __import__("pyarrow.ipc")


def allocate(scale):
    ring = [None] * 64
    for i in range(int(1_500_000 * scale)):
        ring[i & 63] = {"i": i, "at": i}
    return len(ring)


def objects(scale):
    kept = 0
    for _ in range(4):
        rows = []
        for i in range(int(75_000 * scale)):
            rows.append({"i": i, "name": "row", "parts": [i, i + 1]})
        kept += len(rows)
    return kept


def parse(scale):
    text = json.dumps([{"i": i, "name": f"n{i}", "list": [i, i]} for i in range(int(20_000 * scale))])
    n = 0
    for _ in range(10):
        n += len(json.loads(text))
    return n


def compute(scale):
    s = 0.0
    for i in range(int(4_000_000 * scale)):
        s += (i * 1.5) % 7
        s -= i & 3
    return s


def closures(scale):
    functions = {}
    s = 0
    for i in range(int(1_500_000 * scale)):
        functions[i % 1000] = lambda: i
        s += functions[i % 1000]()
    return s


def columns(scale):
    s = 0.0
    for round in range(int(160 * scale) or 1):
        price = numpy.arange(500_000) * 0.25
        amount = numpy.arange(500_000) % 17
        total = price * amount
        s += total[round]
    return s


WORKLOADS = {
    "allocation alone": allocate,
    "objects that stay a while": objects,
    "JSON": parse,
    "computing": compute,
    "closures": closures,
    "columns": columns,
}

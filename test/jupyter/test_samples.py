"""The samples of a running kernel, read by pyarrow; and the program of docs/protocol.md that plots them."""

import glob
import json
import os
import re
import runpy
import sys
import time
import uuid
from pathlib import Path
from queue import Empty

import pyarrow
import pytest
import zmq
from jupyter_client.manager import start_new_kernel
from jupyter_core.paths import jupyter_runtime_dir

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60
MIB = 1024 * 1024
# 160 MiB in eight steps, a tenth of a second each, without ever giving the event loop a turn.
BUSY = """
const held: Buffer[] = [];
for (let step = 0; step < 8; step++) {
  held.push(Buffer.alloc(20 * 1024 * 1024, 1));
  const until = Date.now() + 100;
  while (Date.now() < until);
}
held.length
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="cellscope", startup_timeout=TIMEOUT)
    client.execute_interactive("1", timeout=TIMEOUT, output_hook=lambda message: None)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def announcement():
    deadline = time.monotonic() + TIMEOUT
    while not (files := glob.glob(f"{jupyter_runtime_dir()}/cellscope/*.json")):
        assert time.monotonic() < deadline, "the kernel has not announced itself"
        time.sleep(0.05)
    (file,) = files
    return json.loads(Path(file).read_text())


def subscribe(*topics):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(announcement()["samples"])
    greeting = f"recent/0/{uuid.uuid4()}"
    for topic in [*topics, greeting]:
        socket.subscribe(topic)
    while receive(socket)[0] != greeting:
        pass
    return socket


def receive(socket):
    assert socket.poll(TIMEOUT * 1000), "no sample has come"
    topic, frame = socket.recv_multipart()
    return topic.decode(), frame


def frames_of_a_cell(client, *topics, code=BUSY):
    """What is published from right before a cell until what its reply makes certain has been sent."""
    socket = subscribe("samples", *topics)
    began = time.monotonic() * 1000
    reply = client.execute_interactive(code, timeout=TIMEOUT, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok"
    ended = time.monotonic() * 1000
    tables = []
    while True:
        tables.append(pyarrow.ipc.open_stream(receive(socket)[1]).read_all())
        if float(tables[-1].schema.metadata[b"through"]) >= ended:
            socket.close()
            return began, ended, tables


def test_every_frame_is_an_arrow_stream_with_types_and_units(kernel):
    _, _, tables = frames_of_a_cell(kernel)
    for table in tables:
        table.validate(full=True)
    schema = tables[0].schema
    assert schema.metadata[b"kind"] == b"cellscope samples"
    assert [(field.name, str(field.type), (field.metadata or {}).get(b"unit")) for field in schema] == [
        ("time", "double", b"ms"),
        ("pid", "int32", None),
        ("rss", "double", b"bytes"),
        ("childrenRss", "double", b"bytes"),
        ("heapTotal", "double", b"bytes"),
        ("heapUsed", "double", b"bytes"),
        ("external", "double", b"bytes"),
        ("arrayBuffers", "double", b"bytes"),
        ("cpu", "double", b"ms"),
    ]


def test_the_samples_show_what_a_cell_takes_while_it_blocks(kernel):
    began, ended, tables = frames_of_a_cell(kernel)
    table = pyarrow.concat_tables(tables)
    times = table["time"].to_pylist()
    assert times == sorted(times)
    during = [rss for at, rss in zip(times, table["rss"].to_pylist()) if began <= at <= ended]
    assert max(during) - during[0] > 100 * MIB
    # In steps, not at once at the end: the cell was seen while it ran.
    assert len({round(rss / (20 * MIB)) for rss in during}) >= 5
    # Nobody asked for the heap.
    assert table["heapUsed"].null_count == table.num_rows


def test_the_heap_is_seen_when_it_is_asked_for(kernel):
    began, ended, tables = frames_of_a_cell(kernel, "heap", "every/10", code="%%memprofile -q\n" + BUSY)
    rows = [row for table in tables for row in table.to_pylist() if began <= row["time"] <= ended]
    buffers = [row["arrayBuffers"] for row in rows if row["arrayBuffers"] is not None]
    assert len(buffers) > 10
    assert max(buffers) - min(buffers) > 100 * MIB


def test_recent_samples_come_when_they_are_asked_for(kernel):
    frames_of_a_cell(kernel)
    socket = subscribe()
    topic = f"recent/5/{uuid.uuid4()}"
    socket.subscribe(topic)
    received, frame = receive(socket)
    socket.close()
    assert received == topic
    assert pyarrow.ipc.open_stream(frame).read_all().num_rows == 5


def plot_program():
    document = (ROOT / "docs" / "protocol.md").read_text()
    (program,) = re.findall(r"^```python\n# plot_memory\.py\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return program


def test_the_program_of_the_docs_has_ten_lines():
    assert len(plot_program().splitlines()) == 10


def test_the_program_of_the_docs_plots_a_cell_while_it_runs(kernel, tmp_path, monkeypatch):
    # A picture in memory in place of a window; the program is the one of the docs, to the letter.
    monkeypatch.setenv("MPLBACKEND", "Agg")
    program = tmp_path / "plot_memory.py"
    program.write_text(plot_program())
    monkeypatch.setattr(sys, "argv", [str(program), announcement()["samples"]])
    plot = runpy.run_path(str(program))
    # A window would call it five times a second; a picture without one draws when it is told to.
    draw = plot["draw"]
    draw(0)
    message = kernel.execute(BUSY)
    drawn = []
    deadline = time.monotonic() + TIMEOUT
    while True:
        draw(0)
        plot["figure"].canvas.draw()
        lines = plot["axes"].lines
        drawn.append(len(lines[0].get_xdata()) if lines else 0)
        try:
            reply = kernel.get_shell_msg(timeout=0.1)
        except Empty:
            assert time.monotonic() < deadline, "the cell has not ended"
            continue
        if reply["parent_header"].get("msg_id") == message:
            break
    draw(0)
    # The curve grew while the cell was running, and reaches what the cell took.
    assert len(set(drawn)) >= 3
    rss = plot["axes"].lines[0].get_ydata()
    assert max(rss) - min(rss) > 100 * MIB


def test_the_announcement_names_this_kernel(kernel):
    found = announcement()
    assert set(found) == {"pid", "connectionFile", "cwd", "samples", "started"}
    assert found["cwd"] == os.getcwd()

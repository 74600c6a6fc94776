"""One cell under one of Python's memory profilers, or under none: prints what the profiler says of it, as JSON.

Scalene and Fil bring their own way to start a program; this script is what they start.
"""

import gc
import json
import os
import resource
import sys
import tempfile

import memprofile_cells as cells

FILE = cells.__file__


def main(tool, task, name):
    if task == "overhead":
        globals()["numpy"] = cells.numpy = __import__("numpy")
        scale = 0.004 if tool == "mprun" else 1
        workload = cells.WORKLOADS[name]
        run = lambda: workload(scale)
        function = workload
    else:
        cells.prepare(name)
        run = function = cells.CELLS[name][0]
        # As a cell in TypeScript, it has run before.
        if name not in ("a child process",):
            run()
    gc.collect()
    before = cpu()
    found = TOOLS[tool](run, function)
    if task == "overhead":
        found = {"cpu": cpu() - before}
    emit(found)


def emit(found):
    text = json.dumps(found)
    # Profilers print too.
    path = os.environ.get("CELLSCOPE_BENCH_RESULT")
    if path:
        with open(path, "w") as file:
            file.write(text)
    else:
        print(text)


def cpu():
    """CPU time of this process and of the children that it has waited for, in milliseconds."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime)


def status(pid, field):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def plain(run, _):
    """The truth where arithmetic has none: the mark that Linux keeps, and those of the children."""
    import threading

    before = status("self", "VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    marks = {}
    done = threading.Event()

    def watch():
        while not done.wait(0.005):
            for thread in os.listdir("/proc/self/task"):
                with open(f"/proc/self/task/{thread}/children") as file:
                    for child in file.read().split():
                        marks[child] = max(marks.get(child, 0), status(child, "VmHWM"))

    watcher = threading.Thread(target=watch)
    if cells.CELLS.get("a child process", (None,))[0] is run:
        watcher.start()
    run()
    done.set()
    if watcher.is_alive():
        watcher.join()
    return {"peak": status("self", "VmHWM") - before + sum(marks.values())}


def memit(run, _):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns["run"] = run
    shell.run_line_magic("load_ext", "memory_profiler")
    children = "-c " if run is cells.child else ""
    result = shell.run_line_magic("memit", f"{children}-q -o run()")
    return {"peak": (max(result.mem_usage) - result.baseline) * cells.MIB}


def mprun(run, function):
    from memory_profiler import LineProfiler

    profiler = LineProfiler()
    profiled = cells.stage if function is cells.pipeline else function
    profiler.add_function(profiled)
    profiler.enable_by_count()
    run()
    profiler.disable_by_count()
    code = profiled.__code__
    measured = {line: each for line, each in (profiler.code_map.get(code) or {}).items() if each is not None}
    # The line of the `def` carries what the process had before.
    base = measured.pop(code.co_firstlineno, (0, 0, 0))[1]
    highest = max([each[1] for each in measured.values()], default=base)
    lines = {line: max(0, each[0]) * cells.MIB for line, each in measured.items()}
    return {"peak": max(0, highest - base) * cells.MIB, "lines": lines}


def memray(run, _):
    import memray as profiler

    path = os.path.join(tempfile.mkdtemp(), "memray.bin")
    with profiler.Tracker(path, follow_fork=True):
        run()
    reader = profiler.FileReader(path)
    held, holders, lines = 0, {}, {}
    for record in reader.get_high_watermark_allocation_records(merge_threads=True):
        held += record.size
        own = [frame for frame in record.stack_trace() if frame[1] == FILE]
        if own:
            holders[own[0][0]] = holders.get(own[0][0], 0) + record.size
    freeing = {profiler.AllocatorType.FREE, profiler.AllocatorType.MUNMAP}
    for record in reader.get_allocation_records():
        if record.allocator in freeing or record.size == 0:
            continue
        own = [frame for frame in record.stack_trace() if frame[1] == FILE]
        if own:
            lines[own[0][2]] = lines.get(own[0][2], 0) + record.size
    return {"peak": held, "holder": largest(holders), "lines": lines}


def fil(run, _):
    from filprofiler.api import profile

    folder = tempfile.mkdtemp()
    profile(run, folder)
    held, holders, lines = 0, {}, {}
    with open(os.path.join(folder, "peak-memory.prof")) as file:
        for entry in file:
            stack, _, size = entry.rstrip("\n").rpartition(" ")
            # What the profiler itself imports when it starts is not the cell's.
            own = [frame for frame in stack.split(";") if frame.startswith(FILE + ":")]
            held += int(size) if own or "_tracer.py" not in stack else 0
            if not own:
                continue
            line, _, function = own[-1][len(FILE) + 1 :].partition(" (")
            holders[function.rstrip(")")] = holders.get(function.rstrip(")"), 0) + int(size)
            lines[int(line)] = lines.get(int(line), 0) + int(size)
    return {"peak": held, "holder": largest(holders), "lines": lines}


def nothing(run, _):
    run()
    return {}


def largest(sums):
    return max(sums, key=sums.get) if sums else None


TOOLS = {"plain": plain, "none": nothing, "memit": memit, "mprun": mprun, "memray": memray, "fil": fil, "scalene": nothing}

if __name__ == "__main__":
    main(*sys.argv[1:4])

"""`cellscope run` gives the same outputs as nbclient and papermill, for notebooks of several kernels."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
# Heap snapshots take their time: what 07 shows has been run by nbclient and nbconvert in test_nbclient.py.
EXAMPLES = [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if not path.stem.startswith("07-")]
TIMEOUT = 180
NODE = shutil.which("node")
TSLAB = ROOT / "node_modules" / "tslab" / "bin" / "tslab"
DENO = os.environ.get("CELLSCOPE_DENO") or None

TYPESCRIPT = [
    "const answer: number = 6 * 7;",
    "console.log('to stdout'); answer",
    "console.error('to stderr');",
    "[1, 'two', { three: 3 }]",
    "await new Promise((resolve) => setTimeout(resolve, 20)); 'after'",
    "for (let i = 0; i < 3000; i++) console.log(i);",
    "class Point { constructor(public x: number) {} }\nnew Point(1)",
]
PYTHON = [
    "answer = 6 * 7",
    "print('to stdout'); answer",
    "import sys; print('to stderr', file=sys.stderr)",
    "[1, 'two', {'three': 3}]",
    "from IPython.display import HTML, display, clear_output\ndisplay(HTML('<b>x</b>')); HTML('<i>y</i>')",
    "shown = display('before', display_id='d'); 'its own value'",
    "shown.update('after'); print('updated')",
    "print('gone'); clear_output(wait=True); print('kept')",
    "for i in range(3000): print(i)",
    "await __import__('asyncio').sleep(0.02)",
    "raise ValueError('boom')",
]


def spec(name, language):
    return {"name": name, "display_name": name, "language": language}


def notebook_of(sources, kernelspec, failing=()):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for index in failing:
        cells[index].metadata["tags"] = ["raises-exception"]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec})


CORPUS = {
    **{path.stem: lambda path=path: nbformat.read(path, as_version=4) for path in EXAMPLES},
    "cellscope": lambda: notebook_of(
        [*TYPESCRIPT, "throw new TypeError('boom')"], spec("cellscope", "typescript"), [len(TYPESCRIPT)]
    ),
    "ipykernel": lambda: notebook_of(PYTHON, spec("python3", "python"), [len(PYTHON) - 1]),
    "tslab": lambda: notebook_of(TYPESCRIPT[:1] + ["console.log('x');", "answer"], spec("tslab", "typescript")),
    "deno": lambda: notebook_of(TYPESCRIPT[:5], spec("deno", "typescript")),
}


@pytest.fixture(autouse=True)
def kernels(monkeypatch, tmp_path):
    """tslab and Deno as they would be installed, without installing them."""
    monkeypatch.setenv("CELLSCOPE_ROWS", "2000")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    launches = {
        "tslab": [NODE, str(TSLAB), "kernel", "--config-path", "{connection_file}"],
        "deno": [str(DENO), "jupyter", "--kernel", "--conn", "{connection_file}"],
    }
    for name, argv in launches.items():
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        text = json.dumps({"argv": argv, "display_name": name, "language": "typescript"})
        (folder / "kernel.json").write_text(text)


def joined(outputs):
    """Streams that follow each other are one: how they are cut into messages is a matter of time."""
    together = []
    for output in outputs:
        if output.output_type == "stream" and together and together[-1].get("name") == output.name:
            together[-1]["text"] += output.text
        else:
            together.append(nbformat.from_dict(dict(output)))
    return together


def normal(output, measured):
    without_figures = (lambda text: re.sub(r"[\d.,]+", "#", text)) if measured else (lambda text: text)
    if output.output_type == "stream":
        return (output.name, without_figures(output.text))
    if output.output_type == "error":
        return ("error", output.ename, without_figures(output.evalue))
    kinds = sorted(output.data)
    if measured or any(kind.startswith("application/vnd.cellscope.") for kind in kinds):
        return (output.output_type, kinds)
    return (output.output_type, {kind: output.data[kind] for kind in kinds})


def outputs_of(notebook):
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        [normal(output, "measured" in cell.metadata.get("tags", [])) for output in joined(cell.outputs)]
        for cell in cells
    ]


def by_cellscope(path, target, folder):
    command = [NODE, str(ROOT / "dist" / "cli" / "main.cjs"), "run", str(path), "-o", str(target)]
    name = nbformat.read(path, as_version=4).metadata.kernelspec.name
    for _ in range(2):
        done = subprocess.run(
            [*command, "--kernel", name, "--cwd", str(folder)],
            capture_output=True,
            text=True,
            timeout=2 * TIMEOUT,
            # Where kernels of this environment are looked for.
            env={**os.environ, "VIRTUAL_ENV": sys.prefix},
        )
        # Somebody else's kernel that has not come up says nothing of what is compared here.
        if name == "cellscope" or "did not answer within" not in done.stderr:
            break
    assert done.returncode == 0, done.stdout + done.stderr


def by_nbclient(path, target, folder):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(notebook, target)


def by_papermill(path, target, folder):
    try:
        papermill.execute_notebook(str(path), str(target), cwd=str(folder), progress_bar=False)
    except papermill.exceptions.PapermillExecutionError:
        # It goes on after a cell that may fail, and calls the run failed all the same.
        assert any("raises-exception" in cell.metadata.get("tags", []) for cell in nbformat.read(path, 4).cells)


@pytest.mark.parametrize("name", CORPUS)
def test_the_outputs_are_the_same(name, tmp_path):
    if name == "deno" and DENO is None:
        pytest.skip("Deno could not be installed")
    path = tmp_path / "in.ipynb"
    nbformat.write(CORPUS[name](), path)
    folder = ROOT / "notebooks"
    results = {}
    for run in (by_cellscope, by_nbclient, by_papermill):
        target = tmp_path / f"{run.__name__}.ipynb"
        run(path, target, folder)
        results[run.__name__] = outputs_of(nbformat.read(target, as_version=4))
    ours = results["by_cellscope"]
    for theirs in (results["by_nbclient"], results["by_papermill"]):
        assert ours == (with_what_was_missed(ours, theirs) if name == "deno" else theirs)
    # The first cell has none.
    assert name != "deno" or all(ours[1:]), "a cell's output is missing"


def with_what_was_missed(ours, theirs):
    """nbclient neither waits until it hears what Deno publishes nor for what Deno publishes after its reply."""
    return [
        mine if all(output in mine for output in cell) else cell for mine, cell in zip(ours, theirs, strict=True)
    ]

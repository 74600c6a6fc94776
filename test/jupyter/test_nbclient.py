"""nbclient and nbconvert run notebooks by the kernel as they do with any other, and fail when a cell fails."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TIMEOUT = 180


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setenv("CELLSCOPE_ROWS", "2000")


def notebook_of(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernelspec = {"name": "cellscope", "display_name": "TypeScript (Cellscope)", "language": "typescript"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernelspec})


def execute(notebook, cwd, **options):
    NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": str(cwd)}}, **options).execute()
    nbformat.validate(notebook)
    return notebook


def nbconvert(path, folder):
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
    options = [f"--ExecutePreprocessor.timeout={TIMEOUT}", "--output-dir", str(folder), str(path)]
    return subprocess.run(command + options, capture_output=True, text=True, timeout=2 * TIMEOUT, env=os.environ)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbclient_runs_the_example(path):
    notebook = execute(nbformat.read(path, as_version=4), path.parent)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    # nbclient stops at an error unless the cell is tagged as meant to fail: such a cell has to have failed.
    for cell in cells:
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nbconvert_executes_the_example(path, tmp_path):
    done = nbconvert(path, tmp_path)
    assert done.returncode == 0, done.stderr
    nbformat.validate(nbformat.read(tmp_path / path.name, as_version=4))


def test_outputs_are_what_the_cells_made(tmp_path):
    notebook = execute(
        notebook_of("const answer: number = 6 * 7;", 'console.log("to stdout"); answer', 'console.error("to stderr")'),
        tmp_path,
    )
    assert [cell.outputs for cell in notebook.cells] == [
        [],
        [
            {"output_type": "stream", "name": "stdout", "text": "to stdout\n"},
            {"output_type": "execute_result", "execution_count": 2, "data": {"text/plain": "42"}, "metadata": {}},
        ],
        [{"output_type": "stream", "name": "stderr", "text": "to stderr\n"}],
    ]


# Long enough for some pictures of its course, where somebody watches.
LONG = "%%memprofile\nlet turns = 0;\nfor (const end = Date.now() + 1500; Date.now() < end; turns++);"


def expect_one_report(notebook):
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert output.data["text/plain"].startswith("peak memory: ")
    # Nothing of it is a place that is to be filled again.
    assert "transient" not in output


def test_a_cell_that_is_measured_for_long_has_one_report_in_nbclient(tmp_path, monkeypatch):
    kinds = []
    process = NotebookClient.process_message

    def note(client, message, cell, index):
        kinds.append(message["msg_type"])
        return process(client, message, cell, index)

    monkeypatch.setattr(NotebookClient, "process_message", note)
    expect_one_report(execute(notebook_of(LONG), tmp_path))
    assert [kind for kind in kinds if "display" in kind] == ["display_data"]


def test_a_cell_that_is_measured_for_long_has_one_report_in_nbconvert(tmp_path):
    path = tmp_path / "long.ipynb"
    nbformat.write(notebook_of(LONG), path)
    done = nbconvert(path, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    expect_one_report(nbformat.read(tmp_path / "out" / "long.ipynb", as_version=4))


def test_ten_thousand_lines_arrive_whole(tmp_path):
    notebook = execute(notebook_of("for (let i = 0; i < 10_000; i++) console.log(`line ${i}`);"), tmp_path)
    text = "".join(output.text for output in notebook.cells[0].outputs)
    assert text == "".join(f"line {i}\n" for i in range(10_000))


@pytest.mark.parametrize(
    ("source", "ename", "message"),
    [
        ('throw new TypeError("boom")', "TypeError", "boom"),
        ("const wrong: number = 'text';", None, "is not assignable to type 'number'"),
        ("%nosuchmagic", "UsageError", "nosuchmagic"),
        ("process.exit(3)", None, "3"),
    ],
    ids=["throws", "does not type-check", "names no magic", "ends its process"],
)
def test_a_failing_cell_fails_the_notebook(source, ename, message, tmp_path):
    notebook = notebook_of("1 + 1", source, "2 + 2")
    with pytest.raises(CellExecutionError) as caught:
        execute(notebook, tmp_path)
    assert message in caught.value.evalue
    if ename is not None:
        assert caught.value.ename == ename
    # The cell after it was not run.
    assert notebook.cells[2].execution_count is None


def test_allowed_errors_do_not_stop_the_notebook(tmp_path):
    notebook = execute(notebook_of('throw new Error("boom")', "2 + 2"), tmp_path, allow_errors=True)
    assert [cell.outputs[0].output_type for cell in notebook.cells] == ["error", "execute_result"]


def test_nbconvert_fails_with_a_failing_notebook(tmp_path):
    path = tmp_path / "fails.ipynb"
    nbformat.write(notebook_of('throw new Error("boom")'), path)
    done = nbconvert(path, tmp_path / "out")
    assert done.returncode != 0
    assert "Error: boom" in re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
    assert not (tmp_path / "out" / "fails.ipynb").exists()

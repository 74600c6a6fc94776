"""nbmake, nbval and papermill run notebooks by the kernel, and fail with those that fail."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest

TIMEOUT = 180
OURS = {"name": "cellscope", "display_name": "TypeScript (Cellscope)", "language": "typescript"}


def write(path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": OURS}), path)
    return path


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env={**os.environ, "NO_COLOR": "1"},
    )
    # The words of papermill are on stderr.
    return done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)


def run_pytest(folder, *arguments):
    # Its own plugins only; what this suite is run with must not change what is looked at.
    return run(folder, "pytest", "-p", "no:cacheprovider", "-q", *arguments)


def outputs_of(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def test_nbmake_passes_a_good_notebook_and_keeps_its_outputs(tmp_path):
    path = write(tmp_path / "good.ipynb", "const answer: number = 6 * 7;", "answer")
    code, text = run_pytest(tmp_path, "--nbmake", "--overwrite", path)
    assert code == 0, text
    assert outputs_of(path)[1][0]["data"]["text/plain"] == "42"


@pytest.mark.parametrize(
    ("source", "summary"),
    [
        ('throw new TypeError("boom");', "TypeError: boom"),
        ("const wrong: number = 'text';", "is not assignable to type 'number'"),
        ("process.exit(3);", "3"),
    ],
    ids=["throws", "does not type-check", "ends its process"],
)
def test_nbmake_fails_with_the_message_of_a_bad_notebook(source, summary, tmp_path):
    # On a kernel that publishes no error, nbmake passes such a notebook.
    code, text = run_pytest(tmp_path, "--nbmake", write(tmp_path / "bad.ipynb", "1 + 1", source))
    assert code == 1, text
    assert summary in text
    assert "1 failed" in text


EVERY_KIND = [
    "const answer: number = 6 * 7;",
    "answer",
    'console.log("to stdout"); console.error("to stderr"); ({ answer })',
    'import { display } from "tslab"; display.html("<b>bold</b>")',
]


def execute(path):
    code, text = run(path.parent, "nbconvert", "--to", "notebook", "--execute", "--inplace", path)
    assert code == 0, text


def test_nbval_finds_the_outputs_that_are_in_the_notebook(tmp_path):
    path = write(tmp_path / "kept.ipynb", *EVERY_KIND)
    execute(path)
    code, text = run_pytest(tmp_path, "--nbval", path)
    assert code == 0, text
    assert f"{len(EVERY_KIND)} passed" in text


def test_nbval_fails_where_an_output_has_changed(tmp_path):
    path = write(tmp_path / "kept.ipynb", *EVERY_KIND)
    execute(path)
    path.write_text(path.read_text().replace('"42"', '"43"'))
    code, text = run_pytest(tmp_path, "--nbval", path)
    assert code == 1, text
    assert "1 failed" in text


def test_nbval_takes_a_report_whose_figures_change(tmp_path):
    # It fails on any update_display_data: a report comes once, when it is done.
    long = "%%memprofile\nlet turns = 0;\nfor (const end = Date.now() + 1500; Date.now() < end; turns++);"
    path = write(tmp_path / "report.ipynb", long, "%sysinfo")
    code, text = run_pytest(tmp_path, "--nbval-lax", path)
    assert code == 0, text
    assert "2 passed" in text


def test_papermill_runs_a_notebook_and_stamps_its_cells(tmp_path):
    path = write(tmp_path / "in.ipynb", "const n: number = 4;", "n * n")
    code, text = run(tmp_path, "papermill", path, tmp_path / "out.ipynb")
    assert code == 0, text
    assert outputs_of(tmp_path / "out.ipynb")[1][0]["data"]["text/plain"] == "16"
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    assert [cell["metadata"]["papermill"]["status"] for cell in cells] == ["completed", "completed"]


def test_papermill_fails_with_the_error_of_the_cell_and_leaves_the_rest_pending(tmp_path):
    path = write(tmp_path / "in.ipynb", 'throw new TypeError("boom");', "1 + 1")
    code, text = run(tmp_path, "papermill", path, tmp_path / "out.ipynb")
    assert code == 1, text
    assert "TypeError: boom" in text
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    code_cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["metadata"]["papermill"]["status"] for cell in code_cells] == ["failed", "pending"]


def test_papermill_has_no_words_for_parameters_in_typescript(tmp_path):
    # As docs/clients.md says: it knows how to write parameters in a few languages only.
    path = write(tmp_path / "in.ipynb", "1 + 1")
    code, text = run(tmp_path, "papermill", path, tmp_path / "out.ipynb", "-p", "n", "4")
    assert code != 0
    assert "No parameter translator functions specified" in text

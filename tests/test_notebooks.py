"""The notebooks: pairs in step; every cell runs, every picture shows something, every exercise can be solved.

A notebook is its ``.py``; the ``.ipynb`` beside it is made from it by ``make notebooks`` and holds no outputs.
"""

from __future__ import annotations

import base64
import re
import sys
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from notebook_answers import ANSWERS

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))
CPU_SECONDS = 300 / 7
"""All seven together take less than five minutes on one core, so on two as well."""
SPENT = "import os; sum(os.times()[:4])"
"""CPU seconds of a kernel and the processes it waited for."""
EMPTY_ANSWER = "answer = None"

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook that a file of cells is the source of."""
    import jupytext

    return jupytext.read(path)


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of this interpreter, whatever kernels are installed."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name=kernel_name, language="python")

    manager = AsyncKernelManager(kernel_spec_manager=ThisInterpreter())
    client = NotebookClient(notebook, km=manager, resources={"metadata": {"path": folder}}, timeout=300)
    return client.execute()


def pictures(notebook: nbformat.NotebookNode) -> list[bytes]:
    """The PNGs that cells have shown."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [base64.b64decode(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", ())]


def shows_something(png: bytes) -> bool:
    """Whether a picture has colour: axes, names and numbers are black, data never are."""
    from matplotlib.image import imread

    pixels = imread(BytesIO(png), format="png")[..., :3]
    return bool((pixels.max(-1) - pixels.min(-1) > 0.2).mean() > 0.001)


def checks(notebook: nbformat.NotebookNode, answers: list[tuple[str, str]]) -> list[nbformat.NotebookNode]:
    """Cells that give each exercise its right answer, which must pass, and a wrong one, which must not."""
    exercises = [cell.source for cell in notebook.cells if "exercise" in cell.metadata.get("tags", ())]
    assert 4 <= len(exercises) <= 6 and all(source.count(EMPTY_ANSWER) == 1 for source in exercises)
    cells = []
    for source, (right, wrong) in zip(exercises, answers, strict=True):
        passes, fails = (source.replace(EMPTY_ANSWER, f"answer = {answer}") for answer in (right, wrong))
        refused = (
            "accepted = True\n"
            f"try:\n    exec({fails!r})\n"
            "except AssertionError:\n    accepted = False\n"
            f"assert not accepted, {wrong!r}"
        )
        cells += [nbformat.v4.new_code_cell(passes), nbformat.v4.new_code_cell(refused)]
    return cells


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A folder to run in, and nobody's start-up files."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return tmp_path


@every_notebook
def test_the_pair_is_in_step_and_holds_no_outputs(path):
    def content(cells):
        return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in cells]

    twin = path.with_suffix(".ipynb")
    assert twin.is_file(), f"{twin.name} is missing: make notebooks"
    held = nbformat.read(twin, as_version=4)
    nbformat.validate(held)
    assert content(held.cells) == content(read(path).cells), f"{twin.name} is out of step: make notebooks"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in held.cells)
    assert twin.stat().st_size < 100_000


def test_every_notebook_has_its_source():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {path.stem for path in NOTEBOOKS} == set(ANSWERS)


@every_notebook
def test_the_claims_it_names_are_in_the_catalogue(path):
    import iltheory as il

    papers = {id.partition("-")[0] for id in il.catalogue()}
    words = re.findall(r'[`"]((\w+)-[\w.-]+)[`"]', path.read_text("utf-8"))
    named = {word for word, first in words if first in papers}
    assert named and named <= set(il.catalogue())


@pytest.mark.slow
@pytest.mark.timeout(600)  # of wall time, on a machine that does something else; what is bounded are CPU seconds
@every_notebook
def test_every_cell_runs_and_every_exercise_has_its_answer(path, bare):
    notebook = read(path)
    own = len(notebook.cells)
    notebook.cells += [nbformat.v4.new_code_cell(SPENT), *checks(notebook, ANSWERS[path.stem])]
    done = run(notebook, bare)
    assert float(done.cells[own].outputs[0].data["text/plain"]) < CPU_SECONDS
    said = [output.text for cell in done.cells for output in cell.get("outputs", ()) if output.get("name") == "stderr"]
    assert not said
    drawn = pictures(done)
    assert len(drawn) >= 3 and all(map(shows_something, drawn))


@pytest.mark.slow
def test_faults_in_notebooks_are_caught(bare):
    from nbclient.exceptions import CellExecutionError

    def showing(*sources):
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])

    axes = "import matplotlib.pyplot as plt\nplt.figure()\nplt.gca().set(xlabel='x', title='nothing here')"
    empty, full = pictures(run(showing(axes, f"{axes}\nplt.plot([1, 2], [3, 4])"), bare))
    assert shows_something(full) and not shows_something(empty)
    with pytest.raises(CellExecutionError, match="zero"):
        run(showing("1 / 0"), bare)
    source, tagged = f"{EMPTY_ANSWER}\nassert answer in (None, 2)", {"tags": ["exercise"]}
    four = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, metadata=tagged) for _ in range(4)])
    for answers in ([("3", "4")] * 4, [("2", "2")] * 4):  # a right answer refused, a wrong one accepted
        with pytest.raises(CellExecutionError, match="AssertionError"):
            run(nbformat.v4.new_notebook(cells=checks(four, answers)), bare)

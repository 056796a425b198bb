"""The notebook as shipped: its shape, and that Jupyter's own runners execute it."""

import sys

import nbformat
import papermill
import pytest
from conftest import ANALYSIS, EPOCH, NOTEBOOK, run, run_papermill, write_project

pytestmark = pytest.mark.whole  # the notebook as it was executed is looked at in tests/test_contract.py

QUICK = ("-p", "models", "sklearn_logistic_regression")
CELLS = nbformat.read(NOTEBOOK, as_version=4).cells
CODE = [cell for cell in CELLS if cell.cell_type == "code"]


def test_there_is_one_parameters_cell_and_it_holds_literals_with_a_comment_each():
    (cell,) = [cell for cell in CODE if "parameters" in cell.metadata.get("tags", [])]
    assert cell is CODE[0]
    namespace = {}
    exec(cell.source, {"__builtins__": {}}, namespace)
    from model_development.settings.parameters import TrainingParameters

    assert set(namespace) == set(TrainingParameters.model_fields)
    assert all("#" in line for line in cell.source.splitlines())


@pytest.mark.parametrize("path", [NOTEBOOK, ANALYSIS], ids=lambda path: path.stem)
def test_papermill_reads_every_parameter_with_its_comment(path, caplog):
    known = papermill.inspect_notebook(str(path))
    cell = next(
        c for c in nbformat.read(path, as_version=4).cells if "parameters" in c.metadata.get("tags", [])
    )
    namespace = {}
    exec(cell.source, {"__builtins__": {}}, namespace)
    assert set(known) == set(namespace)
    assert all(parameter["help"] for parameter in known.values())
    assert "Unable to parse" not in caplog.text


@pytest.mark.parametrize("path", [NOTEBOOK, ANALYSIS], ids=lambda path: path.stem)
def test_cells_are_short_define_nothing_and_hold_no_output(path):
    for cell in (c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"):
        lines = cell.source.splitlines()
        assert len(lines) <= 15
        assert not any(line.lstrip().startswith(("def ", "class ", "try:", "lambda")) for line in lines)
        assert cell.outputs == []
        assert cell.execution_count is None


def test_every_code_cell_is_led_by_text():
    kinds = [cell.cell_type for cell in CELLS]
    assert kinds[0] == kinds[-1] == "markdown"


def test_a_wrong_parameter_stops_papermill_with_one_sentence(tmp_path):
    arguments = ("-p", "context_path", write_project(tmp_path), "-p", "seeed", "3")
    done = run_papermill(tmp_path / "out.ipynb", *arguments, cwd=tmp_path)
    assert done.returncode != 0
    assert "`seeed` is unknown. Did you mean 'seed'? Known: context_path" in done.stderr
    assert "File " not in done.stderr.split("Exception encountered")[1]
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.slow
def test_papermill_runs_it_from_any_directory_with_a_relative_path(tmp_path):
    write_project(tmp_path / "project", "multiclass")
    path = "project/pipeline_context.json"
    done = run_papermill("out.ipynb", "-p", "context_path", path, *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "project/artifacts/epoch005-model-development/best_model_info.json").is_file()


def copy_for(context, folder):
    """The notebook with its parameters set by hand, as a user in Jupyter would."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source = cell.source.replace('context_path = ""', f"context_path = {str(context)!r}")
    cell.source = cell.source.replace('models = "all"', 'models = ["sklearn_logistic_regression"]')
    path = folder / "model_training.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.slow
def test_nbconvert_runs_it_in_place(tmp_path):
    path = copy_for(write_project(tmp_path / "project"), tmp_path)
    command = ["nbconvert", "--to", "notebook", "--execute", "--inplace", path]
    done = run(sys.executable, "-m", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    folder = tmp_path / "project/artifacts/epoch005-model-development"
    assert (folder / "best_model_info.json").is_file()
    assert (folder / "model_training.html").is_file()


@pytest.mark.slow
def test_nbval_runs_it(tmp_path):
    path = copy_for(write_project(tmp_path / "project"), tmp_path)
    options = ["--nbval-lax", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", tmp_path]
    done = run(sys.executable, "-m", "pytest", *options, path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
def test_the_default_context_runs_as_shipped(tmp_path):
    done = run_papermill(tmp_path / "out.ipynb", cwd=EPOCH, ARTIFACTS_DIR=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]

"""What must hold of the code's shape: rooms, directions of imports, cheap start."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import model_development

PACKAGE = Path(model_development.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
FRAMEWORKS = {"xgboost", "lightgbm", "catboost", "tensorflow", "keras", "torch", "statsmodels"}
FLOORS = (  # from the ground up; a room may use those below it, and its neighbours on the same floor
    {"errors", "json_lines", "late", "packages", "saved"},
    {"settings", "tasks", "use_cases"},
    {"data"},
    {"metrics"},
    {"statistics"},
    {"models", "features", "outputs"},
    {"row_plan"},
    {"pipeline", "predictor", "ensembles"},
    {"storage", "reports", "search", "execution"},
    {"tracking", "fitting"},
    {"planning", "evaluation", "explanation", "monitoring", "promotion", "serving"},
    {"phases"},
    {"model_utils", "cli"},
    {"agents", "__main__"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


@cache
def looked_at(path):
    """(imports, texts and numbers, functions) of a module, which is parsed once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    lengths = [(n.name, n.end_lineno - n.lineno) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return tuple(_imports(tree, path)), constants, lengths


def imports(path):
    """(top package, parts below ours, is it at module level) of each import in a file."""
    return looked_at(path)[0]


def _imports(tree, path):
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(tree):
        top = isinstance(node, ast.Import | ast.ImportFrom) and node in tree.body
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], (), top
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            inner = (node.module or "").split(".") if node.module else [a.name for a in node.names]
            yield "model_development", (*base, *inner), top
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0], (), top


def room(path):
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downwards_only(path):
    used = {inner[0] for top, inner, _ in imports(path) if top == "model_development" and inner}
    upwards = [name for name in used if FLOOR_OF[name] > FLOOR_OF[room(path)]]
    assert not upwards


def test_rooms_on_one_floor_do_not_import_each_other_in_a_circle():
    used = {}
    for path in MODULES:
        names = {inner[0] for top, inner, _ in imports(path) if top == "model_development" and inner}
        used.setdefault(room(path), set()).update(names - {room(path)})
    list(TopologicalSorter(used).static_order())  # raises CycleError, which names the circle


def test_every_room_has_a_floor_and_says_what_it_is_for():
    rooms = {room(path) for path in MODULES}
    assert rooms == set(FLOOR_OF)
    for folder in {path.parent for path in MODULES}:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_frameworks_and_mlflow_stay_in_their_rooms(path):
    for top, _, at_module_level in imports(path):
        if top in FRAMEWORKS:
            assert room(path) == "models"
            assert not at_module_level
        if top == "mlflow":
            assert room(path) == "tracking"
            assert not at_module_level


def test_no_code_asks_for_a_model_by_name():
    from model_development.models.table import MODELS

    for path in MODULES:
        if not path.name.endswith("table.py"):
            assert not looked_at(path)[1] & set(MODELS), path


def test_files_and_functions_are_short():
    for path in MODULES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path
        for name, length in looked_at(path)[2]:
            assert length < 45, f"{path}: {name}"


def test_importing_the_public_door_is_cheap_and_silent():
    code = (
        "import time; t = time.perf_counter(); import model_development.model_utils, sys; "
        "print(time.perf_counter() - t); "
        "print(sorted({'pandas', 'sklearn', 'mlflow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.splitlines()
    assert float(seconds) < 0.5
    assert loaded == "[]"
    assert done.stderr == ""


def test_every_name_of_the_public_door_exists():
    from model_development import model_utils

    assert all(getattr(model_utils, name) is not None for name in model_utils.__all__)
    assert set(model_utils.__all__) <= set(dir(model_utils))
    with pytest.raises(AttributeError):
        model_utils.no_such_name  # noqa: B018

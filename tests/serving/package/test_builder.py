"""A package: its tree, its bytes, and what becomes of it when a file is touched."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import make_table

from model_development.errors import ArtifactsError
from model_development.monitoring.reference import Reference
from model_development.outputs.policy import DecisionPolicy
from model_development.pipeline import TabularModel
from model_development.serving.package.builder import build_package
from model_development.serving.package.checklist.item import PackageAtTest
from model_development.serving.package.checklist.running import run_checklist, write_checklist
from model_development.serving.package.checklist.table import CHECKLIST
from model_development.serving.package.contents import PackageContents
from model_development.serving.package.opening import open_package
from model_development.serving.package.sums import write_sums
from model_development.serving.package.typical_rows import typical_rows, unlike
from model_development.storage.model_folder import load_folder, save_model

TREE = {
    "model": (
        "model.json",
        "config.json",
        "metadata.json",
        "metrics.json",
        "feature_names.json",
        "decision_policy.json",
        "preprocessor.skops",
        "explanation_background.json",
    ),
    "api": ("app.py", "schemas.py", "utils.py"),
    "monitoring": ("metrics.py", "alerts.yaml", "dashboard.json", "reference.json"),
    "docs": ("model_card.md", "api_guide.md", "deployment.md"),
    "tests": ("test_model.py", "test_api.py"),
    "tests/test_data": ("rows.json", "answers.json"),
    ".": ("Dockerfile", "requirements.txt", "Makefile", "README.md", "SHA256SUMS"),
}


def contents_of(folder, model, X, outputs, **more):
    """A fitted model as a package is written from it."""
    classes = getattr(model, "classes_", np.empty(0)).tolist()
    reference = Reference.from_rows(X, model.schema_, outputs, classes)
    rows = unlike(typical_rows(reference, model.schema_, 30), X, model.schema_)
    return PackageContents(
        model_folder=save_model(model, folder / "saved"),
        name="tiny [model]",
        version="7",
        target="outcome",
        reference=reference,
        rows=rows[:8],
        background=rows[8:],
        **more,
    )


def rewritten(package, folder):
    """A copy of a package, for a test to change."""
    return Path(shutil.copytree(package, folder / "changed"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A package of a model with a decision policy, on a table with awkward columns."""
    folder, table = tmp_path_factory.mktemp("shipped"), make_table("binary", 200)
    X, y = table.drop(columns="outcome"), table["outcome"]
    model = TabularModel("sklearn_logistic_regression", "classification").fit(X, y)
    model.decision_policy_ = DecisionPolicy(
        way="costs",
        threshold=0.2,
        positive=0,
        classes=tuple(model.classes_.tolist()),
        sentences=("By costs.",),
    )
    contents = contents_of(folder, model, X, model.predict_proba(X))
    package = build_package(contents, folder / "package")
    return SimpleNamespace(folder=package, contents=contents, table=X, model=model)


@pytest.mark.whole
def test_the_tree_is_that_of_the_contract(shipped):
    names = [f"{folder}/{name}" for folder, found in TREE.items() for name in found]
    assert [name for name in names if not (shipped.folder / name).is_file()] == []
    for path in shipped.folder.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in shipped.folder.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), path, "exec")


@pytest.mark.whole
def test_the_same_model_gives_the_same_bytes(shipped, tmp_path):
    again = build_package(shipped.contents, tmp_path / "elsewhere")
    names = [p.relative_to(again) for p in sorted(again.rglob("*")) if p.is_file()]
    assert len(names) > 100
    assert [n for n in names if (again / n).read_bytes() != (shipped.folder / n).read_bytes()] == []


@pytest.mark.whole
@pytest.mark.parametrize("way", ["changed", "missing", "added"])
def test_a_file_that_is_not_as_written_is_named_and_refused(shipped, tmp_path, way):
    package = rewritten(shipped.folder, tmp_path)
    path = package / ("api/schemas.py" if way != "added" else "api/sitecustomize.py")
    path.unlink() if way == "missing" else path.write_text("# other\n", encoding="utf-8")
    said = {"changed": "is changed", "missing": "is missing", "added": "is not of the package"}[way]
    with pytest.raises(ArtifactsError, match=f"{path.name} {said}"):
        open_package(package)


def test_what_python_its_environment_and_the_checklist_leave_is_no_change(shipped, tmp_path):
    package = rewritten(shipped.folder, tmp_path)
    (package / "api" / "__pycache__").mkdir()
    (package / "api" / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"x")
    (package / ".venv" / "bin").mkdir(parents=True)  # of `make environment`
    (package / ".venv" / "bin" / "python").write_bytes(b"x")
    (package / "checklist.md").write_text("# checked\n", encoding="utf-8")
    opened = open_package(package)
    assert (opened.name, opened.version, opened.policy) == ("tiny [model]", "7", ("By costs.",))
    assert opened.reference == shipped.contents.reference


def test_an_opened_package_explains_a_row_against_made_up_rows(shipped):
    opened = open_package(shipped.folder)
    explained = opened.explain({"amount [CHF]": 900.0, "home town": "Bern"})
    added = sum(line["contribution"] for line in explained["contributions"])
    assert explained["base"] + added == pytest.approx(explained["output"])
    assert {line["column"] for line in explained["contributions"]} == set(opened.model.model.schema_.names())


def test_a_folder_of_something_else_is_not_written_over(shipped, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"x")
    with pytest.raises(ArtifactsError, match="is no model package"):
        build_package(shipped.contents, tmp_path / "photos")
    assert (tmp_path / "photos" / "one.jpg").read_bytes() == b"x"


@pytest.mark.whole
def test_a_package_that_cannot_be_written_leaves_the_one_before(shipped, tmp_path, monkeypatch):
    package = rewritten(shipped.folder, tmp_path)
    before = (package / "SHA256SUMS").read_bytes()

    def breaks(folder):
        raise OSError("no space left")

    monkeypatch.setattr("model_development.serving.package.builder.write_sums", breaks)
    with pytest.raises(OSError, match="no space left"):
        build_package(shipped.contents, package)
    assert (package / "SHA256SUMS").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["changed"]


FRESH = """
import json, sys
sys.path.insert(0, sys.argv[1] + "/lib")
import model_development
from model_development.serving.package.opening import open_package
rows = json.loads(sys.argv[2])
served = open_package(sys.argv[1]).model
answers = [served.answer(row).to_dict() for row in rows]
loaded = {"mlflow", "matplotlib", "optuna", "torch", "tensorflow"} & set(sys.modules)
print(json.dumps([model_development.__file__, sorted(loaded), answers]))
"""


@pytest.mark.whole
def test_a_fresh_process_without_environment_answers_as_the_model_does(shipped, tmp_path):
    rows = json.loads(shipped.table.head(20).to_json(orient="records"))
    command = [sys.executable, "-I", "-B", "-c", FRESH, str(shipped.folder), json.dumps(rows)]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    source, loaded, answers = json.loads(done.stdout)
    assert Path(source).is_relative_to(shipped.folder)
    assert loaded == []
    model = load_folder(shipped.contents.model_folder)
    X = shipped.table.head(20)
    assert [answer["prediction"] for answer in answers] == model.predict(X).tolist()
    assert [answer["decision"] for answer in answers] == model.predict(X, policy=True).tolist()
    found = [[answer["probabilities"][label] for label in model.classes_] for answer in answers]
    np.testing.assert_allclose(found, model.predict_proba(X), rtol=1e-12)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_each_item_of_the_checklist_passes_on_a_package_as_it_was_written(shipped):
    results = run_checklist(PackageAtTest(shipped.folder, shipped.table, report={"passed": True}))
    assert len(CHECKLIST) == 16
    assert {name: r.evidence for name, r in results.items() if r.status != "pass"} == {}
    write_checklist(shipped.folder, results)
    content = json.loads((shipped.folder / "checklist.json").read_text(encoding="utf-8"))
    assert content["counts"] == {"pass": 16, "fail": 0, "not_run": 0}
    assert all(item["evidence"] for item in content["items"])
    open_package(shipped.folder)  # the checklist changes nothing of it


def fails(item, package):
    """What an item of the checklist says of a package: its status."""
    chosen = [row for row in CHECKLIST if row.name == item]
    return run_checklist(package, chosen)[item].status


@pytest.mark.whole
def test_a_planted_fault_fails_its_item_and_no_other(shipped, tmp_path):
    package = rewritten(shipped.folder, tmp_path)
    (package / "model" / "helper.bin").write_bytes(b"\x80\x04K\x01.")
    rows = json.loads(shipped.table.iloc[3:4].to_json(orient="records"))
    kept = {"schema_version": 1, "note": "", "rows": rows}
    (package / "tests" / "test_data" / "rows.json").write_text(json.dumps(kept), encoding="utf-8")
    (package / "docs" / "deployment.md").write_text("Start it.", encoding="utf-8")
    write_sums(package)
    at_test = PackageAtTest(package, shipped.table, report={"passed": False})
    found = {name: fails(name, at_test) for name in ("no_pickle", "no_raw_rows", "documents", "gate")}
    assert set(found.values()) == {"fail"}
    assert fails("checksums", at_test) == "pass"
    assert fails("schema", at_test) == "pass"
    sound = PackageAtTest(shipped.folder, shipped.table)
    assert {fails(name, sound) for name in ("no_pickle", "no_raw_rows", "documents")} == {"pass"}
    assert fails("no_raw_rows", PackageAtTest(package, shipped.table, may_share=True)) == "pass"

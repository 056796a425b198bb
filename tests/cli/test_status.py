"""status, doctor and explain: what stands in a context, is this machine ready, and why a row."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.cli import health
from model_development.cli.main import main
from model_development.cli.status import running_now
from model_development.storage import files as artifacts
from model_development.storage.progress_log import ProgressLog


def asked(capfd, *words):
    """(exit code, the JSON object) of a command."""
    capfd.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_what_runs_now_is_known_by_its_process(tmp_path):
    log = ProgressLog(tmp_path / artifacts.PROGRESS)
    assert running_now(tmp_path) is None
    log.add("training", "began", total=3)
    log.add("training", "finished", model="a", done=1, total=3, best=0.5, metric="f1_score")
    log.add("training", "step", model="b", at="fold 2 of 3", seconds_left=9.0)
    now = running_now(tmp_path)
    assert (now["model"], now["at"], now["best"], now["seconds_left"]) == ("b", "fold 2 of 3", 0.5, 9.0)
    assert now["is_running"]
    path = tmp_path / artifacts.PROGRESS
    path.write_text(path.read_text().replace(f'"pid": {os.getpid()}', '"pid": 999999999'), encoding="utf-8")
    assert not running_now(tmp_path)["is_running"]
    log.add("training", "done")
    assert running_now(tmp_path) is None


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """Phases 1 and 2 on a small table."""
    folder = tmp_path_factory.mktemp("tuned")
    settings = {"profile": False, "ensemble": "never", "primary_metric": "roc_auc"}
    context = write_project(folder, settings=settings)
    phase = mu.start_training(context_path=context, models=["sklearn_logistic_regression"])
    mu.train_all(phase)
    mu.finish_training(phase)
    mu.tune_best_model(context, n_trials=3)
    return context


@pytest.mark.whole
def test_status_names_what_is_done_what_is_best_and_what_is_next(tuned, tmp_path, capfd):
    code, content = asked(capfd, "status", "--context", tuned)
    assert code == 0
    done = {name: phase["done"] for name, phase in content["phases"].items()}
    assert done == {"check": True, "train": True, "tune": True, "evaluate": False}
    assert content["now"] is None
    assert content["next"] == f"model-development evaluate --context {tuned}"
    score = content["best_model"]["score"]
    assert json.loads(Path(score["file"]).read_text(encoding="utf-8"))[score["key"]] == score["value"]
    other = shutil.copytree(tuned.parent, tmp_path / "copy") / tuned.name
    info = other.parent / "artifacts" / artifacts.EPOCH_FOLDER / artifacts.BEST_MODEL_INFO
    changed = json.loads(info.read_text()) | {"split_fingerprint": "of another split"}
    info.write_text(json.dumps(changed), encoding="utf-8")
    _, content = asked(capfd, "status", "--context", other)
    assert "another split_fingerprint" in content["phases"]["tune"]["out_of_date"]


@pytest.mark.whole
def test_a_row_is_explained_by_its_number_or_its_values(tuned, tmp_path, capfd):
    chart = tmp_path / "charts" / "why.png"
    code, content = asked(capfd, "explain", "--context", tuned, "--chart", chart)
    assert (code, content["part"]) == (0, "validation")
    added = sum(row["contribution"] for row in content["contributions"])
    assert content["base"] + added == pytest.approx(content["output"], abs=1e-6)
    assert chart.read_bytes().startswith(b"\x89PNG")
    row = make_table().drop(columns="outcome").loc[content["number"]]
    own = pd.DataFrame([row]).to_json(orient="records")
    _, again = asked(capfd, "explain", "--context", tuned, "--values", own)
    assert again["output"] == pytest.approx(content["output"], abs=1e-6)
    assert again["ignored"] == ["constant"]
    (tmp_path / "row.json").write_text(own, encoding="utf-16")
    code, _ = asked(capfd, "explain", "--context", tuned, "--file", tmp_path / "row.json")
    assert code == 2
    (tmp_path / "row.json").write_text(own, encoding="utf-8-sig")
    assert asked(capfd, "explain", "--context", tuned, "--file", tmp_path / "row.json")[0] == 0


@pytest.mark.whole
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--values", '{"aeg": 3}'), "Did you mean 'age'?"),
        (("--values", "[1]"), "an object of column: value"),
        (("--values", "{"), "not valid JSON"),
        (("--file", "/absent.json"), "cannot be read"),
        (("--row", "100000"), "numbers go from 0 to"),
    ],
)
def test_a_row_that_is_none_is_one_sentence(tuned, words, said, capfd):
    code, content = asked(capfd, "explain", "--context", tuned, *words)
    assert code == 2
    assert said in content["message"]


@pytest.mark.whole
def test_a_test_row_stays_sealed(tuned, capfd):
    from model_development.data.splitting.assignment import load_assignment

    kept = tuned.parent / "artifacts" / artifacts.EPOCH_FOLDER / artifacts.ROW_ASSIGNMENT
    assignment = load_assignment(kept)
    number = int(assignment.rows[assignment.parts == "test"][0])
    code, content = asked(capfd, "explain", "--context", tuned, "--row", number)
    assert code == 2
    assert "sealed" in content["message"]


@pytest.mark.whole
def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path, capfd, monkeypatch):
    context = write_project(tmp_path)
    code, content = asked(capfd, "doctor", "--no-gpu", "--context", context)
    assert {row["check"] for row in content["checks"]} == set(health.HEALTH) - {"gpu"}
    assert code == (1 if content["counts"]["error"] else 0)
    assert all(row["do"] for row in content["checks"] if row["level"] != "ok")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr(health, "LEAST_DISK_MB", 10**9)
    monkeypatch.setattr(health, "ENOUGH_DISK_MB", 10**9)
    monkeypatch.setattr(health, "_pinned", lambda path: {"no-such-package": "1.0", "numpy": "0.1"})
    code, content = asked(capfd, "doctor", "--no-gpu", "--context", context)
    levels = {(row["check"], row["level"]) for row in content["checks"]}
    assert code == 1
    assert {("store", "error"), ("disk", "error"), ("packages", "warning")} <= levels
    found = " ".join(row["found"] for row in content["checks"])
    assert "no-such-package" in found
    assert "pinned 0.1" in found

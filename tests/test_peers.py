"""The comparison with other tools: what it reads, holds out, scores and ranks; no tool is run."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import make_table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
import peers  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    table = make_table("binary", 200)
    table["number"] = np.arange(200)
    table.to_csv(tmp_path / "some.csv", index=False)
    make_table("regression", 100).to_csv(tmp_path / "other.csv", index=False)
    about = {"some.csv": {"target": "outcome", "drop": ["number"]}}
    (tmp_path / "targets.json").write_text(json.dumps(about))
    return tmp_path


def test_tables_have_the_target_that_is_named_else_their_last_column(folder):
    found = {name: (table, target) for name, table, target in peers.read_tables(folder)}
    assert found["some"][1] == "outcome"
    assert "number" not in found["some"][0]
    assert found["other"][1] == found["other"][0].columns[-1]


def test_held_out_rows_are_a_share_of_each_class_and_depend_on_the_seed_alone():
    table = pd.DataFrame({"x": range(100), "y": ["a"] * 80 + ["b"] * 20})
    train, test = peers.split(table, "y", "binary", 1, 0.2)
    assert test["y"].value_counts().to_dict() == {"a": 16, "b": 4}
    assert set(train["x"]) | set(test["x"]) == set(range(100))
    assert not set(train["x"]) & set(test["x"])
    assert peers.split(table, "y", "binary", 1, 0.2)[1].equals(test)
    assert not peers.split(table, "y", "binary", 2, 0.2)[1].equals(test)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1] * 9, "binary"),
        (["a", "b", "c"] * 9, "multiclass"),
        ([1, 2, 3] * 9, "multiclass"),
        (list(range(99)), "regression"),
        ([0.5, 1.5, 2.5], "regression"),
    ],
)
def test_kinds_of_targets(values, kind):
    assert peers.kind_of(pd.Series(values)) == kind


def test_scores_do_not_depend_on_the_order_of_classes():
    truth = pd.Series(["b", "a", "b", "a"])
    said = pd.DataFrame({"b": [0.9, 0.2, 0.8, 0.3], "a": [0.1, 0.8, 0.2, 0.7]})
    assert peers.score(said, truth, "binary") == 1
    three = pd.Series(["b", "a", "c"])
    sure = pd.DataFrame({"c": [0.1, 0.1, 0.8], "a": [0.1, 0.8, 0.1], "b": [0.8, 0.1, 0.1]})
    assert peers.score(sure, three, "multiclass") == pytest.approx(-np.log(0.8))
    with pytest.raises(ValueError, match="no probability of b"):
        peers.score(said[["a"]], truth, "binary")


def test_ranks_count_ties_once_and_put_failures_last():
    rows = [
        ("t", 0, 60, "ours", "rmse", 1.0, 61, ""),
        ("t", 0, 60, "flaml", "rmse", 2.0, 60, ""),
        ("t", 0, 60, "mljar", "rmse", None, 9, "RuntimeError: no"),
        ("u", 0, 60, "ours", "roc_auc", 0.8, 62, ""),
        ("u", 0, 60, "flaml", "roc_auc", 0.9, 60, ""),
        ("u", 0, 60, "mljar", "roc_auc", 0.9, 60, ""),
    ]
    found = peers.summary(pd.DataFrame(rows, columns=peers.COLUMNS))
    assert found.loc[(60, "ours"), "mean_rank"] == 2  # 1 and 3
    assert found.loc[(60, "mljar"), "mean_rank"] == 2.25  # 3 and 1.5
    assert found["wins"].to_dict() == {(60, "ours"): 1, (60, "flaml"): 1, (60, "mljar"): 1}


def test_arguments_that_make_no_sense_are_refused(folder, capsys):
    for wrong in (["--data", "absent"], ["--data", str(folder), "--held-out", "1"], ["--tools", "ours"]):
        with pytest.raises(SystemExit) as ended:
            peers.options(wrong)
        assert ended.value.code == 2
    assert peers.options(["--data", str(folder)]).tools == list(peers.TOOLS)


def test_what_was_measured_is_not_measured_again(folder, monkeypatch, capsys):
    monkeypatch.setattr(peers, "measure", lambda *given: (0.5, 1.0, ""))
    arguments = ["--data", str(folder), "--tools", "ours", "--budgets", "60", "--seeds", "2"]
    arguments += ["--out", str(folder / "out.csv")]
    peers.main(arguments)
    first = (folder / "out.csv").read_text()
    assert len(first.splitlines()) == 5

    def fail(*given):
        raise AssertionError("measured again")

    monkeypatch.setattr(peers, "measure", fail)
    peers.main(arguments)
    assert (folder / "out.csv").read_text() == first
    assert "mean_rank" in capsys.readouterr().out

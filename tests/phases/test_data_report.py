import json
import re
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import EPOCH, make_table, run, write_project

from model_development import model_utils as mu
from model_development.data.checks.table import CHECKS
from model_development.data.splitting.assignment import load_assignment
from model_development.errors import DataError, SettingsError
from model_development.phases.session import open_session

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODEL = ["sklearn_logistic_regression"]


def leaking():
    return make_table().assign(copy=lambda table: table["outcome"].map({"bad": 1, "good": 0}))


def folder_of(context):
    return context.parent / "artifacts" / "epoch005-model-development"


def runs_of(context):
    client = mlflow.MlflowClient(f"sqlite:///{context.parent / 'artifacts' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny_binary_model")
    return client, client.search_runs([experiment.experiment_id])


def test_an_error_in_the_data_stops_before_any_training_and_is_kept(tmp_path):
    context = write_project(tmp_path, table=leaking())
    with pytest.raises(
        DataError, match=r"(?s)'copy': It is a copy of the target.*accept` to .\"target_copy\"."
    ):
        mu.start_training(context_path=context)
    checks = json.loads((folder_of(context) / "data_checks.json").read_text(encoding="utf-8"))
    assert checks["stops"] is True
    assert [f["check"] for f in checks["findings"] if f["severity"] == "error"] == ["target_copy"]
    client, runs = runs_of(context)
    (stopped,) = runs
    assert (stopped.info.run_name, stopped.info.status) == ("training_summary", "FAILED")
    assert stopped.data.metrics["n_data_errors"] == 1
    logged = {file.path for file in client.list_artifacts(stopped.info.run_id)}
    assert logged == {"data_checks.json"}
    assert (folder_of(context) / "data_profile.html").exists()
    assert not (folder_of(context) / "row_assignment.parquet").exists()


def test_an_accepted_error_is_said_and_does_not_stop(tmp_path):
    context = write_project(tmp_path, table=leaking(), settings={"accept": ["target_copy"]})
    phase = mu.start_training(context_path=context, models=MODEL)
    assert mu.checks_table(phase.session)["severity"].iloc[0] == "error (accepted)"
    assert "accepted error [target_copy] 'copy'" in phase.session.overview()


def test_the_table_of_checks_shows_every_check(tmp_path):
    session = mu.start_training(context_path=write_project(tmp_path), models=MODEL).session
    shown = mu.checks_table(session)
    assert set(shown["check"]) == set(CHECKS)
    results = dict(zip(shown["check"], shown["severity"], strict=True))
    assert (results["target_copy"], results["says_nothing"]) == ("passed", "info")
    assert results["heavy_tails"] == results["groups_in_two_parts"] == "skipped"
    assert shown["evidence"].str.len().min() > 10
    written = json.loads((folder_of(session.context.path) / "data_checks.json").read_text(encoding="utf-8"))
    assert {name: check["result"] for name, check in written["checks"].items()} == results
    assert "heavy_tails" not in written["checks_made"]


def test_an_unknown_check_cannot_be_accepted(tmp_path):
    context = write_project(tmp_path, settings={"accept": ["target_copi"]})
    with pytest.raises(
        SettingsError, match="'target_copi' Did you mean 'target_copy'.*Known checks: target_copy"
    ):
        mu.start_training(context_path=context)


def test_accepted_rare_classes_are_left_out(tmp_path):
    table = make_table()
    table.loc[:2, "outcome"] = "rare"
    context = write_project(tmp_path, table=table, settings={"accept": ["rare_classes"]})
    session = mu.start_training(context_path=context, models=MODEL).session
    assert session.task.classes == ("bad", "good")
    assert sum(session.intake.assignment.counts().values()) == len(table) - 3


def test_a_short_time_budget_leaves_the_profile_out_and_says_so(tmp_path, capsys):
    context = write_project(tmp_path, settings={"time_budget_s": 30})
    session = mu.start_training(context_path=context, models=MODEL).session
    assert mu.data_profile(session) is None
    assert "left out: the time budget is short" in capsys.readouterr().out
    assert mu.data_profile(session, in_any_case=True) is not None


def test_the_profile_describes_the_training_rows_and_can_be_switched_off(tmp_path):
    session = mu.start_training(context_path=write_project(tmp_path), models=MODEL).session
    mu.data_profile(session)
    html = (folder_of(session.context.path) / "data_profile.html").read_text(encoding="utf-8")
    assert all(name in html for name in ("home town", "outcome", "tiny_binary: training rows"))
    assert "192" in html
    session = mu.start_training(context_path=session.context.path, models=MODEL, profile=False).session
    assert mu.data_profile(session) is None
    assert not (folder_of(session.context.path) / "data_profile.html").exists()


SCRIPTS = EPOCH / "scripts"
ONE_AFTER_ANOTHER = """
import json, runpy, sys
from model_development import model_utils as mu
for script, *arguments in json.loads(sys.argv[1]):
    if script == "phase 1":
        phase = mu.start_training(context_path=arguments[0], models=["sklearn_logistic_regression"])
        mu.train_all(phase)
        mu.finish_training(phase)
        continue
    sys.argv = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        print(f"exit code {ended.code}")
"""


def run_scripts(*calls, cwd, **environment):
    """Run scripts in one process, each as a program; return (exit codes, standard output, standard error)."""
    words = json.dumps([[str(word) for word in call] for call in calls])
    done = run(sys.executable, "-c", ONE_AFTER_ANOTHER, words, cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return re.findall(r"^exit code (.*)$", done.stdout, re.MULTILINE), done.stdout, done.stderr


def test_a_terminal_that_cannot_show_every_letter_stops_no_script(tmp_path):
    """In a project whose name, context file, columns and classes are Greek."""
    table = make_table().rename(columns={"outcome": "τέλος"})
    outputs = {"feature_data_path": "table.csv", "target_variable": "τέλος"}
    folder = tmp_path / "εργο"
    context = write_project(folder, table=table, project="έργο", epoch_004_outputs=outputs)
    tune = (SCRIPTS / "tune_best_model.py", "--context", context)
    codes, said, problems = run_scripts(
        (SCRIPTS / "check_data.py", "--context", context),
        tune,  # too early: it is refused
        ("phase 1", context),
        (*tune, "--n-trials", "1"),
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )
    assert codes == ["0", "2", "0"], problems
    assert "Traceback" not in problems
    assert "?" in said.partition("exit code 0")[0]
    assert "Verdict" in said.rpartition("exit code 2")[2]


def test_the_script_checks_without_training(tmp_path):
    script, good = SCRIPTS / "check_data.py", write_project(tmp_path / "good")
    bad = write_project(tmp_path / "bad", table=leaking())
    calls = ((script, "--context", good), (script, "--context", bad), (script, "--help"))
    codes, said, problems = run_scripts(*calls, cwd=tmp_path)
    assert codes == ["0", "2", "0"], problems
    assert "192 train" in said.partition("exit code 0")[0]
    assert problems.startswith("error: ")
    assert "Traceback" not in problems
    assert "usage" in said.rpartition("exit code 2")[2]


def test_both_phases_and_later_runs_use_the_rows_that_were_saved(tmp_path):
    context = write_project(tmp_path)
    first = mu.start_training(context_path=context, models=MODEL).session.intake.assignment
    path = folder_of(context) / "row_assignment.parquet"
    saved = load_assignment(path)
    assert saved.fingerprint == first.fingerprint
    swapped = np.where(
        saved.parts == "test", "validation", np.where(saved.parts == "validation", "test", "train")
    )
    type(saved)(saved.rows, swapped.astype(object), saved.folds, saved.made_for).save(path)
    again = mu.start_training(context_path=context, models=MODEL)
    assert (again.session.intake.assignment.parts == swapped).all()
    mu.train_all(again)
    mu.finish_training(again)
    mu.tune_best_model(context, n_trials=1)
    info = json.loads((folder_of(context) / "tuned_model_info.json").read_text(encoding="utf-8"))
    assert info["split_fingerprint"] == again.session.intake.assignment.fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", [b"", b"PAR1"])
def test_a_damaged_row_assignment_is_made_anew(damage, tmp_path):
    context = write_project(tmp_path)
    first = mu.start_training(context_path=context, models=MODEL).session.intake.assignment
    (folder_of(context) / "row_assignment.parquet").write_bytes(damage)
    again = mu.start_training(context_path=context, models=MODEL).session.intake.assignment
    assert again.fingerprint == first.fingerprint


def test_a_changed_table_is_noticed_and_said(tmp_path):
    context = write_project(tmp_path)
    mu.start_training(context_path=context, models=MODEL)
    make_table(n_rows=250).to_csv(tmp_path / "table.csv", index=False)
    session = mu.start_training(context_path=context, models=MODEL).session
    (found,) = [f for f in session.intake.findings if f.check == "changed_table"]
    assert "250 rows" in found.evidence
    assert "then 240 rows" in found.evidence
    session = mu.start_training(context_path=context, models=MODEL).session
    assert not [f for f in session.intake.findings if f.check == "changed_table"]


def poisoned(table, rows, features=True):
    """The table with absurd features, if asked for, and other targets in some rows."""
    table, target = table.copy(), table.loc[rows, "outcome"]
    if features:
        table.loc[rows, "age"] = 10**9
        table.loc[rows, "home town"] = "POISON"
    swapped = {"bad": "good", "good": "bad"}
    table.loc[rows, "outcome"] = (
        7 - 90 * target if pd.api.types.is_numeric_dtype(target) else target.map(swapped)
    )
    return table


OF_CLOCKS_AND_TABLES = re.compile(  # conclusions name the fastest model
    r"fingerprint|run_id|_uri|_at$|time|seconds|duration|fastest|path|digest|experiment|memory|version"
    r"|_mb$|_s$|_key$|^key$|^conclusions$"
)


def told(context):
    """What the files of phases 1 and 2 say, but for clocks, places, and the fingerprint of the table."""

    def kept(value):
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if not OF_CLOCKS_AND_TABLES.search(k)}
        if isinstance(value, str):  # which of equally good models predicts fastest is told by a clock
            return re.sub(
                r"[\d.]+ ms", "ms", value.partition(" Of ")[0] if "predicts fastest" in value else value
            )
        return [kept(item) for item in value] if isinstance(value, list) else value

    found = {}
    for path in sorted(folder_of(context).glob("*.json")):
        content = kept(json.loads(path.read_text(encoding="utf-8")))
        if isinstance(content.get("results"), list):  # trials, in the order in which they ended
            content["results"].sort(key=lambda row: json.dumps(row, sort_keys=True))
        found[path.name] = content
    return found


@pytest.mark.parametrize(
    ("kind", "features"),
    [
        ("binary", True),
        pytest.param("binary", False, marks=pytest.mark.slow),
        pytest.param("regression", False, marks=pytest.mark.slow),
    ],
)
def test_poisoned_test_rows_change_nothing_before_they_are_opened(kind, features, tmp_path):
    """Nor what phase 3 chooses: decision rule, prediction sets, intervals. Its test figures do change."""
    parts = np.where(
        np.arange(240) % 10 == 0, "test", np.where(np.arange(240) % 10 == 1, "validation", "train")
    )
    table = make_table(kind).assign(part=parts)
    models = {"binary": MODEL, "regression": ["sklearn_linear_regression"]}[kind]
    decisions = {"decisions": {"min_precision": 0.6}} if kind == "binary" else {}
    results, on_test = [], []
    for name, rows in {"clean": [], "poisoned": table.index[parts == "test"]}.items():
        settings = {"split": "column", "split_column": "part", **decisions}
        spoilt = poisoned(table, rows, features)
        context = write_project(tmp_path / name, kind, spoilt, settings=settings)
        phase = mu.start_training(context_path=context, models=[*models, "lightgbm_baseline"])
        mu.train_all(phase)
        best = mu.finish_training(phase)
        outputs = mu.tune_best_model(context, n_trials=3)
        model = mu.load_model(outputs["model_path"])
        predicted = getattr(model, "predict_proba", model.predict)(table).tolist()
        scores = {r.name: r.measured["fold_scores"] for r in phase.all_results}
        findings = [str(f) for f in phase.session.intake.findings]
        evaluation = mu.start_evaluation(context_path=context)
        mu.evaluate(evaluation)
        evaluation.session.engine.stop()
        chosen = repr(evaluation.outputs)
        results.append((findings, best.name, scores, told(context), predicted, chosen))
        on_test.append(evaluation.measured["final"].values)
    assert results[0] == results[1]
    assert on_test[0] != on_test[1]


def own_test_rows(folder, changes=None, table=None):
    folder.mkdir(parents=True)
    (make_table(n_rows=50, seed=9) if table is None else table).to_csv(folder / "test.csv", index=False)
    return write_project(folder, settings={"test_data_path": "test.csv", **(changes or {})})


def test_test_rows_of_the_users_own_are_put_away_and_counted(tmp_path):
    session = mu.start_training(context_path=own_test_rows(tmp_path / "own"), models=MODEL).session
    assert session.intake.assignment.counts() == {"train": 216, "validation": 24, "test": 50}
    without = mu.start_training(context_path=write_project(tmp_path / "none"), models=MODEL).session
    assert session.intake.fingerprint != without.intake.fingerprint
    assert load_assignment(folder_of(session.context.path) / "row_assignment.parquet").n_own_test == 50


def test_copies_of_training_rows_in_the_users_own_test_rows_stop_the_run(tmp_path):
    context = own_test_rows(tmp_path / "own", table=make_table().head(60))
    with pytest.raises(DataError, match="of the test rows repeat the features of a training row"):
        mu.start_training(context_path=context)


@pytest.mark.parametrize(
    ("table", "changes", "message"),
    [
        (
            make_table().drop(columns=["age", "outcome"]).assign(years=1),
            {},
            "lacks columns.*: age, outcome. It has others: years",
        ),
        (make_table().assign(outcome=None), {}, "missing in every row of the test table"),
        (
            make_table().assign(outcome="worse"),
            {},
            "test table .* holds classes that the feature table does not: 'worse'",
        ),
        (None, {"test_data_path": "absent.csv"}, "absent.csv does not exist"),
        (
            None,
            {"split": "column", "split_column": "home town"},
            "Allowed beside test rows of your own: train, validation",
        ),
    ],
)
def test_test_rows_that_do_not_fit_get_a_sentence(table, changes, message, tmp_path):
    with pytest.raises(DataError, match=message):
        mu.start_training(context_path=own_test_rows(tmp_path / "own", changes, table))


def test_later_test_rows_of_the_users_own_keep_the_order_of_time(tmp_path):
    table = make_table().assign(day=pd.date_range("2025-01-01", periods=240, freq="D").astype(str))
    late = make_table(n_rows=40, seed=5).assign(day=pd.date_range("2026-01-01", periods=40).astype(str))
    early = late.assign(day="2025-03-01")
    for name, own in {"late": late, "early": early}.items():
        folder = tmp_path / name
        folder.mkdir()
        own.to_csv(folder / "test.csv", index=False)
        settings = {"test_data_path": "test.csv", "split": "time", "time_column": "day"}
        context = write_project(folder, table=table, settings=settings)
        if name == "late":
            assert mu.start_training(context_path=context, models=MODEL).names
        else:
            with pytest.raises(DataError, match="time_order.*told of the future"):
                mu.start_training(context_path=context)


def test_rare_classes_that_are_left_out_are_left_out_of_the_users_own_test_rows_too(tmp_path):
    table, own = make_table(), make_table(n_rows=50, seed=9)
    table.loc[:2, "outcome"] = own.loc[:4, "outcome"] = "rare"
    own.to_csv(tmp_path / "test.csv", index=False)
    settings = {"accept": ["rare_classes"], "test_data_path": "test.csv"}
    session = mu.start_training(context_path=write_project(tmp_path, table=table, settings=settings)).session
    assert session.intake.assignment.counts()["test"] == 45


def test_rare_classes_are_known_again_where_a_gap_makes_numbers_of_one_file_decimals(tmp_path):
    table, own = make_table(n_rows=83), make_table(n_rows=22, seed=9)
    table["outcome"], own["outcome"] = [0, 1] * 40 + [7] * 3, [0, 1] * 10 + [7, None]
    own.to_csv(tmp_path / "test.csv", index=False)
    settings = {"accept": ["rare_classes"], "test_data_path": "test.csv", "cv_folds": 3}
    session = mu.start_training(context_path=write_project(tmp_path, table=table, settings=settings)).session
    assert session.intake.assignment.counts()["test"] == 20


def test_classes_may_be_called_like_columns_of_our_own_files(tmp_path):
    table = make_table().replace({"outcome": {"bad": "fold", "good": "row"}})
    phase = mu.start_training(context_path=write_project(tmp_path, table=table), models=MODEL)
    mu.train_all(phase)
    assert mu.finish_training(phase).status == "ok"


def test_a_metric_without_a_value_on_a_fold_is_said_before_training(tmp_path):
    """Of one class alone ROC AUC has no value: after training no model could have been chosen."""
    n = 400
    table = pd.DataFrame({"day": np.arange(n), "x": np.random.default_rng(0).normal(size=n)})
    table["outcome"] = np.where(np.arange(n) % 2 == 0, "good", "bad")
    table.loc[(table["day"] >= 100) & (table["day"] < 260), "outcome"] = "good"
    settings = {"split": "time", "time_column": "day", "cv_folds": 5}
    context = write_project(tmp_path, table=table, settings=settings | {"primary_metric": "roc_auc"})
    with pytest.raises(DataError, match="roc_auc has no value on fold . of 5: .* class 'good' alone"):
        open_session(context)
    open_session(context, primary_metric="log_loss").engine.stop()

"""What a search leaves of the time is used for folds that models lack, and for the next best models."""

import json
import shutil
import time
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.fitting import cross_validate, train_candidate
from model_development.metrics.table import METRICS
from model_development.models.table import get_model
from model_development.phases.training import training
from model_development.phases.tuning import next_best, phase, pool_models, strategy_choice
from model_development.phases.tuning.members import TimeUsed, use_what_is_left
from model_development.phases.tuning.pool_models import within_reach
from model_development.search.strategies import Listed
from model_development.settings.context import read_context
from model_development.storage.files import EPOCH_FOLDER
from model_development.tracking.store import TrackingStore

FOREST, LINEAR, TREE = "sklearn_random_forest", "sklearn_logistic_regression", "sklearn_decision_tree"
TRIED = {
    FOREST: [{"min_samples_leaf": 1}, {"min_samples_leaf": 2}],
    LINEAR: [{"C": 0.3}, {"C": 3.0}],
    TREE: [{"max_depth": 3}, {"max_depth": 5}],
}


@pytest.fixture(scope="module")
def phase_1(tmp_path_factory):
    """Phase 1 with three quick models."""
    settings = {"engine": "serial", "ensemble": "always", "primary_metric": "roc_auc"}
    context = write_project(
        tmp_path_factory.mktemp("trained"), table=make_table(n_rows=300), settings=settings
    )
    begun = mu.start_training(context_path=context, models=list(TRIED), profile=False)
    mu.train_all(begun)
    mu.finish_training(begun)
    return context


@pytest.fixture
def trained(phase_1, tmp_path):
    """A copy of it."""
    shutil.copytree(phase_1.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / phase_1.name


@pytest.fixture
def few(monkeypatch):
    """Each search is of two combinations; what is better at all counts as surely better."""

    def listed(session, spec, options, baseline):
        return Listed(TRIED[spec.name], len(session.data.folds), {k: [1] for k in TRIED[spec.name][0]})

    monkeypatch.setattr(phase, "choose_strategy", listed)
    monkeypatch.setattr(next_best, "choose_strategy", listed)
    monkeypatch.setattr(pool_models, "SURE", 0.0)  # nothing is clearly worse
    return monkeypatch


def artifact(context, name):
    return context.parent / "artifacts" / EPOCH_FOLDER / name


def read(context, name):
    return json.loads(artifact(context, name).read_text(encoding="utf-8"))


def phase_2_runs(context):
    """(name, status, tags) of every run of phase 2 but for the ensemble's."""
    store = TrackingStore(read_context(context))
    runs = store.client.search_runs([store.experiment_id], "tags.phase = '2'", max_results=1000)
    return [(r.info.run_name, r.info.status, r.data.tags) for r in runs if "ensemble" not in r.info.run_name]


def parents(context):
    return [row for row in phase_2_runs(context) if row[0].endswith("_tuning_parent")]


@pytest.mark.whole
def test_next_best_models_are_searched_under_parents_of_their_own_and_take_part(trained, few, capsys):
    few.setattr(next_best, "SURE", 1.1)
    few.setattr(type(METRICS["roc_auc"]), "is_better", lambda metric, value, than: value is not None)
    outputs = mu.tune_best_model(trained, model=FOREST, timeout_s=600)
    rows = {row["model"]: row for row in read(trained, "tuning_summary_report.json")["next_best"]}
    assert set(rows) == {LINEAR, TREE}
    assert all(row["takes_part"] and row["n_trials"] == 2 for row in rows.values())
    assert "The next best models were searched a little" in outputs["verdict"]
    assert "s are left for a search around" in capsys.readouterr().out

    assert outputs["best_model_name"] == FOREST
    own = {row["run_id"] for row in rows.values()}
    assert outputs["tuning_parent_run_id"] not in own
    beside = [tags for _, _, tags in parents(trained) if "tuned_beside" in tags]
    assert {tags["tuned_beside"] for tags in beside} == {outputs["tuning_parent_run_id"]}
    assert {status for _, status, _ in phase_2_runs(trained)} == {"FINISHED"}
    children = [tags.get("mlflow.parentRunId") for _, _, tags in phase_2_runs(trained)]
    assert all(children.count(run_id) == 2 for run_id in (*own, outputs["tuning_parent_run_id"]))

    found = read(trained, "ensemble.json")
    assert set(found["tuned_members"]) <= {FOREST, *rows}
    for name, params in found["tuned_members"].items():
        assert TRIED[name][0].keys() <= params.keys()
        loaded = mu.load_model(outputs["model_path"]).members[name]
        assert loaded.params == params
    table = pd.read_csv(trained.parent / "table.csv")
    assert np.isfinite(mu.load_model(outputs["model_path"]).predict_proba(table)).all()


@pytest.mark.whole
def test_a_kill_within_the_search_of_a_next_best_model_doubles_nothing(trained, few):
    context = trained
    with (
        mock.patch.object(next_best, "_judged", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        mu.tune_best_model(context, model=LINEAR, timeout_s=600)
    assert "epoch_005_complete" not in json.loads(context.read_text(encoding="utf-8"))
    n_before = len(parents(context))
    outputs = mu.tune_best_model(context, model=LINEAR, timeout_s=600)
    assert json.loads(context.read_text(encoding="utf-8"))["epoch_005_complete"]
    ours = [
        row for row in phase_2_runs(context) if row[2].get("tuned_beside") == outputs["tuning_parent_run_id"]
    ]
    assert len(ours) == 2
    assert len(parents(context)) == n_before + 1  # the one that was not reached then
    assert {status for _, status, _ in phase_2_runs(context)} == {"FINISHED"}


def test_without_an_end_of_time_or_with_none_left_no_other_model_is_searched():
    for end in (None, time.monotonic() + 1.0):
        assert use_what_is_left(None, None, FOREST, None, None, "", end) == TimeUsed()
    session = SimpleNamespace(context=SimpleNamespace(settings=SimpleNamespace(ensemble="never")))
    assert pool_models.ensemble_seconds(session, None) == 0.0  # then nothing is made for it


def model(name, scores, **more):
    values = {
        "name": name,
        "folds": list(range(len(scores))),
        "fold_scores": {"f1_score": scores},
        "share_of_rows": 1.0,
        "mean": lambda metric: sum(scores) / len(scores),
    }
    return SimpleNamespace(**values | more)


def test_what_is_clearly_worse_or_has_nothing_to_tune_is_out_of_reach(monkeypatch):
    models = [
        model("lightgbm_baseline", [0.90, 0.91, 0.92, 0.90, 0.91]),
        model("xgboost_baseline", [0.90, 0.92, 0.91, 0.90, 0.90]),
        model("sklearn_decision_tree", [0.60, 0.61, 0.62, 0.60, 0.61]),
        model("catboost_baseline", [0.5, 0.6]),  # not tested
        model("pytorch_nn", [0.90, 0.91, 0.92, 0.90, 0.91], share_of_rows=0.5),
    ]
    monkeypatch.setattr(pool_models, "candidates", lambda session, training: models)
    folds = [(range(800), range(200))] * 5
    session = SimpleNamespace(metric=METRICS["f1_score"], data=SimpleNamespace(folds=folds))
    training = SimpleNamespace(trained=lambda name: models[0])
    found = within_reach(session, training, "lightgbm_baseline")
    assert [m.name for m in found] == ["xgboost_baseline", "catboost_baseline"]


def test_only_a_search_that_time_alone_ends_leaves_time_to_others():
    options = strategy_choice.SearchOptions
    assert options(timeout_s=60).only_time_ends_it
    for more in ({"n_trials": 5}, {"grid": "g.yaml"}, {"second": "size"}):
        assert not options(timeout_s=60, **more).only_time_ends_it


@pytest.mark.whole
def test_folds_that_phase_1_had_no_time_for_come_to_the_ensemble_and_none_is_fitted_twice(tmp_path, few):
    """One fold each in phase 1, and no time for more."""
    settings = {"engine": "serial", "ensemble": "always", "time_budget_s": 600}
    context = write_project(tmp_path, table=make_table(n_rows=300), settings=settings)
    plan, fit, fitted = train_candidate.make_plan, cross_validate._fold_result, []

    def cut(*given, **how):
        made = plan(*given, **how)
        made.folds = dict(list(made.folds.items())[:1])
        return made

    def noted(predictor, data, number, *how):
        fitted.append((predictor.model_name, number))
        return fit(predictor, data, number, *how)

    with few.context() as patch:
        patch.setattr(train_candidate, "make_plan", cut)
        patch.setattr(training, "use_what_is_left", lambda *nothing: None)
        begun = mu.start_training(context_path=context, models=list(TRIED), profile=False)
        mu.train_all(begun)
        mu.finish_training(begun)
    few.setattr(cross_validate, "_fold_result", noted)
    outputs = mu.tune_best_model(context, model=FOREST, timeout_s=600)
    assert "What was left of the time gave more folds to" in outputs["verdict"]
    others = [(name, number) for name, number in fitted if name != FOREST]
    assert sorted(others) == sorted((name, number) for name in (LINEAR, TREE) for number in (0, 1))
    found = read(context, "ensemble.json")
    assert found["folds"] == [0, 1, 2]
    assert set(found["candidates"]) == set(TRIED)
    rows = read(context, "tuning_summary_report.json")["next_best"]
    assert {row["model"]: row["n_trials"] for row in rows} == {LINEAR: 2, TREE: 2}


def test_the_fit_of_a_member_says_what_memory_it_needs(monkeypatch):
    """Beside the folds, planned as if it needed nothing, it was one worker too many."""
    session, seen = mock.MagicMock(), []
    session.memory.worker_mb.side_effect = lambda spec, params: 1000.0 * params["n_estimators"]
    late = SimpleNamespace(status="skipped")
    session.engine.run.side_effect = lambda calls, end: seen.extend(calls) or [("outcome", calls[0], late)]
    monkeypatch.setattr(next_best, "FinalOutOfFold", mock.MagicMock())
    assert next_best._fitted(session, get_model(FOREST), {"n_estimators": 3}, None) is None
    assert {call.memory_mb for call in seen if call.function is next_best.fit_and_save} == {3000.0}

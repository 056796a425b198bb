"""Boosting that was still learning in its last round has a second try, with larger trees."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.features.steps.in_params import with_steps
from model_development.fitting import train_candidate
from model_development.metrics.table import METRICS
from model_development.models.table import MODELS
from model_development.phases.training import larger
from model_development.phases.tuning import strategy_choice
from model_development.storage.files import EPOCH_FOLDER

SERIAL = {"engine": "serial", "ensemble": "never", "profile": False}
NAME = "lightgbm_baseline"
LARGER = f"{NAME} (larger trees)"


def test_larger_parameters_are_those_of_the_models_own_ranges():
    for spec in MODELS.values():
        known, rounds = set(spec.ranges), {"n_estimators", "early_stopping_rounds"}
        assert set(spec.larger) <= known | rounds
        assert not spec.larger or (spec.stops_early and "n_estimators" in spec.baseline)
        assert not spec.larger or spec.larger["early_stopping_rounds"] is None
        assert spec.larger.get("n_estimators", 0) <= spec.baseline.get("n_estimators", 0)
        assert not spec.larger.items() & spec.baseline.items()  # what `label` tells the second try by
        for name in known & set(spec.larger):
            assert spec.ranges[name]["low"] <= spec.larger[name] <= spec.ranges[name]["high"]


def trained(context, **overrides):
    phase = mu.start_training(context_path=context, models=[NAME], **overrides)
    mu.train_all(phase)
    return phase


def scores(phase):
    return {row.label: row.cv("f1_score") for row in phase.every_result if row.status == "ok"}


@pytest.mark.whole
def test_what_was_still_learning_is_a_second_row_and_the_better_one_stays(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(larger, "STILL_LEARNING", 0.0)
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 600})
    phase = trained(context)
    assert "still learning in its last round" in capsys.readouterr().out
    found = scores(phase)
    assert set(found) == {"dummy_floor", NAME, LARGER}
    best = max((NAME, LARGER), key=found.get)
    assert phase.results[NAME].label == best
    assert phase.session.record.checkpoints.key(NAME) == phase.results[NAME].key
    again = trained(context)
    assert (scores(again), again.results[NAME].label) == (found, best)
    assert capsys.readouterr().out.count("results of an earlier run are reused") == 3
    store = phase.session.record.store
    assert len(store.client.search_runs([store.experiment_id], f"run_name = '{NAME}'")) == 2


@pytest.mark.whole
@pytest.mark.parametrize("wins", [False, True])
def test_folds_that_the_better_try_lacks_come_with_the_time_that_is_left(wins, tmp_path, monkeypatch):
    monkeypatch.setattr(larger, "STILL_LEARNING", 0.0)
    spec = MODELS[NAME]
    slow, fast = ({**spec.baseline, "learning_rate": rate} for rate in (1e-5, 0.1))
    first, second = (slow, fast) if wins else (fast, slow)
    second = {"learning_rate": second["learning_rate"]}
    monkeypatch.setitem(MODELS, NAME, replace(spec, baseline=first, larger=second))
    plan = train_candidate.make_plan

    def cut(*given, **how):
        made = plan(*given, **how)
        made.folds = dict(list(made.folds.items())[:3])
        return made

    monkeypatch.setattr(train_candidate, "make_plan", cut)
    settings = SERIAL | {"time_budget_s": 600, "cv_folds": 5, "primary_metric": "log_loss"}
    phase = trained(write_project(tmp_path, settings=settings))
    assert len(scores(phase)) == 3
    best = phase.results[NAME]
    assert (best.label != NAME) == wins
    assert best.is_complete
    assert len(best.measured["folds"]) == 5
    store = phase.session.record.store
    assert len(store.client.search_runs([store.experiment_id], f"run_name = '{NAME}'")) == 2


@pytest.mark.whole
def test_what_early_stopping_has_stopped_and_what_has_no_budget_has_one_try(tmp_path, monkeypatch):
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 600})
    assert set(scores(trained(context))) == {"dummy_floor", NAME}
    monkeypatch.setattr(larger, "STILL_LEARNING", 0.0)
    other = write_project(tmp_path / "other", settings=SERIAL)
    assert set(scores(trained(other))) == {"dummy_floor", NAME}


@pytest.mark.whole
def test_a_search_is_told_of_larger_trees_that_nothing_stops_and_fits_no_others_like_them(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(larger, "STILL_LEARNING", 0.0)
    spec = MODELS[NAME]
    second = {**spec.larger, "learning_rate": 0.1, "num_leaves": 31, "n_estimators": 30}
    slow = {**spec.baseline, "learning_rate": 1e-5, "n_estimators": 100}
    monkeypatch.setitem(MODELS, NAME, replace(spec, baseline=slow, larger=second))
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 600, "primary_metric": "log_loss"})
    phase = trained(context)
    mu.finish_training(phase)
    best = phase.results[NAME]
    assert best.params["early_stopping_rounds"] is None
    mu.tune_best_model(context, strategy="bayesian", n_trials=3)
    path = context.parent / "artifacts" / EPOCH_FOLDER / "all_tuning_results.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    told = {name: best.params[name] for name in spec.ranges}
    tried = [row["params"] for row in found["results"]]
    assert len(tried) == 3
    assert all({name: params[name] for name in spec.ranges} != told for params in tried)


@pytest.mark.parametrize("spec", MODELS.values(), ids=lambda spec: spec.name)
def test_a_search_is_told_of_no_baseline_that_is_a_combination_whatever_its_feature_steps(spec):
    space = spec.ranges or spec.search_space
    for family in spec.tasks:
        task = SimpleNamespace(family=family)
        session = SimpleNamespace(task=task, metric=METRICS["rmse" if family == "regression" else "f1_score"])
        params = json.loads(json.dumps(spec.baseline_of(family)))  # as phase 2 reads them

        def told(params, session=session, is_complete=True):
            baseline = SimpleNamespace(
                params=params, cv_mean=0.5, is_complete=is_complete, learning_rates=None
            )
            return strategy_choice._start_score(session, spec, baseline, space)

        assert told(params) is None
        assert told(with_steps(params, ["ratios"])) is None
        if spec.larger:
            assert told(params | spec.larger) == (-0.5 if family == "regression" else 0.5)
            assert told(params | spec.larger, is_complete=False) is None

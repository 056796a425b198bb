"""Phase 1 in the time that is left: folds that were given up, models without a turn, the time of a search."""

import json
import time
from types import SimpleNamespace

import pytest
from conftest import write_project

from model_development import model_utils as mu
from model_development.fitting import measure, train_candidate
from model_development.fitting.final_fit import seconds_of_refit
from model_development.metrics.table import METRICS
from model_development.models.table import get_model
from model_development.phases.clock import Clock, counted_from
from model_development.phases.fold_plan import seconds_of_fits
from model_development.phases.reserves import SECONDS_FOR_ENSEMBLE, SECONDS_TO_FINISH, SECONDS_TO_HAND_OVER
from model_development.phases.training import at_work, more_time, training
from model_development.phases.training.more_time import seconds_of_search
from model_development.phases.training.results import ModelResult
from model_development.phases.training.time_left import unfinished, with_more_folds

PARAMS = {"early_stopping_rounds": 30}
SERIAL = {"engine": "serial", "ensemble": "never"}


def result(**more):
    measured = {
        "share_of_rows": 1.0,
        "folds": [4],
        "fold_cost_s": 5.0,
        "measuring_s": 1.0,
        "metrics": {"training_time": 6.0},
    } | more
    return SimpleNamespace(name="a", params=PARAMS, measured=measured, metric=measured["metrics"].get)


def test_what_a_model_lacks_and_takes_is_what_its_own_fits_have_taken():
    whole = unfinished(result(), 5, 2.0)
    assert (whole.n_done, whole.seconds(3)) == (1, 2.0 + 2 * 5.0)
    part = unfinished(result(share_of_rows=0.25), 5, 2.0)
    assert (part.n_done, part.seconds(1)) == (0, 2.0 + (6.0 / 0.25 + 1.0) + 5.0 / 0.25)


def test_a_search_needs_time_for_some_combinations_and_for_what_follows():
    alone = seconds_of_search(result(folds=[0, 1, 2, 3, 4]), 5, 1)
    assert alone == pytest.approx(6 * 25.0 + (1 + 0.6) * 1.3 * 6.0 + 1.0)
    assert seconds_of_search(result(), 5, 1) == pytest.approx(alone + 4 * 5.0)
    assert seconds_of_search(result(), 5, 2) < alone


def test_a_fit_that_found_its_rounds_is_repeated_in_less_than_it_took():
    once, twice = seconds_of_refit({}, 10.0), seconds_of_refit(PARAMS, 10.0)
    assert 10.0 / 2 < twice < 10.0 < once
    assert seconds_of_refit(PARAMS, None) == 0


def test_few_fits_have_several_cores_each_and_many_wait_for_each_other():
    one = seconds_of_fits({"a": 8.0}, 4)
    assert 8.0 / 4 < one < 8.0
    assert one < seconds_of_fits({"a": 8.0, "b": 8.0}, 4) < 8.0
    assert seconds_of_fits(dict.fromkeys("abcd", 8.0), 4) == 8.0
    assert seconds_of_fits(dict.fromkeys("abcde", 8.0), 4) == 16.0
    assert seconds_of_fits({}, 4) == 0


@pytest.mark.whole
def test_a_model_of_few_rows_waits_until_leading_ones_have_their_folds(tmp_path, monkeypatch):
    """A few hundred rows are of little use; where nothing else has use for the time, better than none."""
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 600})
    few, others = "sklearn_decision_tree", ["lightgbm_baseline", "sklearn_logistic_regression"]
    plan, order = train_candidate.make_plan, []

    def cut(data, *given, expected_s, **how):
        made = plan(data, *given, expected_s=expected_s, **how)
        if expected_s == get_model(few).expected_s(data.X_train.shape, len(data.task.classes)):
            made.share = 0.1
        return made

    def kept(phase, spec, *given, **how):
        order.append(spec.name)
        return keep_result(phase, spec, *given, **how)

    def by_name(spec):
        return spec.name

    keep_result = at_work.keep_result
    monkeypatch.setattr(train_candidate, "make_plan", cut)
    monkeypatch.setattr(at_work, "keep_result", kept)
    monkeypatch.setattr(training, "most_promising_first", lambda specs, *_: sorted(specs, key=by_name))
    phase = mu.start_training(context_path=context, models=[few, *others], profile=False)
    results = {r.name: r for r in mu.train_all(phase)}
    assert {r.status for r in results.values()} == {"ok"}
    assert [name for name in order if name in [few, *others]] == [*others, few]
    assert results[few].measured["share_of_rows"] == 0.1


def test_more_folds_take_back_what_was_said_of_fewer_and_nothing_else():
    before = {"note": "trained on the CPU; time budget: 1 of 5 folds", "metrics": {"f1": 0.5}, "folds": [4]}
    now = with_more_folds(before, {"note": "time budget: 3 of 5 folds", "folds": [2, 3, 4]})
    assert now["note"] == "trained on the CPU; time budget: 3 of 5 folds"
    assert (now["metrics"], now["folds"]) == ({"f1": 0.5}, [2, 3, 4])
    assert with_more_folds(before, {"note": ""})["note"] == "trained on the CPU"


@pytest.fixture
def fits(monkeypatch):
    """Numbers of rows of each fit of all training rows."""
    seen, fit = [], measure.fit_rows_of

    def noted(predictor, data, rows):
        seen.append(len(rows))
        return fit(predictor, data, rows)

    monkeypatch.setattr(measure, "fit_rows_of", noted)
    return seen


def runs_of(phase, name):
    store = phase.session.record.store
    return store.client.search_runs([store.experiment_id], f"run_name = '{name}'")


@pytest.mark.whole
def test_folds_that_were_given_up_come_to_the_model_that_is_there(tmp_path, monkeypatch, fits):
    """One fold at first; the rest of the time gives the others, and fits no model twice."""
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 600})
    name, plan = "sklearn_logistic_regression", train_candidate.make_plan

    def cut(*given, **how):
        made = plan(*given, **how)
        made.folds = dict(list(made.folds.items())[:1])
        return made

    monkeypatch.setattr(train_candidate, "make_plan", cut)
    phase = mu.start_training(context_path=context, models=[name], profile=False)
    (trained,) = mu.train_all(phase, [name])
    assert (trained.is_complete, trained.note, trained.measured["folds"]) == (True, "", [0, 1, 2])
    assert len(fits) == 1
    assert [run.info.run_id for run in runs_of(phase, name)] == [trained.run_id]
    monkeypatch.setattr(train_candidate, "make_plan", plan)
    other = write_project(tmp_path / "undisturbed", settings=SERIAL)
    whole = mu.start_training(context_path=other, models=[name], profile=False)
    (undisturbed,) = mu.train_all(whole, [name])
    for key in ("fold_scores", "test_share", "n_scored", "share_of_rows"):
        assert trained.measured[key] == undisturbed.measured[key]
    assert trained.cv("f1_score", "low") == undisturbed.cv("f1_score", "low")
    assert mu.load_model(trained.model_path) is not None


@pytest.mark.whole
def test_models_without_a_turn_are_trained_where_the_time_is_too_short_for_a_search(
    tmp_path, monkeypatch, capsys
):
    context = write_project(tmp_path, settings=SERIAL | {"time_budget_s": 0.001})
    names = ["sklearn_logistic_regression", "sklearn_decision_tree", "sklearn_random_forest"]
    monkeypatch.setattr(more_time, "FEWEST_COMBINATIONS", 10**9)
    monkeypatch.setattr(training, "SHARE_OF_BOTH", 0.0)
    with counted_from(time.monotonic(), 600.0):
        phase = mu.start_training(context_path=context, models=names, profile=False)
        results = mu.train_all(phase)
    assert "Phase 1 goes on in the time of phase 2" in capsys.readouterr().out
    assert {r.name for r in results if r.is_complete and r.status == "ok"} == {"dummy_floor", *names}
    for name in names:
        assert [run.info.status for run in runs_of(phase, name)] == ["FINISHED"]


NEEDED = SECONDS_TO_FINISH + SECONDS_TO_HAND_OVER + SECONDS_FOR_ENSEMBLE


@pytest.mark.parametrize(
    ("seconds", "folds", "late", "share"),
    [
        (NEEDED + 400.0, [2, 3, 4], [], None),  # a search has time: 175.6 s
        (NEEDED + 400.0, [4], [], "half"),  # no ensemble can use a leading model with a single fold
        (NEEDED + 100.0, [4], [], "all"),
        (NEEDED + 100.0, [0, 1, 2, 3, 4], [], None),  # nothing that more time is of use to
        (NEEDED + 400.0, [4], ["catboost_baseline"], "half"),
        (NEEDED + 400.0, [2, 3, 4], ["sklearn_decision_tree"], None),  # which promises less than a search
        (NEEDED + 100.0, [0, 1, 2, 3, 4], ["sklearn_decision_tree"], "all"),
        (NEEDED + 8.0, [4], [], None),  # the best model's fit of all rows takes them
        (None, [4], [], None),
    ],
)
def test_phase_1_goes_on_where_its_models_are_worth_more_than_a_search(seconds, folds, late, share):
    measured = result(folds=folds).measured | {
        "cv": {"f1_score": {"mean": 0.9, "std": None}},
        "fold_scores": {"f1_score": [0.9] * len(folds)},
        "is_complete": len(folds) == 5,
    }
    best = ModelResult("lightgbm_baseline", "lightgbm", "ok", measured=measured)
    session = SimpleNamespace(
        metric=METRICS["f1_score"],
        data=SimpleNamespace(folds=[None] * 5),
        engine=SimpleNamespace(n_workers=1),
    )
    now = time.monotonic()
    clock = Clock(10.0, now, seconds)
    phase = SimpleNamespace(session=session, clock=clock, all_results=[best])
    taken = SimpleNamespace(
        late=dict.fromkeys(late), cut={} if best.is_complete else {best.name: (None, best, 0.0)}
    )
    later = more_time.end_of_more_time(phase, taken)
    if share is None:
        assert later is None
    else:
        left = seconds - NEEDED
        expected = {"all": left - 1.3 * 6.0, "half": left / 2}[share]
        assert later - now == pytest.approx(expected, abs=0.5)


@pytest.mark.whole
def test_phase_2_fits_no_fold_of_the_baseline_that_phase_1_has_fitted(tmp_path):
    from model_development.phases.tuning.fit_cache import FitCache

    context = write_project(tmp_path, settings=SERIAL)
    name = "sklearn_decision_tree"
    phase = mu.start_training(context_path=context, models=[name], profile=False)
    (trained,) = mu.train_all(phase, [name])
    checkpoint = phase.session.record.checkpoints.path(name)
    content = json.loads(checkpoint.read_text(encoding="utf-8"))
    text = json.dumps(content)
    assert '"is_complete": true' in text
    checkpoint.write_text(text.replace('"is_complete": true', '"is_complete": false'), encoding="utf-8")
    cache = FitCache(phase.session, get_model(name), trained.params)
    assert len(cache.parts(trained.params, 1.0, range(3))) == 3

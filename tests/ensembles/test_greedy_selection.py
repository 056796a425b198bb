"""Weights over out-of-fold predictions: by brute force on small cases, and honest in what they promise."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest

from model_development.ensembles import stacking
from model_development.ensembles.blend import Blend, mean_of
from model_development.ensembles.nested import fit_ensemble, fold_scores, nested_outputs, nested_scores
from model_development.ensembles.pool import Pool, make_pool
from model_development.ensembles.selection import select_greedily
from model_development.ensembles.stacking import stack
from model_development.ensembles.table import ENSEMBLES
from model_development.ensembles.temperature import fit_slopes
from model_development.ensembles.voting import vote
from model_development.errors import NoTime
from model_development.metrics.table import METRICS
from model_development.statistics.differences import value_of
from model_development.tasks.classification import Binary
from model_development.tasks.regression import Regression

N_FOLDS = 5


def numbers_pool(n_rows=200, noises=(1.0, 1.2, 3.0), seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n_rows) * 2
    outputs = np.stack([truth + rng.normal(size=n_rows) * noise for noise in noises])
    return _pool(outputs, truth, None)


def classes_pool(n_rows=300, noises=(1.0, 1.3, 3.0), n_classes=2, sharp=1.0, seed=0):
    """Each model sees the logits through noise of its own; what it says is calibrated where sharp is 1."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n_rows, n_classes)) * 1.5
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    seen = [logits + rng.normal(size=logits.shape) * noise for noise in noises]
    outputs = np.exp(sharp * np.stack(seen))
    return _pool(outputs / outputs.sum(axis=2, keepdims=True), truth, 1 if n_classes == 2 else None)


def _pool(outputs, truth, positive):
    n = len(truth)
    names = tuple(f"model_{k}" for k in range(len(outputs)))
    return Pool(names, outputs, truth, np.arange(n), np.arange(n) % N_FOLDS, positive)


def loss_of(pool, weights):
    mixed = np.tensordot(weights, pool.outputs, axes=1)
    if pool.outputs.ndim == 2:
        return np.mean((mixed - pool.truth) ** 2)
    return -np.mean(np.log(mixed[np.arange(len(pool)), pool.truth]))


def greedy_by_hand(pool, key, n_rounds=50):
    """The algorithm of the paper, every mean made anew."""
    bag, best = [], None
    for _ in range(n_rounds):
        tried = []
        for k in range(len(pool.names)):
            weights = np.bincount([*bag, k], minlength=len(pool.names)) / (len(bag) + 1)
            tried.append((key(weights), k))
        found, k = min(tried)
        bag.append(k)
        if best is None or found < best[0]:
            best = (found, len(bag))
    counts = np.bincount(bag[: best[1]], minlength=len(pool.names))
    return counts / counts.sum()


@pytest.mark.parametrize("name", ["rmse", "mse", "r2_score"])
def test_selection_by_square_is_that_by_hand(name):
    pool = numbers_pool()
    by_hand = greedy_by_hand(pool, lambda weights: float(f"{loss_of(pool, weights):.8g}"))
    np.testing.assert_allclose(select_greedily(pool, METRICS[name]).weights, by_hand)
    assert (by_hand > 0).sum() > 1


@pytest.mark.parametrize("n_classes", [2, 4])
def test_selection_by_log_loss_is_that_by_hand(n_classes):
    pool = classes_pool(n_classes=n_classes)
    by_hand = greedy_by_hand(pool, lambda weights: float(f"{loss_of(pool, weights):.8g}"))
    np.testing.assert_allclose(select_greedily(pool, METRICS["log_loss"]).weights, by_hand)
    assert (by_hand > 0).sum() > 1


@pytest.mark.whole
@pytest.mark.parametrize("name", ["f1_score", "roc_auc", "accuracy", "matthews", "pr_auc", "brier_score"])
def test_selection_by_another_metric_is_that_by_hand_with_ties_by_the_loss(name):
    pool, metric = classes_pool(n_rows=120), METRICS[name]

    def key(weights):
        said = pool.predictions(np.tensordot(weights, pool.outputs, axes=1))
        return metric.sort_key(metric.definition(pool.truth, said)), float(f"{loss_of(pool, weights):.8g}")

    np.testing.assert_allclose(select_greedily(pool, metric).weights, greedy_by_hand(pool, key, 20))


def test_selection_comes_near_the_best_of_all_weights():
    pool = numbers_pool()
    grid = [np.array(w) / 20 for w in itertools.product(range(21), repeat=3) if sum(w) == 20]
    best = min(loss_of(pool, weights) for weights in grid)
    assert loss_of(pool, select_greedily(pool, METRICS["rmse"]).weights) <= best * 1.001


def test_where_one_model_is_best_with_all_others_the_ensemble_is_that_model():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    pool = _pool(np.stack([truth + 9, truth, truth + 5]), truth, None)
    blend = select_greedily(pool, METRICS["rmse"])
    assert blend.weights.tolist() == [0, 1, 0]
    np.testing.assert_array_equal(blend.apply(pool.outputs), pool.outputs[1])


@pytest.mark.parametrize("spec", ENSEMBLES.values(), ids=lambda spec: spec.name)
@pytest.mark.parametrize("make", [numbers_pool, classes_pool, lambda: classes_pool(n_classes=5)])
def test_every_row_gives_outputs_of_the_kind_that_went_in(spec, make):
    pool = make()
    metric = METRICS["rmse" if pool.outputs.ndim == 2 else "log_loss"]
    blend = fit_ensemble(pool, metric, spec.fit)
    said = blend.apply(pool.outputs)
    assert said.shape == pool.outputs.shape[1:]
    if said.ndim == 2:
        np.testing.assert_allclose(said.sum(axis=1), 1)
    back = Blend.from_dict(blend.to_dict())
    np.testing.assert_array_equal(back.apply(pool.outputs), said)


def test_votes_are_inverse_to_the_losses():
    pool = numbers_pool()
    losses = ((pool.outputs - pool.truth) ** 2).mean(axis=1)
    weights = vote(pool, METRICS["rmse"]).weights
    np.testing.assert_allclose(weights * losses, np.full(3, (weights * losses)[0]))
    assert weights.sum() == pytest.approx(1)


def test_stacking_of_numbers_is_not_negative_and_no_worse_than_any_mean():
    pool = numbers_pool()
    weights = stack(pool, METRICS["rmse"]).weights
    assert (weights >= 0).all()
    assert loss_of(pool, weights) <= loss_of(pool, select_greedily(pool, METRICS["rmse"]).weights) + 1e-9


def test_stacking_of_classes_has_no_direction_left_to_go():
    pool = classes_pool()
    blend = stack(pool, METRICS["log_loss"])

    def penalised(weights):
        said = Blend("log_mean", weights, blend.slopes, blend.offsets).apply(pool.outputs)
        loss = -np.mean(np.log(said[np.arange(len(pool)), pool.truth]))
        return loss + 1e-3 * ((weights - 1 / 3) ** 2).sum()

    here = penalised(blend.weights)
    for step in (*np.eye(3) * 0.05, *np.eye(3) * -0.05):
        assert penalised(blend.weights + step) > here


def test_a_temperature_is_kept_only_where_a_model_is_too_sure():
    pool = classes_pool(n_rows=2000, noises=(0.0, 0.0), sharp=1.0)
    sharp = np.stack([pool.outputs[0] ** 3, pool.outputs[1]])
    sharp /= sharp.sum(axis=2, keepdims=True)
    slopes = fit_slopes(_pool(sharp, pool.truth, 1))
    assert slopes.all_rows[0] == pytest.approx(1 / 3, rel=0.15)
    assert slopes.all_rows[1] == 1
    assert all(of_others[1] == 1 for of_others in slopes.without.values())


def test_nested_outputs_of_a_fold_do_not_depend_on_its_truth():
    pool = classes_pool(noises=(1.0, 1.2))
    metric, fit = METRICS["log_loss"], select_greedily
    slopes = fit_slopes(pool)
    before = nested_outputs(pool, metric, fit, slopes)
    turned = np.where(pool.folds == 2, 1 - pool.truth, pool.truth)
    after = nested_outputs(_pool(pool.outputs, turned, 1), metric, fit, slopes)
    np.testing.assert_array_equal(before[pool.folds == 2], after[pool.folds == 2])


def test_nested_scores_are_those_of_each_fold_by_weights_of_the_others():
    pool, metric = numbers_pool(), METRICS["mae"]
    found = nested_scores(pool, metric, select_greedily)
    for fold, value in zip(pool.fold_numbers, found, strict=True):
        weights = select_greedily(pool.take(pool.folds != fold), metric).weights
        left_out = pool.take(pool.folds == fold)
        said = np.tensordot(weights, left_out.outputs, axes=1)
        assert value == pytest.approx(np.abs(said - left_out.truth).mean())


def test_one_fold_has_no_nested_score():
    pool = numbers_pool()
    with pytest.raises(ValueError, match="at least two folds"):
        nested_outputs(pool.take(pool.folds == 0), METRICS["rmse"], select_greedily)


@pytest.mark.whole
@pytest.mark.parametrize("make", [numbers_pool, classes_pool])
def test_the_nested_score_promises_no_more_than_new_rows_hold(make):
    """Optimism below 0.3 standard errors, over 30 draws of many useless models, which tempt a selection.

    What the rows of a draw happen to be is taken away by the same gap of a model that nothing has chosen.
    """
    gaps, errors = [], []
    noises = tuple(np.linspace(2.0, 2.6, 12))
    for seed in range(30):
        pool, new = make(200, noises, seed=seed), make(4000, noises, seed=1000 + seed)
        metric = METRICS["rmse" if pool.outputs.ndim == 2 else "log_loss"]
        scores = nested_scores(pool, metric, select_greedily)
        said = fit_ensemble(pool, metric, select_greedily).apply(new.outputs)
        held, held_single = (
            value_of(metric, new.truth, new.predictions(outputs)) for outputs in (said, new.outputs[0])
        )
        single = np.mean(fold_scores(pool, metric, pool.outputs[0]))
        gaps.append((held - np.mean(scores)) - (held_single - single))
        errors.append(np.std(scores, ddof=1) / np.sqrt(N_FOLDS))
    assert np.mean(gaps) < 0.3 * np.mean(errors)


def tables(folds, said, task):
    frames = {}
    for name, values in said.items():
        part = task.output_table(task.predictions(values))
        part.insert(0, "fold", folds)
        part.insert(0, "row", np.arange(len(folds)))
        frames[name] = part
    return frames


def test_a_pool_holds_the_rows_that_all_models_have():
    y = np.arange(10.0)
    folds = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    frames = tables(folds, {"first": y, "second": y + 1, "third": y + 2}, Regression("y"))
    frames["second"] = frames["second"][frames["second"]["fold"] < 3].sample(frac=1, random_state=0)
    frames["third"] = frames["third"][frames["third"]["fold"] < 2]  # too few to tell anything
    pool = make_pool(frames, Regression("y"), y)
    assert pool.names == ("first", "second")
    assert pool.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert pool.folds.tolist() == [0, 0, 1, 1, 2, 2]
    np.testing.assert_array_equal(pool.outputs, [y[:6], y[:6] + 1])
    np.testing.assert_array_equal(pool.truth, y[:6])


def test_rows_that_no_fold_left_out_are_not_in_the_pool():
    task = Binary("y", ("no", "yes"), "yes")
    y = np.array(["no", "yes"] * 6, dtype=object)
    said = np.column_stack([np.linspace(0, 1, 12), np.linspace(1, 0, 12)])
    frames = tables(np.repeat([-1, 0, 1, 2], 3), {"first": said, "second": said[:, ::-1]}, task)
    by_time = {name: table[table["fold"] >= 0] for name, table in frames.items()}
    pool = make_pool(by_time, task, y)
    assert pool.rows.tolist() == list(range(3, 12))
    assert pool.truth.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert pool.positive == 1
    np.testing.assert_array_equal(pool.outputs[0], said[3:])


def test_no_table_is_no_pool():
    with pytest.raises(ValueError, match="at least one model"):
        make_pool({}, Regression("y"), np.arange(3.0))


def test_scores_of_single_models_are_on_the_same_folds():
    pool = numbers_pool()
    found = fold_scores(pool, METRICS["rmse"], pool.outputs[0])
    by_hand = pd.Series((pool.outputs[0] - pool.truth) ** 2).groupby(pool.folds).mean() ** 0.5
    np.testing.assert_allclose(found, by_hand)


def hostile(**changes):
    return mean_of(np.array([0.5, 0.5])).to_dict() | changes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (hostile(kind="exec"), "`kind` must be"),
        (hostile(weights=[]), "equally many"),
        (hostile(weights=[1.0]), "equally many"),
        (hostile(weights=[0.0, 0.0]), "not all 0"),
        (hostile(weights=[-1.0, 2.0]), "no negative"),
        (hostile(weights=[1e9, 0.0]), "must lie between"),
        (hostile(weights=["1", 2]), "finite numbers"),
        (hostile(weights=[float("nan"), 1.0]), "finite numbers"),
        (hostile(slopes=[0.0, 1.0]), "above 0"),
        (hostile(offsets=[1.0, 1.0]), "no `offsets`"),
    ],
)
def test_weights_of_a_file_are_checked(content, message):
    with pytest.raises(ValueError, match=message):
        Blend.from_dict(content)


def test_selection_with_its_honest_score_is_quick():
    """10 models, 40,000 rows: generous, since other work may share the machine; see benchmarks/ensemble.py"""
    pool = numbers_pool(40_000, tuple(np.linspace(1, 2, 10)))
    began = time.process_time()
    nested_scores(pool, METRICS["rmse"], select_greedily)
    assert time.process_time() - began < 1.0


def test_nested_outputs_begin_no_fold_after_their_time():
    with pytest.raises(NoTime, match="used up"):
        nested_outputs(numbers_pool(), METRICS["rmse"], select_greedily, until=time.monotonic() - 1)


@pytest.mark.parametrize(("n_classes", "n_used"), [(2, 3_000), (100, 400)])
def test_stacking_of_many_classes_takes_fewer_rows(n_classes, n_used, monkeypatch):
    """Of 200 classes it took as long as the fits of all members, to be shown beside the ensemble."""
    monkeypatch.setattr(stacking, "MOST_CELLS", 40_000)
    seen, fit = [], stacking._log_linear
    monkeypatch.setattr(stacking, "_log_linear", lambda pool: seen.append(len(pool)) or fit(pool))
    stacking.stack(classes_pool(n_rows=3_000, n_classes=n_classes), METRICS["log_loss"])
    assert seen == [n_used]

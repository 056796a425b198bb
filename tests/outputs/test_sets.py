"""Prediction sets and calibration maps."""

import numpy as np
import pytest

from model_development.outputs.calibration import MAPS, CalibrationMap, fit_calibration
from model_development.outputs.sets import PredictionSets, fit_sets


def classes(rng, n, shares=(0.5, 0.3, 0.2), power=1.0, noise=1.5):
    """Truth, and probabilities that are right to a power: above 1 they are too sure."""
    logits = rng.normal(size=(n, len(shares))) * noise + np.log(shares)
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (right.cumsum(axis=1) > rng.random(n)[:, None]).argmax(axis=1)
    said = right**power
    return truth, said / said.sum(axis=1, keepdims=True)


def covered(made, truth, said, level=0.9):
    return made.members(said, level)[np.arange(len(truth)), truth]


@pytest.mark.whole
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
def test_the_level_is_kept_on_average_over_tables(level):
    hits = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        made = fit_sets(*classes(rng, 400, power=2), seed=seed)
        hits.append(covered(made, *classes(rng, 2000, power=2), level).mean())
    assert np.mean(hits) >= level - 0.01


def test_a_class_that_one_threshold_misses_has_its_own():
    rng = np.random.default_rng(0)
    shares = (0.6, 0.35, 0.05)
    made = fit_sets(*classes(rng, 3000, shares))
    truth, said = classes(rng, 20_000, shares)
    assert made.by_class
    hits = covered(made, truth, said)
    assert min(hits[truth == k].mean() for k in range(3)) > 0.86
    shared = PredictionSets(made.scores, made.weights, False)
    assert covered(shared, truth, said)[truth == 2].mean() < 0.75


def test_one_threshold_stays_where_classes_are_alike():
    found = [fit_sets(*classes(np.random.default_rng(s), 900, (1 / 3,) * 3)).by_class for s in range(20)]
    assert np.mean(found) <= 0.15


def test_a_class_with_next_to_no_rows_takes_the_threshold_of_all():
    rng = np.random.default_rng(1)
    truth, said = classes(rng, 1000)
    rows = np.r_[np.flatnonzero(truth < 2), np.flatnonzero(truth == 2)[:5]]
    found = fit_sets(truth[rows], said[rows])
    own, shared = (PredictionSets(found.scores, found.weights, by_class) for by_class in (True, False))
    assert own.thresholds(0.9)[2] == shared.thresholds(0.9)[2]
    assert own.thresholds(0.9)[0] != shared.thresholds(0.9)[0]


def test_no_set_is_empty_and_the_likeliest_class_is_in():
    truth, said = classes(np.random.default_rng(0), 500)
    members = fit_sets(truth, said).members(said, 0.5)
    assert members[np.arange(500), said.argmax(axis=1)].all()
    assert fit_sets(truth, said).members(said[:0]).shape == (0, 3)


def test_rows_of_a_group_count_once():
    rng = np.random.default_rng(0)
    truth, said = classes(rng, 40)
    groups = np.repeat(np.arange(40), 30)
    once, often = fit_sets(truth, said), fit_sets(np.repeat(truth, 30), np.repeat(said, 30, axis=0), groups)
    np.testing.assert_allclose(once.thresholds(0.9), often.thresholds(0.9))
    assert often.highest_level == pytest.approx(1 - 1 / 41)


def test_sets_come_back_as_they_were_and_nonsense_is_refused():
    truth, said = classes(np.random.default_rng(0), 500)
    made = fit_sets(truth, said)
    content = made.to_dict()
    np.testing.assert_array_equal(PredictionSets.from_dict(content).members(said), made.members(said))
    first = content["classes"][0]
    for nonsense in (
        {"classes": []},
        {"classes": [1, 2, 3]},
        {"classes": [first | {"scores": [2.0]}] * 3},
        {"classes": [first | {"weights": [-1.0] * len(first["scores"])}] * 3},
        {"by_class": "no"},
    ):
        with pytest.raises(ValueError, match="must be"):
            PredictionSets.from_dict(content | nonsense)
    with pytest.raises(ValueError, match="3 classes; the outputs given have the shape"):
        made.members(said[:, :2])
    with pytest.raises(ValueError, match="3 classes"):
        made.members(said[:, 0])


@pytest.mark.parametrize("n_classes", [2, 4])
def test_probabilities_that_are_too_sure_are_mapped_to_what_happens(n_classes):
    rng = np.random.default_rng(0)
    shares = np.full(n_classes, 1 / n_classes)
    found = fit_calibration(*classes(rng, 3000, shares, power=3))
    truth, said = classes(rng, 20_000, shares, power=3)
    mapped = found.apply(said)
    assert found.kind in ("temperature", "platt")
    assert found.slope == pytest.approx(1 / 3, abs=0.06)
    np.testing.assert_allclose(mapped.sum(axis=1), 1)
    top = mapped.max(axis=1)
    assert (mapped.argmax(axis=1) == truth).mean() == pytest.approx(top.mean(), abs=0.015)


@pytest.mark.whole
def test_probabilities_that_are_right_stay_as_they_are():
    kept = [fit_calibration(*classes(np.random.default_rng(s), 1500), seed=s) for s in range(10)]
    assert sum(found is None for found in kept) >= 9


def test_a_map_that_no_straight_line_makes_is_a_step_function():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.99, 6000)
    really = np.where(p < 0.5, 0.1, 0.45) + 0.1 * (p > 0.8)
    found = fit_calibration((rng.random(6000) < really).astype(int), np.column_stack([1 - p, p]))
    assert found.kind == "isotonic"
    mapped = found.apply(np.array([[0.7, 0.3], [0.1, 0.9]]))[:, 1]
    np.testing.assert_allclose(mapped, [0.1, 0.55], atol=0.04)


@pytest.mark.parametrize("kind", MAPS)
def test_every_map_comes_back_as_it_was_and_takes_sure_probabilities(kind):
    truth, said = classes(np.random.default_rng(0), 400)
    made = MAPS[kind](kind, truth, said)
    again = CalibrationMap.from_dict(made.to_dict())
    sure = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    np.testing.assert_array_equal(again.apply(sure), made.apply(sure))
    np.testing.assert_allclose(made.apply(sure).sum(axis=1), 1)
    for nonsense in ({"kind": "x"}, {"slope": None}, {"offsets": "a"}, {"knots": [{}]}, {"knots": 3}):
        with pytest.raises(ValueError, match="must"):
            CalibrationMap.from_dict(made.to_dict() | nonsense)

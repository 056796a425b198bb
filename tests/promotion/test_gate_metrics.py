import numpy as np
import pytest
from promotion_inputs import gate_input, labelled

from model_development.metrics.table import METRICS
from model_development.promotion.gate_input import Champion
from model_development.promotion.gates.champion import check_champion
from model_development.promotion.gates.metrics import check_better_than_constant, judged_line
from model_development.promotion.judged_metric import improvement, metric_with_interval
from model_development.promotion.thresholds import Limit
from model_development.tasks.predictions import Predictions

ACCURACY, F1, AUC = METRICS["accuracy"], METRICS["f1_score"], METRICS["roc_auc"]


def rows_with(n, n_wrong, groups=None):
    truth = np.arange(n) % 2
    said = truth.copy()
    said[:n_wrong] = 1 - said[:n_wrong]
    return labelled(truth, said, groups)


def line(metric, rows, judge_by="interval", **limit):
    return judged_line(metric, rows, Limit(**limit), judge_by, metric.name, "the test rows")


def test_a_value_that_chance_may_have_made_does_not_pass_and_the_rows_needed_do():
    by_interval = line(ACCURACY, rows_with(100, 15), at_least=0.8)
    assert not by_interval.passed
    assert by_interval.value == 0.85
    assert by_interval.low < 0.8 < by_interval.value
    assert line(ACCURACY, rows_with(100, 15), "estimate", at_least=0.8).passed
    needed = by_interval.rows_needed
    assert f"With {needed} rows" in by_interval.sentence
    rng, passed = np.random.default_rng(0), 0
    for _ in range(200):
        passed += line(ACCURACY, rows_with(needed, rng.binomial(needed, 0.15)), at_least=0.8).passed
    assert 0.72 < passed / 200 < 0.88  # 80 % are promised


@pytest.mark.parametrize("metric", [ACCURACY, F1, AUC])
def test_no_mistake_among_few_rows_is_no_proof(metric):
    few, many = (line(metric, rows_with(n, 0), at_least=0.99) for n in (20, 1000))
    assert few.value == many.value == 1
    assert not few.passed
    at_least = 300 if metric is ACCURACY else 600  # of two classes the rarer one has to be seen
    assert at_least < few.rows_needed < 2 * at_least
    assert many.passed


def test_two_positives_that_were_found_among_many_rows_are_no_proof():
    truth = np.zeros(1000, dtype=int)
    truth[:2] = 1
    found = line(F1, labelled(truth, truth), at_least=0.9)
    assert found.value == 1
    assert not found.passed
    assert found.low < 0.2


def test_what_cannot_be_judged_fails():
    one = labelled([1], [1])
    assert not line(ACCURACY, one, at_least=0.1).passed
    assert not line(AUC, rows_with(50, 5).take(np.arange(0, 50, 2)), at_least=0.1).passed  # of one class
    assert "no interval" in line(ACCURACY, one, at_least=0.1).sentence


def test_rows_that_depend_on_each_other_say_less():
    groups = np.repeat(np.arange(40), 10)
    truth = np.zeros(400, dtype=int)
    said = (groups % 5 == 0).astype(int)  # whole groups are wrong
    alone, grouped = (metric_with_interval(ACCURACY, labelled(truth, said, g)) for g in (None, groups))
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_an_error_is_better_when_it_is_smaller():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=300)
    rows = labelled(np.zeros(300, dtype=int), np.zeros(300, dtype=int))
    good, bad = Predictions(truth + 0.1), Predictions(truth + rng.normal(size=300))
    rows = type(rows)(rows.rows, rows.X, truth, good, rows.others)
    for name in ("mae", "rmse", "r2_score"):
        assert improvement(METRICS[name], rows, good, bad).low > 0
        assert improvement(METRICS[name], rows, bad, good).high < 0


def against(given, said, **more):
    champion = Champion("version 1", "1", said, more.pop("is_same", False))
    (found,) = check_champion(type(given)(**{**vars(given), "champion": champion}))
    return found


@pytest.mark.whole
def test_a_model_worse_by_the_margin_passes_in_one_of_twenty_and_the_same_one_always():
    rng, n, passed = np.random.default_rng(0), 500, 0
    truth = np.zeros(n, dtype=int)
    for _ in range(300):
        new, old = (rng.random(n) < share for share in (0.17, 0.15))
        theirs = Predictions(old.astype(int), np.eye(2)[old.astype(int)], 1)
        rows = labelled(truth, new.astype(int))
        passed += improvement(ACCURACY, rows, rows.said, theirs).low > -0.02
    assert passed / 300 <= 0.09  # 5 % and what 300 draws may add
    given = gate_input({"champion": {"accuracy": {"margin": 0.0}}})
    assert against(given, given.rows.said, is_same=True).passed
    assert not against(given, given.rows.said).passed  # another model that happens to agree proves nothing


def test_the_rows_needed_stand_beside_an_equal_model_that_fails():
    given = gate_input({"champion": {"accuracy": {"margin": 0.01}}})
    said = given.rows.said
    labels = said.labels.copy()
    labels[:20] = 1 - labels[:20]
    labels[20:40] = 1 - labels[20:40]
    found = against(given, Predictions(labels, said.probabilities, said.positive))
    assert found.rows_needed > 200
    assert "an equal model would pass in 80 %" in found.sentence


def test_a_margin_in_percent_is_of_the_champion():
    given = gate_input({"champion": {"rmse": {"margin_pct": 10}}}, "regression")
    worse = Predictions(given.rows.said.labels + 1)
    found = against(given, worse)
    rmse = float(np.sqrt(np.mean((worse.labels - given.rows.truth) ** 2)))
    assert found.threshold == pytest.approx(-0.1 * rmse)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_model_has_to_be_of_use(kind):
    name = {"regression": "rmse"}.get(kind, "log_loss")
    given = gate_input({"better_than_constant": [name]}, kind)
    (found,) = check_better_than_constant(given)
    assert found.passed
    shuffled = given.rows.take(np.arange(len(given.rows)))
    truth = np.random.default_rng(0).permutation(given.rows.truth)
    useless = type(shuffled)(shuffled.rows, shuffled.X, truth, shuffled.said, shuffled.others)
    (found,) = check_better_than_constant(type(given)(**{**vars(given), "rows": useless}))
    assert not found.passed

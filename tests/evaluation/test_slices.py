"""Slices that are worse are found and tested; where there are none, none is claimed."""

import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, make_table
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.evaluation.failures.levels import codes_of, levels_of, make_levels
from model_development.evaluation.failures.slices import find_weak_slices
from model_development.metrics.row_losses import row_losses
from model_development.metrics.table import METRICS
from model_development.statistics.permutation import higher_in_many, higher_inside
from model_development.tasks.predictions import Predictions

sys.path.insert(0, str(ROOT / "benchmarks"))
import slices as simulation  # noqa: E402


def with_a_weak_slice(kind, n_rows=1200, seed=0):
    """Of owners in Bern the target is drawn anew: no model can say anything of it."""
    table = make_table(kind, n_rows, seed)
    rows = np.flatnonzero((table["home town"] == "Bern") & table["owner"])
    drawn = np.random.default_rng(seed).permutation(table["outcome"].to_numpy())[: len(rows)]
    table.loc[rows, "outcome"] = drawn
    return table


def test_a_column_of_which_most_rows_have_the_largest_value_has_levels():
    """As days since a contact are, where 999 stands for none."""
    raw = pd.Series([999.0] * 90 + list(range(10)))
    (column,) = infer_schema(raw.to_frame("days")).columns
    levels = make_levels(column, raw)
    assert np.bincount(levels.codes(raw)).tolist() == [10, 90]
    assert levels.labels[:2] == ("days ≤ 9", "days > 9")


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_planted_slice_is_found_and_confirmed_on_the_test_rows(kind):
    given = make_input(kind, table=with_a_weak_slice(kind))
    section = find_weak_slices(given)
    found = section.files["slices.csv"]
    row = found.set_index("slice").loc["home town = Bern and owner = True"]
    assert row["is_worse"]
    assert row["p_holm"] < 0.05
    assert (row["gap"] < 0) == given.metric.greater_is_better
    assert row["gap_low"] <= row["gap"] <= row["gap_high"]
    assert row["loss_in_test"] > row["loss_out_test"]
    assert any("home town = Bern and owner = True" in text for text in section.warnings)
    (picture,) = section.pictures.values()
    assert picture.chart.png


@pytest.mark.whole
@pytest.mark.parametrize(("tail", "per_group"), [("lognormal", 0), ("rare errors", 0), ("lognormal", 4)])
def test_on_tables_without_a_weak_slice_one_is_claimed_in_few(tail, per_group):
    rng = np.random.default_rng(3)
    arguments = {"n_known": 600, "n_test": 150, "tail": tail, "per_group": per_group}
    claimed = [bool(simulation.claims(rng, **arguments)) for _ in range(40)]
    assert np.mean(claimed) <= 0.15  # 5 % are due; more than 6 of 40 would occur once in 300 times


@pytest.mark.whole
def test_planted_slices_are_claimed_and_little_else():
    rng = np.random.default_rng(4)
    labels = [simulation.claims(rng, 3000, 500, "lognormal", factor=6.0) for _ in range(10)]
    assert np.mean([any(map(simulation.is_planted, found)) for found in labels]) >= 0.8


@pytest.mark.whole
def test_p_values_of_exchangeable_losses_are_uniform_whatever_their_tail():
    rng = np.random.default_rng(0)
    insides = np.arange(40) < np.array([[5], [20], [35]])
    p = np.array([higher_inside(rng.lognormal(sigma=2, size=40), insides, k) for k in range(150)])
    assert (abs((p <= 0.2).mean(axis=0) - 0.2) < 0.1).all()
    many = np.array([higher_in_many(rng.lognormal(sigma=2, size=40), insides, k).min() for k in range(150)])
    assert abs((many <= 0.2).mean() - 0.2) < 0.1


def test_rows_of_one_group_count_as_one():
    """Forty rows of four groups with high losses are no more than four draws out of twenty."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(20), 10)
    losses = rng.normal(size=20)[groups] + 0.01 * rng.normal(size=200)
    top = np.isin(groups, np.argsort(rng.normal(size=20))[:4])
    assert higher_inside(losses + 1 * top, top[None], 0)[0] < 0.001
    by_group = higher_inside(losses + 1 * top, top[None], 0, groups)[0]
    assert 0.001 < by_group < 0.2


def test_a_metric_that_is_a_mean_over_rows_gives_its_own_loss_and_others_the_usual_one():
    truth, said = np.array([1, 0]), Predictions(np.array([1, 1]), np.array([[0.25, 0.75], [0.5, 0.5]]), 1)
    assert row_losses(METRICS["accuracy"], (truth, said))[1][0].tolist() == [0, 1]
    name, (losses,) = row_losses(METRICS["f1_score"], (truth, said))
    assert name == "log loss"
    np.testing.assert_allclose(losses, -np.log([0.75, 0.5]))
    numbers = Predictions(np.array([1.0, 3.0]))
    assert row_losses(METRICS["mape"], (np.array([2.0, 2.0]), numbers))[1][0].tolist() == [0.5, 0.5]
    name, losses = row_losses(
        METRICS["mape"], (np.array([2.0, 2.0]), numbers), (np.array([0.0, 1.0]), numbers)
    )
    assert name == "squared error"
    assert [of_set.tolist() for of_set in losses] == [[1, 1], [1, 4]]


@pytest.mark.whole
@pytest.mark.parametrize(
    "name", ["log_loss", "brier_score", "accuracy", "mse", "mae", "mape", "pinball_loss_10"]
)
def test_the_mean_of_the_row_losses_is_the_metric(name):
    kind = "multiclass" if METRICS[name].family == "classification" else "regression"
    test = make_input(kind, 200).test
    _, (losses,) = row_losses(METRICS[name], (test.truth, test.said))
    value = METRICS[name].definition(test.truth, test.said)
    assert losses.mean() == pytest.approx(1 - value if METRICS[name].greater_is_better else value)


@pytest.mark.parametrize("positive", [0, 1])
def test_the_brier_score_of_two_classes_is_that_of_the_positive_one_in_rows_too(positive):
    said = Predictions(np.array([1, 1]), np.array([[0.25, 0.75], [0.5, 0.5]]), positive)
    _, (losses,) = row_losses(METRICS["brier_score"], (np.array([1, 0]), said))
    assert losses.tolist() == [0.0625, 0.25]


@pytest.mark.whole
def test_levels_hold_missing_values_and_leave_new_categories_without_a_level():
    given = make_input(
        "binary", 400, note=["é $x_1"] * 200 + ["other"] * 200, amount=pd.array([1, None] * 200)
    )
    levels = levels_of(given, [*given.columns, "note", "amount"])
    codes = codes_of(levels, given.out_of_fold)
    by_name = {level.name: level for level in levels}
    amount = by_name["amount [CHF]"]
    is_missing = given.out_of_fold.X["amount [CHF]"].isna().to_numpy()
    assert (codes[amount.name] == len(amount.labels) - 1).tolist() == is_missing.tolist()
    assert np.bincount(codes[amount.name][~is_missing]).min() > 0.1 * len(given.out_of_fold)
    assert by_name["since"].labels[0].startswith("since ≤ 2020-")
    assert set(by_name["owner"].labels) == {"owner = False", "owner = True", "owner is missing"}
    town = by_name["home town"]
    assert town.codes(pd.Series(["Bern", "Atlantis", None])).tolist()[1:] == [-1, len(town.labels) - 1]
    assert "note = é $x_1" in by_name["note"].labels


@pytest.mark.whole
def test_few_test_rows_and_rows_of_groups_are_no_error():
    given = make_input("binary", 44)
    assert "nothing to test" in find_weak_slices(given).sentences[-1]


@pytest.mark.whole
def test_a_class_that_the_slice_lacks_leaves_the_gap_undefined_and_the_test_stands():
    from dataclasses import replace

    table = with_a_weak_slice("binary")
    given = replace(make_input("binary", table=table), metric=METRICS["roc_auc"])
    found = find_weak_slices(given).files["slices.csv"]
    assert found["p_holm"].notna().all()

"""Every analysis of where a model fails ends with a Section or None, whatever the table is like."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_table
from evaluation_inputs import make_input

from model_development.evaluation.table import ANALYSES
from model_development.metrics.table import METRICS, Metric

FAILURES = (
    "slices",
    "errors",
    "robustness",
    "novelty",
    "fairness",
    "fairness_by_class",
    "fairness_of_errors",
)


def awkward(kind, n_rows):
    """Names and values as tables have them: signs, emoji, nothing, pandas' and Arrow's own types."""
    rng = np.random.default_rng(0)
    target = {
        "binary": rng.choice([True, False], n_rows),
        "multiclass": rng.choice([f"c{k}_$" for k in range(26)], n_rows),
        "regression": rng.standard_t(2, n_rows) * 1e9,
    }[kind]
    return pd.DataFrame(
        {
            "a$b_{x}^2": pd.array(rng.integers(0, 9, n_rows), dtype="Int64").astype("Int64"),
            "😀": pd.Categorical(rng.choice(["p", "q\nr", "x" * 300], n_rows)),
            "p": rng.choice([0.1, np.nan, 1e30], n_rows),
            "value": pd.array(rng.choice(["ja", "nein", None], n_rows), dtype="string[pyarrow]"),
            "when": pd.Timestamp("2020-01-01", tz="Europe/Zurich")
            + pd.to_timedelta(rng.integers(0, 9**7, n_rows), "s"),
            "took": pd.to_timedelta(rng.integers(0, 9**5, n_rows), "s"),
            "note": [f"some words of a sentence, number {k} of many" for k in range(n_rows)],
            "slice": rng.lognormal(sigma=3, size=n_rows),
            "outcome": target,
        }
    )


def run_all(given):
    for name in FAILURES:
        row = ANALYSES[name]
        if given.task.kind not in row.kinds:
            continue
        section = row.run(given)
        assert section is not None
        assert all(text.strip() and "nan" not in text.split() for text in section.sentences), (
            section.sentences
        )
        for picture in section.pictures.values():
            assert hasattr(picture.chart, "png"), picture.chart
        for file in section.files.values():
            assert file.columns.is_unique
            file.to_csv()


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("n_rows", [300, 90])
def test_awkward_columns(kind, n_rows):
    settings = {"fairness_columns": ["value", "😀", "p", "took", "note"]}
    run_all(make_input(kind, table=awkward(kind, n_rows), settings=settings))


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_twenty_test_rows_in_two_groups_and_a_class_that_none_of_them_has(kind):
    given = make_input(kind, 200, settings={"fairness_columns": ["home town"]})
    if kind == "binary":
        one = given.test.take(np.flatnonzero(given.test.truth == 0)[:20])
        given = replace(given, metric=METRICS["roc_auc"])
    else:
        one = given.test.take(np.arange(20))
    run_all(replace(given, test=replace(one, groups=np.arange(len(one)) % 2)))


@pytest.mark.whole
def test_a_metric_of_the_users_own_is_measured_row_by_row():
    def profit(truth, outcome):
        if not len(truth):
            raise ValueError("no rows")
        return float(np.mean(truth == outcome.labels) * 10)

    own = Metric("profit", "classification", True, "profit", profit, METRICS["accuracy"].constant)
    given = replace(make_input("binary", 240, settings={"fairness_columns": ["owner"]}), metric=own)
    run_all(given)
    found = ANALYSES["robustness"].run(given).files["robustness.csv"]
    assert found["fall_low"].notna().all()


@pytest.mark.whole
def test_predictions_that_are_all_right_leave_nothing_to_find():
    given = make_input("binary", 300)
    for rows in (given.test, given.out_of_fold):
        rows.said.labels[:] = rows.truth
        rows.said.probabilities[:] = np.eye(2)[rows.truth]
    for name in ("slices", "errors", "novelty"):
        assert ANALYSES[name].run(given).sentences


@pytest.mark.whole
def test_rows_of_groups_are_sampled_drawn_and_exchanged_as_wholes():
    given = make_input("binary", table=make_table("binary", 1200), settings={"fairness_columns": ["owner"]})
    groups = np.arange(600) // 6
    run_all(
        replace(
            given,
            test=replace(given.test, groups=groups),
            out_of_fold=replace(given.out_of_fold, groups=groups),
        )
    )

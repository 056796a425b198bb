"""The largest errors stand beside the rows that are most like them, and what they share is tested."""

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input
from test_slices import with_a_weak_slice

from model_development.evaluation.failures.errors import list_errors
from model_development.evaluation.failures.neighbours import nearest
from model_development.metrics.table import METRICS


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_rows_with_the_highest_loss_are_named_by_their_row_and_shown_as_they_are(kind):
    table = with_a_weak_slice(kind)
    given = make_input(kind, table=table)
    section = list_errors(given)
    listed = section.files["errors.csv"]
    assert (listed["truth"].to_numpy() == table["outcome"].to_numpy()[listed["row"]]).all()
    assert listed["home town"].equals(table["home town"].iloc[listed["row"]].reset_index(drop=True))
    assert (np.diff(listed["loss"]) <= 0).all()
    if given.task.has_classes:
        assert (listed["truth"] != listed["said"]).all()
        assert (listed["neighbour_truth"] == listed["neighbour_said"]).all()
    assert set(listed["neighbour_row"]) <= set(given.out_of_fold.rows)


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_what_the_errors_have_in_common_is_said_where_it_is_shown_and_only_there(kind):
    common = list_errors(make_input(kind, table=with_a_weak_slice(kind)))
    assert any("home town = Bern" in text and "p < 0.001" in text for text in common.sentences)
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(size=(800, 6)), columns=list("abcdef"))
    table["outcome"] = rng.normal(size=800)
    nothing = list_errors(make_input("regression", table=table))
    assert nothing.values["n_in_common"] == 0
    assert any("No value of a column is shown" in text for text in nothing.sentences)


@pytest.mark.whole
def test_the_nearest_row_is_that_of_gowers_distance():
    given = make_input("binary", 200)
    X, known = given.test.X.head(3), given.out_of_fold.X.head(40)
    days = (pd.to_datetime(known["since"]) - pd.Timestamp(0)).dt.days
    numbers = known[["amount [CHF]", "age"]].assign(since=days)
    spreads = numbers.quantile(0.95) - numbers.quantile(0.05)

    def gower(row, other):
        parts = []
        for name in given.schema.names():
            a, b = row[name], other[name]
            if pd.isna(a) or pd.isna(b):
                parts.append(float(pd.isna(a) != pd.isna(b)))
            elif name in spreads:
                gap = (pd.Timestamp(a) - pd.Timestamp(b)).days if name == "since" else a - b
                parts.append(min(1, abs(gap) / spreads[name]))
            else:
                parts.append(float(a != b))
        return np.mean(parts)

    positions, distances, apart = nearest(given.schema, X, known)
    each = np.array([[gower(row, other) for _, other in known.iterrows()] for _, row in X.iterrows()])
    np.testing.assert_allclose(distances, each.min(axis=1), atol=1e-9)
    np.testing.assert_allclose(each[np.arange(3), positions], distances, atol=1e-9)
    assert all(isinstance(names, str) for names in apart)


def test_a_column_that_is_called_as_one_of_ours_is_kept_beside_it():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"loss": rng.normal(size=300), "row": rng.normal(size=300)})
    table["outcome"] = np.where(table["loss"] + rng.normal(size=300) > 0, "yes", "no")
    listed = list_errors(make_input("binary", table=table)).files["errors.csv"]
    assert {"loss", "row", "loss (raw)", "row (raw)"} <= set(listed.columns)
    assert listed.columns.is_unique


def test_the_order_of_the_table_has_no_part_in_what_wrong_labels_have_in_common():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"year": np.repeat([2021, 2022, 2023, 2024], 300), "x": rng.normal(size=1200)})
    table["outcome"] = rng.choice(["good", "bad"], 1200)
    given = make_input("binary", table=table)
    object.__setattr__(given, "metric", METRICS["accuracy"])
    assert list_errors(given).values["n_in_common"] == 0
    listed = list_errors(given).files["errors.csv"]
    assert listed["year"].nunique() == 4

"""Values of columns, differences and cautions, as the report writes them."""

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input

from model_development.data.columns.recognition import infer_schema
from model_development.evaluation.failures.fairness import compare_decisions
from model_development.evaluation.failures.levels import Levels, as_sortable, levels_of
from model_development.evaluation.performance.column_bins import column_bins
from model_development.explanation.raw_values import read_values
from model_development.phases.evaluation.cautions import all_cautions
from model_development.reports.html import section_html
from model_development.reports.section import Section

WORD = "a long text of which the first characters and the last ones are the same: "


@pytest.fixture(scope="module")
def given():
    """Columns whose values lie close together, that are years, or are alike but for their ends."""
    rng, n = np.random.default_rng(0), 400
    table = pd.DataFrame(
        {
            "latitude": 47.37 + 0.004 * rng.random(n),
            "year": rng.integers(2010, 2015, n),
            "built": rng.integers(1900, 2020, n),
            "kind": np.where(np.arange(n) % 2, WORD + "first" + WORD, WORD + "other" + WORD),
            "state": rng.choice(["missing", "other values", "good", None], n),
        }
    )
    table["outcome"] = np.where(table["latitude"] + 0.001 * rng.normal(size=n) > 47.372, "bad", "good")
    return make_input("binary", table=table, settings={"fairness_columns": ["kind"]})


@pytest.mark.whole
@pytest.mark.parametrize("name", ["latitude", "year", "built", "kind"])
def test_different_levels_are_called_differently(given, name):
    (levels,) = levels_of(given, [name])
    bins = column_bins(given.schema, name, given.out_of_fold.column(name), given.test.column(name))
    assert len(set(levels.labels)) == len(levels.labels)
    assert len(set(bins.labels)) == len(bins.labels)
    assert not any("2,0" in label or "1,9" in label for label in (*levels.labels, *bins.labels))


def test_the_edges_of_bins_are_where_the_rows_are_cut(given):
    (levels,) = levels_of(given, ["latitude"])
    codes, values = levels.codes(given.test.column("latitude")), given.test.column("latitude")
    upper = float(levels.labels[0].split("≤")[1])
    assert values[codes == 0].max() <= upper + 1e-4 < values[codes == 2].min() + 1e-4


@pytest.mark.whole
def test_groups_that_are_called_alike_are_compared(given):
    section = compare_decisions(given)
    (table,) = section.tables.values()
    assert len(table) == 2
    assert table["group"].is_unique


def test_a_category_called_missing_is_not_a_gap(given):
    column = next(one for one in read_values(given.schema, given.test.X) if one.column.name == "state")
    raw = given.test.X["state"]
    assert ((column.texts == "missing") == column.is_missing).all()
    if (raw == "missing").sum() != column.is_missing.sum():  # unless the word is read as a gap
        assert set(column.texts[raw == "missing"]) <= {"'missing'", "missing"}
    bins = column_bins(given.schema, "state", given.out_of_fold.column("state"), raw)
    assert bins.labels.count("other values") == bins.labels.count("missing") == 1


def test_a_year_and_a_latitude_are_written_as_people_write_them(given):
    by_name = {one.column.name: one for one in read_values(given.schema, given.test.X)}
    assert set(by_name["year"].texts) <= {"2010", "2011", "2012", "2013", "2014"}
    assert len(set(by_name["latitude"].texts)) > 20


def test_what_is_a_warning_too_is_said_once():
    section = Section(sentences=("It is worse there.", "It was looked at."), warnings=("It is worse there.",))
    assert section_html("Slices", section).count("It is worse there.") == 1


def content(split="stratified", n_openings=1, low=1.0):
    return {
        "primary_metric": "roc_auc",
        "greater_is_better": True,
        "n_test_openings": n_openings,
        "differences": {"dummy": {"roc_auc": {"difference": 2.0, "low": low, "high": 3.0}}},
        "settings": {"split": split, "group_column": None},
        "n_rows": {"test": 1000},
        "handed_on_fitted_on": "training rows",
        "fitted_on": "training rows",
    }


def test_the_first_page_warns_of_what_speaks_against_the_figures():
    assert all_cautions(content(), {}) == []
    assert "as independent" in all_cautions(content("time"), {})[0]
    assert "1,000 rows in 40 stretches" in all_cautions(content("time") | {"n_test_units": 40}, {})[0]
    of_groups = content("time") | {"n_test_units": 40}
    of_groups["settings"] = {"split": "time", "group_column": "shop"}
    assert "1,000 rows in 40 groups" in all_cautions(of_groups, {})[0]
    assert "used once before" in all_cautions(content(n_openings=2), {})[0]
    assert "used 3 times before" in all_cautions(content(n_openings=4), {})[0]
    assert "not significantly better" in all_cautions(content(low=-1.0), {})[0]
    twice = {name: Section(warnings=("Do not.",)) for name in "ab"}
    assert all_cautions(content(), twice) == ["Do not."]


@pytest.mark.parametrize("sentinel", ["9999-12-31", "0001-01-01"])
def test_a_date_of_any_year_is_put_into_bins_and_written(sentinel):
    table = pd.DataFrame({"until": ["2020-01-01", "2021-01-01", sentinel] * 40})
    schema = infer_schema(table)
    bins = column_bins(schema, "until", table["until"], table["until"])
    assert set(bins.labels) == {"2020-01-01", "2021-01-01", sentinel, "missing"}
    (column,) = schema.columns
    edges = np.unique(as_sortable(column, table["until"]))
    assert sentinel in " ".join(Levels(column, edges).labels)

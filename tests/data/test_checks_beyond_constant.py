"""Checks count what is explained beyond a constant, take missing for a value, and see what models see."""

import numpy as np
import pandas as pd
import pytest
from conftest import write_project

from model_development.data.checks.joined_dates import joined_dates
from model_development.data.intake import take_in
from model_development.settings.context import read_context

N = 2000
RNG = np.random.default_rng(11)
X = RNG.normal(size=N)
SCORE = 2 * X + RNG.normal(size=N)


def findings(folder, table, **settings):
    return take_in(read_context(write_project(folder, table=table, settings=settings))).findings


def errors(folder, table, **settings):
    return [(f.check, f.columns) for f in findings(folder, table, **settings) if f.severity == "error"]


def top(n):
    """1 for the n rows of the highest score."""
    y = np.zeros(N, int)
    y[np.argsort(-SCORE)[:n]] = 1
    return y


def honest(outcome, **columns):
    amount, age = np.exp(RNG.normal(3, 1, N)).round(2), (50 + 10 * X).round(1)
    return pd.DataFrame({"amount": amount, "age": age, **columns, "outcome": outcome})


rare = top(16)
claims = np.where(RNG.random(N) < 0.99, 0.0, RNG.gamma(2, 500, N).round(2))
one_giant = np.where(np.arange(N) == 7, 1e6, SCORE)
classes = np.select([rare == 1, np.arange(N) % 150 == 0], ["fraud", "error"], "fine")
HONEST = {
    "0.8 % positives": honest(rare),
    "0.8 % positives as words": honest(np.where(rare, "yes", "no")),
    "two rare classes beside a frequent one": honest(classes),
    "rare negatives": honest(1 - rare),
    "a quantity that is mostly 0": honest(claims),
    "a quantity that is mostly 7": honest(claims + 7),
    "one giant among small numbers": honest(one_giant),
    "whole numbers, each of the positives' once": honest(rare, code=(1000 * np.exp(X)).astype(int) // 20),
    "columns of zeros and ones": honest(
        rare, a=(RNG.random(N) < 0.01).astype(int), b=(RNG.random(N) < 0.01).astype(int)
    ),
}
part = RNG.gamma(2, 100, N).round(2)
LEAKS = {
    "a copy of rare positives": (honest(rare, flag=rare * 3 + 1), "target_copy"),
    "a part of a sum that is mostly 0": (honest(claims, paid=claims - part, open=part), "target_formula"),
    "a product that is mostly 0": (honest(claims, n=claims / part, each=part), "target_formula"),
    "a difference of rare positives": (honest(rare, high=rare + part, low=part), "target_formula"),
    "reasons of rare positives": (
        honest(rare, reason=np.where(rare, RNG.choice(["x", "y"], N), RNG.choice(["u", "v"], N))),
        "single_feature",
    ),
    "a threshold under one giant": (
        honest(top(600), later=np.where(np.arange(N) == 3, 1e30, top(600) * 50 + RNG.normal(0, 1, N))),
        "single_feature",
    ),
    "a threshold gives the rare positives": (
        honest(rare, later=rare * 50 + RNG.normal(0, 1, N)),
        "single_feature",
    ),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", HONEST)
def test_what_a_constant_reaches_as_well_is_no_error(name, tmp_path):
    assert errors(tmp_path, HONEST[name]) == []


@pytest.mark.whole
@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_where_a_constant_reaches_nearly_all(name, tmp_path):
    table, check = LEAKS[name]
    assert check in [found for found, _ in errors(tmp_path, table)]


y = top(600)
day = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 700, N), "D")
late = (day + pd.to_timedelta(RNG.integers(1, 90, N), "D")).strftime("%Y-%m-%d")
PRESENT = {
    "X for positives": np.where(y, "X", None),
    "blank for positives": np.where(y, None, "X"),
    "a question mark for positives": np.where(y, "?", "X"),
    "a date for positives": np.where(y, late, None),
    "an amount for positives": np.where(y, RNG.normal(size=N), np.nan),
    "one number for positives": np.where(y, 5.0, np.nan),
    "one of two words for positives": np.where(y, RNG.choice(["card", "cash"], N), None),
    "for nearly all positives": np.where(y & (RNG.random(N) > 0.005), "X", None),
}


@pytest.mark.whole
@pytest.mark.parametrize("name", PRESENT)
def test_a_value_that_is_there_for_one_class_only_is_an_error(name, tmp_path):
    table = pd.DataFrame({"x": X, "closed": PRESENT[name], "outcome": y})
    assert ("closed",) in [columns for _, columns in errors(tmp_path, table)]


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["word", "date"])
def test_a_value_that_is_more_often_there_for_one_class_is_none(kind, tmp_path):
    here = np.where(RNG.random(N) < 0.2, RNG.integers(0, 2, N), y)
    table = pd.DataFrame({"x": X, "closed": np.where(here, {"word": "X", "date": late}[kind], None)})
    assert errors(tmp_path, table.assign(outcome=y)) == []


@pytest.mark.whole
def test_a_quantity_that_is_told_by_presence_is_found(tmp_path):
    paid = np.where(y, 1000.0, 0.0) + RNG.normal(0, 1, N)
    table = pd.DataFrame({"x": X, "closed": np.where(y, "X", None), "outcome": paid})
    assert errors(tmp_path, table) == [("single_feature", ("closed",))]


@pytest.mark.whole
def test_the_days_between_two_dates_are_looked_at(tmp_path):
    arrival = day.strftime("%Y-%m-%d")
    table = pd.DataFrame({"x": X, "arrival": arrival, "status": np.where(y, late, arrival), "outcome": y})
    assert errors(tmp_path, table) == [("single_feature", ("arrival", "status"))]
    assert errors(tmp_path, table.assign(status=late)) == []


def bookings(names, month, is_leak, n=1200):
    """Bookings, cancelled before the arrival or ended after it, with the arrival in three columns."""
    rng = np.random.default_rng(3)
    arrival = pd.Timestamp("2016-01-01") + pd.to_timedelta(rng.integers(0, 700, n), "D")
    cancelled = rng.random(n) < 0.4
    stay, before = rng.integers(1, 15, n), -rng.integers(0, 200, n)
    ended = arrival + pd.to_timedelta(
        np.where(cancelled if is_leak else rng.random(n) < 0.4, before, stay), "D"
    )
    parts = (arrival.year, getattr(arrival, month)() if "name" in month else arrival.month, arrival.day)
    table = pd.DataFrame({"x": rng.normal(size=n), **dict(zip(names, parts, strict=True))})
    return table.assign(status_date=ended.strftime("%Y-%m-%d"), outcome=np.where(cancelled, "yes", "no"))


NAMES = [
    ("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"),
    ("year", "month", "day"),
    ("SaleYear", "SaleMonth", "SaleDay"),
]


@pytest.mark.whole
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("month", ["month", "month_name"])
def test_year_month_and_day_are_a_date_that_is_compared_with_others(names, month, tmp_path):
    found = findings(tmp_path / "a", bookings(names, month, True))
    (leak,) = [f for f in found if f.check == "single_feature"]
    assert (leak.severity, set(leak.columns)) == ("error", {"status_date", *names})
    assert "The time between them" in leak.evidence
    honest = findings(tmp_path / "b", bookings(names, month, False))
    assert [str(f) for f in honest if f.check in ("single_feature", "sudden_gain")] == []


@pytest.mark.whole
def test_of_one_year_month_and_day_are_named(tmp_path):
    table = bookings(NAMES[1], "month", True)
    (leak,) = [f for f in findings(tmp_path, table[table["year"] == 2016]) if f.check == "single_feature"]
    assert set(leak.columns) == {"status_date", "month", "day"}


@pytest.mark.parametrize(
    "table",
    [
        {"year": [2020, 2021], "month": [1, 2]},
        {"year": [2020, 2021], "month": [1, 13], "day": [1, 2]},
        {"year": [1, 2], "month": [1, 12], "day": [1, 2]},
        {"sold_year": [2020, 2021], "built_month": [1, 12], "day": [1, 2]},
        {"year": [2020, 2021], "month": ["first", "second"], "day": [1, 2]},
        {"year": [2020, 2021], "month": [1, 2], "day_of_week": [1, 2]},
    ],
)
def test_what_is_no_year_month_and_day_is_no_date(table):
    assert joined_dates(pd.DataFrame(table)) == {}


@pytest.mark.whole
def test_a_date_that_tells_the_class_is_said_without_stopping(tmp_path):
    """Days may rightly tell what trends; a date from which the class follows must be looked at."""
    closed = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.where(y, 400, 0) + RNG.integers(0, 300, N), "D")
    table = pd.DataFrame({"x": X, "status": closed.strftime("%Y-%m-%d"), "outcome": y})
    found = [f for f in findings(tmp_path, table) if f.check == "single_feature"]
    assert [(f.severity, f.columns) for f in found] == [("warning", ("status",))]


@pytest.mark.whole
@pytest.mark.parametrize(
    "column",
    [
        {"Id": np.arange(1, N + 1)},
        {"customer_id": np.sort(RNG.permutation(10**7)[:N])},
        {"remark": [f"case {label} {i}" for i, label in enumerate(np.repeat(["a", "b"], N // 2))]},
        {"hole": np.where(np.arange(N) < 20, 1.0, np.nan)},
    ],
    ids=["row number", "identifier", "a text for each row", "nearly empty"],
)
def test_a_column_that_no_model_sees_is_no_error(column, tmp_path):
    outcome = np.repeat(["A", "B"], N // 2)
    a = (outcome == "B") + RNG.normal(size=N)
    assert errors(tmp_path, pd.DataFrame({**column, "a": a, "b": X, "outcome": outcome})) == []


def test_every_finding_about_columns_names_them(tmp_path):
    table = honest(claims, a=part, b=part * 2 + RNG.normal(0, 1, N))
    for found in findings(tmp_path, table):
        assert found.columns or found.check in ("rows_in_two_parts", "conflicting_labels", "changed_table")


def test_a_column_that_is_to_be_dropped_is_no_feature(tmp_path):
    table = honest(rare, flag=rare * 3 + 1)
    context = read_context(write_project(tmp_path, table=table, settings={"drop_columns": ["flag"]}))
    intake = take_in(context)
    assert "flag" not in intake.data.X_train.columns
    assert [f for f in intake.findings if f.severity == "error"] == []

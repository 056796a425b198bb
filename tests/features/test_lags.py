"""Lags and rolling means: from the past only, within groups, and the same in whatever order rows come."""

import numpy as np
import pandas as pd
import pytest
from step_tables import steps_on

from model_development.data.columns.recognition import infer_schema
from model_development.errors import DataError, SettingsError
from model_development.explanation.model_output import ModelOutput
from model_development.features.steps.asked import asked_steps
from model_development.fitting import measure
from model_development.pipeline import TabularModel
from model_development.serving.served_model import ServedModel
from model_development.settings.settings import make_settings
from model_development.tasks.table import make_task

N = 120


def sales(seed=0, n_rows=N):
    """Rows in no order, several of them at one time, some without a time or a value."""
    rng = np.random.default_rng(seed)
    times = rng.integers(0, n_rows // 2, n_rows).astype(float)
    table = pd.DataFrame(
        {
            "day": times * 1.5 + 1000.25,
            "sold": rng.normal(size=n_rows).cumsum(),
            "price": rng.gamma(2, 3, n_rows),
            "shop": rng.choice(["a", "b", "c"], n_rows),
        }
    )
    table.loc[rng.choice(n_rows, 6, replace=False), "day"] = np.nan
    table.loc[rng.choice(n_rows, 12, replace=False), "sold"] = np.nan
    return table, rng.normal(size=n_rows)


def lagged(table, y, **more):
    return steps_on("lags", table, y, "regression", time_column="day", **more)


def by_hand(table, position, name, group=None):
    """(values 1, 2 and 3 rows back, means of 3 and 7 rows back) of one row."""
    row = table.iloc[position]
    others = table[table["day"] < row["day"]]
    if group:
        others = others[others[group] == row[group]]
    past = others.sort_values(["day", "sold", "price"])[name].to_numpy()[::-1]
    padded = np.append(past, [np.nan] * 7)
    return [*padded[:3], pd.Series(padded[:3]).mean(), pd.Series(padded[:7]).mean()]


@pytest.mark.whole
@pytest.mark.parametrize("group", [None, "shop"])
def test_lags_are_those_of_a_count_by_hand(group):
    table, y = sales()
    _, given, _ = lagged(table, y, group_column=group)
    columns = [f"sold@{part}" for part in ("lag1", "lag2", "lag3", "mean3", "mean7")]
    expected = [by_hand(table, i, "sold", group) for i in range(N)]
    np.testing.assert_allclose(given[columns].to_numpy(), np.array(expected), atol=1e-12)


def test_lags_never_mix_groups_that_the_settings_name():
    """Where the groups are no feature, lags of all of them would be one line in time."""
    table, _ = sales()
    told = {"time_column": "day", "group_column": "shop"}
    with_shops, without = infer_schema(table), infer_schema(table.drop(columns="shop"))
    listed, auto = (make_settings(told | {"features": asked}, "test") for asked in (["lags"], "auto"))
    assert asked_steps(listed, with_shops) == (("lags",), {})
    with pytest.raises(SettingsError, match="name 'shop' in `feature_names`"):
        asked_steps(listed, without)
    assert "lags" in asked_steps(auto, without)[1]


def test_what_depends_on_other_rows_is_not_explained_by_rows_put_together():
    table, y = sales()
    options = {"steps": ["lags"], "time_column": "day"}
    model = TabularModel("sklearn_ridge", "regression", **options).fit(table, y)
    assert not ServedModel(model).answers_rows_alone
    with pytest.raises(DataError, match="by lags what it says of a row depends on the rows before it"):
        ModelOutput(model)
    ModelOutput(TabularModel("sklearn_ridge", "regression", steps=["ratios"]).fit(table, y))


def test_scores_on_fitted_rows_are_of_rows_with_their_own_past(monkeypatch):
    """What the row before has is the target: a score on some of the rows is as good as on all of them."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"day": np.sort(rng.uniform(0, 999, 400)), "sold": rng.normal(size=400)})
    y = table["sold"].shift(1, fill_value=0.0).to_numpy()
    model = TabularModel("sklearn_ridge", "regression", steps=["lags"], time_column="day").fit(table, y)
    task = make_task(pd.Series(y), "sold next", "regression", None)
    monkeypatch.setattr(measure, "TRAIN_SCORE_ROWS", 40)
    assert measure.score_on_seen(model, table, y, task, np.arange(400), seed=0)["r2_score"] > 0.95


def test_a_group_column_that_is_left_out_by_name_is_no_feature():
    told = {"split": "time", "time_column": "day", "group_column": "shop"}
    columns = ["day", "shop", "sold"]
    assert make_settings(told, "test").named_columns(columns) == []
    assert make_settings(told, "test").named_columns() == ["shop"]
    assert make_settings(told | {"split": "group"}, "test").named_columns(columns) == ["shop"]
    assert make_settings(told | {"id_columns": ["shop"]}, "test").named_columns(columns) == ["shop"]


def test_the_future_changes_nothing():
    table, y = sales()
    early = (table["day"] < 1050).to_numpy()
    _, given, _ = lagged(table, y)
    rng = np.random.default_rng(9)
    changed = table.copy()
    for name in ("sold", "price", "day"):
        changed.loc[~early & table["day"].notna().to_numpy(), name] = (
            2000 + rng.normal(size=N)[~early & table["day"].notna().to_numpy()]
        )
    _, other, _ = lagged(changed, rng.normal(size=N))
    pd.testing.assert_frame_equal(given[early], other[early])


def test_the_order_of_the_rows_does_not_matter():
    table, y = sales()
    order = np.random.default_rng(1).permutation(N)
    _, given, _ = lagged(table, y, group_column="shop")
    _, shuffled, _ = lagged(table.iloc[order], y[order], group_column="shop")
    pd.testing.assert_frame_equal(given.iloc[order], shuffled)


@pytest.mark.parametrize("group", [None, "shop"])
def test_later_rows_have_the_last_fitted_rows_as_their_past(group):
    table, y = sales()
    table = table.sort_values("day", kind="stable", na_position="first", ignore_index=True)
    cut = int(np.flatnonzero(table["day"] >= 1060)[0])
    _, whole, _ = lagged(table, y, group_column=group)
    steps, fitted, schema = lagged(table[:cut], y[:cut], group_column=group)
    clean = schema.clean(table)
    pd.testing.assert_frame_equal(steps.transform(clean[cut:]), whole[cut:])
    pd.testing.assert_frame_equal(steps.transform(clean[:cut]), fitted)  # fitted rows count once
    pd.testing.assert_frame_equal(steps.transform(clean), whole)
    first = steps.transform(clean.iloc[[cut]])
    pd.testing.assert_frame_equal(first, whole.iloc[[cut]])  # alone, it sees the kept rows
    kept = steps.fitted_[0].past_
    assert len(kept.times) <= 7 * (3 if group else 1)
    assert kept.times.max() < 1060


def test_rows_before_all_kept_ones_and_rows_without_a_time_see_nothing():
    table, y = sales()
    steps, _, schema = lagged(table, y)
    made = [column["name"] for column in steps.fitted_[0].new_]
    rows = pd.DataFrame({"day": [0.0, np.nan, 1e9], "sold": 1.0, "price": 1.0, "shop": "a"})
    found = steps.transform(schema.clean(rows))[made]
    assert found.iloc[:2].isna().all(axis=None)
    last = by_hand(pd.concat([table, rows.iloc[[2]]], ignore_index=True), N, "price")
    alone = steps.transform(schema.clean(rows.iloc[[2]]))
    np.testing.assert_allclose(alone[["price@lag1", "price@lag2"]].to_numpy()[0], last[:2])


def test_a_model_learns_from_the_row_before():
    rng = np.random.default_rng(0)
    dates = pd.date_range("2024-01-01", periods=300, freq="D")
    table = pd.DataFrame({"when": dates.strftime("%d.%m.%Y"), "load": rng.normal(size=300)})
    y = np.append(0.0, table["load"].to_numpy()[:-1]) * 10
    fitted = TabularModel("sklearn_ridge", "regression", steps=["lags"], time_column="when")
    assert fitted.fit(table[:200], y[:200]).score(table[200:], y[200:]) > 0.95
    assert {row.sources for row in fitted.feature_metadata() if row.step == "lags"} == {("load", "when")}
    assert fitted.schema_ == infer_schema(table[:200])

"""Monitors find what has changed, and cry wolf for nothing else."""

import sys
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from model_development.data.columns.recognition import infer_schema
from model_development.metrics.kpis import Kpi
from model_development.metrics.table import METRICS, get_primary_metric
from model_development.monitoring.business import watch_business
from model_development.monitoring.data_quality import watch_quality
from model_development.monitoring.drift import compare, watch_data, watch_predictions
from model_development.monitoring.history import different_windows, labelled_window
from model_development.monitoring.monitor_input import LabelledRows, MonitorInput, ObservedRows
from model_development.monitoring.performance import _change, _drawn, change_of, measure, watch_performance
from model_development.monitoring.reference import Reference
from model_development.monitoring.slices import watch_slices
from model_development.phases.monitoring.window import latest_labelled
from model_development.settings.decisions import BusinessSettings
from model_development.statistics.estimates import Estimate
from model_development.tasks.table import make_task

sys.path.insert(0, str(ROOT / "benchmarks"))
import drift  # noqa: E402  (the simulation, few times)


def labelled(start, end, **columns):
    """Some of the same labelled rows, without times."""
    task = make_task(pd.Series(["a", "b"]), "class", "binary", None)
    outputs, truth = outputs_of(task, 1000, seed=3)
    rows = slice(start, end)
    said, X = task.predictions(outputs[rows]), pd.DataFrame(columns, index=range(1000)).iloc[rows]
    return LabelledRows(ObservedRows(said, said.labels, X.reset_index(drop=True)), truth[rows])


def entry(window, name="churn"):
    return {"name": name, "version": "1", "performance": {"metric": "f1_score", "window": window}}


def test_windows_without_times_are_other_ones_where_they_have_no_rows_in_common():
    """A labelled table that grows is one proof, however often it is looked at."""

    def n_windows(*ends):
        entries = [entry(labelled_window(labelled(*rows), ["member"])) for rows in ends]
        return len(different_windows(entries, "churn", "1", "f1_score"))

    assert n_windows((0, 300), (0, 350), (0, 400)) == 1
    assert n_windows((0, 300), (200, 500)) == 1
    assert n_windows((0, 300), (300, 600), (600, 1000)) == 3
    assert n_windows((0, 300), (0, 300)) == 1


def test_the_same_rows_are_known_again_however_a_file_types_and_orders_its_columns():
    """Whole numbers become floats where the first value is missing, and exports get columns of their own."""
    whole, part = np.arange(1000), [f"p{k % 7}" for k in range(1000)]
    first = labelled_window(labelled(0, 300, age=whole, part=part), ["age", "part"])
    later = labelled(0, 400, part=part, exported="2026-03-01", age=whole.astype(float))
    entries = [entry(first), entry(labelled_window(later, ["age", "part"]))]
    assert len(different_windows(entries, "churn", "1", "f1_score")) == 1


def test_windows_of_rows_that_all_look_alike_are_told_apart_by_their_fingerprint():
    task, rng = make_task(pd.Series(["a", "b"]), "y", "binary", None), np.random.default_rng(0)

    def window():
        said = task.predictions(np.full((300, 2), 0.5))
        return entry(
            labelled_window(LabelledRows(ObservedRows(said, said.labels), rng.integers(0, 2, 300)), [])
        )

    assert len(different_windows([window() for _ in range(3)], "churn", "1", "f1_score")) == 3


def test_of_few_large_groups_rows_are_drawn_within_them():
    task, groups = make_task(pd.Series([0.5, 1.5]), "y", "regression", None), np.arange(40_000) % 8
    said = task.predictions(np.zeros(40_000))
    rows = LabelledRows(ObservedRows(said, said.labels), np.zeros(40_000), (), groups)
    drawn = _drawn(rows, 20_000, seed=0)
    assert len(drawn) == 20_000
    assert len(np.unique(drawn.groups)) == 8


def test_windows_of_another_package_of_the_same_version_are_not_its_own():
    entries = [
        entry(labelled_window(labelled(0, 300), []), "fraud"),
        entry(labelled_window(labelled(300, 600), [])),
    ]
    assert len(different_windows(entries, "churn", "1", "f1_score")) == 1


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_flag_that_is_nearly_always_the_same_and_turns_over_is_found(share):
    """Of 99 % ones no bin was left to compare."""
    rng = np.random.default_rng(0)
    known, now = ((rng.random(2000) < p).astype(float) for p in (share, 1 - share))
    columns = infer_schema(pd.DataFrame({"flag": known, "other": rng.normal(size=2000)}))
    reference = Reference.from_rows(pd.DataFrame({"flag": known, "other": known}), columns)
    (of_flag,) = [column for column in reference.columns if column.name == "flag"]
    assert compare(of_flag, now).found.p < 1e-6


@pytest.mark.whole
def test_windows_of_groups_are_seldom_called_worse_by_chance():
    """Customers have errors of their own: a window of other customers is no worse model."""
    metric, task = METRICS["rmse"], make_task(pd.Series([0.5, 1.5]), "y", "regression", None)
    groups = np.arange(600) % 30

    def rows(rng, of_groups):
        spread = rng.gamma(2.0, 0.5, 30)[groups]
        said = task.predictions(np.zeros(600))
        return LabelledRows(ObservedRows(said, said.labels), rng.normal(size=600) * spread, (), of_groups)

    def share_called_worse(of_groups):
        n_worse = 0
        for seed in range(60):
            rng = np.random.default_rng(seed)
            given = SimpleNamespace(task=task, seed=seed, tested={})
            tested = _change(given, rows(rng, of_groups), metric).window
            given.tested = {"rmse": tested}
            n_worse += _change(given, rows(rng, of_groups), metric).is_worse
        return n_worse / 60

    assert share_called_worse(groups) <= 0.05
    assert share_called_worse(None) > 0.1


@pytest.mark.parametrize(
    ("settings", "n_groups"),
    [({"group_column": "who"}, 20), ({"split": "time"}, range(10, 100)), ({}, None)],
    ids=["groups", "time", "rows alone"],
)
def test_labelled_rows_have_the_groups_that_the_project_splits_by(settings, n_groups):
    task, truth = make_task(pd.Series(["a", "b"]), "y", "binary", None), np.arange(300) // 30 % 2
    said = task.predictions(np.full((300, 2), 0.5))
    times = pd.Series(pd.date_range("2026-01-01", periods=300, freq="h", tz="UTC"))
    observed = ObservedRows(said, said.labels, pd.DataFrame({"who": np.arange(300) % 20}), times)
    package = SimpleNamespace(settings=settings, task=task)
    found = latest_labelled(LabelledRows(observed, truth), None, package).groups
    if n_groups is None:
        assert found is None
    else:
        assert len(np.unique(found)) in (n_groups if isinstance(n_groups, range) else [n_groups])


LETTERS = [chr(ord("a") + k) for k in range(26)]


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "prix €": rng.gamma(2, 50, n).round(2),
            "town": rng.choice(["Bern", "Genève", "?"], n, p=[0.6, 0.3, 0.1]),
            "member": rng.choice(["yes", "no"], n),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "note": [
                f"remark {a} of {'many ' * b} words" for a, b in rng.integers(100, 999, (n, 2)) // [1, 90]
            ],
        }
    )
    frame.loc[rng.random(n) < 0.1, "prix €"] = np.nan
    return frame


@cache
def schema():
    return infer_schema(table(2000), keep_identifiers=True)


def outputs_of(task, n, seed, skill=2.0):
    """(outputs, truth) of a model that knows something."""
    rng = np.random.default_rng(seed)
    if not task.classes:
        truth = rng.normal(size=n)
        return truth + rng.normal(size=n) / skill, truth
    truth = rng.integers(0, len(task.classes), n)
    logits = rng.normal(size=(n, len(task.classes))) + skill * np.eye(len(task.classes))[truth]
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), truth


def look_at(frame, labels=("no", "yes"), skill=2.0, seed=5, **changes):
    """What monitors see of some rows, all of them labelled."""
    task = make_task(pd.Series(labels or [0.5, 1.5]), "y", "auto" if labels else "regression")
    known, known_truth = outputs_of(task, 800, 1)
    outputs, truth = outputs_of(task, len(frame), seed, skill)
    reference = Reference.from_rows(table(4000, 1), schema(), known, task.classes)
    said = task.predictions(outputs)
    rows = ObservedRows(said, said.labels, frame)
    metric = get_primary_metric(None, task)
    given = MonitorInput(task, metric, schema(), reference, rows, LabelledRows(rows, truth))
    was = task.predictions(known)
    tested = measure(given, LabelledRows(ObservedRows(was, was.labels), known_truth))
    tested = {name: change.window for name, change in tested.items()}
    return MonitorInput(**vars(given) | {"tested": tested} | changes)


def numbers_of(seed, n, n_columns=20):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, n_columns))).add_prefix("x")


def looked_at(X, schema, reference, groups=None, metric="log_loss"):
    """What monitors see of rows without labels."""
    task = make_task(pd.Series(["no", "yes"]), "y", "auto")
    said = task.predictions(np.full((len(X), 2), 0.5))
    return MonitorInput(
        task, METRICS[metric], schema, reference, ObservedRows(said, said.labels, X), groups=groups
    )


@pytest.mark.whole
@pytest.mark.parametrize("n_known", [40, 140])
def test_values_beyond_the_range_of_few_training_rows_are_seldom_an_alarm(n_known):
    """How much lies beyond 40 values is uncertain: in a large window 5 % do of one column, 1 % of another."""
    alarms = 0
    for seed in range(40):
        known, X = numbers_of([seed, 0], n_known), numbers_of([seed, 1], 4000)
        schema = infer_schema(known)
        alarms += bool(watch_quality(looked_at(X, schema, Reference.from_rows(known, schema))).alarms)
    assert alarms <= 3
    wide = watch_quality(looked_at(X * 3, schema, Reference.from_rows(known, schema)))
    assert len(wide.alarms) > 1


def patients(seed, n_patients, n_visits, shift=0.0):
    """(rows, patient of each): three columns of the patient, one of the visit."""
    rng = np.random.default_rng(seed)
    of_patient = np.repeat(np.arange(n_patients), n_visits)
    own = rng.normal(size=(n_patients, 3)) + shift
    X = pd.DataFrame(own[of_patient], columns=["age", "height", "weight"])
    X["sex"] = rng.choice(["f", "m"], n_patients)[of_patient]
    X["pulse"] = rng.normal(size=len(X))
    return X, of_patient


@pytest.mark.whole
def test_other_groups_of_the_same_kind_are_no_drift():
    """Twenty visits of a patient are one proof of its age, and twenty of its pulse."""
    alarms = {"groups": 0, "rows alone": 0}
    for seed in range(40):
        (known, of_known), (X, of_new) = patients([seed, 0], 60, 20), patients([seed, 1], 40, 20)
        schema = infer_schema(known)
        for name, groups in (("groups", (of_known, of_new)), ("rows alone", (None, None))):
            reference = Reference.from_rows(known, schema, groups=groups[0])
            given = looked_at(X, schema, reference, groups[1])
            alarms[name] += bool(watch_data(given).alarms + watch_quality(given).alarms)
    assert alarms["groups"] <= 3
    assert alarms["rows alone"] > 30
    reference = Reference.from_rows(known, schema, groups=of_known)
    other, groups = patients([99, 1], 60, 20, shift=1.5)
    found = watch_data(looked_at(other, schema, reference, groups))
    assert set(found.section.values["drifted"]) == {"age", "height", "weight"}
    moved = watch_data(looked_at(X.assign(pulse=X["pulse"] + 0.4), schema, reference, of_new))
    assert moved.section.values["drifted"] == ["pulse"]


PROBLEMS = {
    "missing": ("prix €", lambda values: values.mask(np.arange(len(values)) % 3 == 0)),
    "unreadable": (
        "prix €",
        lambda values: values.astype(object).mask(np.arange(len(values)) % 9 == 0, "n.d.!"),
    ),
    "unseen": ("town", lambda values: values.mask(np.arange(len(values)) % 9 == 0, "Olten")),
    "out of range": ("prix €", lambda values: values.mask(np.arange(len(values)) % 9 == 0, 1e6)),
}


@pytest.mark.whole
@pytest.mark.parametrize("problem", PROBLEMS)
def test_each_problem_of_a_column_is_found_and_named(problem):
    column, change = PROBLEMS[problem]
    frame = table(500, 3)
    assert watch_quality(look_at(frame)).alarms == ()
    found = watch_quality(look_at(frame.assign(**{column: change(frame[column])})))
    (alarm,) = found.alarms
    assert repr(column) in alarm
    (more,) = [rows[rows["more than expected"]] for rows in found.section.tables.values()]
    assert list(more["problem"]) == [problem]


@pytest.mark.whole
def test_a_column_that_is_not_there_is_an_alarm_and_no_crash():
    given = look_at(table(300, 3).drop(columns="town"))
    assert any("no column 'town'" in text for text in watch_quality(given).alarms)
    assert watch_data(given).alarms == ()


@pytest.mark.whole
@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("prix €", lambda values: values * 1.5),
        ("town", lambda values: np.where(np.arange(len(values)) % 3 == 0, "Genève", values)),
        ("member", lambda values: "yes"),
        ("note", lambda values: values + " and so on"),
    ],
)
def test_a_column_that_drifted_is_found_alone(column, change):
    frame = table(600, 3)
    found = watch_data(look_at(frame.assign(**{column: change(frame[column])})))
    assert found.section.values["drifted"] == [column]


@pytest.mark.whole
def test_time_goes_on_without_an_alarm():
    frame = table(600, 3)
    later = look_at(frame.assign(since=frame["since"] + pd.Timedelta(days=900)))
    assert watch_data(later).alarms == ()
    assert watch_quality(later).alarms == ()
    assert any("since" in text for text in watch_data(later).section.sentences)


@pytest.mark.whole
@pytest.mark.parametrize(
    "labels", [("no", "yes"), (False, True), LETTERS, ()], ids=["text", "bool", "26", "numbers"]
)
def test_a_model_that_got_worse_is_found_and_one_that_did_not_is_left_alone(labels):
    same = look_at(table(400, 3), labels)
    assert watch_performance(same).alarms == ()
    assert watch_predictions(same).alarms == ()
    worse = look_at(table(400, 3), labels, skill=0.5)
    assert len(watch_performance(worse).alarms) == 1
    assert bool(watch_predictions(worse).alarms) == (len(labels) < 26)  # of 26 classes each moves a little


@pytest.mark.whole
@pytest.mark.parametrize("n", [0, 1, 40])
def test_windows_too_small_say_so_and_raise_no_alarm(n):
    given = look_at(table(40, 3).head(n) if n else table(40, 3).head(0), skill=0.1)
    for watch in (watch_quality, watch_data, watch_predictions, watch_performance):
        found = watch(given)
        assert not found.suffices
        assert found.alarms == ()
        assert "too few" in " ".join(found.section.sentences)
    assert watch_slices(given) is None


@pytest.mark.whole
def test_one_positive_in_a_thousand_says_nothing_and_breaks_nothing():
    given = look_at(table(1000, 3), metric=METRICS["f1_score"])
    truth = np.zeros(1000, dtype=int)
    truth[0] = 1
    rare = MonitorInput(**vars(given) | {"labelled": LabelledRows(given.rows, truth)})
    assert watch_performance(rare) is not None
    none = MonitorInput(**vars(given) | {"labelled": LabelledRows(given.rows, np.zeros(1000, dtype=int))})
    assert watch_performance(none) is not None


def test_a_window_is_called_worse_by_chance_in_one_of_a_hundred_at_most():
    rng, accuracy = np.random.default_rng(0), METRICS["accuracy"]
    n_worse = 0
    for _ in range(1000):
        tested, window = (_share(rng.binomial(n, 0.85), n) for n in (1000, 300))
        n_worse += change_of(accuracy, window, tested).is_worse
    assert n_worse <= 15
    assert change_of(accuracy, _share(216, 300), _share(850, 1000)).is_worse


def _share(hits, n):
    p = hits / n
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return Estimate(p, p - half, p + half, n)


@pytest.mark.whole
def test_a_slice_that_is_worse_is_said_and_is_no_alarm():
    given = look_at(table(1500, 3), metric=METRICS["accuracy"])
    labelled, rng = given.labelled, np.random.default_rng(1)
    hard = (labelled.rows.X["town"] == "Genève").to_numpy()
    truth = np.where(hard, rng.integers(0, 2, len(hard)), labelled.truth)
    found = watch_slices(MonitorInput(**vars(given) | {"labelled": LabelledRows(labelled.rows, truth)}))
    assert found.section.values["worse"] == ["town = Genève"]
    assert found.alarms == ()


@pytest.mark.whole
def test_business_figures_of_settings_and_of_the_users_own():
    def share_called(y_pred, positive_class):
        return float(np.mean(y_pred == positive_class))

    def fails(table):
        raise RuntimeError("no such luck")

    asked = BusinessSettings(false_alarm_cost=1.0, revenue_per_true_positive=3.0)
    kpis = (Kpi("share_called", share_called), Kpi("fails", fails))
    given = look_at(table(400, 3), business=asked, kpis=kpis)
    values = watch_business(given).section.values
    called, truth = given.rows.decided == 1, given.labelled.truth == 1
    net = (3.0 * (called & truth) - 1.0 * (called & ~truth)).mean()
    assert values["net value per row"]["value"] == pytest.approx(net)
    assert values["share_called"]["value"] == pytest.approx(called.mean())
    assert values["share_called"]["low"] < called.mean() < values["share_called"]["high"]
    assert "no such luck" in values["fails"]["reason"]
    assert watch_business(look_at(table(400, 3))) is None


@pytest.mark.whole
def test_business_figures_of_rows_in_groups_are_as_uncertain_as_their_groups_are():
    """Twenty rows, each of them twenty times."""
    asked = BusinessSettings(false_alarm_cost=1.0, revenue_per_true_positive=3.0)
    kpi = Kpi("share_called", lambda y_pred, positive_class: float(np.mean(y_pred == positive_class)))
    given = look_at(table(400, 3), business=asked, kpis=(kpi,))
    some = np.repeat(np.arange(20), 20)
    alike = given.labelled.take(some)

    def widths(labelled):
        values = watch_business(replace(given, labelled=labelled)).section.values
        return np.array([values[name]["high"] - values[name]["low"] for name in values])

    assert (widths(replace(alike, groups=some)) > 3 * widths(alike)).all()


@pytest.mark.whole
def test_windows_of_the_simulation_raise_hardly_an_alarm_and_find_what_moved():
    windows = ((200, 0.0, ""), (1000, 0.3, ""), (2000, 0.1, ""))
    found = drift.simulate(20, 2000, windows).set_index(["rows", "shift (sd)"])
    assert found.loc[(200, 0.0), "windows with an alarm"] <= 0.1
    assert found.loc[(1000, 0.3), "moved column found"] >= 0.9
    assert found.loc[(2000, 0.1), "windows with an alarm"] <= 0.15

"""Every analysis of performance: awkward inputs, planted faults, and figures that agree with scikit-learn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluation_inputs import make_input
from sklearn import metrics

from model_development.evaluation.evaluation_input import ScoredRows
from model_development.evaluation.performance.interval_coverage import prediction_bins
from model_development.evaluation.table import ANALYSES
from model_development.outputs.policy import DecisionPolicy
from model_development.reports.chart import Chart
from model_development.tasks.predictions import Predictions

OURS = ("ranking", "confusion", "calibration", "residuals", "prediction_intervals", "prediction_sets")
ROWS = [(name, kind) for name in OURS for kind in ANALYSES[name].kinds]


@pytest.fixture(scope="module")
def inputs():
    """inputs(kind): an EvaluationInput, made once."""
    made = {}
    return lambda kind: made.setdefault(kind, make_input(kind, 600))


def with_test(given, rows):
    return replace(given, test=rows)


def rows_of(truth, said, groups=None, **columns):
    """ScoredRows whose columns are only these."""
    X = pd.DataFrame({"x": np.arange(len(truth), dtype=float)} | columns)
    return ScoredRows(np.arange(len(truth)), X, truth, said, pd.DataFrame(index=X.index), groups)


def check(section):
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in section.sentences)
    assert not any("nan" in sentence.split() for sentence in section.sentences)
    for picture in section.pictures.values():
        assert isinstance(picture.chart, Chart), picture.chart
        assert any(letter.isdigit() for letter in picture.alt)
    assert all(len(table) <= 60 for table in section.tables.values())


@pytest.mark.whole
@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_each_says_the_same_twice_with_charts_that_are_drawn(name, kind, inputs):
    first, second = (ANALYSES[name].run(inputs(kind)) for _ in range(2))
    check(first)
    assert first.sentences == second.sentences
    assert first.values == second.values


@pytest.mark.whole
@pytest.mark.parametrize(("name", "kind"), ROWS)
@pytest.mark.parametrize("n_rows", [1, 20])
def test_few_test_rows_are_no_end(name, kind, n_rows, inputs):
    section = ANALYSES[name].run(with_test(inputs(kind), inputs(kind).test.take(np.arange(n_rows))))
    if section is not None:
        check(section)


@pytest.mark.whole
@pytest.mark.parametrize(("name", "kind"), ROWS)
def test_groups_make_intervals_wider_and_few_of_them_none(name, kind, inputs):
    given = inputs(kind)
    n = len(given.test)
    for n_groups in (3, 12):
        groups = np.arange(n) * n_groups // n
        grouped = replace(
            given,
            test=replace(given.test, groups=groups),
            out_of_fold=replace(given.out_of_fold, groups=np.arange(len(given.out_of_fold)) // 3),
        )
        section = ANALYSES[name].run(grouped)
        check(section)
        if n_groups == 3:
            assert "no interval: too few rows or groups" in " ".join(section.sentences)


@pytest.mark.whole
@pytest.mark.parametrize(("name", "kind"), [row for row in ROWS if row[1] != "regression"])
def test_a_class_that_no_test_row_has_is_no_end(name, kind, inputs):
    given = inputs(kind)
    some = given.test.take(np.flatnonzero(given.test.truth != 0))
    section = ANALYSES[name].run(with_test(given, some))
    if section is not None:
        check(section)
        if name == "confusion":
            assert f"No test row has the class {given.task.classes[0]}" in " ".join(section.sentences)


@pytest.fixture(scope="module")
def letters():
    """26 classes, one of them without test rows, columns of awkward types."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(26), 30)
    table = pd.DataFrame(rng.normal(codes[:, None] % 7, 1.0, (780, 4)), columns=["a$_^", "b", "", "d" * 80])
    table["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(codes, "D")
    table["many"] = pd.array(rng.integers(0, 9, 780), dtype="Int64")
    table.loc[::7, "many"] = pd.NA
    table["kind"] = pd.Categorical(np.where(codes % 2, "odd " * 20, "even"))
    table["outcome"] = [chr(65 + code) for code in codes]
    given = make_input("multiclass", table=table)
    return with_test(given, given.test.take(np.flatnonzero(given.test.truth != 25)))


@pytest.mark.whole
@pytest.mark.parametrize("name", [name for name in OURS if "multiclass" in ANALYSES[name].kinds])
def test_26_classes_stay_readable(name, letters):
    section = ANALYSES[name].run(letters)
    check(section)
    assert all(table.shape[1] <= 16 for table in section.tables.values())


@pytest.mark.whole
def test_areas_and_first_rows_are_those_of_scikit_learn(inputs):
    given = inputs("binary")
    k = given.test.said.positive
    truths, scores = given.test.truth == k, given.test.said.by_class[:, k]
    section = ANALYSES["ranking"].run(given)
    assert section.values["roc_auc"]["value"] == pytest.approx(metrics.roc_auc_score(truths, scores))
    assert section.values["pr_auc"]["value"] == pytest.approx(metrics.average_precision_score(truths, scores))
    top = section.tables["The first rows by probability"].set_index("first")
    first = np.argsort(-scores)[: round(0.2 * len(scores))]
    assert top.loc["20 %", "precision"] == pytest.approx(truths[first].mean())
    assert top.loc["20 %", "recall"] == pytest.approx(truths[first].sum() / truths.sum())
    assert top.loc["20 %", "lift"] == pytest.approx(truths[first].mean() / truths.mean())
    assert top.loc["100 rows", "rows"] == 100
    assert (top["precision low"] <= top["precision"]).all()
    assert (top["lift"] <= top["lift high"]).all()


@pytest.mark.whole
def test_intervals_of_the_first_rows_hold_what_very_many_rows_have():
    from model_development.evaluation.performance.top_rows import top_table

    def draw(rng, n):
        scores = rng.beta(1, 4, n)
        return rng.random(n) < scores, scores

    true = top_table(*draw(np.random.default_rng(0), 400_000), None, 0).set_index("first").loc["5 %"]
    held = {"precision": [], "recall": [], "lift": []}
    for seed in range(1, 301):
        row = top_table(*draw(np.random.default_rng(seed), 600), None, seed).set_index("first").loc["5 %"]
        for name, found in held.items():
            found.append(row[f"{name} low"] <= true[name] <= row[f"{name} high"])
    assert all(np.mean(found) >= 0.92 for found in held.values())


def test_rows_of_equal_score_are_taken_in_any_order():
    from model_development.evaluation.performance.top_rows import top_table

    truths = np.r_[np.ones(50, dtype=bool), np.zeros(450, dtype=bool)]
    found = [
        top_table(truths, np.full(500, 0.1), None, s).set_index("first").loc["20 %", "lift"]
        for s in range(30)
    ]
    assert np.mean(found) == pytest.approx(1, abs=0.12)


@pytest.mark.whole
def test_bands_lie_around_the_curve(inputs):
    from model_development.evaluation.performance.rank_curves import rank_curves

    said, truth = inputs("binary").test.said, inputs("binary").test.truth
    curves = rank_curves(truth == 0, said.by_class[:, 0], None, 0)
    for curve in curves.values():
        inside = np.isfinite(curve.low) & (curve.x > 0.02) & (curve.x < 0.98)
        assert np.mean((curve.low <= curve.y + 1e-9) & (curve.y <= curve.high + 1e-9), where=inside) > 0.95
    false_share, true_share, _ = metrics.roc_curve(truth == 0, said.by_class[:, 0], drop_intermediate=False)
    np.testing.assert_allclose(curves["roc"].y, np.interp(curves["roc"].x, false_share, true_share))


@pytest.mark.whole
@pytest.mark.parametrize("threshold", [0.05, 0.9])
def test_the_policy_decides_in_the_matrix_and_on_the_curve(threshold, inputs):
    given = inputs("binary")
    k = given.test.said.positive
    policed = replace(given, policy=DecisionPolicy(threshold, k))
    called = given.test.said.by_class[:, k] >= threshold
    section = ANALYSES["confusion"].run(policed)
    row = section.tables["By class"].iloc[k]
    assert row["decided"] == called.sum()
    assert row["recall"] == pytest.approx(metrics.recall_score(given.test.truth == k, called))
    assert row["precision"] == pytest.approx(metrics.precision_score(given.test.truth == k, called))
    assert f"threshold {threshold}" in section.sentences[0]
    told = " ".join(ANALYSES["ranking"].run(policed).sentences)
    assert f"recall {row['recall']:.4g}" in told


@pytest.mark.whole
def test_the_matrix_is_that_of_scikit_learn_and_names_the_confusions(letters):
    section = ANALYSES["confusion"].run(letters)
    matrix = section.files["confusion_matrix.csv"].drop(columns="true class").to_numpy()
    truth, said = letters.test.truth, letters.test.said.labels
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(truth, said, labels=range(26)))
    worst = section.tables["Most frequent confusions"].iloc[0]
    classes = letters.task.classes
    off = matrix - np.diag(np.diag(matrix))
    assert off[classes.index(worst["true class"]), classes.index(worst["decided"])] == off.max()
    assert len(section.tables["Most frequent confusions"]) == min(20, (off > 0).sum())
    f1 = metrics.f1_score(truth, said, labels=range(26), average=None, zero_division=0)
    np.testing.assert_allclose(section.tables["By class"]["f1"].astype(float).fillna(0), f1)


@pytest.mark.whole
def test_too_sure_probabilities_are_warned_of_and_right_ones_are_not(inputs):
    rng = np.random.default_rng(0)
    p = rng.beta(1, 2, 2000)
    truth = (rng.random(2000) < p).astype(int)
    for power, n_warnings in ((1, 0), (3, 1)):
        said = p**power / (p**power + (1 - p) ** power)
        both = np.column_stack([1 - said, said])
        rows = rows_of(truth, Predictions((said > 0.5).astype(int), both, 1))
        section = ANALYSES["calibration"].run(with_test(inputs("binary"), rows))
        assert len(section.warnings) == n_warnings
        assert ("do not contradict" in " ".join(section.sentences)) == (n_warnings == 0)


def regression_with(inputs, truth, said, **columns):
    """The input whose rows have the columns of the model, with some of them replaced."""
    given = inputs("regression")
    n = len(truth)
    X = (
        given.out_of_fold.X.iloc[np.arange(n) % len(given.out_of_fold)]
        .reset_index(drop=True)
        .assign(**columns)
    )
    rows = ScoredRows(np.arange(n), X, truth, Predictions(said), pd.DataFrame(index=X.index))
    return replace(given, out_of_fold=rows, test=rows)


@pytest.mark.whole
def test_a_residual_that_depends_on_a_column_is_named_and_others_are_not(inputs):
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, 900)
    said = rng.normal(100, 20, 900)
    planted = regression_with(inputs, said + rng.normal(size=900) + np.where(age > 60, 2, 0), said, age=age)
    section = ANALYSES["residuals"].run(planted)
    assert section.values["dependent_columns"] == ["age"]
    assert any("depends on 'age'" in sentence for sentence in section.sentences)
    assert "too low" in section.sentences[0]


@pytest.mark.whole
def test_no_dependence_is_claimed_of_tables_without_any(inputs):
    claimed, n_tables = 0, 60
    for seed in range(n_tables):
        rng = np.random.default_rng(seed)
        said = rng.normal(100, 20, 300)
        truth = said + rng.normal(size=300) * (1 + rng.random(300))
        from model_development.evaluation.performance.residual_columns import residuals_by_column

        given = regression_with(inputs, truth, said, age=rng.integers(18, 90, 300))
        claimed += (residuals_by_column(given, truth - said)[1]["p"] < 0.05).any()
    assert claimed / n_tables <= 0.12


@pytest.mark.whole
def test_intervals_that_cover_less_than_promised_are_warned_of(inputs):
    rng = np.random.default_rng(0)
    said = rng.uniform(100, 200, 600)
    given = regression_with(inputs, said + rng.normal(size=600), said)
    later = replace(given.test, truth=said + 2 * rng.normal(size=600))
    assert ANALYSES["prediction_intervals"].run(given).warnings == ()
    section = ANALYSES["prediction_intervals"].run(replace(given, test=later))
    assert "less than promised" in section.warnings[0]
    assert section.values["coverage"] < 0.75


@pytest.mark.whole
def test_too_few_rows_for_intervals_are_said(inputs):
    for kind, name in (("regression", "prediction_intervals"), ("binary", "prediction_sets")):
        given = inputs(kind)
        few = replace(given, out_of_fold=given.out_of_fold.take(np.arange(8)))
        (sentence,) = ANALYSES[name].run(few).sentences
        assert "8 independent out-of-fold rows are too few for 90 % prediction" in sentence


def test_rows_of_one_prediction_are_in_one_part_whatever_their_order():
    said = np.random.default_rng(0).choice([1.0, 2.0, 3.0, 9.0], 300, p=[0.5, 0.3, 0.19, 0.01])
    parts = prediction_bins(said)
    assert sorted(np.concatenate(parts)) == list(range(300))
    assert len(np.concatenate([np.unique(said[part]) for part in parts])) == 4
    assert min(map(len, parts)) >= 20
    different = prediction_bins(np.random.default_rng(0).normal(size=300))
    assert [len(part) for part in different] == [30] * 10


def test_too_few_rows_have_no_lowest_and_highest_part(inputs):
    given = with_test(inputs("regression"), inputs("regression").test.take(np.arange(30)))
    section = ANALYSES["residuals"].run(given)
    assert section.sentences[-1].startswith("The 30 test rows are too few, or too alike, to be parted")
    check(section)


def test_the_brier_score_is_called_the_metric_where_it_is(inputs):
    for kind in ("binary", "multiclass"):
        (said,) = (text for text in ANALYSES["calibration"].run(inputs(kind)).sentences if "Brier" in text)
        assert ("interval of the metric" in said) == (kind == "binary")
        assert ("of 'the most likely class'" in said) == (kind == "multiclass")

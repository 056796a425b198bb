import json

import numpy as np
import pandas as pd
import pytest

from model_development.data.intake import take_in
from model_development.errors import SettingsError
from model_development.settings.context import read_context
from model_development.use_cases.catalogue import get_use_case, use_cases
from model_development.use_cases.signal import draw_classes, expected_auc
from model_development.use_cases.synthetic import synthetic_table

FLAG_KINDS = ("category", "number")


@pytest.fixture(scope="module")
def intakes(tmp_path_factory):
    """intakes(key): the made-up table of a use case as the project reads it, from a CSV file."""
    known = {}

    def read(key):
        if key not in known:
            case, folder = use_cases()[key], tmp_path_factory.mktemp(key)
            synthetic_table(case).to_csv(folder / "table.csv", index=False)
            context = folder / "pipeline_context.json"
            outputs = {"feature_data_path": "table.csv", "target_variable": case.target.name}
            context.write_text(
                json.dumps(
                    {"project": key, "epoch_004_outputs": outputs, "epoch_005_settings": case.settings()}
                ),
                encoding="utf-8",
            )
            known[key] = take_in(read_context(context))
        return known[key]

    return read


# Of each kind of problem and split, of texts, codes and labels of every type: quick. The others: slow.
QUICK = (
    *("credit_risk_scoring", "claim_severity", "ticket_priority", "absence_days", "coupon_redemption"),
    *("quality_defect_type", "server_failure", "salary_benchmark"),
)
EVERY = [pytest.param(key, marks=[] if key in QUICK else pytest.mark.slow) for key in use_cases()]


@pytest.mark.whole
@pytest.mark.parametrize("key", EVERY)
def test_columns_are_recognised_and_no_check_calls_them_leaks(key, intakes):
    case, intake = use_cases()[key], intakes(key)
    kinds = {column.name: column.kind for column in intake.data.schema.columns}
    for feature in case.features:
        expected = FLAG_KINDS if feature.kind == "flag" else (feature.kind,)
        assert kinds[feature.name] in expected, feature.name
    assert [str(f) for f in intake.findings if f.severity == "error"] == []
    leaks = {"target_copy", "target_determined", "target_formula", "single_feature", "sudden_gain"}
    assert not leaks & {finding.check for finding in intake.findings}


@pytest.mark.whole
@pytest.mark.parametrize("key", EVERY)
def test_target_is_as_declared(key):
    case = use_cases()[key]
    y = synthetic_table(case)[case.target.name]
    for label, share in case.class_shares.items():
        assert (y == label).mean() == pytest.approx(share, abs=3.5 * np.sqrt(share * (1 - share) / 2000))
    if case.target.range:
        low, high = case.target.range
        assert low <= y.median() <= high
        assert y.nunique() > 20


@pytest.mark.whole
@pytest.mark.parametrize("key", EVERY)
def test_a_quick_model_learns_something_and_never_all(key, intakes):
    case, data = use_cases()[key], intakes(key).data
    score = _quick_score(data)
    floor = 0.2 if case.problem_type == "regression" else 0.62
    assert floor < score < min(0.95, case.synthetic_ceiling + 0.05)


def _quick_score(data):
    """The better of a linear and a boosted model on one fold: ROC AUC (weighted), or R2."""
    from sklearn.metrics import r2_score, roc_auc_score

    from model_development.pipeline import TabularModel

    fit, held = data.folds[-1]
    y, task = np.asarray(data.y_train), data.task
    scores = []
    names = ("lightgbm_baseline", "sklearn_ridge" if not task.has_classes else "sklearn_logistic_regression")
    for name in names:
        model = TabularModel(name, task.family, data.schema, seed=0)
        model.fit(data.X_train.iloc[fit], y[fit])
        if not task.has_classes:
            scores.append(r2_score(y[held], model.predict(data.X_train.iloc[held])))
            continue
        shares = model.predict_proba(data.X_train.iloc[held])
        truth = task.encode(y[held])
        areas = [roc_auc_score(truth == code, shares[:, code]) for code in np.unique(truth)]
        scores.append(np.average(areas, weights=np.bincount(truth)[np.unique(truth)]))
    return max(scores)


def test_the_same_seed_gives_the_same_rows_and_another_one_others():
    case = get_use_case("customer_churn")
    first, again, other = (synthetic_table(case, 300, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.whole
def test_gaps_groups_times_and_rare_levels_are_there():
    churn = synthetic_table(get_use_case("customer_churn"))
    assert churn["handset_age_months"].isna().mean() == pytest.approx(0.08, abs=0.03)
    assert churn["snapshot_date"].is_monotonic_increasing
    stays = synthetic_table(get_use_case("readmission_risk"))
    assert 1.5 < stays["patient_id"].value_counts().mean() < 3
    lots = synthetic_table(get_use_case("quality_defect_type"))["material_batch"].value_counts()
    assert lots.min() < 0.02 * lots.sum() < lots.max()


def test_too_few_rows_are_refused():
    with pytest.raises(SettingsError, match="200 rows"):
        synthetic_table(get_use_case("customer_churn"), 10)


@pytest.mark.whole
def test_classes_are_drawn_with_the_ceiling_that_was_asked_for():
    rng = np.random.default_rng(0)
    scores = np.outer(rng.standard_normal(20_000), [-1.0, 1.0])
    drawn = draw_classes(scores, np.array([0.9, 0.1]), 0.8, rng)
    assert drawn.mean() == pytest.approx(0.1, abs=0.01)
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(drawn, scores[:, 1]) == pytest.approx(0.8, abs=0.02)
    assert expected_auc(np.full((50, 2), 0.5)) == pytest.approx(0.5)

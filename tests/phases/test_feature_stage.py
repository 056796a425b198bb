"""Feature steps in phase 1: what is the signal stays, what is noise does not, and the steps go along."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.errors import SettingsError
from model_development.metrics.table import METRICS
from model_development.phases.training import feature_search
from model_development.phases.training.feature_text import feature_sentences
from model_development.phases.training.feature_trials import judge
from model_development.phases.training.results import ModelResult
from model_development.settings.context import read_context

LINEAR = "sklearn_logistic_regression"
STEPS = ["products", "category_counts", "target_means"]


def product_table(n_rows=400, seed=0):
    """The product of two columns says the class; a linear model of the columns themselves cannot."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=["a (m)", "b", "c"])
    table["word"] = rng.choice(["x", "y", "z"], n_rows)
    signal = table["a (m)"] * table["b"] + rng.normal(0, 0.3, n_rows)
    table["outcome"] = np.where(signal > 0, "bad", "good")
    return table


def trained(context, models=(LINEAR,), **settings):
    phase = mu.start_training(context_path=context, models=list(models), **settings)
    mu.train_dummy(phase)
    mu.train_all(phase)
    return phase, mu.try_features(phase)


def report_of(context):
    file = context.parent / "artifacts" / "epoch005-model-development" / "feature_report.json"
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Phase 1 on the table whose signal is a product, and phase 2 of what came of it."""
    settings = {
        "cv_folds": 5,
        "features": STEPS,
        "profile": False,
        "primary_metric": "roc_auc",
        "ensemble": "never",
    }
    context = write_project(tmp_path_factory.mktemp("kept"), table=product_table(), settings=settings)
    phase, table = trained(context, (LINEAR, "lightgbm_baseline"))
    return context, phase, table, mu.finish_training(phase)


@pytest.mark.whole
def test_a_step_that_is_the_signal_is_kept_where_a_model_needs_it_and_noise_is_not(kept):
    context, phase, table, best = kept
    linear = table[table["family"] == "linear"].set_index("step")
    assert list(linear.index) == STEPS
    assert linear["kept"].to_dict() == {"products": "yes", "category_counts": "", "target_means": ""}
    assert linear.loc["products", "gain"] > 0.3
    assert set(table["family"]) == {"linear", "trees"}
    assert best.label == f"{LINEAR}+products"
    base, row = (phase.rows[label] for label in (LINEAR, best.label))
    tested = table[(table["family"] == "linear") & (table["step"] == "products")].iloc[0]
    assert tested["gain"] == pytest.approx(row.cv("roc_auc") - base.cv("roc_auc"))
    assert mu.load_model(best.model_path).steps == ["products"]
    client = mlflow.MlflowClient(phase.session.record.store.uri)
    assert client.get_run(best.run_id).data.params["features"] == "products"
    assert "features" not in client.get_run(base.run_id).data.params


@pytest.mark.whole
def test_the_report_says_what_was_tried_and_what_was_made(kept):
    context, phase, _, best = kept
    report = report_of(context)
    assert {row["name"] for row in report["features"]} == {"a (m)", "b", "c", "word"}
    linear = report["families"][0]
    assert (linear["family"], linear["kept"], linear["row"]) == ("linear", ["products"], best.label)
    assert all(trial["seconds"] > 0 and trial["why"] for trial in linear["tried"])
    first = next(row for row in report["made_features"] if row["model"] == best.label)
    assert first["importance_rank"] == 1
    assert sorted(first["sources"]) == ["a (m)", "b"]
    assert first["missing_share"] == 0
    assert "products (roc_auc gains" in mu.conclusion(phase)


@pytest.mark.whole
def test_phase_2_tunes_the_model_with_its_steps(kept):
    context, *_ = kept
    outputs = mu.tune_best_model(context, strategy="random", n_trials=2)
    assert outputs["best_model_params"]["features"] == "products"
    model = mu.load_model(outputs["model_path"])
    assert list(model.steps) == ["products"]
    assert outputs["final_metric_value"] > 0.85
    results = context.parent / "artifacts" / "epoch005-model-development" / "all_tuning_results.csv"
    assert pd.read_csv(results)["cv_roc_auc_mean"].min() > 0.6  # without the product it is 0.5


@pytest.mark.whole
def test_lags_are_within_the_groups_that_the_settings_name(tmp_path):
    """What a shop sold the day before is the target; what another one sold is not."""
    rng = np.random.default_rng(0)
    n_shops, n_days = 8, 60
    sold = rng.normal(size=(n_days, n_shops))
    shops = np.tile([f"shop {i}" for i in range(n_shops)], n_days)
    table = pd.DataFrame({"day": np.repeat(np.arange(n_days), n_shops), "shop": shops, "sold": sold.ravel()})
    before = np.vstack([sold[:1], sold[:-1]])
    table["outcome"] = before.ravel() + rng.normal(0, 0.1, len(table))
    settings = {"split": "time", "time_column": "day", "group_column": "shop", "features": ["lags"]}
    context = write_project(tmp_path, table=table, settings=settings | {"profile": False})
    content = json.loads(context.read_text(encoding="utf-8"))
    content["epoch_004_outputs"]["feature_names"] = ["day", "shop", "sold"]
    context.write_text(json.dumps(content), encoding="utf-8")
    phase, _ = trained(context, ("lightgbm_baseline",))
    family = phase.features.families[0]
    assert family.kept == ("lags",)
    assert family.best.params["group_column"] == "shop"


@pytest.mark.whole
def test_what_was_tried_is_not_tried_again(kept, monkeypatch):
    context, phase, table, best = kept
    monkeypatch.setattr(feature_search.FeatureSearch, "_call", lambda *_: pytest.fail("it was fitted again"))
    again, table_again = trained(context, (LINEAR, "lightgbm_baseline"))
    pd.testing.assert_frame_equal(table_again, table)
    assert again.rows[best.label].run_id == best.run_id
    assert [family.made for family in again.features.families] == [f.made for f in phase.features.families]


@pytest.mark.whole
def test_without_time_nothing_is_tried_and_that_is_said(tmp_path, monkeypatch):
    table, settings = product_table(120), {"cv_folds": 5, "profile": False, "time_budget_s": 600.0}
    context = write_project(tmp_path, table=table, settings=settings)
    monkeypatch.setattr(feature_search, "LONGER", 1e6)
    phase, tried = trained(context, features="products, ratios")
    assert list(tried["why"]) == [feature_search.NO_TIME] * 2
    assert "not tried, for want of time: ratios, products" in mu.conclusion(phase)
    assert list(phase.rows) == ["dummy_floor", LINEAR]


@pytest.mark.whole
def test_off_shows_nothing(tmp_path):
    context = write_project(tmp_path, table=product_table(120), settings={"profile": False})
    phase = mu.start_training(context_path=context, models=[LINEAR])
    assert mu.try_features(phase) is None
    assert phase.features is None
    assert feature_sentences(phase.features, phase.session.metric) == []


@pytest.mark.whole
@pytest.mark.parametrize(
    ("features", "message"),
    [
        ("atuo", "no feature step is called 'atuo'. Did you mean 'auto'"),
        (["ratio"], "no feature step is called 'ratio'. Did you mean 'ratios'"),
        ([1], "must be 'off', 'auto', or a list of names"),
        (["lags"], "time column"),
        (["text_statistics"], "text column"),
    ],
)
def test_what_cannot_be_tried_is_said_before_training(features, message, tmp_path):
    context = write_project(tmp_path, table=make_table(n_rows=60), settings={"profile": False})
    with pytest.raises(SettingsError, match=message.replace(".", r"\.")):
        mu.start_training(context_path=context, models=[LINEAR], features=features)


@pytest.mark.parametrize(
    ("written", "read"), [("auto", "auto"), ("ratios, pca", ["ratios", "pca"]), ([], "off"), ("off", "off")]
)
def test_steps_may_be_a_list_or_a_text_with_commas(written, read, tmp_path):
    assert read_context(write_project(tmp_path, settings={"features": written})).settings.features == read


def result_of(scores, **params):
    measured = {"folds": list(range(len(scores))), "fold_scores": {"rmse": list(scores)}, "n_scored": 40.0}
    measured |= {"test_share": 0.25, "cv": {"rmse": {"mean": float(np.mean(scores))}}}
    return ModelResult("sklearn_ridge", "sklearn", "ok", params=params, measured=measured)


def test_the_number_of_steps_decides_what_is_enough():
    without, tried = result_of([10.0, 11.0, 12.0, 10.5, 11.5]), result_of([9.0, 9.8, 11.3, 9.2, 10.7])
    alone, one_of_many = (judge("ratios", tried, without, METRICS["rmse"], n, 1.0) for n in (1, 1000))
    assert alone.is_kept
    assert not one_of_many.is_kept
    assert one_of_many.p == pytest.approx(min(1.0, 1000 * alone.p))
    assert alone.gain == pytest.approx(0.9, abs=0.2)
    assert alone.low < alone.gain < alone.high


def test_a_step_that_changes_nothing_or_has_no_score_is_not_kept():
    without = result_of([10.0, 11.0, 12.0])
    same = judge("ratios", without, without, METRICS["rmse"], 1, 1.0)
    assert (same.gain, same.is_kept, same.why) == (0.0, False, "no gain")
    undefined = result_of([10.0, 11.0, 12.0])
    undefined.measured["cv"]["rmse"]["mean"] = None
    assert "not defined" in judge("ratios", undefined, without, METRICS["rmse"], 1, 1.0).why

"""The ensemble in phases 2 and 3: handed over where it is better or asked for, evaluated like any model."""

import json
import shutil
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.cli.results import tuning_content
from model_development.cli.status import status_of
from model_development.ensembles.model import EnsembleModel
from model_development.ensembles.table import ENSEMBLES, GREEDY
from model_development.errors import SettingsError, TemplateError
from model_development.phases.session import open_session
from model_development.phases.tuning import ensembling, refitted_members
from model_development.phases.tuning import phase as phase_2
from model_development.phases.tuning.report import tuning_summary
from model_development.storage.files import EPOCH_FOLDER
from model_development.tracking.connection import sqlite_uri

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("without_charts")]

MODELS = {
    "binary": ("sklearn_logistic_regression", "sklearn_random_forest", "lightgbm_baseline"),
    "regression": ("sklearn_linear_regression", "sklearn_random_forest", "lightgbm_baseline"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """trained(folder, kind, models): a copy of a project in which phase 1 has run."""

    @cache
    def project(kind, models):
        context = write_project(tmp_path_factory.mktemp(kind), kind, make_table(kind, 400))
        phase = mu.start_training(context_path=context, models=models)
        mu.train_dummy(phase)
        mu.train_all(phase)
        mu.finish_training(phase)
        return context

    def copied(folder, kind, *models):
        made = project(kind, models or MODELS[kind])
        shutil.copytree(made.parent, folder, dirs_exist_ok=True)
        return folder / made.name

    return copied


def tuned(context, ensemble, **options):
    content = json.loads(context.read_text(encoding="utf-8"))
    content["epoch_005_settings"]["ensemble"] = ensemble
    context.write_text(json.dumps(content), encoding="utf-8")
    return mu.tune_best_model(context, strategy="random", n_trials=2, **options)


def artifact(context, name):
    return context.parent / "artifacts" / EPOCH_FOLDER / name


def read(context, name):
    return json.loads(artifact(context, name).read_text())


def runs(context, name):
    client = mlflow.MlflowClient(sqlite_uri(context.parent / "artifacts" / "mlflow.db"))
    (experiment,) = [e for e in client.search_experiments() if e.name.endswith("_model")]
    found = client.search_runs([experiment.experiment_id])
    return client, [run for run in found if run.info.run_name == name]


def same_model(folder, other):
    """Have two folders the same fitted model?"""
    return all(
        json.loads((folder / "model.json").read_text())["files"].get(name) == checksum
        for name, checksum in json.loads((other / "model.json").read_text())["files"].items()
    )


@pytest.mark.parametrize("kind", ["binary", pytest.param("regression", marks=pytest.mark.slow)])
def test_an_ensemble_that_was_asked_for_is_handed_over_and_evaluated(kind, trained, tmp_path, monkeypatch):
    context = trained(tmp_path, kind)
    outputs = tuned(context, "always")
    found, info = read(context, "ensemble.json"), read(context, "tuned_model_info.json")
    assert outputs["final_model"] == "ensemble_greedy" == info["ensemble"]["name"]
    assert outputs["best_model_name"] in MODELS[kind]
    assert found["handed_over"]
    assert sum(found["weights"].values()) == pytest.approx(1)
    assert "is handed over in its place" in outputs["verdict"]
    assert "ms, in place of" in outputs["verdict"]
    assert found["fitted_on"] == "training and validation rows"
    assert "Its members are fitted on training and validation rows." in outputs["verdict"]
    member = artifact(context, "tuned_model") / "members" / next(iter(found["weights"]))
    assert not same_model(member, artifact(context, "models") / member.name)  # of the training rows alone

    metric = outputs["primary_metric"]
    _figures_are_of_the_model_that_they_are_beside(context, outputs, found, info)
    assert "(weights of the other folds), handed over\n" in tuning_summary(context)
    assert found["nested_cv_means"]["ensemble_greedy"] == pytest.approx(np.mean(found["nested_scores"]))
    assert found["cv"][metric]["mean"] == pytest.approx(np.mean(found["nested_scores"]))
    assert set(found["nested_cv_means"]) == {"ensemble_greedy", "ensemble_voting", "ensemble_stacking"}
    client, (run,) = runs(context, "ensemble_greedy")
    assert run.data.tags["phase"] == "2"
    assert run.data.metrics[f"cv_{metric}_mean"] == pytest.approx(found["cv"][metric]["mean"])
    assert run.data.metrics["inference_time_ms"] > 0
    assert run.data.metrics["model_size_mb"] > 0
    assert "ensemble.json" in {item.path for item in client.list_artifacts(run.info.run_id)}

    model = mu.load_model(outputs["model_path"])
    assert isinstance(model, EnsembleModel)
    assert list(model.members) == list(found["weights"])
    table = pd.read_csv(next(context.parent.glob("*.csv")))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", outputs["tracking_uri"])
    logged = mlflow.pyfunc.load_model(outputs["model_uri"])
    np.testing.assert_array_equal(logged.predict(table), model.predict(table))

    again = mu.tune_best_model(context, strategy="random", n_trials=2)  # finished: it is shown as it ended
    assert again["final_model"] == "ensemble_greedy"
    assert len(runs(context, "ensemble_greedy")[1]) == 1

    with pytest.raises(TemplateError, match="`refit_all` fits one model anew"):
        mu.evaluate_model(context, refit_all=True)
    mu.evaluate_model(context)
    evaluated = read(context, "evaluation_metrics.json")
    assert evaluated["failed"] == {}
    assert evaluated["final_model"] == "ensemble_greedy"
    figures = evaluated["models"]["final"]["metrics"][metric]
    assert figures["cv_mean"] == pytest.approx(found["cv"][metric]["mean"])
    said = pd.read_parquet(artifact(context, "test_predictions.parquet"))
    model = mu.load_model(outputs["model_path"])
    rows = table.iloc[said["row"]]
    assert model.predict(rows).tolist() == said["prediction"].tolist()
    after = json.loads(context.read_text(encoding="utf-8"))["epoch_005_outputs"]
    assert after["final_model"] == "ensemble_greedy"
    assert model.uncertainty_ is not None


def _figures_are_of_the_model_that_they_are_beside(context, outputs, found, info):
    """An ensemble that is handed over has figures of its own, beside those of the tuned model."""
    handoff = yaml.safe_load(artifact(context, "handoff.yaml").read_text(encoding="utf-8"))
    said = tuning_content(context.parent / "artifacts" / EPOCH_FOLDER)
    assert handoff["model"]["name"] == "ensemble_greedy"
    assert handoff["model"]["params"] == {"weights": found["weights"]}
    assert handoff["tuned_model"] == {"name": info["model_name"], "params": info["best_params"]}
    of_ensemble = outputs["ensemble"]
    assert of_ensemble == handoff["ensemble"]
    assert of_ensemble["weights"] == said["ensemble"]["weights"] == found["weights"]
    assert of_ensemble["cv_mean"] == pytest.approx(said["ensemble"]["on_the_folds"]["value"])
    assert of_ensemble["validation_metric_value"] == found["metrics"][outputs["primary_metric"]]
    assert of_ensemble["fitted_on"] == said["tuned_model"]["fitted_on"] == "training and validation rows"
    assert outputs["final_metric_value"] == info["final_metric_value"]
    best = status_of(str(context))["best_model"]
    assert best["name"] == "ensemble_greedy"
    assert best["score"]["value"] == pytest.approx(of_ensemble["cv_mean"])


def test_with_more_models_in_phase_1_a_finished_search_is_no_answer(trained, tmp_path):
    """An ensemble can be made now, which the search of one model alone could not have."""
    name = "sklearn_logistic_regression"
    context = trained(tmp_path, "binary", name)
    tuned(context, "auto", model=name)
    assert not artifact(context, "ensemble.json").exists()
    phase = mu.start_training(context_path=context, models=MODELS["binary"])
    mu.train_all(phase)
    mu.finish_training(phase)
    verdict = tuned(context, "auto", model=name)["verdict"]
    assert artifact(context, "ensemble.json").exists() or "No ensemble is made" in verdict


def test_a_member_that_cannot_be_fitted_on_all_rows_is_named_with_the_reason(trained, tmp_path, monkeypatch):
    def spoilt(session, model, member):
        call = whole(session, model, member)
        call.arguments["params"] = {"no_such_parameter": 1}
        return call

    whole = refitted_members._call
    monkeypatch.setattr(refitted_members, "_call", spoilt)
    context = trained(tmp_path, "binary")
    verdict = tuned(context, "always")["verdict"]
    assert "fitted on training rows (not on training and validation rows: " in verdict
    assert "no_such_parameter" in verdict
    assert read(context, "ensemble.json")["fitted_on"] == "training rows"


def test_a_hand_over_that_is_taken_up_again_may_come_to_other_weights(trained, tmp_path, monkeypatch):
    """MLflow refuses another value of a parameter: each further attempt ended so."""
    context = trained(tmp_path, "binary")

    def cut(*given, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(ENSEMBLES, GREEDY, replace(ENSEMBLES[GREEDY], fit=ENSEMBLES["ensemble_voting"].fit))
        patch.setattr(phase_2, "keep_outputs", cut)
        with pytest.raises(KeyboardInterrupt):
            tuned(context, "always")
    outputs = tuned(context, "always")
    assert outputs["ensemble"]["weights"] == read(context, "ensemble.json")["weights"]


def test_rows_near_in_time_are_drawn_together_where_the_time_is_no_feature(tmp_path):
    table = make_table("binary", 300).assign(day=np.arange(300))
    settings = {"split": "time", "time_column": "day"}
    context = write_project(tmp_path, table=table, settings=settings | {"drop_columns": ["day"]})
    session = open_session(context)
    session.engine.stop()
    assert "day" not in session.data.X_train
    rows = np.arange(len(session.data.y_train))
    groups = ensembling._depend_on_each_other(session, SimpleNamespace(rows=rows))
    assert 1 < len(np.unique(groups)) < len(rows)


def test_what_was_not_asked_for_stays_out_and_files_of_an_earlier_search_go(trained, tmp_path):
    context = trained(tmp_path, "binary")
    tuned(context, "always")
    assert artifact(context, "ensemble.json").is_file()
    outputs = tuned(context, "never")
    assert outputs["final_model"] == outputs["best_model_name"]
    assert not artifact(context, "ensemble.json").exists()
    assert not artifact(context, "ensemble_out_of_fold.parquet").exists()
    assert read(context, "tuned_model_info.json")["ensemble"] is None
    assert not isinstance(mu.load_model(outputs["model_path"]), EnsembleModel)


def test_by_itself_it_is_handed_over_by_a_test_and_by_nothing_else(trained, tmp_path):
    context = trained(tmp_path, "binary")
    outputs = tuned(context, "auto")
    if artifact(context, "ensemble.json").is_file():
        found = read(context, "ensemble.json")
        p = found["difference_on_folds"]["p"]
        assert found["handed_over"] == (p is not None and p < 0.05)
        assert (outputs["final_model"] == "ensemble_greedy") == found["handed_over"]
    else:
        assert outputs["final_model"] == outputs["best_model_name"]
        assert "No ensemble is made" in outputs["verdict"]


def test_an_ensemble_of_one_is_bad_input(trained, tmp_path):
    context = trained(tmp_path, "binary", "sklearn_logistic_regression")
    with pytest.raises(SettingsError, match="an ensemble of one is that model"):
        tuned(context, "always")
    assert tuned(context, "auto")["final_model"] == "sklearn_logistic_regression"


def test_refits_come_before_the_comparison_with_other_ensembles(trained, tmp_path, monkeypatch):
    """What is shown beside the ensemble took the time of its last fits."""
    order = []
    for name in ("on_all_rows", "_others"):
        work = getattr(ensembling, name)
        monkeypatch.setattr(
            ensembling, name, lambda *given, name=name, work=work: order.append(name) or work(*given)
        )
    context = trained(tmp_path, "binary")
    tuned(context, "always")
    assert order == ["on_all_rows", "_others"]
    means = read(context, "ensemble.json")["nested_cv_means"]
    assert set(means) == {"ensemble_greedy", "ensemble_voting", "ensemble_stacking"}

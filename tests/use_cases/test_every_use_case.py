"""All 64 from `new` to the report, with few rows, few models and a short search: about half a minute each."""

import json

import pandas as pd
import pytest

from model_development.phases.evaluation.phase import evaluate_model
from model_development.phases.training.phase import finish_training, start_training, train_all
from model_development.phases.tuning.phase import tune_best_model
from model_development.planning.new_project import new_project
from model_development.use_cases.catalogue import get_use_case, use_cases
from model_development.use_cases.synthetic import synthetic_table

QUICK = {
    "classification": ["sklearn_logistic_regression", "lightgbm_baseline"],
    "regression": ["sklearn_ridge", "lightgbm_baseline"],
}
N_ROWS = 1_000


@pytest.mark.slow
@pytest.mark.parametrize("key", use_cases())
def test_a_use_case_runs_from_new_to_the_report(key, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    case = get_use_case(key)
    folder = new_project(key, use_case=key, output=tmp_path).folder
    synthetic_table(case, N_ROWS).to_csv(folder / "data" / "table.csv", index=False)
    context = folder / "pipeline_context.json"
    family = "regression" if case.problem_type == "regression" else "classification"
    phase = start_training(context_path=context, models=QUICK[family], cv_folds=3, profile=False)
    train_all(phase)
    finish_training(phase)
    tune_best_model(context, strategy="random", n_trials=3)
    evaluate_model(context)
    artifacts = folder / "artifacts" / "epoch005-model-development"
    assert (artifacts / "evaluation_report.html").is_file()
    handed_over = json.loads(context.read_text(encoding="utf-8"))
    assert handed_over["epoch_005_complete"]
    assert handed_over["epoch_005_outputs"]["primary_metric"] == case.metric.name
    models = json.loads((artifacts / "all_models_metrics.json").read_text(encoding="utf-8"))
    assert models["beats_dummy"] is not None  # on so few rows and folds often without significance
    predictions = pd.read_parquet(artifacts / "test_predictions.parquet")
    assert len(predictions) >= 0.05 * N_ROWS

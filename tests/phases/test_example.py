"""Rows of the table leave the project only where a setting allows it."""

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import make_table, write_project

from model_development import model_utils as mu
from model_development.data.columns.recognition import infer_schema
from model_development.errors import ArtifactsError
from model_development.fitting import measure
from model_development.phases.example import made_up_row

MODEL = "sklearn_logistic_regression"


def json_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def trained(folder, **settings):
    context = write_project(folder, settings=settings)
    phase = mu.start_training(context_path=context, models=[MODEL])
    mu.data_profile(phase.session)
    mu.train_all(phase)
    return phase


@pytest.mark.whole
@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize("share", [False, True])
def test_the_input_example_holds_rows_of_the_table_only_where_that_is_allowed(share, tmp_path):
    phase = trained(tmp_path, share_rows=share)
    mu.finish_training(phase)
    client = mlflow.MlflowClient(phase.session.record.store.uri)
    places = (tmp_path / "artifacts").rglob("input_example.json")
    example = next(e for e in map(json_of, places) if len(e["columns"]) > 1)
    amounts = {row[example["columns"].index("amount [CHF]")] for row in example["data"]}
    assert bool(amounts & set(make_table()["amount [CHF]"].dropna())) == share
    runs = client.search_runs([phase.session.record.store.experiment_id], "run_name = 'training_summary'")
    logged = {file.path for file in client.list_artifacts(runs[0].info.run_id)}
    assert ("data_profile.html" in logged) == share


def test_a_made_up_row_is_no_row_and_names_no_one():
    table = pd.DataFrame(
        {"flag": ["a", "b"] * 30, "n": [3, 4] * 30, "who": [f"p{i // 2}" for i in range(60)]}
    )
    row = made_up_row(table, infer_schema(table))
    assert row["who"].iloc[0] == "text"
    few = table[["flag", "n"]]
    assert not (few == made_up_row(few, infer_schema(few)).iloc[0]).all(axis=1).any()


@pytest.mark.whole
def test_a_made_up_row_is_predicted_like_any_other(tmp_path):
    phase = trained(tmp_path)
    data = phase.session.data
    (result,) = [r for r in phase.all_results if r.name == MODEL]
    assert np.isfinite(
        mu.load_model(result.model_path).predict_proba(made_up_row(data.X_train, data.schema))
    ).all()


@pytest.mark.whole
def test_a_model_that_does_not_load_again_is_a_failed_row(tmp_path, monkeypatch):
    def damaged(folder):
        raise ArtifactsError(f"The model in {folder} is damaged.")

    monkeypatch.setattr(measure, "load_folder", damaged)
    phase = trained(tmp_path, engine="serial")
    assert {(r.status, "is damaged" in r.reason) for r in phase.all_results} == {("failed", True)}


def test_a_made_up_row_has_the_types_of_the_table():
    n = np.arange(60)
    table = pd.DataFrame(
        {
            "text number": (n * 1.5).astype(str),
            "long": pd.to_timedelta(n % 7, "D"),
            "zone": pd.date_range("2025-01-01", periods=60, tz="Europe/Zurich"),
            "month": pd.period_range("2020-01", periods=60, freq="M"),
            "whole": pd.array([None, *range(59)], dtype="Int64"),
            "sort": pd.Categorical(["a", "b", "c"] * 20),
            "flag": n % 2 == 0,
            "day": pd.date_range("2025-01-01", periods=60).strftime("%d.%m.%Y"),
        }
    )
    row = made_up_row(table, infer_schema(table))
    assert [row[name].dtype for name in row] == [table[name].dtype for name in row]
    assert (row["text number"].iloc[0], row["day"].iloc[0]) == ("44.2", "01.01.2000")

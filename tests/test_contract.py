"""CONTRACT's names, read back after a real run of both phases. The names stand here once more on purpose."""

import json
import shlex
import sys

import mlflow
import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ANALYSIS, FOREIGN, run
from contract_schemas import holds

from model_development import model_utils
from model_development.cli.flags import program_parser
from model_development.cli.table import COMMANDS

pytestmark = pytest.mark.whole

PHASE_1_FILES = {
    "data_checks.json",
    "data_profile.html",
    "row_assignment.parquet",
    "all_models_metrics.json",
    "model_comparison_summary.csv",
    "all_models_comparison.png",
    "all_models_predictions.png",
    "quality_against_latency.png",
    "training_curves.png",
    "best_model_info.json",
    "coefficients.csv",
    "model_training.ipynb",
    "model_training.html",
}
PHASE_2_FILES = {
    "all_tuning_results.json",
    "all_tuning_results.csv",
    "tuning_parameter_impact.png",
    "top_10_models.png",
    "tuned_model_info.json",
    "tuning_summary_report.json",
    "tuning_history.png",
    "tuning_parallel_coordinates.png",
}
HANDED_ON = {"handoff.yaml", "data_contract.yaml", "progress.jsonl"}  # CONTRACT section 12
ENSEMBLE_FILES = {"ensemble.json", "ensemble_out_of_fold.parquet"}  # where one is made
CLASSIFIERS = {
    "sklearn_logistic_regression",
    "sklearn_random_forest",
    "sklearn_extra_trees",
    "xgboost_baseline",
    "lightgbm_baseline",
    "catboost_baseline",
    "sklearn_gradient_boosting",
    "sklearn_decision_tree",
    "tensorflow_nn",
    "pytorch_nn",
}
QUALITY = {"accuracy", "precision", "recall", "f1_score", "roc_auc", "log_loss"}
COSTS = {"training_time", "inference_time_ms", "model_size_mb", "gpu_used"}
OUTPUTS = {
    "best_model_name",
    "best_model_params",
    "tuning_parent_run_id",
    "primary_metric",
    "final_metric_value",
    "baseline_metric_value",
    "improvement_pct",
    "model_path",
    "model_uri",
}


@pytest.fixture(scope="module")
def runs(finished):
    client = mlflow.MlflowClient(finished.tracking_uri)
    experiment = client.get_experiment_by_name("tiny_binary_model")
    return client, client.search_runs([experiment.experiment_id], max_results=1000)


def read(finished, name):
    def refuse(word):
        raise AssertionError(f"{name} holds {word}, which is not JSON")

    return json.loads((finished.artifacts / name).read_text(encoding="utf-8"), parse_constant=refuse)


def named(runs, name):
    (found,) = [run for run in runs[1] if run.info.run_name == name]
    return found


def artifacts_of(runs, name):
    return {item.path for item in runs[0].list_artifacts(named(runs, name).info.run_id)}


def test_every_file_is_there_and_nothing_is_left_half_written(finished):
    files = {path.name for path in finished.artifacts.iterdir() if path.is_file()}
    assert files - ENSEMBLE_FILES == PHASE_1_FILES | PHASE_2_FILES | HANDED_ON


def test_nothing_is_written_beside_the_artifacts(finished):
    names = {path.name for path in finished.folder.iterdir()}
    expected = {"artifacts", "out.ipynb", "pipeline_context.json", "table.csv", "pipeline_context.json.lock"}
    assert names <= expected


def test_every_json_is_strict_and_carries_a_schema_version(finished):
    for name in PHASE_1_FILES | PHASE_2_FILES:
        if name.endswith(".json"):
            assert read(finished, name)["schema_version"] == 1


def test_files_are_also_artifacts_of_the_run_that_made_them(finished, runs):
    assert artifacts_of(runs, "training_summary") >= PHASE_1_FILES - {
        "data_profile.html"
    }  # shows rows: `share_rows`
    framework = read(finished, "best_model_info.json")["framework"]
    assert artifacts_of(runs, f"{framework}_tuning_parent") >= PHASE_2_FILES


@pytest.mark.parametrize("name", sorted(CLASSIFIERS | {"dummy_floor"}))
def test_each_model_is_one_finished_run_with_parameters_and_all_metrics(name, runs):
    found = named(runs, name)
    assert found.info.status == "FINISHED"
    assert found.data.params
    cross_validated = {f"cv_{metric}_{key}" for metric in QUALITY for key in ("mean", "std", "low", "high")}
    assert set(found.data.metrics) >= QUALITY | COSTS | cross_validated


def test_every_model_has_a_row_in_json_and_csv(finished):
    models = read(finished, "all_models_metrics.json")["models"]
    assert set(models) == CLASSIFIERS | {"dummy_floor"}
    assert all(set(row["metrics"]) >= QUALITY | COSTS for row in models.values())
    rows = pd.read_csv(finished.artifacts / "model_comparison_summary.csv")
    assert set(rows["model"]) == set(models)


def test_the_best_model_has_the_best_cross_validated_mean(finished):
    models = read(finished, "all_models_metrics.json")["models"]
    means = {name: row["cv"]["f1_score"]["mean"] for name, row in models.items() if name != "dummy_floor"}
    assert means[read(finished, "best_model_info.json")["best_model_name"]] == max(means.values())


def test_the_suggestion_of_the_analyst_marks_a_row_and_excludes_none(finished):
    models = read(finished, "all_models_metrics.json")["models"]
    assert [name for name, row in models.items() if row["recommended"]] == ["xgboost_baseline"]


def test_trials_are_nested_under_one_parent_with_unique_names(finished, runs):
    parent_id = finished.after["epoch_005_outputs"]["tuning_parent_run_id"]
    children = [run for run in runs[1] if run.data.tags.get("mlflow.parentRunId") == parent_id]
    results = read(finished, "all_tuning_results.json")["results"]
    assert len(children) == len(results) == 4
    assert len({child.info.run_name for child in children}) == 4
    for child in children:
        assert child.info.status == "FINISHED"
        assert "cv_f1_score_mean" in child.data.metrics
        numbers = {row["run_id"]: row["trial"] for row in results}
        assert child.info.run_name.startswith(f"{numbers[child.info.run_id]:04d} ")
        varied = [text.partition("=")[0] for text in child.info.run_name.split()[1:]]
        assert varied == list(read(finished, "tuning_summary_report.json")["space"])


def test_no_run_is_left_running(runs):
    assert {run.info.status for run in runs[1]} == {"FINISHED"}


def test_context_is_written_by_phase_2_alone_and_foreign_keys_survive(finished):
    assert "epoch_005_outputs" not in finished.between
    assert "epoch_005_complete" not in finished.between
    assert finished.after["epoch_005_complete"] is True
    assert set(finished.after["epoch_005_outputs"]) >= OUTPUTS
    own = {"epoch_005_complete", "epoch_005_outputs"}
    kept = {key: value for key, value in finished.after.items() if key not in own}
    assert kept == finished.between
    assert list(kept) == list(finished.between)
    assert FOREIGN.items() <= finished.after.items()


def test_improvement_compares_one_metric_on_the_same_rows(finished):
    outputs = finished.after["epoch_005_outputs"]
    best = read(finished, "best_model_info.json")
    assert outputs["baseline_metric_value"] == best["metrics"][outputs["primary_metric"]]
    gain = outputs["final_metric_value"] - outputs["baseline_metric_value"]
    assert outputs["improvement_pct"] == pytest.approx(
        100 * gain / outputs["baseline_metric_value"], abs=1e-3
    )
    assert outputs["improved"] or outputs["improvement_pct"] == 0


def test_final_value_is_what_the_model_scores_on_the_validation_rows_before_it_is_fitted_on_them(finished):
    from sklearn.metrics import f1_score

    from model_development.data.intake import take_in
    from model_development.fitting.worker_steps import fit_rows_of
    from model_development.pipeline import TabularModel
    from model_development.settings.context import read_context

    data = take_in(read_context(finished.context)).data
    outputs = finished.after["epoch_005_outputs"]
    name, params = outputs["best_model_name"], outputs["best_model_params"]
    model = TabularModel(name, "classification", data.schema, params, seed=42).prepare()
    fit_rows_of(model, data, np.arange(len(data.X_train)))
    predicted = model.predict(data.X_validation)
    assert f1_score(data.y_validation, predicted, pos_label="bad") == pytest.approx(
        outputs["final_metric_value"]
    )


def test_final_model_predicts_alike_from_both_stores(finished):
    outputs = finished.after["epoch_005_outputs"]
    mlflow.set_tracking_uri(finished.tracking_uri)
    from_disk = model_utils.load_model(outputs["model_path"])
    from_mlflow = model_utils.load_model(outputs["model_uri"])
    raw = finished.table
    assert list(from_disk.classes_) == ["bad", "good"]
    np.testing.assert_array_equal(from_disk.predict(raw), from_mlflow.predict(raw))
    np.testing.assert_array_equal(from_disk.predict_proba(raw), from_mlflow.predict_proba(raw))


@pytest.mark.parametrize("name", sorted(CLASSIFIERS))
def test_each_phase_1_model_predicts_alike_from_both_stores(name, finished, runs):
    mlflow.set_tracking_uri(finished.tracking_uri)
    row = read(finished, "all_models_metrics.json")["models"][name]
    raw = finished.table.head(30)
    from_disk = model_utils.load_model(row["model_path"])
    logged = mlflow.pyfunc.load_model(f"runs:/{named(runs, name).info.run_id}/model")
    np.testing.assert_array_equal(from_disk.predict(raw), logged.predict(raw))
    np.testing.assert_allclose(
        from_disk.predict_proba(raw), logged.predict(raw, params={"predict_method": "predict_proba"})
    )
    inputs = logged.metadata.signature.inputs.input_names()
    assert inputs == ["amount [CHF]", "age", "home town", "since", "owner"]
    assert list(logged.input_example.columns) == inputs


def test_a_logged_model_takes_raw_rows_in_every_shape_that_tables_come_in(finished):
    mlflow.set_tracking_uri(finished.tracking_uri)
    logged = mlflow.pyfunc.load_model(finished.after["epoch_005_outputs"]["model_uri"])
    raw = finished.table.head(5)
    expected = list(logged.predict(raw))
    for same in (
        raw.convert_dtypes(),
        raw.astype({"age": float}),
        raw.astype({"home town": "category"}),
        raw.assign(since=pd.to_datetime(raw["since"])),
    ):
        assert list(logged.predict(same)) == expected
    assert len(logged.predict(raw.assign(age=np.nan, **{"home town": np.nan}))) == 5


ELSEWHERE = """
import importlib.util, pathlib, sys
sys.path = [p for p in sys.path if not (pathlib.Path(p or '.') / 'model_development').is_dir()]
sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]
assert importlib.util.find_spec('model_development') is None
import mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
print('|'.join(map(str, model.predict(pandas.read_csv(sys.argv[2]).head(20)))))
"""


def test_a_logged_model_works_where_this_repository_is_not_installed(finished, tmp_path):
    outputs = finished.after["epoch_005_outputs"]
    done = run(
        sys.executable,
        "-c",
        ELSEWHERE,
        outputs["model_uri"],
        finished.folder / "table.csv",
        cwd=tmp_path,
        MLFLOW_TRACKING_URI=finished.tracking_uri,
        PYTHONPATH="",
    )
    assert done.returncode == 0, done.stderr
    here = model_utils.load_model(outputs["model_path"]).predict(finished.table.head(20))
    assert done.stdout.strip().splitlines()[-1].split("|") == list(here)


def test_saved_models_are_open_formats_without_pickles(finished):
    suffixes = {path.suffix for path in (finished.artifacts / "models").rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".skops", ".ubj", ".txt", ".cbm", ".keras", ".pt"}


def test_the_script_ends_with_a_summary(finished):
    for word in ("Leaderboard", "Best model", "Validation", "Verdict", "Files", "mlflow ui"):
        assert word in finished.tuning_output


def test_registered_model_carries_the_name_of_the_project(finished, runs):
    version = runs[0].get_model_version_by_alias("tiny_binary_model", "challenger")
    assert version.run_id == finished.after["epoch_005_outputs"]["tuning_parent_run_id"]


def test_the_public_door_has_the_names_that_notebooks_import():
    frameworks = ("sklearn", "xgboost", "lightgbm", "catboost", "tensorflow", "pytorch", "statsmodels")
    names = ["detect_gpu", "log_standardized_metrics", "save_model", "load_model"]
    for name in names + [f"train_{framework}" for framework in frameworks]:
        assert callable(getattr(model_utils, name))


def test_contracts_of_assistants_hold(finished):
    context, folder = finished.after, finished.artifacts
    holds(context, "data-contracts.md", "pipeline_context.json")
    holds(context["epoch_005_outputs"], "model-contracts.md", "epoch_005_outputs")
    for name in ("data_contract.yaml", "data_checks.json"):
        holds(yaml.safe_load((folder / name).read_text(encoding="utf-8")), "data-contracts.md", name)
    for name in ("best_model_info.json", "tuned_model_info.json", "handoff.yaml"):
        holds(yaml.safe_load((folder / name).read_text(encoding="utf-8")), "model-contracts.md", name)
    handed = yaml.safe_load((folder / "handoff.yaml").read_text(encoding="utf-8"))
    assert (
        handed["on_validation_rows"]["final_metric_value"]
        == context["epoch_005_outputs"]["final_metric_value"]
    )
    assert handed["on_test_rows"] is None
    for receiver in handed["to"].values():
        for line in receiver["run"]:
            program_parser(COMMANDS).parse_strictly(shlex.split(line)[1:])


def test_every_run_names_the_version_of_the_data(finished, runs):
    described = read(finished, "data_checks.json")
    for found in runs[1]:
        (given,) = found.inputs.dataset_inputs
        assert given.dataset.digest == described["data_fingerprint"]
        profile = json.loads(given.dataset.profile)
        assert (profile["num_rows"], profile["num_rows_test"]) == (240, 24)
        names = [column["name"] for column in json.loads(given.dataset.schema)["mlflow_colspec"]]
        assert names == list(finished.table.columns)
    for file in finished.artifacts.glob("*.json"):
        assert (
            json.loads(file.read_text(encoding="utf-8"))["data_fingerprint"] == described["data_fingerprint"]
        )


def test_artifacts_hold_the_notebook_as_executed_with_outputs_and_html(finished):
    executed = nbformat.read(finished.artifacts / "model_training.ipynb", as_version=4)
    shown = [cell for cell in executed.cells if cell.cell_type == "code" and cell.get("outputs")]
    text = "".join(str(cell.outputs) for cell in shown)
    assert "put away" in text
    assert "image/png" in text
    assert "python 3." in text  # the first cell's own output is there too
    assert not [out for cell in shown for out in cell.outputs if out.get("name") == "stderr"]
    assert any(cell.source.startswith("# Parameters") for cell in executed.cells)
    page = (finished.artifacts / "model_training.html").read_text(encoding="utf-8")
    assert "The choice" in page
    assert "data:image/png" in page


def test_the_analysis_notebook_shows_a_finished_search(finished, tmp_path):
    out = tmp_path / "out.ipynb"
    command = ["papermill", ANALYSIS, out, "--no-progress-bar", "-p", "context_path", finished.context]
    done = run(sys.executable, "-m", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    text = "".join(str(cell.outputs) for cell in cells)
    assert "combinations (" in text
    assert sum("image/png" in out.get("data", {}) for cell in cells for out in cell.outputs) == 4

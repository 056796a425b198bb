"""The end of phase 3: files, MLflow, the model with what goes with its outputs, and the context."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...data.sealed_test import KEY
from ...errors import TrainingError
from ...execution.protocol import Call
from ...fitting.test_rows import refit_on_all
from ...models.table import get_model
from ...reports.notebook import listen, shipped_notebook, to_html
from ...settings.context import read_raw_context
from ...storage import files as artifacts
from ...storage.context_file import update_context
from ...storage.files import replace_folder
from ...storage.model_extras import add_extras
from ...tracking.handed_over import ALIAS
from .candidates import FINAL
from .figures import differences, long_table, model_figures
from .measuring import run_calls, workspace
from .notebooks import write_standalone_notebooks
from .opening import EvaluationPhase
from .report import evaluation_card, evaluation_page, evaluation_summary

if TYPE_CHECKING:
    from ...evaluation.evaluation_input import EvaluationInput

RUN = "model_evaluation"
NOTHING: dict[str, pd.DataFrame | str] = {  # what readers of these files find where there was nothing to find
    "slices.csv": pd.DataFrame(columns=["slice"]),
    "errors.csv": pd.DataFrame(columns=["row"]),
    "robustness.csv": pd.DataFrame(columns=["column"]),
    "fairness.csv": pd.DataFrame(columns=["group"]),
    "feature_importance.csv": pd.DataFrame(columns=["column"]),
    "shap_values.parquet": pd.DataFrame(columns=["row"]),
    "partial_dependence.parquet": pd.DataFrame(columns=["column"]),
    "surrogate_rules.txt": "There are no rules: the model ignores the columns, or they could not be found.\n",
}
REFIT = "final model, fitted on all rows"


def hand_over(phase: EvaluationPhase) -> dict[str, Any]:
    """Write, log and register all of it; return what the context then says. The context is written last."""
    session = phase.session
    new_folder, notebooks = _save_model(phase), write_standalone_notebooks(phase)
    with session.record.handing_over(), _open_run(phase) as run_id:
        content = _write_files(phase, run_id)
        for path in notebooks:
            session.record.store.log_file(run_id, path, artifacts.NOTEBOOKS_FOLDER)
        model_uri = session.record.model(run_id, new_folder, session.data)
        version = session.record.store.models.register(model_uri, run_id, ALIAS)
        session.record.store.models.keep_one(run_id, model_uri, version)
        _log(phase, content, run_id)
        replace_folder(new_folder, session.record.path(artifacts.TUNED_MODEL_FOLDER))
        outputs = _outputs(phase, content) | {
            "model_uri": model_uri,
            "registered_model_version": str(version),
        }
        update_context(session.context.path, {"epoch_005_outputs": outputs})
    print(evaluation_summary(content, session.record.folder), flush=True)
    return outputs


def show_stored(phase: EvaluationPhase) -> dict[str, Any]:
    """Say again what was found; the context names it, whatever was run since."""
    session, content = phase.session, phase.stored
    assert content is not None
    folder = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    outputs = _outputs(phase, content)
    if _current(session) != outputs:
        update_context(session.context.path, {"epoch_005_outputs": outputs})
    print(evaluation_summary(content, session.record.folder), f"Model        {folder}", sep="\n", flush=True)
    return outputs


def _open_run(phase):
    """The run of this evaluation: a new one, or the one that a kill cut off."""
    store, tags = phase.session.record.store, {KEY: phase.key, "phase": 3}
    earlier = store.latest_run(RUN, {KEY: phase.key})
    if earlier:
        return store.run(RUN, resume=earlier[0])
    return store.run(RUN, started=phase.started, tags=tags)


def _save_model(phase):
    """Save the model that is handed on to a new folder, with what goes with its outputs."""
    session, final = phase.session, phase.final
    folder = session.record.new_model_folder("evaluated")
    current = session.record.path(artifacts.TUNED_MODEL_FOLDER)
    if not phase.refit_all:
        add_extras(current, folder, phase.outputs)
        return folder
    arguments = {
        "model_name": final.model_name,
        "params": final.best_params,
        "evaluation_path": str(workspace(phase, "evaluation_rows.pkl")),
        "options": session.options,
        "new_folder": str(folder),
        "stopped_at": final.stopped_at,
        "learning_rates": final.learning_rates,
        "outputs": phase.outputs,
    }
    kind = get_model(final.model_name).framework
    call = Call(REFIT, kind, refit_on_all, arguments, reads=("evaluation_path",), writes=("new_folder",))
    run_calls(phase, [call])
    if REFIT in phase.failed:
        raise TrainingError(f"The model cannot be fitted on all rows: {phase.failed[REFIT]}")
    return folder


def _write_files(phase, run_id):
    """Write every file and log it; return the content of evaluation_metrics.json."""
    session, record = phase.session, phase.session.record
    content = _content(phase, run_id)
    for name, payload in {**NOTHING, **_files_of(phase.sections)}.items():
        _write(record, run_id, name, payload)
    _write(record, run_id, artifacts.TEST_PREDICTIONS, _predictions(phase))
    record.table(run_id, artifacts.EVALUATION_COMPARISON, long_table(content["models"]))
    policy = phase.outputs.get("decision_policy_")
    record.json(run_id, artifacts.DECISION_POLICY, policy.to_dict() if policy else {"threshold": None})
    record.store.log_file(run_id, record.path(artifacts.TEST_SET_ACCESS))
    record.text(run_id, artifacts.EVALUATION_REPORT, evaluation_page(phase, content))
    record.text(run_id, artifacts.MODEL_CARD, evaluation_card(phase, content))
    _record_notebook(record, run_id)
    record.json(run_id, artifacts.EVALUATION_METRICS, content)  # last: from then on it is stored
    session.record.store.log(run_id, tags={"evaluated_model": phase.final.model_name})
    return content


def _files_of(sections):
    return {name: payload for section in sections.values() for name, payload in section.files.items()}


def _write(record, run_id, name, payload):
    if isinstance(payload, str):
        record.text(run_id, name, payload)
        return
    if Path(name).suffix == ".csv":
        record.table(run_id, name, payload)
        return
    record.frame(name, lambda path: payload.to_parquet(path, index=False))
    record.store.log_file(run_id, record.path(name))


def _content(phase, run_id):
    return phase.session.describe() | {
        "key": phase.key,
        "evaluation_run_id": run_id,
        "evaluated_at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "model_name": phase.final.model_name,
        "final_model": phase.final.model_name,
        "params": phase.final.best_params,
        "fitted_on": phase.final.fitted_on,
        "handed_on_fitted_on": "all rows, test rows too" if phase.refit_all else phase.final.fitted_on,
        "tuning_parent_run_id": phase.final.tuning_parent_run_id,
        "n_test_openings": phase.n_openings,
        "models": model_figures(phase),
        "differences": differences(phase),
        "policy": _policy(phase),
        "sections": {name: dict(section.values) for name, section in phase.sections.items()},
        "failed": phase.failed,
    }


def _policy(phase):
    policy = phase.outputs.get("decision_policy_")
    return None if policy is None else policy.to_dict()


def _predictions(phase):
    """What the final model said of each test row, with its interval where it is a number."""
    given: EvaluationInput = phase.given
    task, test = given.task, given.test
    table = task.output_table(test.said)
    table.insert(0, "row", test.rows)
    table.insert(1, "truth", phase.parts["test"].y)
    if "prediction" not in table:
        table["prediction"] = [task.classes[k] for k in _decided(given)]
    intervals = phase.outputs["uncertainty_"].intervals
    if intervals is not None:
        table["low"], table["high"] = intervals.interval(test.said.labels, 0.9)
    return table


def _decided(given):
    if given.policy is None:
        return given.test.said.labels
    rows = given.test.X.join(given.test.others)
    return given.policy.decide(given.test.said.by_class, rows)


def _log(phase, content, run_id):
    """test_* metrics with their intervals of the final model, and those of the others by role."""
    metrics: dict[str, float | None] = {"n_test_openings": phase.n_openings}
    for role, model in content["models"].items():
        prefix = "" if role == FINAL else f"{role}."
        for name, figures in model["metrics"].items():
            metrics[f"{prefix}test_{name}"] = figures["test"]
            metrics[f"{prefix}test_{name}_low"] = figures["test_low"]
            metrics[f"{prefix}test_{name}_high"] = figures["test_high"]
    note = f"```\n{evaluation_summary(content, phase.session.record.folder)}\n```"
    params = {"model_name": phase.final.model_name, "primary_metric": phase.session.metric.name}
    phase.session.record.store.log(run_id, params=params, metrics=metrics, tags={"mlflow.note.content": note})


def _current(session):
    outputs = read_raw_context(session.context.path).get("epoch_005_outputs")
    return outputs if isinstance(outputs, dict) else {}


def _outputs(phase, content):
    """epoch_005_outputs with what the evaluation adds."""
    session = phase.session
    figures = content["models"][FINAL]["metrics"][content["primary_metric"]]
    evaluation = {
        "test_metric_value": figures["test"],
        "test_metric_low": figures["test_low"],
        "test_metric_high": figures["test_high"],
        "threshold": (content["policy"] or {}).get("threshold"),
        "report_path": str(session.record.path(artifacts.EVALUATION_REPORT)),
        "model_card_path": str(session.record.path(artifacts.MODEL_CARD)),
        "n_test_openings": content["n_test_openings"],
        "evaluation_run_id": content["evaluation_run_id"],
    }
    return _current(session) | {"final_model": content["final_model"], "evaluation": evaluation}


def _record_notebook(record, run_id):
    """Keep the notebook as executed so far, and its HTML; outside Jupyter there is none."""
    listener = listen()
    if not listener.active:
        return
    import nbformat

    notebook = listener.notebook(shipped_notebook(artifacts.EVALUATION_NOTEBOOK))
    record.text(run_id, artifacts.EVALUATION_NOTEBOOK, nbformat.writes(notebook))
    record.text(run_id, artifacts.EVALUATION_NOTEBOOK_HTML, to_html(notebook))

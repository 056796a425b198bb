"""Every file of phase 3, in the artifacts folder and in its MLflow run."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...evaluation.decisions.decided import decided_labels
from ...reports.notebook import listen, shipped_notebook, to_html
from ...statistics.units import n_units
from ...storage import files as artifacts
from .figures import differences, long_table, model_figures
from .report import evaluation_card, evaluation_page

if TYPE_CHECKING:
    from ...evaluation.evaluation_input import EvaluationInput
    from .opening import EvaluationPhase

WITH_ROWS = ("errors.csv",)  # files that hold values of single rows
LEVEL = 0.9  # of the intervals in test_predictions.parquet
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


def write_files(phase: EvaluationPhase, run_id: str) -> dict[str, Any]:
    """Write every file and log it; return the content of evaluation_metrics.json."""
    session, record = phase.session, phase.session.record
    content = _content(phase, run_id)
    for name, payload in {**NOTHING, **_files_of(phase.sections)}.items():
        _write(record, name, payload)
        _log_file(phase, run_id, name, payload)
    _write(record, artifacts.TEST_PREDICTIONS, _predictions(phase))
    record.store.log_file(run_id, record.path(artifacts.TEST_PREDICTIONS))
    record.table(run_id, artifacts.EVALUATION_COMPARISON, long_table(content["models"]))
    policy = phase.outputs.get("decision_policy_")
    record.json(run_id, artifacts.DECISION_POLICY, policy.to_dict() if policy else {"threshold": None})
    record.store.log_file(run_id, record.path(artifacts.TEST_SET_ACCESS))
    record.text(run_id, artifacts.EVALUATION_REPORT, evaluation_page(phase, content))
    record.text(run_id, artifacts.MODEL_CARD, evaluation_card(phase, content))
    _record_notebook(phase.session, run_id)
    record.json(run_id, artifacts.EVALUATION_METRICS, content)  # last: from then on it is stored
    session.record.store.log(run_id, tags={"evaluated_model": phase.final.model_name})
    return content


def _files_of(sections):
    return {name: payload for section in sections.values() for name, payload in section.files.items()}


def _write(record, name, payload):
    if isinstance(payload, str):
        record.write(name, payload)
    elif Path(name).suffix == ".csv":
        record.write(name, payload.to_csv(index=False))
    else:
        record.frame(name, lambda path: payload.to_parquet(path, index=False))


def _log_file(phase, run_id, name, payload):
    """Values of single rows leave the project only where the setting `share_rows` lets them."""
    record, raw = phase.session.record, set(phase.parts["test"].X) | set(phase.parts["test"].others)
    raw |= {f"{name} (raw)" for name in raw}  # of one that is called like a column of the file itself
    shared = record.share_rows or isinstance(payload, str) or name not in WITH_ROWS
    if shared:
        record.store.log_file(run_id, record.path(name))
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / name
        payload[[column for column in payload if column not in raw]].to_csv(copy, index=False)
        record.store.log_file(run_id, copy)


def _content(phase, run_id):
    test = phase.parts["test"]
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
        "n_test_units": n_units(len(test.y), test.groups),
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
        table["prediction"] = [task.classes[k] for k in decided_labels(given.policy, test)]
    intervals = phase.outputs["uncertainty_"].intervals
    if intervals is not None and intervals.highest_level >= LEVEL:
        table["low"], table["high"] = intervals.interval(test.said.labels, LEVEL)
    return table


def _record_notebook(session, run_id):
    """Keep the notebook as executed so far, and its HTML; outside Jupyter there is none."""
    listener = listen()
    if not listener.active:
        return
    import nbformat

    record, context = session.record, session.context.path
    notebook = listener.notebook(shipped_notebook(artifacts.EVALUATION_NOTEBOOK, context))
    record.text(run_id, artifacts.EVALUATION_NOTEBOOK, nbformat.writes(notebook))
    record.text(run_id, artifacts.EVALUATION_NOTEBOOK_HTML, to_html(notebook))

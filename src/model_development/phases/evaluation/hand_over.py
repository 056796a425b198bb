"""The end of phase 3: files, MLflow, the model with what goes with its outputs, and the context."""

from __future__ import annotations

import shutil
from typing import Any

from ...data.sealed_test import KEY
from ...errors import TrainingError
from ...execution.protocol import Call
from ...fitting.test_rows import refit_on_all
from ...models.table import get_model
from ...storage import files as artifacts
from ...storage.context_file import update_context
from ...storage.files import replace_folder
from ...storage.model_extras import add_extras
from ...storage.model_file import REFIT_OF, read_model_file
from ...tracking.handed_over import ALIAS
from ..handing_on import write_handoff
from .candidates import FINAL
from .measuring import run_calls, workspace
from .notebooks import write_standalone_notebooks
from .opening import EvaluationPhase, epoch_outputs
from .recording import write_files
from .report import evaluation_summary

RUN = "model_evaluation"
REFIT = "final model, fitted on all rows"


def hand_over(phase: EvaluationPhase) -> dict[str, Any]:
    """Write, log and register all of it; return what the context then says.

    The context is written last: until it names this evaluation, the same command does it again.
    """
    session = phase.session
    new_folder, notebooks = _save_model(phase), write_standalone_notebooks(phase)
    with session.record.handing_over():
        with _open_run(phase) as run_id:
            content = write_files(phase, run_id)
            for path in notebooks:
                session.record.store.log_file(run_id, path, artifacts.NOTEBOOKS_FOLDER)
            model_uri = session.record.model(run_id, new_folder, session.data)
            version = session.record.store.models.register(model_uri, run_id, ALIAS)
            session.record.store.models.keep_one(run_id, model_uri, version, ALIAS)
            outputs = _outputs(phase, content)
            outputs |= {"model_uri": model_uri, "registered_model_version": str(version)}
            write_handoff(session, outputs, run_id)
            _log(phase, content, run_id)
            _put_into_place(phase, new_folder)
        update_context(session.context.path, {"epoch_005_outputs": outputs})
        if not phase.refit_all:  # what is handed on is what was evaluated
            shutil.rmtree(session.record.path(artifacts.EVALUATED_MODEL_FOLDER), ignore_errors=True)
    print(evaluation_summary(content, session.record.folder), flush=True)
    return outputs


def show_stored(phase: EvaluationPhase) -> dict[str, Any]:
    """Say again what was found; return what the context says of it."""
    assert phase.stored is not None
    print(evaluation_summary(phase.stored, phase.session.record.folder), flush=True)
    return epoch_outputs(phase.session.context)


def _open_run(phase):
    """The run of this evaluation: a new one, or the one that a kill cut off."""
    store, tags = phase.session.record.store, {KEY: phase.key, "phase": 3}
    earlier = store.latest_run(RUN, {KEY: phase.key})
    if earlier and earlier[1] != "FINISHED":
        return store.run(RUN, resume=earlier[0])
    return store.run(RUN, started=phase.started, tags=tags)


def _save_model(phase):
    """Save the model that is handed on to a new folder, with what goes with its outputs."""
    session, final = phase.session, phase.final
    folder = session.record.new_model_folder("evaluated")
    if not phase.refit_all:
        add_extras(phase.candidates[0].folder, folder, phase.outputs)
        return folder
    arguments = {
        "model_name": final.model_name,
        "params": final.best_params,
        "evaluation_path": str(workspace(phase, "evaluation_rows.pkl")),
        "options": session.options,
        "new_folder": str(folder),
        "refit_of": phase.model_fingerprint,
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


def _put_into_place(phase, new_folder):
    """Hand the new folder on. Beside a model fitted on all rows the evaluated one stays, for evaluations."""
    record, evaluated = phase.session.record, phase.candidates[0].folder
    kept = record.path(artifacts.EVALUATED_MODEL_FOLDER)
    if phase.refit_all and evaluated != kept and REFIT_OF not in read_model_file(evaluated):
        copy = record.new_model_folder("kept")
        shutil.copytree(evaluated, copy)
        replace_folder(copy, kept)
    replace_folder(new_folder, record.path(artifacts.TUNED_MODEL_FOLDER))


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
    return epoch_outputs(session.context) | {"final_model": content["final_model"], "evaluation": evaluation}

"""A stand-alone notebook for each model of phase 1, and for the tuned one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.standalone_notebooks import NotebookWanted, write_notebooks
from ...models.table import get_model
from ...storage import files as artifacts
from .measuring import run_calls

if TYPE_CHECKING:
    from .opening import EvaluationPhase

TITLE = "stand-alone notebooks"


def write_standalone_notebooks(phase: EvaluationPhase) -> list[Path]:
    """Write them into the artifacts folder; return their paths. Why one is missing goes to `phase.failed`."""
    session, folder = phase.session, phase.session.record.path(artifacts.NOTEBOOKS_FOLDER)
    folder.mkdir(exist_ok=True)
    wanted = [
        NotebookWanted(model.name, model.name, dict(model.params), model.share_of_rows)
        for model in phase.trained
        if not model.is_dummy
    ]
    if phase.tuned.improved:
        name = f"{phase.tuned.model_name}_tuned"
        wanted.append(NotebookWanted(name, phase.tuned.model_name, phase.tuned.best_params))
    arguments = {
        "rows_path": session.rows_path,
        "assignment": session.intake.assignment,
        "location": session.context.feature_data,
        "assignment_path": str(session.record.path(artifacts.ROW_ASSIGNMENT)),
        "wanted": wanted,
        "folder": str(folder),
        "options": session.options,
    }
    kind = get_model(phase.tuned.model_name).framework
    call = Call(
        TITLE, kind, write_notebooks, arguments, reads=("rows_path", "assignment_path"), writes=("folder",)
    )
    for name, why in run_calls(phase, [call]).get(TITLE, {}).items():
        phase.failed[f"notebook of {name}"] = why
    names = [one.name for one in wanted]
    return [folder / f"{name}.ipynb" for name in names if (folder / f"{name}.ipynb").is_file()]

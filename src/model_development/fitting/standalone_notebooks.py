"""The models of a project as notebooks that need none of this package; written in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..features.steps.in_params import steps_in
from ..reports.standalone.notebook import has_standalone, write_standalone
from ..reports.standalone.table import read_table
from .budget import sample_rows
from .worker_steps import read_rows

if TYPE_CHECKING:
    from ..data.splitting.assignment import Assignment


@dataclass(frozen=True)
class NotebookWanted:
    """name : of the notebook. share_of_rows : of the training rows, that the model was fitted on."""

    name: str
    model_name: str
    params: dict[str, Any]
    share_of_rows: float = 1.0


def write_notebooks(
    rows_path: str,
    assignment: Assignment,
    location: str,
    assignment_path: str,
    wanted: Sequence[NotebookWanted],
    folder: str,
    options: dict[str, Any],
    report: Callable[[str], None],
) -> dict[str, str]:
    """Write a notebook for each model into `folder`; return {name: why there is none}.

    location : of the feature table. assignment_path : the row assignment as it was saved.
    """
    data = read_rows(rows_path)
    table, failed = read_table(data, assignment, location, assignment_path), {}
    for one in wanted:
        report(one.name)
        if not has_standalone(one.model_name):
            failed[one.name] = "its framework has no plain notebook"
            continue
        if steps := steps_in(one.params):
            failed[one.name] = f"its feature steps ({', '.join(steps)}) have no plain code"
            continue
        rows = None
        if one.share_of_rows < 1:
            classes = data.task.classes_of(data.y_train)
            rows = sample_rows(len(data.X_train), one.share_of_rows, options["seed"], classes)
        try:
            write_standalone(
                table, one.model_name, one.params, options["seed"], Path(folder), name=one.name, rows=rows
            )
        except Exception as error:  # the model is good, whatever keeps its notebook from being written
            failed[one.name] = f"{type(error).__name__}: {error}"
    return failed

"""Why the final model of a context says what it says of any row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data.rows import take_rows
from ...data.splitting.assignment import load_assignment
from ...explanation.explain_row import RowExplainer
from ...settings.context import read_context
from ...storage import files as artifacts
from ...storage.model_folder import load_folder
from ..training_result import read_training_result

if TYPE_CHECKING:
    from pathlib import Path


def row_explainer(context_path: Path | str | None = None) -> RowExplainer:
    """Return what explains single rows by the final model of a context, against its training rows.

    `row_explainer(context).explain(row)` gives contributions by column, sentences, and a `chart`.

    Raises ContextError or ArtifactsError where phases 1 and 2 have not been run on it.
    """
    folder = read_context(context_path).artifacts_root / artifacts.EPOCH_FOLDER
    training = read_training_result(folder)
    context = read_context(context_path, training.best.settings)
    model = load_folder(folder / artifacts.TUNED_MODEL_FOLDER)
    rows = take_rows(context, load_assignment(folder / artifacts.ROW_ASSIGNMENT))
    return RowExplainer(
        model,
        rows.X.iloc[: rows.n_train],
        positive_class=rows.task.positive_class,
        target=rows.task.target,
        seed=context.settings.seed,
    )

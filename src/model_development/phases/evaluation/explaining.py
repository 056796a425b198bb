"""Why the final model of a context says what it says of any row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...data.rows import Rows, take_rows
from ...data.sealed_test import read_openings
from ...data.splitting.assignment import TEST, VALIDATION, load_assignment
from ...errors import DataError
from ...explanation.explain_row import RowExplainer
from ...settings.context import read_context
from ...storage import files as artifacts
from ...storage.model_folder import load_folder
from ..training_result import read_training_result

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def row_explainer(context_path: Path | str | None = None) -> RowExplainer:
    """Return what explains single rows by the final model of a context, against its training rows.

    `row_explainer(context).explain(row)` gives contributions by column, sentences, and a `chart`.

    Raises ContextError or ArtifactsError where phases 1 and 2 have not been run on it.
    """
    return explainer_and_rows(context_path)[0]


def explainer_and_rows(context_path: Path | str | None = None) -> tuple[RowExplainer, Rows, Path]:
    """As `row_explainer`, with the rows of the context and its artifacts folder."""
    folder = artifacts.epoch_folder(read_context(context_path))
    training = read_training_result(folder)
    context = read_context(context_path, training.best.settings)
    model = load_folder(folder / artifacts.TUNED_MODEL_FOLDER)
    rows = take_rows(context, load_assignment(folder / artifacts.ROW_ASSIGNMENT))
    explainer = RowExplainer(
        model,
        rows.X.iloc[: rows.n_train],
        positive_class=rows.task.positive_class,
        target=rows.task.target,
        seed=context.settings.seed,
    )
    return explainer, rows, folder


@dataclass(frozen=True)
class KnownRow:
    """A row of the table. number : its position there. part : "train", "validation" or "test"."""

    number: int
    part: str
    values: pd.DataFrame


def known_row(rows: Rows, number: int | None, folder: Path) -> KnownRow:
    """Return a row of the table by its number there; the first validation row for None.

    Raises DataError for a number that no row that is used has, and for a test row as long as the test rows
    are sealed: looking at them is for phase 3, which writes it down.
    """
    parts, numbers = rows.assignment.parts, rows.assignment.rows
    if number is None:
        number = int(numbers[parts == VALIDATION][0])
    at = np.flatnonzero(numbers == number)
    if not len(at):
        raise DataError(
            f"Row {number} is not among the {len(numbers)} rows that are used: numbers go from "
            f"{int(numbers.min())} to {int(numbers.max())}, as `row` in {artifacts.ROW_ASSIGNMENT} has them.",
            where="--row",
        )
    part = str(parts[at[0]])
    if part == TEST and not read_openings(folder / artifacts.TEST_SET_ACCESS):
        raise DataError(
            f"Row {number} is a test row, and these are sealed: `model-development evaluate` opens them.",
            where="--row",
            do="model-development evaluate",
        )
    within = int((parts[: at[0]] == part).sum()) + (rows.n_train if part == VALIDATION else 0)
    table = rows.test if part == TEST else rows.X
    return KnownRow(number, part, table.iloc[[within]])

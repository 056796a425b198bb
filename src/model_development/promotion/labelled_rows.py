"""Test rows for a gate: read in any form, with a target as the model's classes are written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.columns.values import MISSING_MARKS
from ..data.reading.dialects import decimal_of
from ..data.reading.sources import fingerprint, load_table
from ..data.sealed_test import open_test_rows, read_openings
from ..data.splitting.assignment import TEST, load_assignment
from ..data.target import TargetReading, find_target_reading
from ..data.with_columns import with_columns
from ..errors import DataError, SettingsError, did_you_mean, some_of
from ..settings.context import locate
from ..settings.credentials import shown
from ..storage import files as artifacts
from ..storage.fingerprint import fitted_fingerprint
from ..storage.model_file import REFIT_OF, read_model_file

if TYPE_CHECKING:
    from ..predictor import Predictor
    from ..settings.context import Context


@dataclass(frozen=True)
class LabelledRows:
    """table : rows that have a target. y : their target, labels as the model has them, shape (n_rows,).

    source : for people. fingerprint : of the table as read. n_without_target : rows left out.
    """

    table: pd.DataFrame
    y: np.ndarray
    target: str
    source: str
    fingerprint: str
    n_without_target: int


def read_labelled_rows(location: str, target: str, model: Predictor) -> LabelledRows:
    """Read test rows in any form that feature tables are read in; a relative path counts from here.

    Raises DataError where they cannot be read, lack the target, or hold classes that the model does not know.
    """
    table = load_table(locate(location, Path.cwd(), "--test-data"), target)
    if target not in table.columns:
        raise DataError(
            f"The test data {shown(location)} have no column {target!r}, the target."
            f"{did_you_mean(target, table.columns)} Found: {some_of(list(table.columns))}. Name the right "
            "one by --target, or give the context of the model by --context."
        )
    classes = getattr(model, "classes_", None)
    reading = _reading(table[target], classes, decimal_of(table))
    rows = reading.rows(table[target], f"the test data {shown(location)}")
    y = reading.read(table[target].iloc[rows])
    labels = y.to_numpy() if classes is None else as_classes(y, list(classes), shown(location))
    if classes is None and not pd.api.types.is_numeric_dtype(y):
        raise DataError(f"The target {target!r} of {shown(location)} holds text, such as {y.iloc[0]!r}.")
    kept = table.iloc[rows].reset_index(drop=True)
    return LabelledRows(kept, labels, target, shown(location), fingerprint(table), len(table) - len(rows))


def sealed_rows(context: Context, folder: Path) -> LabelledRows:
    """Return the test rows that phase 3 has opened for this very model; that is no further opening.

    folder : of the model. Raises SettingsError where they were not opened, or for another model, or one that
    was fitted on them.
    """
    place = artifacts.epoch_folder(context)
    log = place / artifacts.TEST_SET_ACCESS
    model_file = read_model_file(folder)
    if REFIT_OF in model_file:
        raise SettingsError(
            f"--test-data must be given: the model in {folder} was fitted on all rows, the test rows of "
            f"{context.path} too, so that only rows it has not seen can say what it is worth.",
            where="--test-data",
        )
    mark = fitted_fingerprint(model_file)
    openings = [line for line in read_openings(log) if line.get("model_fingerprint") == mark]
    assignment = load_assignment(place / artifacts.ROW_ASSIGNMENT)
    if not openings or assignment is None:
        raise SettingsError(
            "--test-data must be given: which rows with their target? Without it the gate takes the test "
            f"rows of {context.path}, where phase 3 has opened them for this model; it has not. Run: "
            f"model-development evaluate --context {context.path}",
            where="--test-data",
        )
    opened = open_test_rows(context, assignment, log, openings[-1])[TEST]
    table = with_columns(pd.concat([opened.X, opened.others], axis=1), {context.target: opened.y})
    return LabelledRows(
        table, opened.y, context.target, f"the test rows of {context.path}", fingerprint(table), 0
    )


def _reading(values, classes, decimal):
    """How the target is written; a word for missing that is a class of the model is a label."""
    if classes is None:
        return find_target_reading(values, decimal=decimal)
    return TargetReading(str(values.name), None, frozenset(MISSING_MARKS) - {str(label) for label in classes})


def as_classes(y: pd.Series, classes: list[Any], source: str) -> np.ndarray:
    """Return labels as the model has them, whatever type the file gave them: 1.0, "1" and 1 are one label.

    Raises DataError for labels that are no class of the model.

    >>> as_classes(pd.Series([1.0, 0.0]), [0, 1], "x.csv").tolist()
    [1, 0]
    """
    known: dict[Any, Any] = {}
    for label in classes:
        for key in (str(label), str(label).lower() if isinstance(label, bool | np.bool_) else str(label)):
            known.setdefault(key, label)
    labels, unknown = np.empty(len(y), dtype=object), set()
    for position, value in enumerate(y.tolist()):
        key = _key(value, known)
        if key is None:
            unknown.add(str(value))
        else:
            labels[position] = known[key]
    if unknown:
        raise DataError(
            f"The target of {source} holds labels that the model does not know: "
            f"{some_of(sorted(unknown), 5)}. It knows: {some_of(classes, 10)}."
        )
    return labels


def _key(value, known):
    """The text under which a label is known; None where it is not."""
    if str(value) in known:
        return str(value)
    if isinstance(value, bool):
        return str(int(value)) if str(int(value)) in known else None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):  # a word; or a date, say
        return str(value).lower() if str(value).lower() in known else None
    if number in (0, 1) and {"True", "False"} <= set(known):
        return str(bool(number))
    whole = str(int(number)) if number.is_integer() else None
    return whole if whole in known else str(number) if str(number) in known else None

"""The one door to the test rows. Each opening is written down before the rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import DataError
from ..json_lines import append_lines, read_lines
from .source_rows import read_source
from .splitting import splits
from .splitting.assignment import TEST, TRAIN, VALIDATION, Assignment

if TYPE_CHECKING:
    from ..settings.context import Context

KEY = "evaluation_key"  # of a line: what was evaluated, on which rows


@dataclass(frozen=True)
class OpenedRows:
    """Rows of one part, as they stand in the table.

    rows : positions in the source table, or in the user's own test table. X : raw features. y : labels or
    numbers. others : the columns that are no features. groups : codes of the user's groups, or None.
    """

    rows: np.ndarray
    X: pd.DataFrame
    y: np.ndarray
    others: pd.DataFrame
    groups: np.ndarray | None


def read_openings(log: Path) -> list[dict[str, Any]]:
    """The openings so far, oldest first."""
    return read_lines(log)


def open_test_rows(
    context: Context, assignment: Assignment, log: Path, opening: Mapping[str, Any]
) -> dict[str, OpenedRows]:
    """Write down an opening, and return {"train", "validation", "test": OpenedRows}.

    assignment : of the run whose model is evaluated. log : the file of openings. opening : what is written of
        this one; where a line has the same `evaluation_key`, this goes on with that opening and adds none.

    Raises DataError where the table is not the one that was split, or there is no test row.
    """
    if not assignment.counts()[TEST]:
        raise DataError(
            "There are no test rows to evaluate on: the split has none. Give some by `test_data_path`, or "
            "by the words 'test' in the `split_column`, and run phase 1 again."
        )
    if opening[KEY] not in {line.get(KEY) for line in read_openings(log)}:
        append_lines(log, [opening])
    source, usable = read_source(context)
    if assignment.made_for["data_fingerprint"] != source.fingerprint:
        raise DataError(
            f"{context.data_source} has changed since it was split: its test rows are not those that were "
            "sealed. Run phases 1 and 2 again."
        )
    parts = {part: np.flatnonzero(assignment.parts == part) for part in (TRAIN, VALIDATION, TEST)}
    labels = usable.y.to_numpy()
    opened = {
        part: _opened(usable.table, rows, usable.rows[rows], labels[rows], source.features, context)
        for part, rows in parts.items()
    }
    if source.own_test is not None:
        rows = np.arange(len(source.own_test))
        y = source.reading.read(source.own_test[context.target]).to_numpy()
        y = usable.task.as_own_labels(y)
        opened[TEST] = _opened(source.own_test, rows, rows, y, source.features, context)
    return opened


def _opened(table, positions, rows, y, features, context):
    taken = table.take(positions).reset_index(drop=True)
    others = taken.drop(columns=[*features, context.target], errors="ignore")
    name = context.settings.group_column
    groups = splits.group_codes(taken[name]) if name and name in taken else None
    return OpenedRows(rows, taken[features], y, others, groups)

"""What the notebooks of all models of one table have in common, found out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.splitting.assignment import TRAIN, VALIDATION
from .columns import ColumnCode, find_columns, tools_for
from .reading import PATH, TABLE, find_reading
from .targets import find_target

if TYPE_CHECKING:
    from ...data.development import DevelopmentData
    from ...data.splitting.assignment import Assignment


TARGET = "target"  # what the prepared columns call it, with a mark behind it where a column is called so


@dataclass(frozen=True)
class StandaloneTable:
    """A table as its notebooks read it.

    location : of the feature table. rows_path : the row assignment as a file.
    reading, target_code : see reading.py and targets.py; None where no code does, and the notebook gets what
        was read.
    """

    data: DevelopmentData
    location: str = field(repr=False)  # it may hold a password
    rows_path: Path
    reading: str | None
    columns: ColumnCode
    target_code: str | None

    @cached_property
    def target_column(self) -> str:
        """What the prepared columns call the target."""
        taken = set(self.columns.prepared)
        numbered = (TARGET + "_" * n for n in range(len(taken) + 1))
        return next(name for name in numbered if name not in taken)

    @property
    def prepared_names(self) -> list[str]:
        """Columns, the target among them, that no line of code reads."""
        return [*self.columns.prepared, *([self.target_column] if self.target_code is None else [])]

    def prepared(self) -> pd.DataFrame:
        """These columns, of the training rows and then of the validation rows."""
        if self.target_code is not None:
            return self.columns.prepared
        y = np.concatenate([self.data.y_train, self.data.y_validation])
        return self.columns.prepared.assign(**{self.target_column: pd.Series(y.tolist())})


def read_table(
    data: DevelopmentData, assignment: Assignment, location: str, rows_path: Path | str
) -> StandaloneTable:
    """Find out how a notebook reads the table of a session; reads the table once more, as the notebook will.

    data, assignment : of the session's intake. location : of the feature table (`Context.feature_data`).
    rows_path : the row assignment as it was saved.
    """
    raw, reading = _raw_rows(data, assignment, location)
    X = pd.concat([data.X_train, data.X_validation], ignore_index=True)
    columns = find_columns(data.schema, raw, data.schema.clean(X))
    y = np.concatenate([data.y_train, data.y_validation])
    target_code = find_target(data.task, tools_for(raw), y)
    return StandaloneTable(data, location, Path(rows_path), reading, columns, target_code)


def _raw_rows(data, assignment, location):
    """(training rows, then validation rows, as the notebook reads them; its code), or twice None."""
    positions = np.concatenate([assignment.rows[assignment.parts == part] for part in (TRAIN, VALIDATION)])
    try:
        reading = find_reading(location, data)
        if reading is None:
            return None, None
        known = {PATH: location, "pd": pd}
        exec(reading, known)  # the line of reading.py
        if not all(isinstance(name, str) for name in known[TABLE].columns):
            reading += f"\n{TABLE}.columns = {TABLE}.columns.map(str)"
            exec(reading, known)
        return known[TABLE].iloc[positions].reset_index(drop=True), reading
    except Exception:  # what that line does not read is read by others: its columns are handed over
        return None, None

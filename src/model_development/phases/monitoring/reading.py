"""Rows to be monitored: a prediction log, or any table, which the package's model is then asked about."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data.reading.dialects import decimal_of
from ...data.reading.sources import load_table
from ...data.with_columns import with_columns
from ...errors import DataError, UnreadableColumnWarning, some_of
from ...monitoring.labels import IDS, as_text
from ...monitoring.log_files import (
    DECISION,
    INPUTS,
    LOG_COLUMNS,
    REQUEST,
    TIME,
    VERSION,
    is_log,
    read_log,
)
from ...monitoring.monitor_input import ObservedRows
from ...settings.context import locate
from ...settings.credentials import shown

if TYPE_CHECKING:
    from .package import MonitoredPackage


@dataclass(frozen=True)
class ReadRows:
    """All rows that were found, in the order of time where that is known.

    ids : table with `request_id`, for labels to be joined; None where rows have no ids. truth : the target as
    written, None for missing, where the rows hold it themselves; else None. notes : sentences. decimal : the
    mark before decimals in their file.
    """

    rows: ObservedRows
    source: str
    ids: pd.DataFrame | None = None
    truth: pd.Series | None = None
    notes: tuple[str, ...] = ()
    decimal: str = "."


class NothingYet(DataError):
    """A prediction log in which nothing has been recorded so far."""


def read_rows(location: str, package: MonitoredPackage) -> ReadRows:
    """Read a folder of a prediction log, or a table as any feature table is read.

    Raises DataError where there is nothing to read, or nothing of this model; NothingYet for a folder without
    predictions.
    """
    place = locate(location, Path.cwd(), "--data")
    if is_log(place):
        return _of_log(read_log(place), package, shown(location))
    if _is_empty_folder(place):
        raise NothingYet(
            f"{shown(location)} holds no predictions yet: a service that records them makes this folder with "
            "the first ones. Look again later, or give another folder or table."
        )
    table = load_table(place, package.task.target)
    if _holds_predictions(table, package):
        return _of_log(table, package, shown(location))
    return _of_table(table, package, shown(location))


def _is_empty_folder(place: str) -> bool:
    """Is it a folder with nothing in it, or a name such as one has, of which nothing is there?"""
    path = Path(place)
    return not any(path.iterdir()) if path.is_dir() else not (path.exists() or path.suffix or ":" in place)


def _holds_predictions(table: pd.DataFrame, package: MonitoredPackage) -> bool:
    """Is it a log that was saved as one table?"""
    return {REQUEST, TIME, "prediction"} <= set(table) and set(_output_columns(package)) <= set(table)


def _output_columns(package: MonitoredPackage) -> list[str]:
    n = max(1, len(package.task.classes))
    empty = package.task.predictions(np.zeros((0, n)) if package.task.has_classes else np.zeros(0))
    return list(package.task.output_table(empty))


def _of_log(log: pd.DataFrame, package: MonitoredPackage, source: str) -> ReadRows:
    notes = []
    if VERSION in log:
        ours = log[VERSION].map(as_text).fillna("").isin(["", package.version])
        if not ours.all():
            n_others = int((~ours).sum())
            notes.append(
                f"{n_others:,} rows of the log are of other versions than {package.version}: left out."
            )
        log = log[ours].reset_index(drop=True)
    absent = [name for name in _output_columns(package) if name not in log]
    if absent or not len(log):
        raise DataError(
            f"{source} holds no predictions of {package.name} {package.version}"
            + (f": {some_of(absent)} are not in it." if absent else ".")
            + " Give the log of the service of this package."
        )
    said = package.task.read_output_table(log)
    decided = _decided(log, package, said.labels)
    X, recorded = _inputs(log)
    if not recorded.any():
        notes.append("The rows themselves were not recorded: what is said of them is left out.")
    elif not recorded.all():
        notes.append(
            f"Of {int((~recorded).sum()):,} rows only what was predicted is recorded: where any of them is "
            "looked at, what is said of the rows themselves is left out."
        )
    rows = ObservedRows(said, decided, X, pd.to_datetime(log[TIME], utc=True), recorded)
    return ReadRows(rows, source, log[[REQUEST]], _truth(log, package), tuple(notes))


def _truth(log: pd.DataFrame, package: MonitoredPackage) -> pd.Series | None:
    """The target of a log that was saved with it; what the log itself calls so is none."""
    target = package.task.target
    return None if target in {*LOG_COLUMNS, *_output_columns(package)} else log.get(target)


def _decided(log, package, labels):
    """Positions of what was decided; where the log has no decision, what was predicted."""
    if not package.task.classes or DECISION not in log:
        return labels
    classes = list(enumerate(package.task.classes))
    known = {text: position for position, label in classes for text in (str(label), as_text(label))}
    positions = log[DECISION].map(as_text).map(known)
    return np.where(positions.notna(), positions.fillna(0), labels).astype(int)


def _inputs(log: pd.DataFrame) -> tuple[pd.DataFrame | None, np.ndarray]:
    """(the rows as they came, without values where they were not recorded; were they, of each row)"""
    recorded = log[INPUTS].notna().to_numpy() if INPUTS in log else np.zeros(len(log), dtype=bool)
    if not recorded.any():
        return None, recorded
    rows = [json.loads(text) if known else {} for text, known in zip(log[INPUTS], recorded, strict=True)]
    names = dict.fromkeys(name for row in rows for name in row)
    X = pd.DataFrame({name: [row.get(name) for row in rows] for name in names}, index=range(len(rows)))
    return X, recorded


def _of_table(table: pd.DataFrame, package: MonitoredPackage, source: str) -> ReadRows:
    times = _times(table, package)
    if times is not None:
        order = np.argsort(times.to_numpy(), kind="stable")
        table, times = table.iloc[order].reset_index(drop=True), times.iloc[order].reset_index(drop=True)
    absent = [name for name in package.schema.names() if name not in table]
    if len(absent) == len(package.schema.names()):
        raise DataError(
            f"{source} has none of the columns that the model was trained on: {some_of(absent)}. Found: "
            f"{some_of(list(table.columns))}."
        )
    said, decided = _ask(with_columns(table, dict.fromkeys(absent)), package)
    id_column = next((name for name in IDS if name in table and name not in package.schema.names()), None)
    ids = None if id_column is None else table[[id_column]].set_axis([REQUEST], axis=1)
    truth = table.get(package.task.target)
    X = table.drop(columns=package.task.target, errors="ignore")
    decimal = decimal_of(table)
    return ReadRows(ObservedRows(said, decided, X, times), source, ids, truth, decimal=decimal)


def _ask(table: pd.DataFrame, package: MonitoredPackage) -> tuple[Any, np.ndarray]:
    """What the package's model says of rows, and how its policy decides."""
    model = package.model
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnreadableColumnWarning)  # the monitors say it of each column
        outputs = model.predict_matrix(model.to_matrix(table))
    said = package.task.predictions(outputs, getattr(model, "classes_", None))
    policy = model.decision_policy_
    if policy is None or not set(policy.columns) <= set(table):
        return said, said.labels
    return said, policy.decide(said.by_class, table)


def _times(table: pd.DataFrame, package: MonitoredPackage) -> pd.Series | None:
    """When each row came: the column `time`, or the one by which the project splits its rows."""
    names = (TIME, package.settings.get("time_column"))
    known = [name for name in names if name is not None and name in table]
    # Numbers are years or steps, of which nobody knows the hours.
    name = next((name for name in known if not pd.api.types.is_numeric_dtype(table[name])), None)
    if name is None or (name == TIME and name in package.schema.names()):
        return None
    times = pd.to_datetime(table[name], errors="coerce", utc=True, format="mixed")
    return times if times.notna().all() else None

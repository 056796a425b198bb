"""The window that is looked at, and the labelled rows of the latest window that labels reach to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...data.columns.values import MISSING_MARKS
from ...data.reading.dialects import decimal_of
from ...data.reading.sources import load_table
from ...data.splitting.splits import group_codes
from ...data.target import TargetReading, find_target_reading
from ...errors import DataError
from ...monitoring.labels import join_labels
from ...monitoring.monitor_input import LabelledRows, ObservedRows
from ...promotion.labelled_rows import as_classes
from ...settings.context import locate
from ...statistics.dependent_rows import dependent_rows

if TYPE_CHECKING:
    from .package import MonitoredPackage
    from .reading import ReadRows


def latest_window(rows: ObservedRows, hours: float | None) -> ObservedRows:
    """Return the rows of the last `hours` before the last row; all where None.

    Raises DataError where rows have no time.
    """
    if hours is None:
        return rows.as_recorded()
    if rows.times is None:
        raise DataError(
            "The rows have no times, so that --window cannot choose among them: leave it out, or give rows "
            "with a column `time`."
        )
    return rows.take(_latest(rows.times, hours)).as_recorded()


def _latest(times, hours):
    return np.flatnonzero(times > times.max() - pd.Timedelta(hours=hours))


def all_labelled(read: ReadRows, labels: str | None, package: MonitoredPackage) -> LabelledRows | None:
    """Return every row whose label is known; None where nobody gave labels.

    labels : a table with ids and labels, see `join_labels`; None takes what the rows hold themselves.
    Raises DataError where labels cannot be joined, or are no labels of the model.
    """
    task = package.task
    if labels is not None:
        if read.ids is None:
            raise DataError(
                f"--labels needs rows with ids: {read.source} has no column `request_id`. Give the target "
                f"as a column {task.target!r} of the rows, or a prediction log."
            )
        table = load_table(locate(labels, Path.cwd(), "--labels"), task.target)
        joined, decimal = join_labels(read.ids, table, task.target), decimal_of(table)
        truth, said = pd.Series(joined.truth, name=task.target, dtype=object), joined.sentences()
    elif read.truth is not None:
        truth, said, decimal = read.truth, [], read.decimal
    else:
        return None
    positions, encoded = _encoded(truth.infer_objects(), package, labels or read.source, decimal)
    return LabelledRows(read.rows.take(positions), encoded, tuple(said))


def _encoded(
    truth: pd.Series, package: MonitoredPackage, source: str, decimal: str
) -> tuple[np.ndarray, np.ndarray]:
    """(positions of the rows with a label, their encoded target)"""
    task = package.task
    if not truth.notna().any():
        return np.empty(0, dtype=int), task.encode(list(task.classes[:0]))
    classes = list(task.classes)
    if classes:
        words = frozenset(MISSING_MARKS) - {str(label) for label in classes}
        reading = TargetReading(task.target, None, words)
        positions = reading.rows(truth, source)
        return positions, task.encode(as_classes(reading.read(truth.iloc[positions]), classes, source))
    reading = find_target_reading(truth, decimal=decimal)
    positions = reading.rows(truth, source)
    values = reading.read(truth.iloc[positions])
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"The labels of {source} hold text, such as {values.iloc[0]!r}, and are to be numbers."
        )
    return positions, task.encode(values)


def latest_labelled(
    labelled: LabelledRows | None, hours: float | None, package: MonitoredPackage
) -> LabelledRows | None:
    """Return the labelled rows of the last `hours` that labels reach to, with groups: labels come late."""
    if labelled is None:
        return None
    if hours is not None and labelled.rows.times is not None and len(labelled):
        labelled = labelled.take(_latest(labelled.rows.times, hours))
    labelled = replace(labelled, rows=labelled.rows.as_recorded())
    groups, name = _groups(labelled, package), package.settings.get("group_column")
    if groups is None and name:
        said = f"The rows have no column {name!r}: intervals take rows of one group for independent ones."
        labelled = replace(labelled, sentences=(*labelled.sentences, said))
    return replace(labelled, groups=groups)


def window_groups(rows: ObservedRows, package: MonitoredPackage) -> np.ndarray | None:
    """Return codes of the groups that the project names, shape (n_rows,); None where the rows hold none."""
    groups = _group_column(rows, package)
    return None if groups is None else group_codes(groups)


def _group_column(rows, package):
    name = package.settings.get("group_column")
    return rows.X[name] if name and rows.X is not None and name in rows.X else None


def _groups(labelled, package):
    """Codes of the groups that the project names, or stretches of its time; None where rows stand alone."""
    settings, rows, truth = package.settings, labelled.rows, labelled.truth
    if not len(labelled):
        return None
    groups = _group_column(rows, package)
    strata = truth if package.task.has_classes else package.task.strata(truth)
    return dependent_rows(groups, rows.times, settings.get("split"), strata)

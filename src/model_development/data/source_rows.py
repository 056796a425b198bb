"""The tables as they are read, and the rows of them that can be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..settings.decisions import require_suitable
from ..tasks.classification import label_text
from ..tasks.table import has_target, make_task
from . import requirements
from .amounts import check_amounts
from .reading import sources
from .reading.dialects import decimal_of
from .target import TargetReading, find_target_reading

if TYPE_CHECKING:
    from ..settings.context import Context
    from ..tasks.base import Task


@dataclass(frozen=True)
class Source:
    """The tables as read. own_test : the user's own test rows; None where the table is to be split."""

    table: pd.DataFrame
    own_test: pd.DataFrame | None
    features: list[str]
    fingerprint: str
    reading: TargetReading


@dataclass(frozen=True)
class UsableRows:
    """The rows that have a target which folds can hold. rows : their positions in the source."""

    table: pd.DataFrame
    y: pd.Series
    rows: np.ndarray
    task: Task
    rare_classes: dict[Any, int]
    n_without_target: int


def read_source(context: Context) -> tuple[Source, UsableRows]:
    """Read the tables that `context` names; find the rows that can be used.

    Raises DataError in plain words for what makes training impossible.
    """
    source = _read(context)
    usable = _usable_rows(source, context)
    if source.own_test is None:
        return source, usable
    source = _without_classes(source, context.target, usable.rare_classes)
    usable.task.require_test_target(source.reading.read(source.own_test[context.target]), context.test_source)
    return source, usable


def _read(context):
    table, own_test = _load(context.feature_data, context), None
    features = requirements.check_columns(table, context)
    decimal = decimal_of(table)
    reading = find_target_reading(table[context.target], context.settings.missing_labels, decimal)
    if context.test_data:
        own_test = _load(context.test_data, context)
        settings = context.settings
        named = [settings.time_column, settings.group_column, *settings.value_columns()]
        named += settings.fairness_columns  # what is compared by group is compared on test rows
        needed = dict.fromkeys([*features, context.target, *filter(None, named)])
        requirements.check_test_columns(own_test, list(needed), context.test_source)
        rows = reading.rows(own_test[context.target], f"the test table {context.test_source}")
        own_test = own_test.iloc[rows].reset_index(drop=True)
        check_amounts(own_test, settings, decimal)
    tables = [table] if own_test is None else [table, own_test]
    return Source(table, own_test, features, sources.fingerprint(*tables), reading)


def _load(location, context):
    """A table as read; zeros stand for the target of a kind of problem that has none."""
    table = sources.load_table(location, context.target)
    if not has_target(context.settings.problem_type):
        table[context.target] = 0.0
    return table


def _usable_rows(source, context):
    settings, target, table = context.settings, context.target, source.table
    rows = source.reading.rows(table[target])
    n_without_target = len(table) - len(rows)
    y = source.reading.read(table[target].iloc[rows])
    requirements.check_row_counts(y, settings.cv_folds)
    task = make_task(y, target, settings.problem_type, settings.positive_class)
    rare = task.rare_classes(y, settings.cv_folds + 2)
    if rare:  # unless accepted, an error that stops the run; until then the checks go on without them
        kept = ~y.isin(list(rare)).to_numpy()
        rows, y = rows[kept], y[kept]
        task = make_task(y, target, settings.problem_type, settings.positive_class)
    y = _sharing_labels(y.reset_index(drop=True))
    kept = table if len(rows) == len(table) else table.iloc[rows].reset_index(drop=True)
    require_suitable(settings, task)
    check_amounts(kept, settings, decimal_of(table))
    return UsableRows(kept, y, rows, task, rare, n_without_target)


def _sharing_labels(y):
    """One Python object for each different label, not for each row."""
    if pd.api.types.is_numeric_dtype(y):
        return y
    codes, labels = pd.factorize(y)
    return pd.Series(labels.to_numpy(dtype=object)[codes], name=y.name, dtype=object)


def _without_classes(source, target, labels):
    """Leave the rows of classes out of the user's own test rows, as they are of the table."""
    read = source.reading.read(source.own_test[target])
    unwanted = read.map(label_text).isin([label_text(label) for label in labels])
    return replace(source, own_test=source.own_test[~unwanted].reset_index(drop=True))

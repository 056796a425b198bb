"""From the table as read to the rows that are used, by part; the table itself is let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import requirements
from .reading import sources
from .reading.dialects import DIALECT, REPEATED_NAMES, decimal_of
from .source_rows import read_source
from .splitting import equal_rows as equal
from .splitting import splits
from .splitting.assignment import TEST, TRAIN, VALIDATION, Assignment

if TYPE_CHECKING:
    from ..settings.context import Context
    from ..tasks.base import Task


MANY_COLUMNS = 200  # from which on they are copied into one block: of one block, rows are taken at once
STEERS_THE_SPLIT = ("split", "time_column", "group_column", "split_column", "cv_folds", "seed")


@dataclass(frozen=True)
class Rows:
    """The rows that are used: training rows first, then validation rows, then test rows.

    X : raw features of the training and validation rows. y : their target. test : raw features of the test
        rows, for the checks to tell values apart.
    groups, moments : group and time of all rows, test rows included; None where no column is named.
    together : the set of rows that must be on one side of each fold, of the training and validation rows;
        None where none need be. n_equal : rows that equal another one, kept on one side for that.
    repeated_names : {name as read: name in the header}. rare_classes : {label: rows} that the folds
        cannot hold, left out. made_for : see Assignment. target_doubts : see TargetReading.
    dialect, decimal : how the file is written, in words, and its mark before decimals.
    """

    X: pd.DataFrame
    y: np.ndarray
    test: pd.DataFrame
    task: Task
    assignment: Assignment
    groups: np.ndarray | None
    moments: np.ndarray | None
    together: np.ndarray | None
    n_equal: int
    made_for: dict[str, Any]
    n_columns: int
    n_without_target: int
    repeated_names: dict[str, str]
    rare_classes: dict[Any, int]
    target_doubts: tuple[tuple[str, str], ...] = ()
    dialect: str = ""
    decimal: str = "."

    @property
    def n_train(self) -> int:
        return int((self.assignment.parts == TRAIN).sum())


def take_rows(context: Context, previous: Assignment | None = None) -> Rows:
    """Read the table that `context` names and split it.

    previous : Assignment of an earlier run; where table and split are the same, so are the rows.
    Raises DataError in plain words for what makes training impossible.
    """
    settings = context.settings
    source, usable = read_source(context)
    equal_sets = equal.equal_rows(usable.table[source.features])
    made_for = _made_for(source, usable.task, settings) | {"equal_rows": equal.fingerprint(equal_sets)}
    together = _together(usable.table, settings, equal_sets)
    assignment = _assign(source, usable, settings, made_for, previous, together)
    train, validation, test = (np.flatnonzero(assignment.parts == part) for part in (TRAIN, VALIDATION, TEST))
    held = np.concatenate([train, validation])
    sources.release_memory()  # of the split, before the rows are copied
    test_table = usable.table
    if source.own_test is not None:
        test_table, test = source.own_test, np.arange(len(source.own_test))
    groups, moments = _steering((usable.table, held), (test_table, test), settings)
    return Rows(
        X=_features(usable.table, held, source.features),
        y=usable.y.to_numpy()[held],
        test=_features(test_table, test, source.features),
        task=usable.task,
        assignment=assignment,
        groups=groups,
        moments=moments,
        together=None if together is None else together[held],
        n_equal=0 if equal_sets is None else int((np.bincount(equal_sets)[equal_sets] > 1).sum()),
        made_for=made_for,
        n_columns=source.table.shape[1],
        n_without_target=usable.n_without_target,
        repeated_names=source.table.attrs.get(REPEATED_NAMES, {}),
        rare_classes=usable.rare_classes,
        target_doubts=source.reading.doubts,
        dialect=source.table.attrs.get(DIALECT, ""),
        decimal=decimal_of(source.table),
    )


def _steering(development, test, settings):
    """Group and time of all rows, test rows last; None where no column is named. Each: (table, rows)."""

    def of_all_rows(name):
        return pd.concat([table[name].take(rows) for table, rows in (development, test)], ignore_index=True)

    named = ((settings.group_column, splits.group_codes), (settings.time_column, splits.times))
    return [read(of_all_rows(name)) if name else None for name, read in named]


def _features(table, rows, features):
    """Some rows of the features, in order; `table[features]` would copy all rows of them first."""
    others = table.columns.difference(features)
    taken = table.drop(columns=others).take(rows).reset_index(drop=True)
    taken = taken[features] if list(taken.columns) != features else taken
    return taken.copy() if len(features) >= MANY_COLUMNS else taken


def _made_for(source, task, settings):
    """What an assignment depends on: where none of it has changed, an earlier one holds."""
    made_for = {"data_fingerprint": source.fingerprint, "n_source_rows": len(source.table)}
    made_for |= {"target": task.target, "kind": task.kind}
    return made_for | {name: getattr(settings, name) for name in STEERS_THE_SPLIT}


def _together(table, settings, equal_sets):
    """The set of rows that must be on one side, of each row; None where none need be.

    By time, equal rows of different times are no copies: what happened once may happen again.
    """
    rule = splits.fold_rule(settings)
    if rule != "group":
        return None if rule == "time" else equal_sets
    groups = splits.group_codes(table[settings.group_column])
    return groups if equal_sets is None else equal.joined(groups, equal_sets)


def _assign(source, usable, settings, made_for, previous, together):
    if previous is not None and previous.made_for == made_for and len(previous.rows) == len(usable.rows):
        return previous
    wanted = (TRAIN, VALIDATION, TEST) if source.own_test is None else (TRAIN, VALIDATION)
    parts = splits.assign_rows(usable.table, usable.y, usable.task, settings, wanted, together)
    train, folds = parts == TRAIN, np.full(len(parts), -1)
    y_train = usable.y.to_numpy()[train]
    requirements.check_training_rows(y_train, usable.task, settings.cv_folds)
    rule, steering = splits.fold_rule(settings), {}
    if rule == "time":
        steering["moments"] = splits.times(usable.table[settings.time_column])[train]
    elif together is not None:
        steering["groups" if rule == "group" else "equal"] = together[train]
    folds[train] = splits.fold_numbers(y_train, usable.task, settings, **steering)
    n_own_test = 0 if source.own_test is None else len(source.own_test)
    return Assignment(usable.rows, parts, folds, made_for, n_own_test)

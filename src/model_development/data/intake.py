"""The way of the table: read, recognise, split, check; what comes out holds no test row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import requirements
from .checks.check_input import CheckInput, Finding
from .checks.table import run_checks, skipped_checks
from .columns.recognition import infer_schema
from .development import DevelopmentData
from .doubts import find_doubts
from .reading.sources import release_memory
from .rows import take_rows
from .splitting import splits
from .splitting.assignment import TEST, TRAIN, VALIDATION, Assignment

if TYPE_CHECKING:
    from ..settings.context import Context


@dataclass(frozen=True)
class Intake:
    """A table ready for training, and what is to be said and kept of it."""

    data: DevelopmentData
    assignment: Assignment
    source: str
    fingerprint: str
    n_columns: int
    n_rows_without_target: int
    findings: tuple[Finding, ...] = ()  # of Finding; empty where no checks were asked for
    skipped: dict[str, str] = field(default_factory=dict)  # {name of a check: why it had nothing to look at}

    def __repr__(self) -> str:
        return f"Intake({self.data!r}, {len(self.findings)} findings)"

    def describe(self) -> dict[str, Any]:
        """What identifies these rows, for MLflow and every JSON file."""
        return {
            "data_source": self.source,
            "data_fingerprint": self.fingerprint,
            "split_fingerprint": self.assignment.fingerprint,
            "n_rows": self.assignment.counts(),
            "n_rows_without_target": self.n_rows_without_target,
            "n_columns": self.n_columns,
            "feature_names": list(self.data.X_train.columns),
            "column_kinds": {column.name: column.kind for column in self.data.schema.columns},
        }


def take_in(context: Context, previous: Assignment | None = None, *, with_checks: bool = True) -> Intake:
    """Read, split and check the table that `context` names.

    previous : Assignment of an earlier run; where table and split are the same, so are the rows.

    Raises DataError in plain words for what makes training impossible; what makes its result
    untrustworthy is in the findings.
    """
    rows = take_rows(context, previous)
    release_memory()
    data = _development_data(rows, context.settings)
    findings: tuple[Finding, ...] = ()
    skipped: dict[str, str] = {}
    if with_checks:
        check_input = _check_input(rows, data, previous, context.settings)
        rows = replace(rows, test=None)  # the codes are all that is looked at
        release_memory()
        findings, skipped = run_checks(check_input), skipped_checks(check_input)
    return Intake(
        data=data,
        assignment=rows.assignment,
        source=context.data_source,
        fingerprint=rows.made_for["data_fingerprint"],
        n_columns=rows.n_columns,
        n_rows_without_target=rows.n_without_target,
        findings=findings,
        skipped=skipped,
    )


def _development_data(rows, settings):
    n_train, rule = rows.n_train, splits.fold_rule(settings)
    folds = rows.assignment.training_folds(growing=rule == "time")
    requirements.check_folds(folds, rows.y[:n_train], rows.task, settings.split)
    X_train, X_validation = rows.X.iloc[:n_train], rows.X.iloc[n_train:]  # views: no value is copied
    schema = infer_schema(
        X_train,
        categorical=settings.categorical_columns,
        keep_identifiers="identifier" in settings.accept,
        decimal=rows.decimal,
        dialect=rows.dialect,
    )
    return DevelopmentData(
        task=rows.task,
        schema=schema,
        X_train=X_train,
        y_train=rows.y[:n_train],
        X_validation=X_validation.reset_index(drop=True),
        y_validation=rows.y[n_train:],
        folds=folds,
        groups=None if rows.together is None else rows.together[:n_train],
        moments=rows.moments[:n_train] if rule == "time" else None,
        groups_validation=None if rows.together is None else rows.together[n_train:],
    )


def _check_input(rows, data, previous, settings):
    """What the checks see: of the test rows nothing but codes that tell values apart, group and time."""
    counts = {TRAIN: rows.n_train, VALIDATION: len(rows.X) - rows.n_train, TEST: len(rows.test)}
    parts = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    groups, moments = (
        {} if values is None else {part: values[parts == part] for part in counts}
        for values in (rows.groups, rows.moments)
    )
    codes = {
        column.name: column.codes(pd.concat([rows.X[column.name], rows.test[column.name]]))
        for column in data.schema.columns
        if column.kind != "dropped"
    }
    return CheckInput(
        task=data.task,
        settings=settings,
        schema=data.schema,
        X=rows.X,
        y=rows.y,
        parts=parts,
        codes=codes,
        groups=groups,
        moments=moments,
        together=rows.together,
        n_equal=rows.n_equal,
        n_without_target=rows.n_without_target,
        repeated_names=rows.repeated_names,
        rare_classes=rows.rare_classes,
        changes=_changes(rows.made_for, previous),
        doubts=find_doubts(rows, data.schema, rows.task.target),
        has_run_before=previous is not None,
    )


def _changes(now, previous):
    then = previous.made_for if previous is not None else now
    if then.get("data_fingerprint") == now["data_fingerprint"]:
        return ""
    return (
        f"The table is not that of the last run: {now['n_source_rows']} rows, fingerprint "
        f"{now['data_fingerprint']}; then {then.get('n_source_rows')} rows, {then.get('data_fingerprint')}."
    )

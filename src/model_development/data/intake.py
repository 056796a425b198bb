"""The way of the table: read, recognise, split, check; what comes out holds no test row."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from . import requirements, sources, splits
from .assignment import TEST, TRAIN, VALIDATION, Assignment
from .checks.subject import Subject
from .checks.table import run_checks
from .development import DevelopmentData
from .readers import REPEATED_NAMES
from .recognition import infer_schema
from .task import make_task

STEERS_THE_SPLIT = ("split", "time_column", "group_column", "split_column", "cv_folds", "seed")


@dataclass(frozen=True)
class Intake:
    """A table ready for training, and what is to be said and kept of it."""

    data: DevelopmentData
    assignment: Assignment
    source: str
    fingerprint: str
    n_columns: int
    n_rows_without_target: int
    findings: tuple  # of Finding; empty where no checks were asked for

    def describe(self):
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


@dataclass(frozen=True)
class _Source:
    """The tables as read. own_test : the user's own test rows; None where the table is to be split."""

    table: pd.DataFrame
    own_test: pd.DataFrame | None
    features: list
    fingerprint: str


@dataclass(frozen=True)
class _Usable:
    """The rows that have a target which folds can hold. rows : their positions in the source."""

    table: pd.DataFrame
    y: pd.Series
    rows: np.ndarray
    task: object
    rare_classes: dict
    n_without_target: int


def take_in(context, previous=None, *, with_checks=True):
    """Read, split and check the table that `context` names.

    previous : Assignment of an earlier run; where table and split are the same, so are the rows.

    Raises DataError in plain words for what makes training impossible; what makes its result
    untrustworthy is in the findings.
    """
    source = _read(context)
    usable = _usable_rows(source.table, context)
    if source.own_test is not None:
        source = _without_classes(source, context.target, usable.rare_classes)
        requirements.check_test_target(source.own_test[context.target], usable.task, context.test_data)
    assignment = _assign(source, usable, context.settings, previous)
    rows = _development_rows(source, usable, assignment)
    data = _development_data(rows, usable, context.settings, assignment)
    findings = ()
    if with_checks:
        findings = run_checks(_subject(source, usable, rows, data, assignment, previous, context.settings))
    return Intake(
        data=data,
        assignment=assignment,
        source=context.feature_data,
        fingerprint=source.fingerprint,
        n_columns=source.table.shape[1],
        n_rows_without_target=usable.n_without_target,
        findings=findings,
    )


def _read(context):
    table, own_test = sources.load_table(context.feature_data), None
    features = requirements.check_columns(table, context)
    if context.test_data:
        own_test = sources.load_table(context.test_data)
        named = [context.settings.time_column, context.settings.group_column]
        needed = dict.fromkeys([*features, context.target, *filter(None, named)])
        requirements.check_test_columns(own_test, list(needed), context.test_data)
        rows = requirements.rows_with_target(own_test, context.target, f"the test table {context.test_data}")
        own_test = own_test.iloc[rows].reset_index(drop=True)
    tables = [table] if own_test is None else [table, own_test]
    return _Source(table, own_test, features, sources.fingerprint(*tables))


def _usable_rows(table, context):
    settings, target = context.settings, context.target
    rows = requirements.rows_with_target(table, target)
    n_without_target = len(table) - len(rows)
    y = requirements.read_target(table[target].iloc[rows])
    requirements.check_row_counts(y, settings.cv_folds)
    task = make_task(y, target, settings.problem_type, settings.positive_class)
    rare = requirements.rare_classes(y, task, settings.cv_folds)
    if rare:  # unless accepted, an error that stops the run; until then the checks go on without them
        kept = ~y.isin(list(rare)).to_numpy()
        rows, y = rows[kept], y[kept]
        task = make_task(y, target, settings.problem_type, settings.positive_class)
    y = y.reset_index(drop=True)
    kept = table if len(rows) == len(table) else table.iloc[rows].reset_index(drop=True)
    return _Usable(kept, y, rows, task, rare, n_without_target)


def _without_classes(source, target, labels):
    """Leave the rows of classes out of the user's own test rows, as they are of the table."""
    unwanted = source.own_test[target].astype(str).isin([str(label) for label in labels])
    return replace(source, own_test=source.own_test[~unwanted].reset_index(drop=True))


def _assign(source, usable, settings, previous):
    made_for = {"data_fingerprint": source.fingerprint, "n_source_rows": len(source.table)}
    made_for |= {"target": usable.task.target, "kind": usable.task.kind}
    made_for |= {name: getattr(settings, name) for name in STEERS_THE_SPLIT}
    if previous is not None and previous.made_for == made_for and len(previous.rows) == len(usable.rows):
        return previous
    wanted = (TRAIN, VALIDATION, TEST) if source.own_test is None else (TRAIN, VALIDATION)
    parts = splits.assign_rows(usable.table, usable.y, usable.task, settings, wanted)
    train, folds = parts == TRAIN, np.full(len(parts), -1)
    y_train = usable.y.to_numpy()[train]
    requirements.check_training_rows(y_train, usable.task, settings.cv_folds)
    steering = _steering_column(usable.table, settings)
    steering = {name: values[train] for name, values in steering.items()}
    folds[train] = splits.fold_numbers(y_train, usable.task, settings, **steering)
    n_own_test = 0 if source.own_test is None else len(source.own_test)
    return Assignment(usable.rows, parts, folds, made_for, n_own_test)


def _steering_column(table, settings):
    """What folds must respect, as `fold_numbers` takes it."""
    rule = splits.fold_rule(settings)
    if rule == "group":
        return {"groups": splits.group_codes(table[settings.group_column])}
    if rule == "time":
        return {"moments": splits.times(table[settings.time_column])}
    return {}


def _development_rows(source, usable, assignment):
    """The features of the training rows and then of the validation rows, in one table."""
    positions = np.concatenate([np.flatnonzero(assignment.parts == part) for part in (TRAIN, VALIDATION)])
    return usable.table[source.features].take(positions).reset_index(drop=True)


def _development_data(rows, usable, settings, assignment):
    train, validation = assignment.parts == TRAIN, assignment.parts == VALIDATION
    folds = assignment.training_folds(growing=splits.fold_rule(settings) == "time")
    requirements.check_folds(folds, usable.y[train].to_numpy(), usable.task, settings)
    X_train, X_validation = rows.iloc[: train.sum()], rows.iloc[train.sum() :]  # views: no value is copied
    schema = infer_schema(
        X_train,
        categorical=settings.categorical_columns,
        keep_identifiers="identifier" in settings.accept,
    )
    return DevelopmentData(
        task=usable.task,
        schema=schema,
        X_train=X_train,
        y_train=usable.y[train].to_numpy(),
        X_validation=X_validation.reset_index(drop=True),
        y_validation=usable.y[validation].to_numpy(),
        folds=folds,
        **{name: values[train] for name, values in _steering_column(usable.table, settings).items()},
    )


def _subject(source, usable, rows, data, assignment, previous, settings):
    """What the checks see: of the test rows nothing but codes that tell values apart, group and time."""
    table, parts = usable.table, assignment.parts
    if source.own_test is not None:
        table = pd.concat([table, source.own_test], ignore_index=True)
        parts = np.concatenate([parts, np.full(len(source.own_test), TEST, dtype=object)])
    order = np.concatenate([np.flatnonzero(parts == part) for part in (TRAIN, VALIDATION, TEST)])
    parts = parts[order]
    steering = {"group_column": splits.group_codes, "time_column": splits.times}
    groups, moments = (
        _by_part(read(table[getattr(settings, name)])[order], parts) if getattr(settings, name) else {}
        for name, read in steering.items()
    )
    return Subject(
        task=data.task,
        settings=settings,
        schema=data.schema,
        X=rows,
        y=np.concatenate([data.y_train, data.y_validation]),
        parts=parts,
        codes={name: codes[order] for name, codes in data.schema.codes(table)},
        groups=groups,
        moments=moments,
        n_without_target=usable.n_without_target,
        repeated_names=source.table.attrs.get(REPEATED_NAMES, {}),
        rare_classes=usable.rare_classes,
        changes=_changes(source, previous),
    )


def _by_part(values, parts):
    return {part: values[parts == part] for part in (TRAIN, VALIDATION, TEST)}


def _changes(source, previous):
    if previous is None or previous.made_for.get("data_fingerprint") == source.fingerprint:
        return ""
    then = previous.made_for
    return (
        f"The table is not that of the last run: {len(source.table)} rows, fingerprint {source.fingerprint}; "
        f"then {then.get('n_source_rows')} rows, {then.get('data_fingerprint')}."
    )

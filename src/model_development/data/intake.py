"""The way of the table: read, check, split; what comes out holds no test row."""

from dataclasses import dataclass

from . import checks, sources, splits
from .schema import infer_schema
from .splits import TEST, TRAIN, VALIDATION, DevelopmentData
from .task import make_task


@dataclass(frozen=True)
class Intake:
    """A table ready for training, and what is to be said and kept of it."""

    data: DevelopmentData
    source: str
    fingerprint: str
    split_fingerprint: str
    n_rows: dict  # rows per part: train, validation, test
    n_rows_without_target: int

    def describe(self):
        """What identifies these rows, for MLflow and every JSON file."""
        return {
            "data_source": self.source,
            "data_fingerprint": self.fingerprint,
            "split_fingerprint": self.split_fingerprint,
            "n_rows": self.n_rows,
            "n_rows_without_target": self.n_rows_without_target,
            "feature_names": list(self.data.X_train.columns),
        }


def take_in(context):
    """Read, check and split the table that `context` names. Raises DataError in plain words."""
    settings = context.settings
    table = sources.load_table(context.feature_data)
    features = checks.check_columns(table, context)
    fingerprint = sources.fingerprint(table)
    table, n_without_target = checks.drop_rows_without_target(table, context.target)
    if table.empty:
        raise checks.DataError(f"The target {context.target!r} is missing in every row.")
    y = table[context.target]
    task = make_task(y, context.target, settings.problem_type, settings.positive_class)
    checks.check_row_counts(y, task, settings.cv_folds)
    parts = splits.assign_rows(table, y, task, settings)
    return Intake(
        data=_development_data(table, features, y, task, parts, settings),
        source=context.feature_data,
        fingerprint=fingerprint,
        split_fingerprint=splits.split_fingerprint(parts),
        n_rows={part: int((parts == part).sum()) for part in (TRAIN, VALIDATION, TEST)},
        n_rows_without_target=n_without_target,
    )


def _development_data(table, features, y, task, parts, settings):
    train, validation = parts == TRAIN, parts == VALIDATION
    X_train, y_train = table.loc[train, features].reset_index(drop=True), y[train].to_numpy()
    groups = order = None
    checks.check_training_rows(y_train, task, settings.cv_folds)
    if settings.split == "group":
        groups = splits.group_codes(table, settings.group_column)[train]
    if settings.split == "time":
        order = splits.times(table, settings.time_column)[train]
    return DevelopmentData(
        task=task,
        schema=infer_schema(X_train),
        X_train=X_train,
        y_train=y_train,
        X_validation=table.loc[validation, features].reset_index(drop=True),
        y_validation=y[validation].to_numpy(),
        folds=splits.make_folds(X_train, y_train, task, settings, groups, order),
    )

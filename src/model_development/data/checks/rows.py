"""Rows that are in two parts at once: copies, the same group, times out of order."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...settings.splits import SPLITS
from ..columns.recognition import looks_like_identifier, words_of
from ..splitting.assignment import TEST, TRAIN, VALIDATION
from .check_input import ERROR, INFO, WARNING, CheckInput, Finding, listed

FEW_CONFLICTS = 0.01  # share of rows with contradicting labels, up to which it is mere information
MIN_GROUPS = 10  # levels of a column that may be entities
MIN_UNNAMED = 20  # the same, where nothing but its values says so
MIN_OWNED = 2  # columns that have one value within each entity
SCREENED_ROWS, FEW_ROWS = 20_000, 2000  # on the few, most columns are seen to change within one thing
THINGS = {
    *("patient", "customer", "client", "user", "person", "data", "account", "household", "member"),
    *("student", "employee", "session", "device", "machine", "vehicle", "driver", "store", "shop", "site"),
    *("station", "hospital", "company", "donor"),
}
YEAR, MONTH = {"year", "yr"}, {"month", "mnth"}
TIME_WORDS = {"timestamp", "datetime", "date", "epoch"}


def rows_in_two_parts(data: CheckInput) -> Iterator[Finding]:
    """Rows whose features, but for what names the row, are those of another row.

    Those that the split keeps on one side are mere information; what it cannot mend, in the user's own parts
    or test rows, is an error.
    """
    if data.n_equal:
        yield Finding(
            INFO,
            (),
            f"{data.n_equal} rows repeat the features of another one. They are kept on one side of split, "
            "folds and early-stopping rows.",
            "",
        )
    duplicates, shares = data.duplicates, data.duplicates.shares
    if not any(shares.values()):
        return
    found = " and ".join(f"{share:.2%} of the {part} rows" for part, share in shares.items() if share)
    but = f" but for {listed(duplicates.without)}" if duplicates.without else ""
    is_error = not duplicates.is_chance and any(shares[part] for part in data.settings.parts_of_the_user)
    chance = (
        "Chance may have made them: single columns repeat so often."
        if duplicates.is_chance
        else "The values' frequencies do not explain so many."
        if is_error
        else "They are too frequent for one side, or come back at other times."
    )
    yield Finding(
        ERROR if is_error else WARNING,
        (),
        f"{found} repeat the features of a training row{but}. {chance}",
        "Drop the copies, or keep those of one thing together: split 'group' with a `group_column`.",
    )


def conflicting_labels(data: CheckInput) -> Iterator[Finding]:
    """Rows with equal features and different classes: no model can have all of them right."""
    keys = data.keys()[: len(data.y)]
    repeated = pd.Series(keys).duplicated(keep=False).to_numpy()
    labels = pd.DataFrame({"key": keys[repeated], "target": data.target[repeated]})
    counts = labels.groupby(["key", "target"]).size()
    sizes, largest = counts.groupby("key").sum(), counts.groupby("key").max()
    contradicted = sizes[largest < sizes]
    if len(contradicted):
        share, wrong = contradicted.sum() / len(keys), int((sizes - largest).sum())
        yield Finding(
            WARNING if share >= FEW_CONFLICTS else INFO,
            (),
            f"{contradicted.sum()} rows ({share:.2%}) have the features of a row with another class; "
            f"every model gets at least {wrong} of them wrong.",
            "Look for a feature that tells them apart, or for labels that were entered twice.",
        )


def groups_in_two_parts(data: CheckInput) -> Iterator[Finding]:
    """Groups of the column that the user named, with rows in more than one part."""
    if not data.groups:
        return
    parts = {part: set(np.unique(codes)) for part, codes in data.groups.items()}
    shared = (parts[TRAIN] & (parts[VALIDATION] | parts[TEST])) | (parts[VALIDATION] & parts[TEST])
    if shared:
        total = len(set.union(*parts.values()))
        # Groups whose past is known are what a forecast is of, where models see which group it is.
        in_time = SPLITS[data.settings.split].is_in_time and data.settings.group_column in data.X
        yield Finding(
            WARNING if in_time else ERROR,
            (str(data.settings.group_column),),
            f"{len(shared)} of {total} groups have rows in more than one of training, validation and test.",
            "Nothing, where the future of these same groups is predicted; for others set `split` to 'group'."
            if in_time
            else "Set `split` to 'group', or correct the split column or the test table.",
        )


def likely_groups(data: CheckInput) -> Iterator[Finding]:
    """A column that looks like the name of a thing with several rows, while no group column is given."""
    if data.settings.group_column:
        return
    rows = slice(0, SCREENED_ROWS)
    few = np.column_stack([data.levels[name][:FEW_ROWS] for name in data.schema.names()])
    for name, levels in data.levels.items():
        levels = levels[rows]
        n_levels = len(np.unique(levels))
        if name in data.days or not MIN_GROUPS <= n_levels <= len(levels) / 2:
            continue
        if name in data.numbers and not (np.mod(data.numbers[name][rows], 1) == 0).all():
            continue
        named = looks_like_identifier(name) or words_of(name) & THINGS
        owned = _owned_columns(data, name, rows, few) if len(levels) / n_levels >= 2 else []
        if named or (len(owned) >= MIN_OWNED and n_levels >= MIN_UNNAMED):
            why = f" within each of them {listed(owned)} do not change;" if owned else ""
            yield Finding(
                WARNING,
                (name,),
                f"It looks like the name of things with {len(levels) / n_levels:.1f} rows each on average;"
                f"{why} rows of one thing may be in training and in validation.",
                f"If so, set `split` to 'group' and `group_column` to {name!r}.",
            )


def unseen_classes(data: CheckInput) -> Iterator[Finding]:
    """Classes that occur among the validation rows and not among the training rows."""
    n_train = int((data.parts == TRAIN).sum())
    unseen = sorted({str(label) for label in data.y[n_train:]} - {str(label) for label in data.y[:n_train]})
    if unseen:
        yield Finding(
            ERROR,
            (data.task.target,),
            f"Validation rows hold classes that no training row has: {listed(unseen)}.",
            "Split another way, merge these classes, or leave their rows out.",
        )


def time_order(data: CheckInput) -> Iterator[Finding]:
    """Training rows that are later than validation or test rows, by the time column that the user named."""
    if not data.moments:
        return
    first_held = min(data.moments[part].min() for part in (VALIDATION, TEST))
    late = float((data.moments[TRAIN] > first_held).mean())
    if late or data.moments[VALIDATION].max() > data.moments[TEST].min():
        what = (
            f"{late:.1%} of the training rows are later than the first validation or test row"
            if late
            else "Validation rows are later than the first test row"
        )
        yield Finding(
            ERROR,
            (str(data.settings.time_column),),
            f"{what}: the models would be told of the future.",
            "Set `split` to 'time', or correct the split column or the test table.",
        )


def likely_time(data: CheckInput) -> Iterator[Finding]:
    """A column of dates, while no time column is given."""
    if data.settings.time_column:
        return
    dates = data.schema.names("date")
    dates += [name for name in data.numbers if words_of(name) & TIME_WORDS]
    parts = [n for words in (YEAR, MONTH) for n in data.X.columns if words_of(n) & words]
    if dates or len(parts) >= 2:
        yield Finding(
            WARNING,
            tuple(dates or parts),
            "The rows seem to carry times, but the split ignores them: later rows help to predict earlier.",
            "If the model is to predict the future, set `split` to 'time' and `time_column`.",
        )


def _owned_columns(data, name, rows, few):
    """Other columns that vary, but not within one value of this one. few : levels of all, in few rows."""
    levels, owned = data.levels[name][rows], []
    one, next_one = _neighbours(levels[:FEW_ROWS])
    may_be = (few[one] == few[next_one]).all(axis=0)
    (one, next_one), n_levels = _neighbours(levels), len(np.unique(levels))
    for other in np.array(data.schema.names(), dtype=object)[may_be]:
        values = data.levels[other][rows]
        if other == name or values.min() == values.max():
            continue
        if (values[one] == values[next_one]).all() and len(np.unique(values)) < n_levels:
            owned.append(other)
    return owned


def _neighbours(levels):
    """(rows, other rows of the same level), each row with the next one of its level."""
    order = np.argsort(levels, kind="stable")
    same = levels[order][1:] == levels[order][:-1]
    return order[:-1][same], order[1:][same]

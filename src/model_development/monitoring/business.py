"""Monitor: what decisions on labelled rows were worth, by the settings of the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.amounts import amount_writing, read_amounts
from ..errors import DataError
from ..metrics.worth import NET, cost_of_errors, worth_of_decisions
from ..reports.numbers import format_interval
from ..reports.section import Section
from ..statistics.kpi_interval import kpi_with_interval
from ..statistics.resampling import bootstrap_figures
from ..statistics.units import sample_units
from .metrics import BUSINESS, Sample
from .monitor import MonitorResult
from .performance import FEWEST_LABELLED

if TYPE_CHECKING:
    from ..metrics.kpis import Kpi
    from .monitor_input import LabelledRows, MonitorInput

N_DRAWS = 200  # of rows, for figures of the user's own: a function is called for each
MOST_ROWS = 20_000


def watch_business(given: MonitorInput) -> MonitorResult | None:
    """Return the figures of `business` and of the user's own file on the labelled rows, with 95 % intervals.

    None where nothing is asked for, or nothing is labelled. They raise no alarm: the user knows what is due.
    """
    labelled, asked = given.labelled, given.business
    if labelled is None or len(labelled) < FEWEST_LABELLED:
        return None
    if not given.kpis and (asked is None or not asked.asks_for_figures):
        return None
    some = labelled.take(sample_units(len(labelled), MOST_ROWS, given.seed, labelled.groups))
    rows = {} if asked is None or not asked.asks_for_figures else _money(given, some)
    rows |= {kpi.name: _own(kpi, given, some) for kpi in given.kpis}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "reason"])
    table = table.rename_axis("figure")
    section = Section(
        tuple(_sentence(name, row, len(some)) for name, row in rows.items()),
        tables={
            "Business figures on the labelled rows": table if table["reason"].any() else table.iloc[:, :3]
        },
        values={name: dict(zip(table.columns, row, strict=True)) for name, row in rows.items()},
    )
    values = {name: row[0] for name, row in rows.items() if row[0] is not None and np.isfinite(row[0])}
    return MonitorResult(section, samples=tuple(Sample(BUSINESS, v, (name,)) for name, v in values.items()))


def _money(given: MonitorInput, some: LabelledRows) -> dict[str, tuple]:
    """{figure per row: (value, low, high, reason)} of the settings."""
    try:
        amounts = _amounts(given, some)
    except DataError as error:
        return {"net value per row": (None, None, None, str(error))}
    each = _worth(given, some, amounts)
    if not each:
        return {}
    values = np.column_stack(list(each.values())).astype(float)
    ends = bootstrap_figures(
        lambda w: w @ values / w.sum(axis=1, keepdims=True), len(values), given.seed, some.groups
    )
    return {
        f"{name} per row": (float(mean), *(pair or (None, None)), "")
        for name, mean, pair in zip(each, values.mean(axis=0), ends, strict=True)
    }


def _worth(given: MonitorInput, some: LabelledRows, amounts: np.ndarray) -> dict[str, np.ndarray]:
    """{figure: its part of each row}; of several classes the settings say nothing."""
    assert given.business is not None
    truth, decided, positive = some.truth, some.rows.decided, some.rows.said.positive
    if positive is not None:
        items = worth_of_decisions(given.business, decided == positive, truth == positive, amounts)
        return {name: values for name, values in items.items() if name == NET or values.any()}
    if given.task.has_classes:
        return {}
    over, under = cost_of_errors(given.business, truth, decided)
    return {"cost of errors": over + under}


def _amounts(given: MonitorInput, some: LabelledRows) -> np.ndarray:
    """Zero where no column says it. Raises DataError where it is not there, or a row has no number."""
    name = given.business.amount_column if given.business else None
    if name is None:
        return np.zeros(len(some))
    X = some.rows.X
    if X is None or name not in X:
        raise DataError(f"`business.amount_column` names {name!r}, which the rows lack.")
    writing = amount_writing(X[name], given.schema.decimal)
    return read_amounts(X[name], "`business.amount_column`", writing)


def _own(kpi: Kpi, given: MonitorInput, some: LabelledRows) -> tuple:
    try:
        known = _arguments(kpi, given, some)
        value, ends = kpi_with_interval(kpi, known, len(some), given.seed, some.groups, N_DRAWS)
    except (ValueError, DataError) as error:
        return None, None, None, str(error)
    return value, *(ends or (None, None)), ""


def _arguments(kpi: Kpi, given: MonitorInput, some: LabelledRows) -> dict[str, Any]:
    """What functions may ask for; labels stand as in the target column."""
    task, rows = given.task, some.rows
    labels = np.array(task.classes)
    known = {
        "y_true": labels[some.truth] if task.classes else some.truth,
        "y_pred": labels[rows.decided] if task.classes else rows.decided,
        "y_proba": rows.said.probabilities,
        "classes": labels,
        "positive_class": task.positive_class,
    }
    if kpi.needs("amount"):
        known["amount"] = _amounts(given, some)
    if kpi.needs("table"):
        if rows.X is None:
            raise DataError("it needs the rows, which were not recorded")
        known["table"] = rows.X
    return known


def _sentence(name, row, n):
    value, low, high, reason = row
    if reason:
        return f"{name} has no value: {reason}."
    interval = None if low is None else (low, high)
    return f"{name} is {format_interval(value, interval)} on {n:,} labelled rows."

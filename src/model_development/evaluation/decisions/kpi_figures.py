"""Analysis: the user's own business figures on the test rows; one that fails is a row with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...reports.numbers import format_number
from ...reports.section import Section
from ...statistics.kpi_interval import kpi_with_interval
from .decided import amounts_of, decided_labels

if TYPE_CHECKING:
    from ...metrics.kpis import Kpi
    from ..evaluation_input import EvaluationInput

FEWEST_DRAWS = 200  # of rows, where they are many: a function of the user's is called for each


def analyse_kpis(given: EvaluationInput) -> Section | None:
    """Return the figures of `given.kpis` with 95 % intervals; None where there are none."""
    if not given.kpis:
        return None
    known = _arguments(given)
    rows = {kpi.name: _row(kpi, known, given) for kpi in given.kpis}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("figure")
    said = [f"{name} is {_text(row)} on the test rows." for name, row in rows.items() if not row["reason"]]
    said += [f"{name} has no value: {row['reason']}." for name, row in rows.items() if row["reason"]]
    return Section(
        sentences=tuple(said),
        tables={"Figures of your own": table if table["reason"].any() else table.drop(columns="reason")},
        values=rows,
    )


def _arguments(given: EvaluationInput) -> dict[str, Any]:
    """What functions may ask for, of all test rows; labels stand as in the target column."""
    task, test = given.task, given.test
    labels, decided = np.array(task.classes), decided_labels(given.policy, test)
    name = given.settings.business.amount_column if given.settings.business else None
    return {
        "y_true": labels[test.truth] if task.classes else test.truth,
        "y_pred": labels[decided] if task.classes else decided,
        "y_proba": test.said.probabilities,
        "amount": None if name is None else amounts_of(given, test, "business.amount_column", name),
        "table": pd.concat([test.X, test.others], axis=1),
        "classes": labels,
        "positive_class": task.positive_class,
    }


def _row(kpi: Kpi, known: dict[str, Any], given: EvaluationInput) -> dict[str, Any]:
    n = len(given.test)
    try:
        value, ends = kpi_with_interval(kpi, known, n, given.seed, given.test.groups, FEWEST_DRAWS)
    except ValueError as error:
        return {"value": None, "low": None, "high": None, "reason": str(error)}
    low, high = ends or (None, None)
    return {"value": value, "low": low, "high": high, "reason": ""}


def _text(row):
    interval = (
        ""
        if row["low"] is None
        else (f" (95 % interval {format_number(row['low'])} to {format_number(row['high'])})")
    )
    return f"{format_number(row['value'])}{interval}"

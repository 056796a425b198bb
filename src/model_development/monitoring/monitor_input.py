"""What monitors see: rows that a model was asked about, what it said, and what came true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..metrics.kpis import Kpi
    from ..metrics.table import Metric
    from ..settings.decisions import BusinessSettings
    from ..statistics.estimates import Estimate
    from ..tasks.base import Task
    from ..tasks.predictions import Predictions
    from .reference import Reference
    from .service_figures import ServiceFigures


@dataclass(frozen=True)
class ObservedRows:
    """Rows that a model was asked about.

    said : Predictions for these rows. decided : positions of classes as the decision policy decided, else as
    labelled; of numbers the numbers; shape (n_rows,). X : raw rows, index 0 to n_rows - 1, columns beside the
    features among them; None where they were not recorded. times : when, in UTC; None where unknown.
    recorded : of which rows X is known, shape (n_rows,); None for all of them. See `as_recorded`.
    """

    said: Predictions
    decided: np.ndarray
    X: pd.DataFrame | None = None
    times: pd.Series | None = None
    recorded: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.decided)

    def as_recorded(self) -> ObservedRows:
        """The same with all of X or none of it."""
        is_whole = self.recorded is None or bool(self.recorded.all())
        return replace(self, X=self.X if is_whole else None, recorded=None)

    def take(self, positions: np.ndarray) -> ObservedRows:
        """Some of the rows, by position."""
        return ObservedRows(
            self.said.take(positions),
            self.decided[positions],
            None if self.X is None else self.X.iloc[positions].reset_index(drop=True),
            None if self.times is None else self.times.iloc[positions].reset_index(drop=True),
            None if self.recorded is None else self.recorded[positions],
        )

    def span(self) -> tuple[str, str] | None:
        """When the first and the last row came, as ISO 8601 in UTC, fit to be sorted; None where unknown."""
        if self.times is None or not len(self.times) or self.times.isna().all():
            return None
        return self.times.min().isoformat(), self.times.max().isoformat()

    def when(self) -> str:
        """The same for people: " from ... to ... UTC"; "" where unknown."""
        span = self.span()
        return "" if span is None else f" from {minute(span[0])} to {minute(span[1])} UTC"


def minute(moment: str) -> str:
    """A time as ISO 8601 has it, to the minute.

    >>> minute("2026-03-01T14:57:03+00:00")
    '2026-03-01 14:57'
    """
    return moment[:16].replace("T", " ")


@dataclass(frozen=True)
class LabelledRows:
    """Rows whose label came. truth : encoded, see `Task.encode`; shape (n_rows,).

    sentences : what became of the labels. groups : whole numbers, rows of one depend on each other, shape
    (n_rows,); None where none do.
    """

    rows: ObservedRows
    truth: np.ndarray
    sentences: tuple[str, ...] = ()
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, positions: np.ndarray) -> LabelledRows:
        """Some of the rows, by position."""
        groups = None if self.groups is None else self.groups[positions]
        return LabelledRows(self.rows.take(positions), self.truth[positions], self.sentences, groups)


@dataclass(frozen=True)
class MonitorInput:
    """What a monitor may look at.

    metric : the primary metric. rows : the window. labelled : rows whose label is known, of the latest window
    that labels reach to; None where no labels were given. groups : of the window's rows, whole numbers, shape
    (n_rows,): rows of one are alike; None where the project names none, or they are not known.
    tested : {metric: Estimate} on the test rows.
    business, kpis : settings of the context, see BusinessSettings and metrics/kpis.py. service : what its
    /metrics says; None where nobody asked. seed : of all draws.
    """

    task: Task
    metric: Metric
    schema: TableSchema
    reference: Reference
    rows: ObservedRows
    labelled: LabelledRows | None = None
    groups: np.ndarray | None = None
    tested: Mapping[str, Estimate] = field(default_factory=dict)
    business: BusinessSettings | None = None
    kpis: tuple[Kpi, ...] = ()
    service: ServiceFigures | None = None
    seed: int = 0

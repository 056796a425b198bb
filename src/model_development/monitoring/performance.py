"""Monitor: is the model as good on labelled rows as it was on the test rows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..metrics.table import metrics_for
from ..reports.numbers import format_number
from ..reports.section import Section
from ..statistics.differences import value_of
from ..statistics.estimates import Estimate, difference
from ..statistics.resampling import FEWEST_GROUPS, bootstrap_intervals
from ..statistics.units import sample_units
from .metrics import HIGH, LOW, TEST_VALUE, VALUE, Sample
from .monitor import MonitorResult, too_small

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from .monitor_input import LabelledRows, MonitorInput

FEWEST_LABELLED = 50
MOST_ROWS = 20_000  # drawn of more
MOST_NUMBERS = 100_000  # rows x classes, for the metrics beside the primary one: there are many
# An interval of 95 % reaches 1.960 standard errors far, one of 99 % 2.576. A window is called worse by the
# latter: one in 200 is so by chance.
WIDER = 2.5758 / 1.9600


@dataclass(frozen=True)
class Change:
    """A metric on labelled rows beside the test rows, None where that is not known.

    low, high : 99 % interval of the difference. is_worse : does all of it lie on the worse side of zero?
    """

    metric: Metric
    window: Estimate
    tested: Estimate | None
    low: float = float("nan")
    high: float = float("nan")
    is_worse: bool = False


def watch_performance(given: MonitorInput) -> MonitorResult | None:
    """Measure every metric on the labelled rows, with intervals; None where no labels were given.

    Worse is a window in which the primary metric's difference from the test rows is, with its interval: rows
    that depend on each other are drawn together.
    Source: of the difference of two estimates Zou and Donner (2008), Statistics in Medicine 27.
    """
    labelled = given.labelled
    if labelled is None:
        return None
    if len(labelled) < FEWEST_LABELLED:
        small = too_small(len(labelled), FEWEST_LABELLED, "labelled rows")
        section = Section((*labelled.sentences, *small.section.sentences), values=small.section.values)
        return MonitorResult(section, suffices=False)
    changes = measure(given, labelled)
    main = changes[given.metric.name]
    alarms = (_claim(main),) if main.is_worse else ()
    section = Section(
        (*labelled.sentences, *_sentences(main, labelled), *alarms),
        tables={"Metrics on the labelled rows": _table(changes)},
        values={name: _values(change) for name, change in changes.items()},
    )
    return MonitorResult(section, alarms, tuple(_samples(changes)), np.isfinite(main.window.low))


def measure(given: MonitorInput, labelled: LabelledRows) -> dict[str, Change]:
    """Return {metric: Change}, the primary metric first. Metrics without a value here are left out."""
    task, main = given.task, given.metric
    some = _drawn(labelled, MOST_ROWS, given.seed)
    few = _drawn(some, MOST_NUMBERS // max(1, len(task.classes)), given.seed)
    changes = {main.name: _change(given, some, main)}
    for metric in metrics_for(task.family):
        if metric.name != main.name:
            change = _change(given, few, metric)
            changes |= {metric.name: change} if np.isfinite(change.window.value) else {}
    return changes


def _drawn(rows: LabelledRows, most: int, seed: int) -> LabelledRows:
    """At most so many rows; whole groups, where enough of them are left for an interval, else rows of all."""
    drawn = rows.take(sample_units(len(rows), most, seed, rows.groups))
    if drawn.groups is None or len(np.unique(drawn.groups)) >= FEWEST_GROUPS:
        return drawn
    return rows.take(sample_units(len(rows), most, seed))


def _change(given: MonitorInput, rows: LabelledRows, metric: Metric) -> Change:
    truth, said = rows.truth, rows.rows.said
    ends = bootstrap_intervals([(truth, said, rows.groups)], given.task.family, given.seed, metric) or {}
    low, high = ends.get(metric.name) or (np.nan, np.nan)
    window = Estimate(value_of(metric, truth, said), low, high, len(truth))
    return change_of(metric, window, given.tested.get(metric.name))


def change_of(metric: Metric, window: Estimate, tested: Estimate | None) -> Change:
    """Compare a window with the test rows; both with 95 % intervals, NaN where there are none."""
    ends = (window.value, window.low, window.high)
    if tested is None or not np.isfinite([*ends, tested.value, tested.low, tested.high]).all():
        return Change(metric, window, tested)
    low, high = difference(_wider(window), _wider(tested))
    return Change(metric, window, tested, low, high, high < 0 if metric.greater_is_better else low > 0)


def _wider(estimate):
    value = estimate.value
    low, high = (value + WIDER * (end - value) for end in (estimate.low, estimate.high))
    return Estimate(value, low, high, estimate.n)


def _table(changes):
    rows = {
        name: {
            "labelled rows": change.window.value,
            "low": change.window.low,
            "high": change.window.high,
            "test rows": np.nan if change.tested is None else change.tested.value,
            "difference, 99 %, low": change.low,
            "high ": change.high,
        }
        for name, change in changes.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")


def _values(change):
    tested = change.tested
    return {
        "value": change.window.value,
        "low": change.window.low,
        "high": change.window.high,
        "n": change.window.n,
        "test_value": None if tested is None else tested.value,
        "is_worse": change.is_worse,
    }


def _samples(changes):
    for name, change in changes.items():
        tested = np.nan if change.tested is None else change.tested.value
        figures = {VALUE: change.window.value, LOW: change.window.low, HIGH: change.window.high}
        for metric, value in {**figures, TEST_VALUE: tested}.items():
            if np.isfinite(value):
                yield Sample(metric, value, (name,))


def _sentences(main, labelled):
    name, window = main.metric.name, main.window
    when = labelled.rows.when()
    if not np.isfinite(window.value):
        yield f"{name} has no value on the {len(labelled):,} labelled rows{when}: a class may be missing."
        return
    if not np.isfinite(window.low):
        yield (
            f"{name} is {format_number(window.value)} on the {len(labelled):,} labelled rows{when}; they say "
            "too little for an interval. No alarm is raised."
        )
        return
    yield (
        f"{name} is {format_number(window.value)} (95 % interval {format_number(window.low)} to "
        f"{format_number(window.high)}) on the {len(labelled):,} labelled rows{when}."
    )
    if main.tested is None or not np.isfinite(main.low):
        yield "The package says nothing of it on the test rows, so there is nothing to compare it with."
    elif not main.is_worse:
        yield (
            f"On the test rows it was {format_number(main.tested.value)}; these rows do not show that it is "
            "worse now."
        )


def _claim(main):
    size = abs(main.window.value - main.tested.value)
    ends = sorted((abs(main.low), abs(main.high)))
    return (
        f"{main.metric.name} is worse than on the test rows by {format_number(size)} (99 % interval "
        f"{format_number(ends[0])} to {format_number(ends[1])}): {format_number(main.window.value)} against "
        f"{format_number(main.tested.value)}."
    )

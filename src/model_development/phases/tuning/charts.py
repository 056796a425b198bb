"""The charts of phase 2, from what a finished search has written.

Adding one is one function and one row of CHARTS; the analysis notebook shows it with a line of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...reports.chart import drawn
from ...reports.search_plots import impact_chart, parallel_chart, search_history_chart, top_chart
from ...reports.trade_off_plot import trade_off_chart
from ...storage import files as artifacts
from .criteria import label_of
from .finished_search import FinishedSearch, named, score_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def impact_figure(search: FinishedSearch) -> Figure:
    """Return the chart of what each parameter does."""
    best = search.summary.best_params or {}
    shares = {name: share for name, share in search.summary.importance.items() if share is not None}
    return impact_chart(search.scored, search.parameters, search.label, best, shares, search.drawn)


@drawn
def top_figure(search: FinishedSearch) -> Figure:
    """Return the chart of the best combinations."""
    said = search.summary
    rows = [
        (
            named(row, search.parameters),
            row.mean,
            None if row.low is None or row.high is None else (row.low, row.high),
        )
        for row in said.top
    ] or [("baseline", said.baseline_cv_mean, None)]
    title = f"{search.model_name}: the best {len(said.top)} of {len(search.scored)} combinations"
    return top_chart(rows, search.metric.label, said.baseline_cv_mean, title)


@drawn
def course_figure(search: FinishedSearch) -> Figure:
    """Return the chart of the scores in the order of the search."""
    scores = [score_of(row, search.metric) for row in search.rows]
    metric, baseline = search.metric, search.summary.baseline_cv_mean
    return search_history_chart(scores, search.label, baseline, metric.greater_is_better)


@drawn
def parallel_figure(search: FinishedSearch) -> Figure:
    """Return the chart of all combinations as lines through their parameters."""
    greater = search.metric.greater_is_better
    return parallel_chart(search.scored, search.parameters, search.label, greater, search.drawn)


@drawn
def trade_off_figure(search: FinishedSearch) -> Figure | None:
    """Return the chart of score against a second criterion; None where none was asked for."""
    rows = search.summary.trade_off
    second = search.summary.second
    if second is None or not rows:
        return None
    points = [(row.cost, row.mean, row.is_pareto, f"{row.trial:04d}") for row in rows]
    return trade_off_chart(points, label_of(second), search.label)


CHARTS = {  # file: its function of a FinishedSearch; one that returns None has nothing to show
    artifacts.PARAMETER_IMPACT_CHART: impact_figure,
    artifacts.TOP_MODELS_CHART: top_figure,
    artifacts.TUNING_HISTORY_CHART: course_figure,
    artifacts.PARALLEL_CHART: parallel_figure,
    artifacts.TRADE_OFF_CHART: trade_off_figure,
}

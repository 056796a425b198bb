"""Analysis: what decisions about two classes are worth, in the user's money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.worth import NET, worth_of_decisions
from ...reports.decision_plots import profit_chart
from ...reports.numbers import format_number
from ...reports.section import Picture, Section
from ...statistics.resampling import bootstrap_figures
from .decided import against_nothing, amounts_of, ways_to_decide
from .threshold_counts import BinaryScores, count_at

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput, ScoredRows


def analyse_business(given: EvaluationInput) -> Section | None:
    """Return amounts caught and missed, costs, revenue and savings on the test rows.

    None where no setting of `business` is about that.
    """
    asked, test = given.settings.business, given.test
    if asked is None or not asked.asks_for_figures:
        return None
    is_positive, amounts = BinaryScores.of(test).is_positive, _amounts(given, test)
    ways = ways_to_decide(given)
    items = _asked_for(
        {way: worth_of_decisions(asked, called, is_positive, amounts) for way, called in ways.items()}
    )
    first = next(iter(ways))
    savings = {f"saved against {way}": items[first][NET] - items[way][NET] for way in list(ways)[1:]}
    figures = items[first] | savings
    table = _with_intervals(figures, given)
    if {"amount caught", "amount missed"} <= set(items[first]):
        table = pd.concat([table, _share_caught(items[first], given)])
    by_way = pd.DataFrame({way: {n: v.sum() for n, v in found.items()} for way, found in items.items()}).T
    by_way.index.name = "decided by"
    return Section(
        sentences=_sentences(table, first, list(savings), len(test)),
        tables={f"Business figures of {first}": table, "Each way to decide": by_way},
        pictures=_profit(given, asked, ways, items),
        values={name: _cells(row) for name, row in table.iterrows()},
    )


def _amounts(given: EvaluationInput, rows: ScoredRows) -> np.ndarray:
    """Zero where no column says it."""
    name = given.settings.business.amount_column if given.settings.business else None
    return np.zeros(len(rows)) if name is None else amounts_of(given, rows, "business.amount_column", name)


def _asked_for(items: dict[str, dict[str, np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
    """Without the figures that are zero of every way to decide, since no setting is about them."""
    names = next(iter(items.values()))
    kept = [name for name in names if name == NET or any(found[name].any() for found in items.values())]
    return {way: {name: found[name] for name in kept} for way, found in items.items()}


def _with_intervals(figures: dict[str, np.ndarray], given: EvaluationInput) -> pd.DataFrame:
    """Totals over the test rows with 95 % intervals, by rows or groups drawn again."""
    each = np.column_stack(list(figures.values())).astype(float)
    ends = bootstrap_figures(lambda weights: weights @ each, len(each), given.seed, given.test.groups)
    return _as_table(list(figures), each.sum(axis=0), ends)


def _share_caught(items: dict[str, np.ndarray], given: EvaluationInput) -> pd.DataFrame:
    caught, both = items["amount caught"], items["amount caught"] + items["amount missed"]

    def share(weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return (weights @ caught / (weights @ both))[:, None]

    ends = bootstrap_figures(share, len(caught), given.seed, given.test.groups)
    total = caught.sum() / both.sum() if both.sum() else np.nan
    return _as_table(["share of the amount caught"], [total], ends)


def _as_table(names, totals, ends):
    low, high = ([np.nan if pair is None else pair[side] for pair in ends] for side in (0, 1))
    index = pd.Index(names, name="figure")
    return pd.DataFrame({"test rows": np.asarray(totals, dtype=float), "low": low, "high": high}, index=index)


def _cells(row):
    return {name: None if pd.isna(value) else float(value) for name, value in row.items()}


def _text(table: pd.DataFrame, name: str) -> str:
    value, low, high = (_cells(table.loc[name])[column] for column in ("test rows", "low", "high"))
    interval = "" if low is None else f" (95 % interval {format_number(low)} to {format_number(high)})"
    return f"{format_number(value)}{interval}"


def _sentences(table: pd.DataFrame, first: str, savings: list[str], n_rows: int) -> tuple[str, ...]:
    said = [f"On {n_rows:,} test rows decisions by {first} have a net value of {_text(table, NET)}."]
    if "share of the amount caught" in table.index:
        said.append(
            f"Caught is an amount of {_text(table, 'amount caught')}, missed {_text(table, 'amount missed')}."
        )
    for name in savings:
        low, high = table.loc[name, ["low", "high"]]
        said.append(f"{name[0].upper()}{name[1:]}: {_text(table, name)}{against_nothing(low, high)}.")
    return tuple(said)


def _profit(given, asked, ways, items):
    """Net savings against calling nobody, over the share called."""
    nobody = items["calling nobody"][NET].sum()
    n, curves = len(given.test), {}
    for name, rows in (
        ("test rows", given.test),
        ("out-of-fold rows, to the same number", given.out_of_fold),
    ):
        scores, amounts = BinaryScores.of(rows), _amounts(given, rows)
        called, left = (
            worth_of_decisions(asked, np.full(len(rows), way), scores.is_positive, amounts)[NET]
            for way in (True, False)
        )
        counts = count_at(scores, scores.between(), called - left)
        curves[name] = (counts.called / len(rows), counts.hits * n / len(rows))
    points = {way: (is_called.mean(), items[way][NET].sum() - nobody) for way, is_called in ways.items()}
    first = next(iter(ways))
    alt = (
        f"Net savings against calling nobody over the share of rows called; with {first} "
        f"{points[first][0]:.1%} are called and {format_number(points[first][1])} saved."
    )
    chart = profit_chart(curves, points, "Profit curve")
    return {} if chart is None else {"Profit curve": Picture(chart, alt)}

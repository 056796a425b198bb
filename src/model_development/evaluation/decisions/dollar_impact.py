"""Analysis: what errors of predicted numbers cost, and whether rises and falls are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.worth import cost_of_errors
from ...reports.numbers import format_number
from ...reports.section import Section
from ...statistics.resampling import bootstrap_figures
from .decided import against_nothing, amounts_of

if TYPE_CHECKING:
    from ...settings.decisions import BusinessSettings
    from ..evaluation_input import EvaluationInput

DIRECTION = "share of directions that are right"


def analyse_dollar_impact(given: EvaluationInput) -> Section | None:
    """Return the cost of errors on the test rows against the best constant.

    None where no setting of `business` is about that.
    """
    asked, test = given.settings.business, given.test
    if asked is None or not asked.asks_for_figures:
        return None
    truth, constant = test.truth, _best_constant(asked, given.out_of_fold.truth)
    over, under = cost_of_errors(asked, truth, test.said.labels)
    baseline = sum(cost_of_errors(asked, truth, np.full(len(truth), constant)))
    reference, named = _reference(given)
    is_right, moves = _directions(truth, test.said.labels, reference)
    parts = {
        "predicted too much, cost": over,
        "predicted too little, cost": under,
        "cost of all errors": over + under,
        "cost of the constant": baseline,
        "saved against the constant": baseline - over - under,
    }
    each = np.column_stack([*parts.values(), is_right, moves])

    def figures(weights: np.ndarray) -> np.ndarray:
        totals = weights @ each
        with np.errstate(invalid="ignore"):
            return np.column_stack([totals[:, :-2], totals[:, -2] / totals[:, -1]])

    values = figures(np.ones((1, len(truth))))[0]
    ends = bootstrap_figures(figures, len(truth), given.seed, test.groups)
    low, high = ([np.nan if pair is None else pair[side] for pair in ends] for side in (0, 1))
    index = pd.Index([*parts, DIRECTION], name="figure")
    table = pd.DataFrame({"test rows": values, "low": low, "high": high}, index=index)
    return Section(
        sentences=_sentences(table, constant, named, int(moves.sum())),
        tables={"What errors cost": table},
        values={name: {k: _plain(v) for k, v in row.items()} for name, row in table.iterrows()},
    )


def _best_constant(asked: BusinessSettings, known: np.ndarray) -> float:
    """The number that costs least for all rows alike: a quantile by the two costs, as of a newsvendor.

    Source: Koenker and Bassett (1978), Regression Quantiles, Econometrica 46(1).
    """
    both = asked.over_cost + asked.under_cost
    return float(np.quantile(known, asked.under_cost / both if both else 0.5))


def _reference(given: EvaluationInput) -> tuple[np.ndarray, str]:
    """(where rises and falls count from, in words)."""
    name = given.settings.business.reference_column if given.settings.business else None
    if name is None:
        middle = float(np.median(given.out_of_fold.truth))
        return np.full(len(given.test), middle), f"the median of the training rows, {format_number(middle)}"
    setting = "business.reference_column"
    return amounts_of(given, given.test, setting, name, may_be_negative=True), f"column {name!r}"


def _directions(truth, predicted, reference):
    """(is the direction right, is there one to be right about), each as 0 and 1, shape (n_rows,)."""
    moves = truth != reference
    is_right = moves & (np.sign(truth - reference) == np.sign(predicted - reference))
    return is_right.astype(float), moves.astype(float)


def _plain(value):
    return None if pd.isna(value) else float(value)


def _sentences(table: pd.DataFrame, constant: float, reference: str, n_moves: int) -> tuple[str, ...]:
    def text(name: str) -> str:
        value, low, high = table.loc[name]
        interval = "" if pd.isna(low) else f" (95 % interval {format_number(low)} to {format_number(high)})"
        return f"{format_number(_plain(value))}{interval}"

    saved = "saved against the constant"
    low, high = table.loc[saved, ["low", "high"]]
    return (
        f"On the test rows errors cost {text('cost of all errors')}.",
        f"Saying {format_number(constant)} of every row, the constant that costs least on the training rows, "
        f"costs {text('cost of the constant')}. Of that the model saves {text(saved)}"
        f"{against_nothing(low, high)}.",
        f"Counted from {reference}, the direction is right in a share of {text(DIRECTION)} of the "
        f"{n_moves:,} test rows that lie above or below it.",
    )

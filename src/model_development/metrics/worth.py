"""What decisions and errors are worth in the user's money, row by row, by the setting `business`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..settings.decisions import BusinessSettings

NET = "net value"


def worth_of_decisions(
    asked: BusinessSettings, is_called: np.ndarray, is_positive: np.ndarray, amounts: np.ndarray
) -> dict[str, np.ndarray]:
    """Return {figure: its part of each row}, each of shape (n_rows,); the last one is what remains.

    is_called, is_positive : bool, shape (n_rows,). amounts : what each row is about, zero where nothing says.
    """
    hit, miss, alarm = is_called & is_positive, ~is_called & is_positive, is_called & ~is_positive
    caught, missed = hit * amounts, miss * amounts
    items = {
        "amount caught": caught,
        "amount missed": missed,
        "amount recovered": asked.recovered_share * caught,
        "revenue": hit * asked.revenue_per_true_positive,
        "false alarms cost": alarm * asked.false_alarm_cost,
        "reviews cost": is_called * asked.review_cost,
        "missed positives cost": miss * asked.missed_cost,
    }
    gained = items["amount recovered"] + items["revenue"]
    spent = items["false alarms cost"] + items["reviews cost"] + items["missed positives cost"]
    return items | {NET: gained - spent}


def cost_of_errors(
    asked: BusinessSettings, truth: np.ndarray, predicted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(of what is predicted too much, of what is predicted too little), each shape (n_rows,)."""
    error = predicted - truth
    return asked.over_cost * np.maximum(error, 0), asked.under_cost * np.maximum(-error, 0)

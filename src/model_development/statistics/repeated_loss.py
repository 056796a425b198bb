"""How much of a metric is lost when something is drawn at random, several times over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .resampling import FEWEST_GROUPS, draw_weights, percentile_interval
from .units import n_units, unit_codes

if TYPE_CHECKING:
    from ..metrics.table import Metric
    from ..tasks.predictions import Predictions


N_RESAMPLES, N_SLOW = 300, 60  # of metrics that are calculated for many at once, and of others
NUMBERS_AT_ONCE = 2_000_000  # weights of rows


class RepeatedLoss:
    """What a metric loses from what a model says of some rows to what it says of them after a draw.

    truth : encoded target, shape (n_rows,). said : Predictions for these rows. groups : whole numbers, of
    which whole ones are drawn; or None. Rows are drawn once for all losses that are asked for.
    """

    def __init__(
        self,
        truth: np.ndarray,
        said: Predictions,
        metric: Metric,
        seed: int = 0,
        groups: np.ndarray | None = None,
    ) -> None:
        self.truth, self.metric = truth, metric
        self.has_interval = groups is None or len(np.unique(groups)) >= FEWEST_GROUPS
        self._n_units = n_units(len(truth), groups)
        self._rng = np.random.default_rng(seed)
        n_resamples = max(100, min(N_RESAMPLES, NUMBERS_AT_ONCE // max(1, len(truth))))
        n_resamples = N_SLOW if metric.vectorised is None else n_resamples
        once, codes = np.ones((1, len(truth))), unit_codes(groups)
        self._weights = np.concatenate([once, draw_weights(self._rng, n_resamples, len(truth), codes)])
        self._before = metric.resampled(truth, said, self._weights)

    def after(self, draws: Sequence[Predictions]) -> tuple[float, tuple[float, float] | None]:
        """Return (mean loss over the draws, its 95 % interval); positive where the metric became worse.

        draws : Predictions for the same rows. Both rows and draws are drawn anew for the interval, which is
        None where there are too few groups, or too few resamples in which the metric has a value.

        Source: percentile bootstrap, Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
        """
        sign = 1.0 if self.metric.greater_is_better else -1.0
        losses = np.array(
            [sign * (self._before - self.metric.resampled(self.truth, said, self._weights)) for said in draws]
        )
        n, n_resamples = len(draws), losses.shape[1] - 1
        drawn = self._rng.multinomial(n, [1 / n] * n, n_resamples).T / n
        interval = (
            percentile_interval((losses[:, 1:] * drawn).sum(axis=0), self._n_units)
            if self.has_interval
            else None
        )
        return float(losses[:, 0].mean()), interval

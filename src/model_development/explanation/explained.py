"""The SHAP values of some test rows, which several explanations read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .model_output import ModelOutput
from .raw_values import RawValues, read_values
from .shap import BACKGROUND, PASSES, Explainer, ShapValues

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput, ScoredRows


MOST_ROWS = 1000  # test rows that are explained
FEWEST_OF_A_CLASS = 5  # rows, without which hardly a draw of them has each class
HYBRIDS = 400_000  # that the model is asked about for them, at most


@dataclass(frozen=True)
class Explained:
    """positions : of the explained rows among the test rows. X : these rows, index 0 to n_rows - 1.

    read : their values, a RawValues for each column of `shap.columns`. n_background : out-of-fold rows that
    they are compared to.
    """

    output: ModelOutput
    positions: np.ndarray
    X: pd.DataFrame
    read: list[RawValues]
    shap: ShapValues
    n_background: int

    @property
    def ranks(self) -> np.ndarray:
        """Rank of each value within its column, 0 to 1, NaN without an order; shape (n_rows, n_columns)."""
        ranks = np.full((len(self.X), len(self.read)), np.nan)
        for j, values in enumerate(self.read):
            if values.numbers is not None:
                ranks[:, j] = (pd.Series(values.numbers).rank(method="min") - 1) / max(1, len(self.X) - 1)
        return ranks


def explained(given: EvaluationInput) -> Explained:
    """Return the SHAP values of a sample of the test rows, made once."""
    return given.once("explained", _explain)


def sample(n_rows: int, most: int, seed: int) -> np.ndarray:
    """Return positions of at most so many rows, in order; all where they are not more."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))


def sample_of_classes(truth: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return positions as `sample` does; a rare class has five rows among them, one at least of very many.

    truth : numbers of classes, shape (n_rows,).

    >>> 500 in sample_of_classes(np.arange(1000) == 500, 20, 0)
    True
    """
    if len(truth) <= most:
        return np.arange(len(truth))
    order = np.random.default_rng(seed).permutation(len(truth))
    drawn = pd.Series(truth[order])
    fewest = max(1, min(FEWEST_OF_A_CLASS, most // (2 * drawn.nunique())))
    are_first = (drawn.groupby(drawn).cumcount() < fewest).to_numpy()
    return np.sort(order[np.argsort(~are_first, kind="stable")][: max(most, are_first.sum())])


def whole_rows(rows: ScoredRows) -> pd.DataFrame:
    """Return raw rows with the columns that are no features."""
    return pd.concat([rows.X, rows.others], axis=1)


def background_of(given: EvaluationInput, n_rows: int = BACKGROUND) -> pd.DataFrame:
    """Return out-of-fold rows, drawn by the seed, that stand for rows of which nothing is known.

    They are drawn in any order, so that the first of them are a sample too.
    """
    n = len(given.out_of_fold)
    drawn = np.random.default_rng(given.seed).permutation(n)[:n_rows]
    return given.out_of_fold.X.iloc[drawn].reset_index(drop=True)


def _explain(given):
    output = ModelOutput.of(given.model, given.task)
    asked = output.affordable(HYBRIDS)
    most = max(1, min(MOST_ROWS, asked // (2 * PASSES * max(1, len(output.columns)))))
    positions = sample(len(given.test), most, given.seed)
    X = given.test.X.iloc[positions].reset_index(drop=True)
    background = background_of(given)
    shap = Explainer(output, background, given.seed).explain(X)
    return Explained(output, positions, X, read_values(output.schema, X), shap, len(background))

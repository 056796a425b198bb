"""What several models said of the same rows, while these were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..statistics.uncertainty import FEWEST_FOLDS
from ..tasks.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..tasks.base import Task

ROW, FOLD = "row", "fold"  # columns of a table of out-of-fold predictions, see fitting/fold_results.py


@dataclass(frozen=True)
class Pool:
    """Out-of-fold predictions of several models for the rows that all of them have.

    names : of the models. outputs : probabilities, shape (n_models, n_rows, n_classes), or numbers, shape
    (n_models, n_rows). truth : encoded target, shape (n_rows,). rows : positions among the training rows.
    folds : number of the fold that left the row out, shape (n_rows,). positive : see Predictions.
    """

    names: tuple[str, ...]
    outputs: np.ndarray
    truth: np.ndarray
    rows: np.ndarray
    folds: np.ndarray
    positive: int | None = None

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def fold_numbers(self) -> list[int]:
        """Numbers of the folds that these rows come from, in their order."""
        return np.unique(self.folds).tolist()

    def take(self, rows: np.ndarray) -> Pool:
        """Some of the rows, by position or mask."""
        return replace(
            self,
            outputs=self.outputs[:, rows],
            truth=self.truth[rows],
            rows=self.rows[rows],
            folds=self.folds[rows],
        )

    def by_fold(
        self, outputs: np.ndarray, groups: np.ndarray | None
    ) -> list[tuple[np.ndarray, Predictions, np.ndarray | None]]:
        """Return (truth, Predictions, groups) of the rows of each fold, as intervals and tests take them.

        outputs : of one model, see `predictions`. groups : whole numbers, shape (n_rows,), or None.
        """
        masks = [self.folds == fold for fold in self.fold_numbers]
        of_rows = [None if groups is None else groups[m] for m in masks]
        return [(self.truth[m], self.predictions(outputs[m]), g) for m, g in zip(masks, of_rows, strict=True)]

    def predictions(self, outputs: np.ndarray) -> Predictions:
        """Return what outputs of one model, shape (n_rows,) or (n_rows, n_classes), say."""
        if outputs.ndim == 1:
            return Predictions(outputs)
        if outputs.shape[1] == 2:  # as argmax, in a tenth of its time
            return Predictions((outputs[:, 1] > outputs[:, 0]).astype(int), outputs, self.positive)
        return Predictions(outputs.argmax(axis=1), outputs, self.positive)


def make_pool(tables: Mapping[str, pd.DataFrame], task: Task, y: ArrayLike) -> Pool:
    """Return the Pool of out-of-fold predictions, {model: table of `fitting.fold_results`}.

    tables : the best model first. y : target of all training rows, shape (n_training_rows,).

    A row takes part that every model has: rows that no fold leaves out (by time, the earliest) are in no
    table. A model with fewer folds takes the others away from all; it is left out itself where less than
    three, or less than the first model has, would remain. Raises ValueError where there is no table.
    """
    if not tables:
        raise ValueError("an ensemble needs the out-of-fold predictions of at least one model")
    kept: dict[str, pd.DataFrame] = {}
    common = pd.Series(dtype=int)
    for name, table in tables.items():
        folds = table.set_index(ROW)[FOLD]
        both = folds if not kept else common[common.index.isin(folds.index)]
        if kept and both.nunique() < min(FEWEST_FOLDS, common.nunique()):
            continue
        kept[name], common = table.set_index(ROW), both
    common = common.sort_index()
    said = [task.read_output_table(table.loc[common.index]) for table in kept.values()]
    outputs = [one.labels if one.probabilities is None else one.probabilities for one in said]
    rows = common.index.to_numpy()
    truth = task.encode(np.asarray(y)[rows])
    return Pool(tuple(kept), np.stack(outputs), truth, rows, common.to_numpy(), said[0].positive)

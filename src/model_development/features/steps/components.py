"""Principal components in place of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...saved import known_as_saved
from ..piecewise import UnitFree
from .step import Step, StepInput, named

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


VARIANCE = 0.95  # share of it that the components keep


@known_as_saved
class PrincipalComponents(Step):
    """The first principal components of the standardised numbers, parts of dates among them, in their place.

    Missing numbers are medians. As many components as keep VARIANCE; a table with fewer than two numbers that
    vary stays as it is.
    """

    def fit_transform(self, given: StepInput, *, y: np.ndarray) -> pd.DataFrame:
        self.numbers_, self.new_ = given.numbers, []
        numbers = given.table[self.numbers_].to_numpy(dtype=float)
        varying = [j for j in range(numbers.shape[1]) if np.nanstd(_scaled(numbers[:, j])) > 0]
        if len(varying) < 2:
            return given.table
        self.numbers_ = [self.numbers_[j] for j in varying]
        self.gone_ = given.numbers
        self.components_ = _pipeline().fit(given.table[self.numbers_].to_numpy(dtype=float))
        n = int(self.components_[-1].n_components_)
        wanted = [
            (f"component {k + 1}", self.numbers_, f"principal component {k + 1} of {len(varying)} numbers")
            for k in range(n)
        ]
        self.new_ = named(wanted, given.taken)
        return self.transform(given.table)

    def transform(self, table: pd.DataFrame) -> pd.DataFrame:
        if not self.new_:
            return table
        made = self.components_.transform(table[self.numbers_].to_numpy(dtype=float))
        names = [column["name"] for column in self.new_]
        further = pd.DataFrame(made, index=table.index, columns=names, dtype=float)
        return pd.concat([table.drop(columns=self.gone_), further], axis=1)


def _pipeline() -> Any:
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return make_pipeline(UnitFree(), imputer, StandardScaler(), PCA(VARIANCE, svd_solver="full"))


def _scaled(values: ArrayLike) -> np.ndarray:
    """Numbers of which no square overflows; none where all are missing."""
    values = np.asarray(values, dtype=float)
    known = values[np.isfinite(values)]
    return known / max(np.abs(known).max(), 1e-300) if len(known) else np.zeros(1)

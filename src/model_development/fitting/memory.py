"""How much memory a worker needs, from the matrix that a model really sees: planned, not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..features.piecewise import PiecewiseLinearEncoder, most_bins, n_bins_of
from ..features.preprocessors import PREPROCESSORS, matrix_width
from ..features.steps.table import most_columns
from ..models.table import MODELS
from ..statistics.resampling import weights_at_once
from .combinations import MATRIX_AND_DATASET

if TYPE_CHECKING:
    from ..data.development import DevelopmentData
    from ..models.spec import ModelSpec


MB = 2**20
SAMPLED_ROWS = 5000  # from which the bins of a column are counted
LARGEST_CACHE_MB = 1024
COMMON_MB = 410  # pandas, scikit-learn, skops: what every worker has imported
COPIES_OF_ROWS = 4  # raw, the part of them that is fitted, its clean columns, and what is encoded of them
BYTES_OF_CLEAN = 8  # a float, or a pointer to a text of which there are few
BYTES_OF_TEXT = 48  # for each character of a sentence: two n-grams, counted and weighted, with their places
COPIES_OF_DRAWS = 5  # of the weights of the bootstrap: drawn, counted, and what a metric makes of them


@dataclass(frozen=True)
class MemoryNeeds:
    """What fits on all training rows need.

    widths : {kind of preprocessing: columns of its matrix}. table_mb : of the raw rows. n_classes : 1 for
        regression. n_characters : of all sentences.
    """

    widths: dict[str, int]
    n_rows: int
    n_folds: int
    n_raw_columns: int
    table_mb: float
    n_classes: int
    n_characters: int = 0

    def matrix_mb(self, spec: ModelSpec) -> float:
        """MB of the matrix of all training rows, of the largest that its parameters may ask for."""
        return max(self._mb_of(kind) for kind in (spec.features, *spec.input_forms))

    def _mb_of(self, kind: str) -> float:
        size = 4 if PREPROCESSORS[kind].is_single else 8
        return self.n_rows * self.widths[kind] * size / MB

    def cache_mb(self, spec: ModelSpec) -> float:
        """MB of the folds as matrices that a worker of a search keeps."""
        return min(LARGEST_CACHE_MB, MATRIX_AND_DATASET * self.n_folds * self.matrix_mb(spec))

    def search_mb(self, spec: ModelSpec) -> float:
        """MB of a worker of a search, for the largest model that the search space or the ranges hold."""
        largest: dict[str, Any] = {}
        for space in (spec.search_space, spec.ranges):
            for name, given in space.items():
                ends = [given["low"], given["high"]] if isinstance(given, Mapping) else given
                tries = [largest, *({**largest, name: value} for value in ends)]
                largest = max(tries, key=lambda params: self._model_mb(spec, params))
        return self.worker_mb(spec, largest) + self.cache_mb(spec)

    def _model_mb(self, spec, params):
        return spec.model_mb({**spec.baseline, **params}, self.n_rows, self.n_classes)

    def worker_mb(self, spec: ModelSpec, params: Mapping[str, Any] | None = None) -> float:
        """MB of a worker that cross-validates a model and fits it on all training rows.

        params : those that differ from the baseline.
        """
        rows_mb = self.table_mb + COPIES_OF_ROWS * self.n_rows * self.n_raw_columns * BYTES_OF_CLEAN / MB
        draws_mb = COPIES_OF_DRAWS * weights_at_once(self.n_rows // self.n_folds) * 8 / MB
        model_mb = self._model_mb(spec, params or {})
        at_work = max(spec.copies * self.matrix_mb(spec) + model_mb, draws_mb)
        texts_mb = 0 if spec.is_dummy else BYTES_OF_TEXT * self.n_characters / MB
        return COMMON_MB + spec.library_mb + rows_mb + texts_mb + at_work


def memory_needs(data: DevelopmentData, steps: Sequence[str] = ()) -> MemoryNeeds:
    """Return the MemoryNeeds of DevelopmentData; bins are counted on a sample of the rows.

    steps : of the models; each adds as many columns as it may, with as many bins, and a gap.
    """
    step = -(-len(data.X_train) // SAMPLED_ROWS)
    clean = data.schema.clean(data.X_train.iloc[::step])
    numbers = [clean[name].to_numpy() for name in data.schema.numeric_names]
    known = [values[~np.isnan(values)] for values in numbers]
    n_gaps = sum(len(there) < len(clean) for there in known)
    n_made = most_columns(steps, data.schema)
    n_numbers = len(numbers) + n_made
    bins = [n_bins_of(there, n_numbers) if len(there) else 1 for there in known]
    bins += [min(PiecewiseLinearEncoder().n_bins, most_bins(n_numbers))] * n_made
    n_gaps += n_made
    n_classes = len(data.task.classes) or 1
    kinds = {kind for spec in MODELS.values() for kind in (spec.features, *spec.input_forms)}
    widths = {kind: matrix_width(kind, data.schema, bins, n_gaps, n_classes) for kind in kinds}
    table_mb = data.X_train.memory_usage(deep=True).sum().item() / MB
    n_columns = clean.shape[1] + n_made
    size = len(data.X_train), len(data.folds), n_columns, table_mb, n_classes, data.n_characters
    return MemoryNeeds(widths, *size)

"""What the code of a model is written from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...features.preprocessors import feature_types
from ...models.class_weights import BALANCED, SQRT_BALANCED
from .cells import Step

if TYPE_CHECKING:
    import numpy as np

    from ...data.development import DevelopmentData
    from ...models.spec import ModelSpec
    from ...tasks.base import Task


@dataclass(frozen=True)
class Fit:
    """A model that is to be fitted.

    rows : positions of the training rows that it is fitted on. imports : lines that the code needs; who
        writes code adds to them.
    """

    spec: ModelSpec
    params: Mapping[str, Any]
    data: DevelopmentData
    rows: np.ndarray
    seed: int
    threads: int
    imports: set[str]

    @property
    def task(self) -> Task:
        return self.data.task

    @cached_property
    def y(self) -> np.ndarray:
        """The target of these rows as the model sees it, shape (n_rows,)."""
        return self.task.codec().encode(self.data.y_train[self.rows], self.spec.target(self.params))

    @property
    def features(self) -> str:
        """The row of the table of preprocessors."""
        return self.spec.features_of(self.params)

    @property
    def class_weight(self) -> str | None:
        """What rows of a class weigh, see models/class_weights.py."""
        return self._split[0]

    @cached_property
    def _split(self):
        return self.spec.split_class_weight(self.params, self.task.has_classes)

    def weighed(self, code: str) -> str:
        """The code with what stands in «», where rows are weighed; else without."""
        return re.sub("«(.*?)»", r"\1" if self.class_weight else "", code, flags=re.DOTALL)

    @cached_property
    def estimator(self) -> Any:
        """As its row of the table of models builds it; imports the framework."""
        return self.spec.build(
            self.task.family,
            seed=self.seed,
            device="cpu",
            n_jobs=self.threads,
            feature_types=feature_types(self.features, self.data.schema),
            **self._split[1],
        )


REST = "rest = np.setdiff1d(np.arange(n_train), early_stopping_rows)"
EARLY_STOPPING = Step(
    "Some of the training rows are not learnt from at first: they tell when to stop. Their positions among "
    "the training rows were drawn once, too.",
    f"early_stopping_rows = np.load(early_stopping_rows_path)\n{REST}\n"
    'print(len(early_stopping_rows), "of", n_train, "training rows say when to stop")',
)
WEIGHTS = {
    BALANCED: 'weights = compute_sample_weight("balanced", y_train)',
    SQRT_BALANCED: 'weights = np.sqrt(compute_sample_weight("balanced", y_train))\nweights /= weights.mean()',
}


def weight_steps(fit: Fit) -> list[Step]:
    """Set `weights`, how much each training row counts; no step where all count alike."""
    if fit.class_weight is None:
        return []
    fit.imports.add("from sklearn.utils.class_weight import compute_sample_weight")
    return [Step("Rows of rare classes count more than those of frequent ones.", WEIGHTS[fit.class_weight])]

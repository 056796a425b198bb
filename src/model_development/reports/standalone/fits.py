"""What the code of a model is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...features.preprocessors import feature_types
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

    @cached_property
    def estimator(self) -> Any:
        """As its row of the table of models builds it; imports the framework."""
        return self.spec.build(
            self.task.family,
            seed=self.seed,
            device="cpu",
            n_jobs=self.threads,
            feature_types=feature_types(self.spec.features, self.data.schema),
            **self.params,
        )


REST = "rest = np.setdiff1d(np.arange(n_train), early_stopping_rows)"
EARLY_STOPPING = Step(
    "Some of the training rows are not learnt from at first: they tell when to stop. Their positions among "
    "the training rows were drawn once, too.",
    f"early_stopping_rows = np.load(early_stopping_rows_path)\n{REST}\n"
    'print(len(early_stopping_rows), "of", n_train, "training rows say when to stop")',
)

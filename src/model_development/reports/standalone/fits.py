"""What the code of a model is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cells import Step

if TYPE_CHECKING:
    from ...tasks.base import Task


@dataclass(frozen=True)
class Fit:
    """A model before it is fitted.

    estimator : as its row of the table of models builds it from `params`. y : the target of the training rows
        as it sees it, shape (n_rows,). imports : lines that the code needs; who writes code adds to them.
    """

    estimator: Any
    params: Mapping[str, Any]
    task: Task
    y: Any
    seed: int
    threads: int
    imports: set[str]


REST = "rest = np.setdiff1d(np.arange(n_train), early_stopping_rows)"
EARLY_STOPPING = Step(
    "Some of the training rows are not learnt from at first: they tell when to stop. Their positions among "
    "the training rows were drawn once, too.",
    f"early_stopping_rows = np.load(early_stopping_path)\n{REST}\n"
    'print(len(early_stopping_rows), "of", n_train, "training rows say when to stop")',
)

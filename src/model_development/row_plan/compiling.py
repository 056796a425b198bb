"""From the fitted parts of a model to its row plan."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..models.one_row.table import quick_on_one_row
from .matrix import compile_matrix
from .plan import Member, RowPlan, quick_member

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..tasks.targets import TargetCodec
    from .matrix_plan import MatrixPlan


class Part(Protocol):
    """A model of steps, one preprocessor and one estimator, see `pipeline.TabularModel`."""

    schema_: TableSchema
    steps_: Any
    preprocessor_: Any
    estimator_: Any
    target_: TargetCodec

    @property
    def spec(self) -> Any: ...

    def to_matrix(self, X: Any) -> np.ndarray: ...

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray: ...


def compile_plan(
    parts: Sequence[Part], combined: Callable[[Sequence[np.ndarray]], np.ndarray]
) -> RowPlan | None:
    """Return the plan of a model that is made of these parts; None where one of them can have none, as one
    with steps: its rows go through a table.

    combined : from the outputs of each part to those of the whole.
    """
    if any(part.steps_ is not None for part in parts):
        return None
    plans: dict[bytes, MatrixPlan] = {}
    members = []
    for part in parts:
        fitted = pickle.dumps(part.preprocessor_)  # equal bytes: fitted on the same rows, in the same way
        if fitted not in plans:
            plan = compile_matrix(part.preprocessor_, part.schema_)
            if plan is None:
                return None
            plans[fitted] = plan
        members.append(_member(part, plans[fitted]))
    return RowPlan(tuple(members), combined)


def _member(part: Part, plan: MatrixPlan) -> Member:
    """The quickest way that says the same; the model's own where they differ on a row without values."""
    own = part.predict_matrix
    quick = quick_on_one_row(part.spec.framework, part.estimator_)
    if quick is not None:
        member = quick_member(plan, quick, part.target_, own)
        if np.array_equal(member.of_one(plan.empty), own(plan.empty)):
            return member
    return Member(plan, own, own)

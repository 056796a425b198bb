"""A fitted model as a row plan: clean rows in, the model's outputs out, no table in between."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..models.one_row.table import quick_on_one_row
from .matrix import MatrixPlan, compile_matrix

if TYPE_CHECKING:
    from ..data.columns.schema import TableSchema
    from ..tasks.targets import TargetCodec
    from .reading import CleanRow


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


@dataclass(frozen=True)
class Member:
    """matrix : plan of its preprocessor. of_one, of_many : from matrices of one row and of several to
    outputs, equal to the last bit on a single row."""

    matrix: MatrixPlan
    of_one: Callable[[np.ndarray], np.ndarray]
    of_many: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class RowPlan:
    """members : the models, those with the same preprocessing share a MatrixPlan. combined : from the outputs
    of each of them to those of all."""

    members: tuple[Member, ...]
    combined: Callable[[Sequence[np.ndarray]], np.ndarray]

    def outputs(self, rows: Sequence[CleanRow]) -> np.ndarray:
        """Probabilities, shape (n_rows, n_classes), or numbers, shape (n_rows,)."""
        matrices: dict[int, np.ndarray] = {}
        said = []
        for member in self.members:
            plan = member.matrix
            if id(plan) not in matrices:
                matrices[id(plan)] = _matrix(plan, rows)
            said.append((member.of_one if len(rows) == 1 else member.of_many)(matrices[id(plan)]))
        return self.combined(said)

    def matrix(self, row: CleanRow) -> np.ndarray:
        """The row of the first member's matrix, shape (1, n_columns)."""
        return self.members[0].matrix.matrix(row)


def _matrix(plan, rows):
    return plan.matrix(rows[0]) if len(rows) == 1 else np.concatenate([plan.matrix(row) for row in rows])


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
        members.append(Member(plans[fitted], _of_one_row(part, plans[fitted]), part.predict_matrix))
    return RowPlan(tuple(members), combined)


def _of_one_row(part: Part, plan: MatrixPlan) -> Callable[[np.ndarray], np.ndarray]:
    """The quickest way that says the same; the model's own where they differ on a row without values."""
    quick = quick_on_one_row(part.spec.framework, part.estimator_)
    if quick is None:
        return part.predict_matrix
    target = part.target_

    def outputs(matrix: np.ndarray) -> np.ndarray:
        return target.outputs(quick, matrix)

    same = np.array_equal(outputs(plan.empty), part.predict_matrix(plan.empty))
    return outputs if same else part.predict_matrix

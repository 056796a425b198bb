"""A fitted model as a row plan: clean rows in, the model's outputs out, no table in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..models.one_row.quick import Quick, Together

if TYPE_CHECKING:
    from ..tasks.targets import TargetCodec
    from .clean_rows import CleanRow, CleanRows
    from .matrix_plan import MatrixPlan

Outputs = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Member:
    """matrix : plan of its preprocessor. of_one, of_many : from matrices of one row and of several to
    outputs; each row of several gets what it gets alone, see Together. quick : what they are made of, where
    they are not the model's own."""

    matrix: MatrixPlan
    of_one: Outputs
    of_many: Outputs
    quick: Quick | None = None


@dataclass(frozen=True)
class RowPlan:
    """members : the models, those with the same preprocessing share a MatrixPlan. combined : from the outputs
    of each of them to those of all."""

    members: tuple[Member, ...]
    combined: Callable[[Sequence[np.ndarray]], np.ndarray]

    def outputs(self, row: CleanRow) -> np.ndarray:
        """Probabilities, shape (1, n_classes), or numbers, shape (1,)."""
        matrices = {id(plan): plan.matrix(row) for plan in self.matrices}
        return self.combined([member.of_one(matrices[id(member.matrix)]) for member in self.members])

    def outputs_of_many(self, rows: CleanRows) -> np.ndarray:
        """The same of many rows, shape (n_rows, n_classes) or (n_rows,)."""
        matrices = {id(plan): plan.matrix_of_many(rows) for plan in self.matrices}
        return self.combined([member.of_many(matrices[id(member.matrix)]) for member in self.members])

    @property
    def matrices(self) -> list[MatrixPlan]:
        """Each MatrixPlan once."""
        return list({id(member.matrix): member.matrix for member in self.members}.values())

    def matrix(self, row: CleanRow) -> np.ndarray:
        """The row of the first member's matrix, shape (1, n_columns)."""
        return self.members[0].matrix.matrix(row)


def alone(outputs: Sequence[np.ndarray]) -> np.ndarray:
    """What a model says that is no ensemble."""
    return outputs[0]


def quick_member(matrix: MatrixPlan, quick: Quick, target: TargetCodec, own: Outputs | None = None) -> Member:
    """Return a member that answers in the quick way. own : the model's way, for several rows of a network."""

    def of_one(matrix: np.ndarray) -> np.ndarray:
        return target.outputs(quick, matrix)

    def row_by_row(matrix: np.ndarray) -> np.ndarray:
        return np.concatenate([of_one(row) for row in matrix[:, None]])

    ways = {
        Together.AT_ONCE: of_one,
        Together.ROW_BY_ROW: row_by_row,
        Together.AS_FITTED: own or row_by_row,
    }
    return Member(matrix, of_one, ways[quick.together], quick)

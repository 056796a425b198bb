"""Is a row plan the model? Both are asked the same rows, and must agree to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models.one_row.quick import Together
from ..row_plan.raw_values import as_raw_table, raw_columns, raw_values
from ..row_plan.reading_many import read_many
from .fuzzed_rows import fuzzed_rows

if TYPE_CHECKING:
    import pandas as pd

    from ..row_plan.clean_rows import CleanRow
    from ..row_plan.compiling import Part
    from ..row_plan.plan import RowPlan
    from .served_model import ServedModel

    ReadRow = tuple[dict[str, Any], CleanRow]  # its plain values, and as the plan reads it
    Rows = Sequence[Mapping[str, Any]]
    Differences = Iterator[tuple[int, str]]  # position of a row, and what differs, in words

N_FUZZED = 2000
MOST_OUTPUTS = 500  # rows whose outputs are compared beside the fuzzed ones: a network takes 4 ms for each
MOST_WHOLE = 10  # rows that go through a table of their own: that takes 20 ms for each
AT_ONCE = 2000  # rows in a table


@dataclass(frozen=True)
class PlanProof:
    """What the comparison of a row plan with the model through its table has shown.

    uses_plan : is there a plan? n_rows, n_fuzzed : rows whose matrix was compared. n_outputs : of them, those
    whose outputs were. n_different : rows in which something differed; 0 is the proof. first : the first
    difference in words, else "".
    """

    uses_plan: bool
    n_rows: int
    n_fuzzed: int
    n_outputs: int
    n_different: int
    first: str = ""

    @property
    def holds(self) -> bool:
        """Did nothing differ? Without a plan nothing can."""
        return not self.n_different

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def prove_plan(
    served: ServedModel, rows: Sequence[Mapping[str, Any]], *, n_fuzzed: int = N_FUZZED, seed: int = 0
) -> PlanProof:
    """Compare the row plan with the model on raw rows, and on as many fuzzed ones made of them.

    rows : of {column: value}, at least one; of a DataFrame, its `to_dict("records")`.
    Raises ValueError for no rows, DataError for rows that are none.
    """
    if not len(rows):
        raise ValueError("Give at least one row: fuzzed rows are made of it.")
    plan = served.row_answers.plan
    if plan is None:
        return PlanProof(False, 0, 0, 0, 0)
    fuzzed = list(fuzzed_rows(served.model.schema_, rows, n_fuzzed, seed))
    every = [*fuzzed, *rows]
    n_outputs = min(len(every), n_fuzzed + MOST_OUTPUTS)
    found: dict[int, str] = {}
    for start in range(0, len(every), AT_ONCE):
        asked = every[start : start + AT_ONCE]
        read = _read(served, asked)
        differences = chain(
            _matrix_differences(served, plan, read),
            _batch_differences(served, plan, asked, read),
            _output_differences(served, plan, read[: max(0, n_outputs - start)]),
            _whole_differences(served, plan, read[: max(0, MOST_WHOLE - start)]),
        )
        for position, text in differences:
            found.setdefault(start + position, f"{text}, for the row {every[start + position]}")
    first = found[min(found)] if found else ""
    return PlanProof(True, len(rows), len(fuzzed), n_outputs, len(found), first)


def _read(served: ServedModel, rows: Sequence[Mapping[str, Any]]) -> list[ReadRow]:
    """Each row as plain values, and as the plan reads it."""
    answers = served.row_answers
    plain = [raw_values(row, answers.names) for row in rows]
    return [(values, answers.reader.read(values, row)) for values, row in zip(plain, rows, strict=True)]


def _matrix_differences(served: ServedModel, plan: RowPlan, read: list[ReadRow]) -> Differences:
    """Yield (position, in words) of each row whose matrix differs, by the parts of the model."""
    table = as_raw_table({name: [values[name] for values, _ in read] for name in served.row_answers.names})
    for part, member in _different_matrices(served, plan):
        expected = _through_table(part, table)
        if expected.dtype != member.matrix.empty.dtype:
            kinds = f"{member.matrix.empty.dtype} by plan, {expected.dtype} through the table"
            yield 0, f"the matrix of {part.spec.name} is {kinds}"
        for position, (_, clean) in enumerate(read):
            made = member.matrix.matrix(clean)[0]
            if not same_bits(made, expected[position]):
                yield position, _words(part, made, expected[position])


def _different_matrices(served, plan):
    """The members of which each has a MatrixPlan that no other one before it has."""
    seen = set()
    for part, member in zip(served.model.parts(), plan.members, strict=True):
        if id(member.matrix) not in seen:
            seen.add(id(member.matrix))
            yield part, member


def _through_table(part: Part, table: pd.DataFrame) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return part.to_matrix(table)


def _batch_differences(served: ServedModel, plan: RowPlan, rows: Rows, read: list[ReadRow]) -> Differences:
    """Where rows that are read together, column by column, are read otherwise than each alone."""
    answers = served.row_answers
    together = read_many(answers.reader, raw_columns(rows, answers.names), rows)
    matrices = [(matrix, matrix.matrix_of_many(together)) for matrix in plan.matrices]
    for position, (_, clean) in enumerate(read):
        if together.remarks[position] != clean.remarks:
            yield position, f"{clean.remarks} is said alone, {together.remarks[position]} among others"
        if not all(same_bits(made[position], matrix.matrix(clean)[0]) for matrix, made in matrices):
            yield position, "its matrix is another one alone than among others"


def _output_differences(served: ServedModel, plan: RowPlan, read: list[ReadRow]) -> Differences:
    """Where the quick way of a member to the outputs of a row, alone or among others, is not its own."""
    for part, member in zip(served.model.parts(), plan.members, strict=True):
        if member.quick is None or not read:
            continue
        matrices = [member.matrix.matrix(clean) for _, clean in read]
        is_alike = member.quick.together is not Together.AS_FITTED
        together = member.of_many(np.concatenate(matrices)) if is_alike else None
        for position, matrix in enumerate(matrices):
            quick, own = member.of_one(matrix), part.predict_matrix(matrix)
            if not same_bits(quick, own):
                yield position, f"{part.spec.name} says {quick.tolist()} by plan, {own.tolist()} by itself"
            if together is not None and not same_bits(together[[position]], quick):
                yield position, f"{part.spec.name} says another thing of it alone than among others"


def _whole_differences(served: ServedModel, plan: RowPlan, read: list[ReadRow]) -> Differences:
    """Where a row alone, through a table of its own and through all members, has other outputs."""
    for position, (plain, clean) in enumerate(read):
        alone = {name: [value] for name, value in plain.items()}
        by_plan, through_table = plan.outputs(clean), served.row_answers.table_outputs(alone)
        if not same_bits(by_plan, through_table):
            yield position, f"{by_plan.tolist()} by plan, {through_table.tolist()} through the table"


def same_bits(first: np.ndarray, second: np.ndarray) -> bool:
    """Are two arrays equal to the last bit? All that is no number is one."""
    return first.shape == second.shape and bool(
        np.array_equal(first, second, equal_nan=True)
        and (np.signbit(first) == np.signbit(second))[first == 0].all()
    )


def _words(part: Part, made: np.ndarray, expected: np.ndarray) -> str:
    column = int((~((made == expected) | (np.isnan(made) & np.isnan(expected)))).argmax())
    numbers = f"{made[column]!r} by plan, {expected[column]!r} through the table"
    return f"column {column} of the matrix of {part.spec.name} is {numbers}"

"""The table of tests that every model has to pass. Adding one is one function and one row here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..gate_line import GateLine
from . import behaviour, edge_cases

if TYPE_CHECKING:
    from ..gate_input import GateInput

# name: (given) -> what is wrong, in words, or None; what it tests is the function's docstring
SUITE: dict[str, Callable[[GateInput], str | None]] = {
    test.__name__: test
    for test in (
        behaviour.same_input_same_output,
        behaviour.order_of_rows,
        behaviour.order_of_columns,
        behaviour.other_columns,
        behaviour.index_of_rows,
        behaviour.one_row_as_in_a_batch,
        behaviour.input_is_left_alone,
        edge_cases.empty_table,
        edge_cases.one_row,
        edge_cases.all_missing,
        edge_cases.each_column_missing,
        edge_cases.unseen_categories,
        edge_cases.extreme_numbers,
        edge_cases.infinite_numbers,
        edge_cases.wrong_types,
        edge_cases.nested_values,
    )
}


def run_suite(given: GateInput) -> Iterator[GateLine]:
    """One line for each test of SUITE that is not skipped."""
    if not given.thresholds.test_suite:
        return
    for name, test in SUITE.items():
        if name not in given.thresholds.skip_tests:
            problem = test(given)
            about = (test.__doc__ or name).strip().splitlines()[0]
            sentence = about if problem is None else f"{about} Not so: {problem}."
            yield GateLine(gate="", name=name, passed=problem is None, sentence=sentence)

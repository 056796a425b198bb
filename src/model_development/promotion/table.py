"""The table of gates. Adding a kind of threshold is one function here, and its field in thresholds.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .gates.champion import check_champion
from .gates.columns import check_columns
from .gates.costs import check_latency, check_memory, check_size
from .gates.metrics import check_better_than_constant, check_metrics
from .gates.slices import check_fairness, check_slices
from .suite.named import check_directions, check_invariances
from .suite.table import run_suite

if TYPE_CHECKING:
    from .gate_input import GateInput
    from .gate_line import GateLine

GATES: dict[str, Callable[[GateInput], Iterator[GateLine]]] = {
    "metrics": check_metrics,
    "better than a constant": check_better_than_constant,
    "champion": check_champion,
    "columns": check_columns,
    "slices": check_slices,
    "fairness": check_fairness,
    "invariances": check_invariances,
    "directions": check_directions,
    "model test suite": run_suite,
    "latency": check_latency,
    "size": check_size,
    "memory": check_memory,
}


def judge_model(given: GateInput) -> list[GateLine]:
    """Return every line of every gate, in the order of the table."""
    return [line.of_gate(name) for name, check in GATES.items() for line in check(given)]

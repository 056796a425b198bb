"""What the gate of a new project asks: the floor of its use case, and better than a constant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..metrics.table import metrics_for
from ..storage.files import write_text

if TYPE_CHECKING:
    from ..use_cases.use_case import UseCase
    from .read_table import FirstLook

GATE_FILE = "config/thresholds.yaml"


def write_gate_file(folder: Path, look: FirstLook, case: UseCase | None) -> None:
    """Write the thresholds file of a project, which `validate` reads; what is there stays.

    look : says which metrics the table's target has. case : whose floors are asked; None asks for none.
    """
    if (folder / GATE_FILE).exists():
        return
    (folder / GATE_FILE).parent.mkdir(exist_ok=True)
    write_text(folder / GATE_FILE, _text(look, case))


def _text(look, case):
    lines = [
        "# What a model has to keep on the test rows before it goes into production.",
        "# Everything may be left out; docs/validation_and_promotion.md has what else can be asked.",
        "",
        "judge_by: interval  # the bound of the 95 % interval is on the right side; estimate: the value is",
        "",
    ]
    if floors := _floors(look, case):
        lines += ["metrics:  # to start with, from the use case; the numbers are yours to set", *floors, ""]
    return "\n".join([*lines, f"better_than_constant: [{look.metric}]  # by more than chance", ""])


def _floors(look, case):
    """Lines of the use case's floors, of those metrics that this target has."""
    if case is None:
        return []
    limits = [("at_least", case.gate.min), ("at_most", case.gate.max)]
    known = {metric.name for metric in metrics_for(look.task.family)}
    return [
        f"  {name}: {{{side}: {value}}}"
        for side, values in limits
        for name, value in values.items()
        if name in known
    ]

"""A row plan as plain values that JSON has: numbers as the bytes of arrays, so that no digit is lost."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..models.one_row.stored import quick_of_stored
from .levels import LevelTable
from .matrix_plan import MatrixPlan, NumberBlock
from .plan import RowPlan, alone, quick_member
from .steps import NumberStep

if TYPE_CHECKING:
    from ..tasks.targets import TargetCodec

BYTES = "base64"  # key of what stands for an array


def plan_to_dict(plan: RowPlan) -> dict[str, Any] | None:
    """Return a plan of one model; None where its estimator cannot be told in plain values, see Quick."""
    (member,) = plan.members
    if member.quick is None or member.quick.stored is None:
        return None
    return {"matrix": _of_matrix(member.matrix), "estimator": _written(member.quick.stored)}


def plan_from_dict(content: Mapping[str, Any], target: TargetCodec, folder: Path) -> RowPlan:
    """Return the plan again. folder : of the saved model, see `quick_of_stored`.

    Raises KeyError, TypeError or ValueError for what `plan_to_dict` did not give.
    """
    quick = quick_of_stored(_read(content["estimator"]), folder)
    if quick is None:
        raise ValueError("its estimator is none that answers by itself")
    member = quick_member(_matrix(content["matrix"]), quick, target)
    return RowPlan((member,), alone)


def _of_matrix(plan: MatrixPlan) -> dict[str, Any]:
    numbers = [
        {
            "positions": block.positions,
            "steps": [{"kind": step.kind, "values": _written(step.values)} for step in block.steps],
            "place": list(block.place),
        }
        for block in plan.numbers
    ]
    tables = [{"position": position} | _of_table(table) for position, table in plan.tables]
    width, precision = plan.empty.shape[1], plan.empty.dtype.name
    return {"n_columns": width, "precision": precision, "numbers": numbers, "tables": tables}


def _matrix(content: Mapping[str, Any]) -> MatrixPlan:
    plan = MatrixPlan(content["n_columns"], np.dtype(content["precision"]))
    for block in content["numbers"]:
        steps = [NumberStep(step["kind"], _read(step["values"])) for step in block["steps"]]
        start, stop = block["place"]
        plan.numbers.append(NumberBlock(block["positions"], steps, (start, stop)))
    plan.tables += [(table["position"], _table(table)) for table in content["tables"]]
    return plan


def _of_table(table: LevelTable) -> dict[str, Any]:
    """Cells of new levels first, then of each known one; `ends` says where each level's cells end."""
    cells = [table.new, *table.known.values()]
    flat = [cell for one in cells for cell in one]
    return {
        "levels": list(table.known),
        "ends": _array(np.cumsum([len(one) for one in cells])),
        "columns": _array(np.array([column for column, _ in flat], dtype=int)),
        "numbers": _array(np.array([number for _, number in flat], dtype=float)),
    }


def _table(content: Mapping[str, Any]) -> LevelTable:
    ends, columns, numbers = (_read(content)[name].tolist() for name in ("ends", "columns", "numbers"))
    flat = list(zip(columns, numbers, strict=True))
    new, *known = (tuple(flat[start:end]) for start, end in zip([0, *ends[:-1]], ends, strict=True))
    return LevelTable(dict(zip(content["levels"], known, strict=True)), new)


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _array(part) if isinstance(part, np.ndarray) else part for name, part in values.items()}


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _from_bytes(part) if isinstance(part, Mapping) and BYTES in part else part
        for name, part in values.items()
    }


def _array(values: np.ndarray) -> dict[str, Any]:
    """As numpy's own files have it: in the order of columns, where it lies so, on which products depend."""
    if values.dtype.hasobject:
        raise ValueError("an array of objects has no bytes")
    order: Literal["C", "F"] = "F" if values.flags.fnc else "C"
    text = b64encode(values.tobytes(order)).decode("ascii")
    return {"dtype": values.dtype.str, "shape": list(values.shape), "order": order, BYTES: text}


def _from_bytes(content: Mapping[str, Any]) -> np.ndarray:
    flat = np.frombuffer(b64decode(content[BYTES], validate=True), dtype=np.dtype(content["dtype"]))
    return flat.reshape(content["shape"], order=content["order"]).copy(order="K")

"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from . import slices
from .analysis import Analysis

ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (Analysis(name="slices", title="Slices in which it is worse", run=slices.find_weak_slices),)
}

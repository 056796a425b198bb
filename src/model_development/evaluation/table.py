"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .analysis import Analysis

ANALYSES: dict[str, Analysis] = {row.name: row for row in ()}

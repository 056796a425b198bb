"""The table of explanations. Adding one is one module and one row here; the report keeps this order."""

from __future__ import annotations

from ..evaluation.analysis import Analysis

EXPLANATIONS: dict[str, Analysis] = {row.name: row for row in ()}

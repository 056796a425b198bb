"""A warning that knows of which kind it is, and of which column: the metrics count it by these."""

from __future__ import annotations

from ...row_plan.remarks import InputWarning as InputWarning


def kind_and_column(warning: str) -> tuple[str, str]:
    """(kind, column) of a warning; of a plain sentence ("other", "")."""
    return getattr(warning, "kind", "other"), getattr(warning, "column", "")

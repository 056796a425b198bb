"""What a row of ANALYSES or EXPLANATIONS is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..tasks.table import TASKS

if TYPE_CHECKING:
    from ..reports.section import Section
    from .evaluation_input import EvaluationInput


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One row.

    title : heading in the report. run : what it finds; None where there is nothing to find.
    kinds : kinds of problem that it is for, see the table of tasks.
    """

    name: str
    title: str
    run: Callable[[EvaluationInput], Section | None]
    kinds: tuple[str, ...] = tuple(TASKS)

"""The table of tools. Adding one is one function with types and a docstring, and one row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import doing, reading


@dataclass(frozen=True)
class Tool:
    """One row. run : an assistant sees its parameters and docstring. is_reading : changes nothing."""

    run: Callable[..., dict[str, Any]]
    is_reading: bool = False

    @property
    def name(self) -> str:
        return self.run.__name__


READING = (
    reading.list_use_cases,
    reading.project_status,
    reading.read_job,
    reading.data_findings,
    reading.leaderboard,
    reading.why_this_model,
    reading.evaluation,
    reading.explain_row,
    reading.registry_status,
    reading.doctor,
)
DOING = (
    doing.new_project,
    doing.check_data,
    doing.accept_finding,
    doing.start_training,
    doing.start_tuning,
    doing.start_run,
    doing.start_evaluation,
    doing.start_packaging,
    doing.stop_job,
    doing.validate_model,
    doing.promote_model,
)
TOOLS = {
    tool.name: tool
    for tool in (*(Tool(run, is_reading=True) for run in READING), *(Tool(run) for run in DOING))
}

"""Read, split and check the table of a context, without training anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import Command, add_context
from .results import check_result

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    from ..phases.data_report import check_data

    check_data(options.context)
    return 0


CHECK = Command(
    name="check",
    help="read, split and check the table, without training",
    description="Check a table for leakage, copies across the split, groups, times, identifiers and more; "
    "write data_checks.json and data_profile.html. Nothing is trained.",
    add_arguments=add_context,
    run=run,
    examples=(
        "model-development check --context projects/credit_risk/pipeline_context.json",
        "model-development check --set target_variable=outcome --json",
    ),
    result=check_result,
)

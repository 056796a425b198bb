"""Is this machine ready? Environment, versions, GPU, disk, memory, store, permissions, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


def add_arguments(parser: ArgumentParser) -> None:
    add_context(parser)
    parser.add_argument("--no-gpu", action="store_true", help="do not fit on the GPU, which takes seconds")


def run(options: Namespace) -> CommandResult:
    from .health import HEALTH, examine

    found: list[dict[str, Any]] = []
    for name in HEALTH:
        if name == "gpu" and options.no_gpu:
            continue
        rows = examine(name, options.context)
        found += rows
        for row in rows:
            print(f"{MARKS[row['level']]}  {row['check']:<11} {row['found']}")
            if row["do"]:
                print(f"{'':20} -> {row['do']}")
    counts = {level: sum(row["level"] == level for row in found) for level in MARKS}
    print(f"{counts['error']} errors, {counts['warning']} warnings")
    return CommandResult(1 if counts["error"] else 0, {"counts": counts, "checks": found})


DOCTOR = Command(
    name="doctor",
    help="is this machine ready? versions, GPU, disk, memory, store",
    description="Check Python, packages against requirements.txt, the GPU of each framework by a tiny fit in "
    "a process of its own, disk, memory, the notebook's kernel, MLflow's store and permissions; say what to "
    "do. Exit code 1 where something will stop a run.",
    add_arguments=add_arguments,
    run=run,
    examples=(
        "model-development doctor",
        "model-development doctor --context projects/credit_risk/pipeline_context.json --json",
    ),
)

"""Tools that only read: each number in an answer names the file and the key that it came from."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from ..cli.results import (
    about,
    check_result,
    evaluation_result,
    folder_of,
    training_content,
    training_result,
    tuning_content,
)
from ..cli.status import status_of
from .jobs import job_state, jobs_of
from .run_command import run_command

Answer = dict[str, Any]


def list_use_cases(words: str = "") -> Answer:
    """Use cases that the catalogue knows: key, question, problem type, metric that counts.

    words: what is looked for, such as "credit risk"; empty: all.
    """
    from ..use_cases.catalogue import search, use_cases

    found = search(words) if words.strip() else list(use_cases().values())
    names = ("key", "department", "question", "problem_type")
    return {"use_cases": [{name: str(getattr(case, name)) for name in names} for case in found]}


def project_status(context: str) -> Answer:
    """Which phases are done, what runs now and how far it is, the best model, the next command, all jobs."""
    status = status_of(context)
    return status | {"jobs": jobs_of(folder_of(context))}


def read_job(context: str, job_id: str) -> Answer:
    """State of a job, its progress, and, when it has ended, what it said. Ask again while it runs."""
    return job_state(folder_of(context), job_id)


def data_findings(context: str) -> Answer:
    """What the checks of the data found: errors, warnings, and what is to be known of the table."""
    return check_result(Namespace(context=context))


def leaderboard(context: str) -> Answer:
    """Every model of phase 1: score, interval, p-value against the best; failed ones with the reason."""
    return training_result(Namespace(context=context))


def why_this_model(context: str) -> Answer:
    """Why this model: conclusions, models that are not significantly different, what tuning brought."""
    folder = folder_of(context)
    content = about(folder) | {
        name: value for name, value in training_content(folder).items() if name != "leaderboard"
    }
    try:
        return content | {"tuning": tuning_content(folder)}
    except OSError:  # phase 2 has not been run
        return content


def evaluation(context: str) -> Answer:
    """Figures on the test rows, with intervals and differences, of an evaluation that was done."""
    return evaluation_result(Namespace(context=context))


def explain_row(context: str, row_number: int = -1, values: dict[str, Any] | None = None) -> Answer:
    """Why the final model says what it says of one row.

    row_number: of the table, from 0; or values: a row of one's own, {column: value}.
    """
    which = ["--values", json.dumps(values, ensure_ascii=False)] if values else []
    which = which or (["--row", str(row_number)] if row_number >= 0 else [])
    return run_command(["explain", "--context", context, *which])


def registry_status(context: str) -> Answer:
    """Which version is in production, which stand by, and what was promoted when."""
    status = run_command(["promote", "status", "--context", context])
    return status | {"history": run_command(["promote", "history", "--context", context])}


def doctor() -> Answer:
    """Is this machine ready? Versions, GPU, disk, memory, store, and what to do."""
    return run_command(["doctor"])

"""What is said and kept of the data before any training: checks, profile, and which row is where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data.checks.check_input import ERROR, INFO, WARNING
from ..data.checks.table import CHECKS
from ..data.columns.values import MISSING_MARKS
from ..data.with_columns import with_columns
from ..errors import DataError
from ..reports.profile import table_profile
from ..storage import files as artifacts
from ..storage.files import to_json
from .session import Session, open_session

if TYPE_CHECKING:
    from pathlib import Path

    from skrub import TableReport

    from ..data.intake import Intake


SHORT_S = 60  # a time budget of which the seconds of a profile would be a large part
PASSED, SKIPPED = "passed", "skipped"  # what came of a check, beside the severities


def report_data(session: Session) -> None:
    """Write what was found in the data, and the row assignment.

    Raises DataError that names every error which the settings do not accept; the findings are then
    written, and logged to a failed run `training_summary`, all the same.
    """
    record = session.record
    record.path(artifacts.DATA_PROFILE).unlink(missing_ok=True)  # it was of an earlier run
    record.write(artifacts.DATA_CHECKS, _checks_json(session))
    errors = [f for f in session.intake.findings if f.severity == ERROR and not f.accepted]
    if errors:
        _stop(session, errors)
    record.frame(artifacts.ROW_ASSIGNMENT, session.intake.assignment.save)


def _stop(session, errors):
    data_profile(session, in_any_case=True)
    with session.record.store.run("training_summary", status="FAILED", tags={"phase": 1}) as run_id:
        log_data_files(session, run_id)
    names = ", ".join(dict.fromkeys(f'"{found.check}"' for found in errors))
    lines = "\n".join(f"  {found}" for found in errors)
    raise DataError(
        f"The data of {session.context.path} cannot be trusted ({len(errors)} "
        f"error{'s' * (len(errors) > 1)}), so nothing was trained:\n{lines}\n"
        "Correct the table or the context; or, where you know better, set `epoch_005_settings.accept` "
        f"to [{names}]. All findings: {session.record.path(artifacts.DATA_CHECKS)}"
    )


def log_data_files(session: Session, run_id: str) -> None:
    """Log the checks with counts of findings; the profile, which shows rows, where `share_rows` allows it."""
    store, record = session.record.store, session.record
    shown = (artifacts.DATA_PROFILE,) if session.context.settings.share_rows else ()
    for name in (artifacts.DATA_CHECKS, *shown):
        if record.path(name).exists():
            store.log_file(run_id, record.path(name))
    store.log(run_id, metrics={f"n_data_{k}s": n for k, n in _counts(session.intake.findings).items()})


def check_data(context_path: Path | str | None = None, **overrides: Any) -> None:
    """Read, split, check and describe the table of a context; print what was found.

    overrides : settings that take precedence over the context's.

    Raises a TemplateError in plain words for bad input, and for errors in the data that the settings
    do not accept.
    """
    session = open_session(context_path, **overrides)
    print(session.overview())
    report_data(session)
    data_profile(session, in_any_case=True)


def checks_table(session: Session) -> pd.DataFrame:
    """Return what came of every data check as a DataFrame: findings, errors first, then skipped, passed."""
    rows = [
        {
            "severity": f"{found.severity} (accepted)" if found.accepted else found.severity,
            "check": found.check,
            "columns": ", ".join(found.columns),
            "evidence": found.evidence,
            "advice": found.advice,
        }
        for found in session.intake.findings
    ]
    rows += [
        {"severity": result, "check": name, "columns": "", "evidence": reason, "advice": ""}
        for name, (result, reason) in check_results(session.intake).items()
        if result in (SKIPPED, PASSED)
    ]
    return pd.DataFrame(rows, columns=["severity", "check", "columns", "evidence", "advice"])


def check_results(intake: Intake) -> dict[str, tuple[str, str]]:
    """Return {name of each check: (what came of it, why)}: its worst severity, "skipped" or "passed"."""
    worst = {found.check: found.severity for found in reversed(intake.findings)}
    reasons = {name: (SKIPPED, reason) for name, reason in intake.skipped.items()}
    results = {
        name: (worst.get(name, PASSED), (CHECKS[name].run.__doc__ or "").split("\n")[0]) for name in CHECKS
    }
    return dict(sorted((results | reasons).items(), key=lambda item: item[1][0] != SKIPPED))


def data_profile(session: Session, *, in_any_case: bool = False) -> TableReport | None:
    """Describe the training rows, keep the description as HTML, and return it for display.

    Returns None where the setting `profile` is false, and where `time_budget_s` is so short that models need
    the time. in_any_case : whatever the time budget is.
    """
    settings = session.context.settings
    if not settings.profile:
        return None
    if not in_any_case and settings.time_budget_s is not None and settings.time_budget_s < SHORT_S:
        print("The profile of the table is left out: the time budget is short.")
        return None
    data = session.data
    table = data.X_train
    if session.task.has_target:
        table = with_columns(table, {session.task.target: data.y_train})
    for name in table.select_dtypes(["object", "str"]):
        table[name] = table[name].mask(table[name].isin(MISSING_MARKS))
    try:
        profile = table_profile(table, f"{session.context.project}: training rows")
    except Exception as error:  # whatever a table does to the library that draws it, training goes on
        print(f"The profile of the table could not be made: {type(error).__name__}: {error}")
        return None
    session.record.write(artifacts.DATA_PROFILE, profile.html())
    return profile


def _checks_json(session):
    findings, results = session.intake.findings, check_results(session.intake)
    return to_json(
        session.describe()
        | {
            "counts": _counts(findings),
            "stops": any(f.severity == ERROR and not f.accepted for f in findings),
            "accepted": session.context.settings.accept,
            "checks": {name: {"result": r, "why": why} for name, (r, why) in results.items()},
            "checks_made": [name for name, (result, _) in results.items() if result != SKIPPED],
            "findings": [vars(found) for found in findings],
        }
    )


def _counts(findings):
    return {severity: sum(f.severity == severity for f in findings) for severity in (ERROR, WARNING, INFO)}

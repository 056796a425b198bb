"""Tools that change something: projects, settings, jobs, the registry."""

from __future__ import annotations

from typing import Any

from ..cli.results import folder_of
from ..settings.context import read_context, read_raw_context
from ..storage.context_file import update_context
from .guards import (
    confirmation_for,
    record,
    require_reason,
    require_sealed_or_known,
    require_unguarded,
)
from .jobs import start_job
from .jobs import stop_job as stop
from .run_command import run_command

Answer = dict[str, Any]
SETTINGS = "epoch_005_settings"


def new_project(name: str, use_case: str = "", data: str = "", target: str = "", output: str = "") -> Answer:
    """Make a project folder, from a use case (with a made-up table of its shape) or from the user's table.

    name: of the folder and of the project. use_case: key from list_use_cases. data, target: file and column
    to predict, in place of a use case. output: folder in which the project's folder is made.
    """
    from ..planning.new_project import require_name

    require_name(name)  # else a flag could stand in its place
    flags = {"--use-case": use_case, "--data": data, "--target": target, "--output": output}
    return run_command(["new", name, *_given(flags)])


def check_data(context: str, settings: list[str] | None = None) -> Answer:
    """Read, split and check the table of a context file, without training. Do this before training.

    settings: "name=value" in place of the context's, such as "drop_columns=id,note".
    """
    return run_command(["check", "--context", context, *_set(settings)])


def accept_finding(context: str, check: str, reason: str) -> Answer:
    """Accept an error of the data checks, so that it does not stop a run. Only on the user's word.

    check: its name, as in the findings. reason: why the column or row is known in time, in the user's words;
    it is recorded.
    """
    require_reason(reason, f"the finding of {check} does not matter")
    from ..data.checks.table import require_known_checks

    require_known_checks([check])
    record(folder_of(context), "accept_finding", check=check, reason=reason)
    path = read_context(context).path
    settings = read_raw_context(path).get(SETTINGS, {})
    accepted = [*dict.fromkeys([*settings.get("accept", []), check])]
    update_context(path, {SETTINGS: settings | {"accept": accepted}})
    return {"exit_code": 0, "accepted": accepted, "recorded_in": str(folder_of(context))}


def start_training(
    context: str,
    models: str = "",
    primary_metric: str = "",
    time_budget_s: float = 0,
    settings: list[str] | None = None,
) -> Answer:
    """Start phase 1 as a job: train every model alike, compare, choose the best. Returns a job_id.

    models: names with commas between them; empty: all. time_budget_s: seconds from start to end; 0: no limit.
    """
    flags = {"--models": models, "--primary-metric": primary_metric, "--time-budget": time_budget_s}
    return _job(context, ["train", *_given(flags), *_set(settings)])


def start_tuning(
    context: str, model: str = "", timeout_s: float = 0, n_trials: int = 0, settings: list[str] | None = None
) -> Answer:
    """Start phase 2 as a job: tune the best model of phase 1 (or `model`), hand over the better one."""
    flags = {"--model": model, "--timeout": timeout_s, "--n-trials": n_trials}
    return _job(context, ["tune", *_given(flags), *_set(settings)])


def start_run(context: str, budget_s: float, settings: list[str] | None = None) -> Answer:
    """Start phases 1 and 2 as one job that takes so many seconds; the test rows stay sealed.

    This is what "train all frameworks and tune the best" asks for.
    """
    return _job(context, ["run", "--budget", f"{budget_s:g}", *_set(settings)])


def start_evaluation(context: str, reason: str, again: bool = False) -> Answer:
    """Start phase 3 as a job: it opens the sealed test rows. Only when the user wants the final figures.

    reason: who wants the final figures, and what for; recorded. again: the user consents that the test rows,
    which were opened for another model before, are opened for this one.
    """
    require_reason(reason, "the test rows are to be opened now")
    require_sealed_or_known(context, again)
    record(folder_of(context), "start_evaluation", reason=reason, again=again)
    return _job(context, ["evaluate"])


def start_packaging(context: str, explain: bool = False) -> Answer:
    """Start writing the package (model, service, monitoring, documents, checklist) as a job."""
    return _job(context, ["package", *(["--explain"] if explain else [])])


def stop_job(context: str, job_id: str) -> Answer:
    """Ask a running job to stop. What is finished is kept; started again, it resumes."""
    return stop(folder_of(context), job_id)


def validate_model(
    context: str, model_uri: str = "", test_data: str = "", thresholds: str = "", champion: bool = False
) -> Answer:
    """The gate: judge a model on test rows by thresholds, each with its interval. exit_code 1: not passed."""
    flags = {"--model-uri": model_uri, "--test-data": test_data, "--thresholds": thresholds}
    return run_command(
        ["validate", "--context", context, *_given(flags), *(["--champion"] if champion else [])]
    )


def promote_model(context: str, action: str, confirmation: str = "", version: int = 0) -> Answer:
    """Change which version is in production. action: "promote" or "rollback". Never forces a failed gate.

    Without `confirmation` nothing is changed: the answer says what would be done, and the word that confirms
    it. Show that to the user, and call again with the word only when they agree.
    """
    if action not in ("promote", "rollback"):
        return {
            "exit_code": 2,
            "error": "SettingsError",
            "what": f"`action` is {action!r}",
            "allowed": "promote, rollback",
        }
    words = ["promote", action, "--context", context, *(["--version", str(version)] if version else [])]
    before = run_command(["promote", "status", "--context", context])
    word = confirmation_for(words, before)
    if confirmation != word:
        return {
            "exit_code": 0,
            "changed": False,
            "would_do": " ".join(words),
            "now": before,
            "confirmation": word,
            "do": "Show this to the user. When they agree, call again with this confirmation.",
        }
    record(folder_of(context), "promote_model", action=action, confirmation=word)
    return run_command([*words, "--yes"])


def _job(context, words):
    path = str(read_context(context).path)
    return start_job(folder_of(context), [words[0], "--context", path, *words[1:]])


def _given(flags):
    return [word for flag, value in flags.items() if value for word in (flag, str(value))]


def _set(settings):
    require_unguarded(settings or [])
    return [word for assignment in settings or [] for word in ("--set", assignment)]

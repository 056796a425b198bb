"""What stands in a context: which phases are done, what runs now, what came out, what is next."""

from __future__ import annotations

import shlex
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..storage import files as artifacts
from ..storage.progress_log import DONE, read_progress
from .cited import CitedFile
from .command import Command, CommandResult, add_context

if TYPE_CHECKING:
    from argparse import Namespace

SAME_ROWS = ("data_fingerprint", "split_fingerprint")
PHASES = {  # command: (what it is, the file that it writes last, what it has in common with the phase before)
    "check": ("data checks", artifacts.DATA_CHECKS, ()),
    "train": ("phase 1, training", artifacts.BEST_MODEL_INFO, SAME_ROWS),
    "tune": ("phase 2, tuning", artifacts.TUNED_MODEL_INFO, SAME_ROWS),
    "evaluate": ("phase 3, evaluation", artifacts.EVALUATION_METRICS, (*SAME_ROWS, "tuning_parent_run_id")),
}
WAYS = {"training": "train", "tuning": "tune", "evaluation": "evaluate"}  # stage of progress.jsonl: command


def run(options: Namespace) -> CommandResult:
    content = status_of(options.context)
    print(status_text(content))
    return CommandResult(0, content)


def status_of(context: Path | str | None) -> dict[str, Any]:
    """Return project, phases, what runs now, the best model with its sources, and the next command.

    Raises ContextError or SettingsError for a context that cannot be read; no file need be there yet.
    """
    from ..settings.context import DEFAULT_CONTEXT, read_context

    known = read_context(context)
    folder = artifacts.epoch_folder(known)
    phases, before = {}, None
    for name in PHASES:
        phases[name], before = _phase(folder, name, before)
    flag = "" if known.path == DEFAULT_CONTEXT else f" --context {shlex.quote(str(known.path))}"
    following = next((name for name in PHASES if name != "check" and not phases[name]["done"]), None)
    return {
        "project": known.project,
        "context": str(known.path),
        "folder": str(folder),
        "phases": phases,
        "now": running_now(folder),
        "best_model": _best(folder, phases),
        "next": f"model-development {following}{flag}" if following else None,
    }


def _phase(folder, name, before):
    """(what is known of a phase, its file). It is done where it is about what the one before is about."""
    title, written, in_common = PHASES[name]
    path = folder / written
    if not path.is_file():
        return {"title": title, "done": False}, None
    file = CitedFile(path, produced_by=f"model-development {name}")
    others = [key for key in in_common if before is not None and file.get(key) != before.get(key)]
    found = {"title": title, "done": not others, "file": str(path), "written": _utc(path.stat().st_mtime)}
    return found | ({"out_of_date": f"another {others[0]} than before it"} if others else {}), file


def _utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def running_now(folder: Path) -> dict[str, Any] | None:
    """Return the last line of progress.jsonl of a stage that has not ended; None where all have.

    `is_running` says whether its process still lives; where it does not, the same command resumes.
    """
    lines = read_progress(folder)
    if not lines or lines[-1].get("event") == DONE:
        return None
    last, facts = lines[-1], {}
    for line in reversed(lines):
        if line.get("stage") != last.get("stage"):
            break
        facts = line | facts
        if line.get("event") == "finished":
            break
    return facts | {"is_running": _wrote_it(last), "command": WAYS.get(str(last.get("stage")))}


def _wrote_it(line):
    """Does the process live that wrote a line?"""
    try:
        return lives(line["pid"], datetime.fromisoformat(line["time"]).timestamp())
    except (KeyError, TypeError, ValueError):
        return False


def lives(pid: int, since: float) -> bool:
    """Does the process live that had this number at a time.time(), or has another one taken it since?"""
    import psutil

    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + 1
    except psutil.Error:
        return False


def _best(folder, phases):
    """The best model by the latest phase that is done, its score with its source; None before phase 1."""
    if phases["evaluate"]["done"]:
        file = CitedFile(folder / artifacts.EVALUATION_METRICS, produced_by="model-development evaluate")
        metric = file.get("primary_metric")
        place = ("models", "final", "metrics", metric)
        bounds = {"low": (*place, "test_low"), "high": (*place, "test_high")}
        return _said(file.get("final_model"), metric, "test rows", file.cite(*place, "test", **bounds))
    if phases["tune"]["done"]:
        file = CitedFile(folder / artifacts.TUNED_MODEL_INFO, produced_by="model-development tune")
        metric, ensemble = file.get("primary_metric"), file.get("ensemble")
        if ensemble:
            return _said(ensemble["name"], metric, "folds", file.cite("ensemble", "cv", metric, "mean"))
        return _said(file.get("model_name"), metric, "folds", file.cite("final_cv_mean"))
    if phases["train"]["done"]:
        file = CitedFile(folder / artifacts.BEST_MODEL_INFO, produced_by="model-development train")
        return _said(file.get("best_model_name"), file.get("primary_metric"), "folds", file.cite("cv_mean"))
    return None


def _said(name, metric, rows, cited):
    return {"name": name, "metric": metric, "measured_on": rows, "score": cited}


def status_text(content: dict[str, Any]) -> str:
    """Return the same in a few lines for people."""
    lines = [f"Project  {content['project']} ({content['context']})"]
    for name, phase in content["phases"].items():
        state = f"done {phase['written']}" if phase["done"] else phase.get("out_of_date", "not done")
        lines.append(f"{name:8} {phase['title']}: {state}")
    if content["now"]:
        lines.append(f"Now      {_now_text(content['now'])}")
    if best := content["best_model"]:
        value = best["score"]["value"]
        score = "not defined" if value is None else f"{value:.4g}"
        lines.append(f"Best     {best['name']}, {best['metric']} {score} on the {best['measured_on']}")
    lines.append(f"Files    {content['folder']}")
    lines.append(f"Next     {content['next'] or 'nothing: all phases are done'}")
    return "\n".join(lines)


def _now_text(now):
    said = [now["stage"]]
    if now.get("total"):
        said.append(f"{now.get('done', 0)} of {now['total']} done")
    if now.get("model"):
        said.append(f"{now['model']}" + (f": {now['at']}" if now.get("at") else ""))
    if now.get("best") is not None:
        said.append(f"best {now.get('metric', 'score')} so far {now['best']:.4g}")
    if now.get("seconds_left") is not None:
        said.append(f"{now['seconds_left']:.0f} s left")
    if not now["is_running"]:
        said.append("its process has ended: the same command resumes")
    return ", ".join(said)


STATUS = Command(
    name="status",
    help="what is done, what runs now, the best model, the next command",
    description="Say what stands in a context: phases done, what runs now (from progress.jsonl), the best "
    "model with its score, and the next command. Nothing is changed.",
    add_arguments=add_context,
    run=run,
    examples=(
        "model-development status",
        "model-development status --context projects/credit_risk/pipeline_context.json --json",
    ),
)

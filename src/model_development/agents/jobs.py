"""Long work as jobs with an id: they outlive the server, and any server finds them again."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..cli.status import lives, running_now
from ..errors import ArtifactsError
from ..storage.files import read_json, to_json, write_text
from .job import LOG, RESULT

JOBS_FOLDER = "jobs"
JOB = "job.json"
ENDS = {0: "done", 1: "failed", 2: "bad input", 130: "stopped"}  # by exit code
ID = re.compile(r"[a-z]+-\d{8}-\d{6}-[0-9a-f]{4}")


def start_job(folder: Path, words: Sequence[str]) -> dict[str, Any]:
    """Start a command in a process of its own; return what `job_state` says of it.

    folder : the artifacts folder of the context. words : of the command line.
    Raises ArtifactsError while another job of this folder runs: two would train on each other's files.
    """
    running = [job for job in jobs_of(folder) if job["state"] == "running"]
    if running:
        raise ArtifactsError(
            f"The job {running[0]['job_id']} ({running[0]['command']}) is running in {folder}. Wait for "
            "it, or stop it with stop_job.",
            what="another job is running",
            do="stop_job, or wait",
        )
    job_id = f"{words[0]}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"
    place = folder / JOBS_FOLDER / job_id
    place.mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "model_development.agents.job", str(place), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # neither Ctrl-C nor the end of the server ends it
    )
    facts = {"job_id": job_id, "command": " ".join(words), "pid": process.pid, "began": time.time()}
    write_text(place / JOB, to_json(facts))
    return job_state(folder, job_id)


def job_state(folder: Path, job_id: str) -> dict[str, Any]:
    """State, progress, and, of a job that has ended, what its command said.

    `state` : "running", "done", "failed" (exit code 1), "bad input" (2), "stopped" (130) or "ended" (killed,
    or the machine was restarted: the same command resumes). Raises ArtifactsError for an unknown id.
    """
    place = folder / JOBS_FOLDER / job_id
    if not ID.fullmatch(job_id) or not (place / JOB).is_file():
        known = ", ".join(job["job_id"] for job in jobs_of(folder)) or "none"
        raise ArtifactsError(f"{folder} has no job {job_id!r}. Its jobs: {known}.", allowed=known)
    facts = read_json(place / JOB, produced_by="start_training")
    state = {name: facts[name] for name in ("job_id", "command")}
    if (place / RESULT).is_file():
        result = read_json(place / RESULT, produced_by=facts["command"])
        result.pop("schema_version", None)
        code = result["exit_code"]
        name = "stopped" if code and "stopped" in facts else ENDS.get(code, "ended")
        return state | {"state": name, "result": result}
    state["seconds"] = round(time.time() - facts["began"])
    if not lives(facts["pid"], facts["began"]):
        said = "It was killed, or the machine was restarted. Start it again: it resumes."
        return state | {"state": "ended", "what": said, "log": str(place / LOG)}
    return state | {"state": "running", "progress": running_now(folder), "log": str(place / LOG)}


def jobs_of(folder: Path) -> list[dict[str, Any]]:
    """Jobs of an artifacts folder, the newest first: id, command, state."""
    found = sorted((folder / JOBS_FOLDER).glob(f"*/{JOB}"), key=lambda path: -path.stat().st_mtime)
    states = [job_state(folder, path.parent.name) for path in found]
    return [{name: state[name] for name in ("job_id", "command", "state")} for state in states]


def stop_job(folder: Path, job_id: str) -> dict[str, Any]:
    """Interrupt a running job as Ctrl-C would; finished work is kept, and the same command resumes."""
    state = job_state(folder, job_id)
    if state["state"] == "running":
        file = folder / JOBS_FOLDER / job_id / JOB
        facts = read_json(file, produced_by="start_training")
        write_text(file, to_json(facts | {"stopped": time.time()}))
        os.killpg(facts["pid"], signal.SIGINT)
        state["what"] = "It was asked to stop. What is finished is kept; started again, it resumes."
    return state

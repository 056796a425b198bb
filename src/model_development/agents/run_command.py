"""One command of the command line, run to its end; what it says is one JSON object."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

SECONDS = 240  # of a command that is waited for; longer work is a job


def command_line(words: Sequence[str]) -> list[str]:
    """The program for these words of a command line, in this environment."""
    return [sys.executable, "-m", "model_development", *words, "--json"]


def run_command(words: Sequence[str], timeout_s: float = SECONDS) -> dict[str, Any]:
    """Run a command to its end and return what it says, `exit_code` among it.

    words : of the command line, such as ["status", "--context", "pipeline_context.json"]. Bad input is no
    exception: it is what the command says of it, with `error`, `what` and what else is known.
    """
    try:
        done = subprocess.run(
            command_line(words), capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return {
            "exit_code": 1,
            "error": "TimeoutError",
            "what": f"{words[0]} has not ended within {timeout_s:.0f} s",
            "do": "Start it as a job where there is one, or run it in a terminal: "
            f"model-development {' '.join(words)}",
        }
    return read_answer(done.stdout, done.returncode, done.stderr)


def read_answer(stdout: str, exit_code: int, stderr: str = "") -> dict[str, Any]:
    """What a command printed, as a dict; where it printed none, the last lines of what it said beside."""
    try:
        found = json.loads(stdout)
    except ValueError:
        last = "\n".join(stderr.strip().splitlines()[-5:])
        return {"exit_code": exit_code, "error": "CommandFailed", "what": last or "it ended without a word"}
    return dict(found) | {"exit_code": exit_code}

"""What an assistant may not do in passing: it is asked for the user's reason or word, and it is recorded."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..cli.status import status_of
from ..data.sealed_test import read_openings
from ..errors import SettingsError
from ..json_lines import append_lines
from ..storage import files as artifacts

SHORTEST_REASON = 12  # characters
GUARDED = ("accept",)  # settings that have a tool of their own


def require_reason(reason: str, what: str) -> None:
    """Raise SettingsError unless a reason is more than a word."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise SettingsError(
            f"`reason` must say in a sentence why {what}; it is {reason!r}. Ask the user, and give theirs.",
            what="no reason was given",
            do="ask the user",
        )


def require_unguarded(settings: Sequence[str]) -> None:
    """Raise SettingsError for a setting that has a tool of its own, which asks for a reason."""
    for assignment in settings:
        name = assignment.partition("=")[0].strip().split(".")[-1]
        if name in GUARDED:
            raise SettingsError(
                "A finding of the data checks is accepted by the tool accept_finding, with a reason.",
                what=f"the setting {name!r} is not set in passing",
                do="accept_finding",
            )


def require_sealed_or_known(context: str, again: bool) -> None:
    """Raise SettingsError where the test rows were opened for another model, unless `again` is asked for."""
    status = status_of(context)
    openings = read_openings(Path(status["folder"]) / artifacts.TEST_SET_ACCESS)
    if openings and not status["phases"]["evaluate"]["done"] and not again:
        times = "once" if len(openings) == 1 else f"{len(openings)} times"
        raise SettingsError(
            f"The test rows have been opened {times} already, for another model. Each further model that is "
            "evaluated on them makes their figures more favourable than new rows will be. Ask the user; with "
            "their consent call start_evaluation with again=true.",
            what=f"the test rows have been opened {times}",
            where=str(Path(status["folder"]) / artifacts.TEST_SET_ACCESS),
            do="ask the user, then again=true",
        )


def record(folder: Path, tool: str, **facts: Any) -> None:
    """Append a guarded action to the log of the artifacts folder, before it is done."""
    said = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "tool": tool} | facts
    folder.mkdir(parents=True, exist_ok=True)
    append_lines(folder / artifacts.ASSISTANT_LOG, [said])


def confirmation_for(words: Sequence[str], state: Any) -> str:
    """The word that confirms a command, as long as what it changes is as it was shown."""
    shown = json.dumps([list(words), state], sort_keys=True, default=str)
    return hashlib.sha256(shown.encode()).hexdigest()[:8]

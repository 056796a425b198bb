"""What is said of a combination that is done: a line for people, and one in progress.jsonl for programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...reports.numbers import format_number
from ...search.strategies import NO_END
from .trials import Trial, describe_params

if TYPE_CHECKING:
    from .searching import Search

CHATTER = 1.0  # seconds between lines while nothing improves


class TrialTeller:
    """Tells of the trials of one search."""

    def __init__(self) -> None:
        self._logged = 0.0

    def line(self, search: Search, trial: Trial, word: str) -> str:
        """Return the line for people. word : what came of the trial."""
        name, mean = search.metric.name, trial.cv(search.metric.name)
        score = format_number(mean) if mean is not None else "-"
        best = format_number(search.best) if search.best is not None else "-"
        done, total = search.progress.done, search.progress.total
        counted = f"trial {done}" + (f"/{total}" if total < NO_END else "")
        return f"{counted}  cv {name} {score} ({word}), best {best}  {describe_params(trial.chosen)}"

    def log(self, search: Search, trial: Trial) -> None:
        """Tell programs, now and then: a search has thousands of combinations."""
        mean, is_best = trial.cv(search.metric.name), trial.cv(search.metric.name) == search.best
        if not is_best and time.monotonic() - self._logged < CHATTER:
            return
        self._logged = time.monotonic()
        total = search.progress.total
        search.progress.log(
            "finished",
            model=search.spec.name,
            trial=trial.number,
            status=trial.status,
            done=search.progress.done,
            total=total if total < NO_END else None,
            metric=search.metric.name,
            score=mean,
            best=search.best,
        )

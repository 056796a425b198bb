"""stage_report.json: which stages are done, on which data and settings, with their files and seconds."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.reading.state import state_of
from ..storage import files as artifacts
from ..storage.files import read_json, to_json, write_text
from .results import folder_of
from .stages import STAGES, Stage

if TYPE_CHECKING:
    import pandas as pd

    from ..settings.context import Context

DONE = "done"


class StageReport:
    """The file of a context. Rows of other data or settings than the context's are no longer true.

    rows : {stage: its row}. anew : forget what is done.
    """

    def __init__(self, context: Context, folder: Path, *, anew: bool = False) -> None:
        self.path = folder / artifacts.STAGE_REPORT
        self._project, self._key = context.project, _key(context)
        self._definition = context.path.with_name(artifacts.PROBLEM_DEFINITION)
        self.rows: dict[str, Any] = {}
        if self.path.is_file() and not anew:
            found = read_json(self.path, produced_by="model-development workflow")
            self.rows = found["stages"] if found.get("key") == self._key else {}

    def is_done(self, stage: Stage) -> bool:
        """Is a stage done, and are its files there?"""
        row = self.rows.get(stage.name, {})
        if row.get("status") != DONE or not all(Path(path).exists() for path in row["files"]):
            return False
        return stage.name != "evaluation" or self._criteria_are_judged()

    def _criteria_are_judged(self) -> bool:
        """Has nobody changed the definition, and with it the criteria, since they were judged?"""
        judged = self.path.with_name(artifacts.SUCCESS_CRITERIA)
        changed = [path for path in (self._definition, judged) if path.is_file()]
        return len(changed) < 2 or changed[0].stat().st_mtime <= changed[1].stat().st_mtime

    def forget_from(self, stage: Stage) -> None:
        """A stage is run again: those after it are no longer done."""
        names = list(STAGES)
        before = names[: names.index(stage.name)]
        self.rows = {name: row for name, row in self.rows.items() if name in before}

    def add(self, stage: Stage, row: dict[str, Any]) -> None:
        """Add the row of a stage, and write the file."""
        self.rows[stage.name] = row
        content = {"project": self._project, "key": self._key, "stages": self.rows}
        write_text(self.path, to_json(content))


def _key(context: Context) -> str:
    """What the stages depend on: the data, the features by name, and the settings, those of the line too.

    Of data that may have changed without a trace, it is another one each time.
    """
    from ..phases.reopening import THIS_RUN_ONLY

    tables = [context.feature_data, *([context.test_data] if context.test_data else [])]
    states = [state_of(location) or uuid.uuid4().hex for location in tables]
    settings = {k: v for k, v in context.settings.model_dump().items() if k not in THIS_RUN_ONLY}
    about: list[Any] = [context.project, tables, states, context.target, context.feature_names, settings]
    text = json.dumps(about, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stage_table(context_path: Path | str | None = None) -> pd.DataFrame:
    """Return the stages of a context as a table: stage, what, status, seconds, what was said, files.

    Raises ArtifactsError before the workflow has been run.
    """
    import pandas as pd

    folder = folder_of(context_path)
    found = read_json(folder / artifacts.STAGE_REPORT, produced_by="model-development workflow")["stages"]
    rows = [
        {
            "stage": name,
            "what": stage.title,
            "status": found.get(name, {}).get("status", "not run"),
            "seconds": found.get(name, {}).get("seconds"),
            "said": " ".join(found.get(name, {}).get("said", [])),
            "files": ", ".join(Path(path).name for path in found.get(name, {}).get("files", [])),
        }
        for name, stage in STAGES.items()
    ]
    return pd.DataFrame(rows).set_index("stage")


def criteria_table(context_path: Path | str | None = None) -> pd.DataFrame:
    """Return each success criterion with its figure on the test rows and its verdict.

    The table is empty, which is said, before the stage evaluation has been run.
    """
    import pandas as pd

    folder = folder_of(context_path)
    file = folder / artifacts.SUCCESS_CRITERIA
    if not file.is_file():
        print("Nothing is judged yet: the stage evaluation, which opens the test rows, has not been run.")
        return pd.DataFrame()
    return pd.DataFrame(read_json(file, produced_by="model-development workflow")["criteria"])

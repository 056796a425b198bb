"""What was found of feature steps, written down at once, so that a run that was killed resumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...storage import files as artifacts
from ...storage.checkpoints import work_key
from ...storage.journal import Journal

if TYPE_CHECKING:
    from ..session import Session


class FeatureJournal:
    """Entries by their key, which is a fingerprint of the work: see `recording.result_key`."""

    def __init__(self, session: Session) -> None:
        path = session.record.path(artifacts.CHECKPOINTS_FOLDER) / "feature_steps.jsonl"
        key = work_key(data=session.intake.fingerprint, split=session.intake.assignment.fingerprint)
        self._journal = Journal(path, key, fresh=not session.context.settings.resume)
        self._known = {entry["key"]: entry for entry in self._journal.entries}

    def find(self, key: str) -> dict[str, Any] | None:
        """What was added under this key."""
        return self._known.get(key)

    def add(self, key: str, **content: Any) -> None:
        """Write an entry; it is on the disk when this returns."""
        self._journal.add([{"key": key, **content}])

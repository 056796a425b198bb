"""Numbers with the file and the key that they came from, so that no answer has to be believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..storage.files import read_json


class CitedFile:
    """A JSON file of the artifacts folder. Raises ArtifactsError where it is missing or damaged."""

    def __init__(self, path: Path, *, produced_by: str) -> None:
        self.path = path
        self.content = read_json(path, produced_by=produced_by)

    def get(self, *keys: str | int) -> Any:
        """Return what stands there; None where nothing does."""
        found: Any = self.content
        for key in keys:
            inside = isinstance(found, dict) or (isinstance(found, list) and isinstance(key, int))
            found = found.get(key) if isinstance(found, dict) else found[key] if inside else None
        return found

    def cite(self, *keys: str | int, **others: tuple[str | int, ...]) -> dict[str, Any]:
        """Return {"value", "file", "key"}; others : beside it, such as low=("cv", "f1_score", "low")."""
        beside = {name: self.get(*path) for name, path in others.items()}
        return {
            "value": self.get(*keys),
            **beside,
            "file": str(self.path),
            "key": ".".join(map(str, keys)),
        }

"""What the checks of phase 1 found in the data: it holds for every number of the later phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.checks.check_input import Finding
from ..storage import files as artifacts
from ..storage.files import read_json

if TYPE_CHECKING:
    from pathlib import Path


def known_findings(folder: Path) -> tuple[Finding, ...]:
    """Return the Findings in data_checks.json of an artifacts folder, errors first; none without the file.

    Raises ArtifactsError where it is damaged.
    """
    path = folder / artifacts.DATA_CHECKS
    if not path.exists():
        return ()
    found = read_json(path, produced_by="model_training.ipynb")["findings"]
    return tuple(Finding(**row | {"columns": tuple(row["columns"])}) for row in found)

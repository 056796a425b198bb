"""What a model folder may hold beside the model: one row of MODEL_EXTRAS, one file, one attribute."""

import json
from pathlib import Path
from typing import Any

from ..errors import ArtifactsError
from ..outputs.uncertainty import Uncertainty
from ..pipeline import TabularModel
from .files import to_json

MODEL_EXTRAS: dict[str, tuple[str, Any]] = {  # file: (attribute, class with `to_dict` and `from_dict`)
    "uncertainty.json": ("uncertainty_", Uncertainty),
}


def save_extras(predictor: TabularModel, folder: Path) -> None:
    """Write what the model has of MODEL_EXTRAS."""
    for name, (attribute, _) in MODEL_EXTRAS.items():
        part = getattr(predictor, attribute, None)
        if part is not None:
            (folder / name).write_text(to_json(part.to_dict()), encoding="utf-8")


def load_extras(predictor: TabularModel, folder: Path, saved: dict[str, str]) -> None:
    """Read back what `save_extras` wrote; a model without it stays without.

    saved : files that were written, see `checksums`. Raises ArtifactsError for a file that is none of ours.
    """
    for name, (attribute, part) in MODEL_EXTRAS.items():
        if name not in saved:
            continue
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            if not isinstance(content, dict):
                raise ValueError("it must be an object")
            setattr(predictor, attribute, part.from_dict(content))
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ArtifactsError(
                f"{folder / name} is not as a model of ours has it: {error}. Evaluate the model again."
            ) from error

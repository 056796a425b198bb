"""What a model folder may hold beside the model: one row of MODEL_EXTRAS, one file, one attribute."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactsError
from ..outputs.policy import DecisionPolicy
from ..outputs.uncertainty import Uncertainty
from .files import DECISION_POLICY, MODEL_FILE, SCHEMA_VERSION, replacing_folder, to_json

if TYPE_CHECKING:
    from ..predictor import Predictor

# file: (attribute, class with `to_dict`, `from_dict`, `require_classes`)
MODEL_EXTRAS: dict[str, tuple[str, Any]] = {
    DECISION_POLICY: ("decision_policy_", DecisionPolicy),
    "uncertainty.json": ("uncertainty_", Uncertainty),
}


def save_extras(predictor: "Predictor", folder: Path) -> None:
    """Write what the model has of MODEL_EXTRAS."""
    for name, (attribute, _) in MODEL_EXTRAS.items():
        part = getattr(predictor, attribute, None)
        if part is not None:
            (folder / name).write_text(to_json(part.to_dict()), encoding="utf-8")


def load_extras(predictor: Any, folder: Path, saved: Mapping[str, str]) -> None:
    """Read back what `save_extras` wrote; a model without it stays without.

    saved : files that were written, see `checksums`. Raises ArtifactsError for a file that is none of ours.
    """
    for name, (attribute, kind) in MODEL_EXTRAS.items():
        path = folder / name
        if not path.exists():
            continue
        try:
            if name not in saved:
                raise ValueError("it was not saved with the model")
            content = dict(json.loads(path.read_text(encoding="utf-8")))
            if content.pop("schema_version", None) != SCHEMA_VERSION:
                raise ValueError(f"`schema_version` is not {SCHEMA_VERSION}")
            part = kind.from_dict(content)
            part.require_classes(list(getattr(predictor, "classes_", ())))
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ArtifactsError(f"{path} is refused: {error}. Evaluate the model again.") from error
        setattr(predictor, attribute, part)


def _copy(folder, new_folder, name):
    """Copy a file of a model folder, or a member of an ensemble, of which `name` is the model.json."""
    place = Path(name).parent
    if place == Path():
        shutil.copy2(folder / name, new_folder / name)
    else:
        shutil.copytree(folder / place, new_folder / place)


def add_extras(folder: Path, new_folder: Path, extras: Mapping[str, Any]) -> None:
    """Copy a model folder, with other extras, {attribute: what goes with the model's outputs}.

    What was fitted stays as it is, byte for byte. Raises ArtifactsError where `folder` is no model folder.
    """
    from .model_file import checksums, read_model_file

    content = read_model_file(folder)
    with replacing_folder(new_folder) as temporary:
        for name in content["files"]:
            if name not in MODEL_EXTRAS:
                _copy(folder, temporary, name)
        for name, (attribute, _) in MODEL_EXTRAS.items():
            if extras.get(attribute) is not None:
                (temporary / name).write_text(to_json(extras[attribute].to_dict()), encoding="utf-8")
        content["files"] = checksums(temporary)
        (temporary / MODEL_FILE).write_text(to_json(content), encoding="utf-8")

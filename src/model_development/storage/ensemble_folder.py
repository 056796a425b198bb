"""An ensemble as a folder: weights in its model.json, and each member as a model folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.columns.schema import TableSchema
from ..ensembles.blend import Blend
from ..ensembles.model import EnsembleModel
from ..errors import ArtifactsError
from ..models.table import MODELS
from ..tasks.table import codecs
from .files import replacing_folder, to_json
from .model_extras import MODEL_EXTRAS
from .model_file import MEMBERS_FOLDER, MODEL_FILE, checksums, read_model_file

if TYPE_CHECKING:
    from ..predictor import Predictor

BLEND, MEMBERS = "blend", "members"  # among the params in model.json


def save_ensemble(name: str, blend: Blend, members: Mapping[str, Path | str], folder: Path | str) -> Path:
    """Write an ensemble into `folder`, replacing what was there; return the folder.

    name : row of the table of ensembles. blend : its weights, in the order of `members`. members : {name of
    the model: its folder}; they are copied as they are, without what goes with their own outputs.

    The folder appears whole or not at all. Raises ArtifactsError where a member is no model folder.
    """
    folder, files = Path(folder), {model: read_model_file(place) for model, place in members.items()}
    first = next(iter(files.values()))
    with replacing_folder(folder) as temporary:
        for model, place in members.items():
            _copy_member(Path(place), files[model], temporary / MEMBERS_FOLDER / model)
        content = {
            "model_name": name,
            "family": first["family"],
            "classes": _all_classes(list(files.values())),
            "schema": first["schema"],
            "params": {BLEND: blend.to_dict(), MEMBERS: list(members)},
            "seed": first["seed"],
            "packages": {k: v for file in files.values() for k, v in file["packages"].items()},
            "files": checksums(temporary),
        }
        (temporary / MODEL_FILE).write_text(to_json(content), encoding="utf-8")
    return folder


def _copy_member(folder, content, new_folder):
    new_folder.mkdir(parents=True)
    content = content | {"files": {k: v for k, v in content["files"].items() if k not in MODEL_EXTRAS}}
    for name in content["files"]:
        shutil.copy2(folder / name, new_folder / name)
    (new_folder / MODEL_FILE).write_text(to_json(content), encoding="utf-8")


def _all_classes(files: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    codec = codecs()[files[0]["family"]]
    return codec.of_several([codec.from_dict(file) for file in files]).to_dict()["classes"]


def rebuild_ensemble(
    folder: Path, content: Mapping[str, Any], load: Callable[[Path], Predictor]
) -> EnsembleModel:
    """Return the EnsembleModel whose model.json is `content`, each member read by `load`.

    Raises ArtifactsError, or what its parts raise, where they do not go together.
    """
    names = content["params"].get(MEMBERS)
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise ArtifactsError(f"{folder / MODEL_FILE} is refused: `members` must name different models.")
    unknown = [name for name in names if not isinstance(name, str) or name not in MODELS]
    if unknown:
        raise ArtifactsError(
            f"{folder / MODEL_FILE} is refused: it has a member {unknown[0]!r}, which is no model of ours. "
            f"Known: {', '.join(MODELS)}."
        )
    blend = Blend.from_dict(dict(content["params"].get(BLEND) or {}))
    members: dict[str, Any] = {name: _member(folder / MEMBERS_FOLDER / name, name, load) for name in names}
    ensemble = EnsembleModel(content["model_name"], members, blend)
    found = ensemble.target_.to_dict()["classes"]
    if ensemble.family != content["family"] or found != content["classes"]:
        raise ArtifactsError(f"{folder / MODEL_FILE} is refused: its members predict something else.")
    if ensemble.schema_.to_dict() != TableSchema.from_dict(content["schema"]).to_dict():
        raise ArtifactsError(f"{folder / MODEL_FILE} is refused: its members read other columns.")
    return ensemble


def _member(folder, name, load):
    found = read_model_file(folder)["model_name"]  # before it is loaded: an ensemble holds no other one
    if found != name:
        raise ArtifactsError(f"{folder} is refused: it holds {found!r}, not {name!r}.")
    return load(folder)

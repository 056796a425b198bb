"""model.json: what a model folder says of itself, checked before anything else of it is read."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from ..ensembles.table import ENSEMBLES
from ..errors import ArtifactsError, UnknownModelError
from ..models.table import get_model
from ..tasks.table import codecs
from .files import MODEL_FILE as MODEL_FILE
from .files import SCHEMA_VERSION

MEMBERS_FOLDER = "members"  # of an ensemble: each member is a model folder in it
REFIT_OF = (
    "refit_of"  # of a model that was fitted on all rows, test rows too: `fitted_fingerprint` of the evaluated
)
KEYS = {
    "schema_version": (int,),
    "model_name": (str,),
    "family": (str,),
    "classes": (list, type(None)),
    "schema": (dict,),
    "params": (dict,),
    "seed": (int,),
    "packages": (dict,),
    "files": (dict,),
}
LABELS = (str, int, float, bool)
LARGEST_UNPACKED = 100e6  # bytes that any archive may unpack to
MOST_EXPANSION = 200  # times its size that a larger one may: a forest's trees come to 10


def read_model_file(folder: Path | str) -> dict[str, Any]:
    """Return model.json of a model folder as a dict.

    Raises ArtifactsError, which names all that is wrong, when it is missing or not as `save_model` writes it.
    """
    path = Path(folder) / MODEL_FILE
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ArtifactsError(
            f"{folder} is no model folder: {MODEL_FILE} is missing or unreadable. Give the folder "
            "that `model_path` names, or an MLflow URI such as runs:/RUN_ID/model."
        ) from error
    wrong = list(_wrong_types(content)) or list(_wrong_values(content))
    if wrong:
        raise ArtifactsError(f"{path} is not as a model of ours has it: {'; '.join(wrong)}. Train it again.")
    return content


def _wrong_types(content: Mapping[str, Any]) -> Iterator[str]:
    for key, types in KEYS.items():
        if key not in content:
            yield f"`{key}` is missing"
        elif type(content[key]) not in types:
            yield f"`{key}` is {_short(content[key])}, not {types[0].__name__}"
    if not isinstance(content.get(REFIT_OF, ""), str):
        yield f"`{REFIT_OF}` is {_short(content[REFIT_OF])}, not str"


def _wrong_values(content: Mapping[str, Any]) -> Iterator[str]:
    if content["schema_version"] != SCHEMA_VERSION:
        yield f"`schema_version` is {content['schema_version']}, not {SCHEMA_VERSION}"
    try:
        tasks = _families(content["model_name"])
    except UnknownModelError as error:
        yield f"`model_name`: {error}"
        return
    if content["family"] not in tasks:
        yield f"`family` is {_short(content['family'])}; {content['model_name']} has {', '.join(tasks)}"
    classes = content["classes"]
    codec = codecs().get(content["family"])
    has_classes = codec is not None and codec.has_classes
    if has_classes != _are_labels(classes) or (classes and not _are_labels(classes)):
        yield f"`classes` is {_short(classes)}, for {content['family']}"
    for key in ("packages", "files"):
        if not all(isinstance(value, str) for value in content[key].values()):
            yield f"`{key}` holds something else than text"


def _families(name: str) -> tuple[str, ...]:
    """What kinds of target a row of the table of models, or of ensembles, predicts."""
    return tuple(codecs()) if name in ENSEMBLES else tuple(get_model(name).tasks)


def _are_labels(classes: Any) -> bool:
    """A list of different labels of one type?"""
    if not classes or type(classes[0]) not in LABELS:
        return False
    return len({type(label) for label in classes}) == 1 and len(set(classes)) == len(classes)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."


def checksums(folder: Path | str) -> dict[str, str]:
    """SHA-256 of every file in a model folder but model.json, by name.

    Of the members of an ensemble it is that of their model.json, which holds those of their files.
    """
    folder = Path(folder)
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != MODEL_FILE)
    files += sorted(folder.glob(f"{MEMBERS_FOLDER}/*/{MODEL_FILE}"))
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def require_unchanged(folder: Path | str, expected: Mapping[str, str]) -> None:
    """Raise ArtifactsError unless the files of a folder are those that were saved, see `checksums`.

    This tells damaged and mixed up folders. Who changes a folder on purpose can change the checksums too:
    against that, each file is read in a way that runs nothing that stands in it.
    """
    found = checksums(folder)
    missing = [name for name in expected if name not in found]
    if missing:
        raise ArtifactsError(
            f"The model in {folder} is damaged: {', '.join(missing)} is missing. Train it again."
        )
    changed = [name for name, digest in expected.items() if found[name] != digest]
    if changed:
        raise ArtifactsError(
            f"The model in {folder} is damaged: {', '.join(changed)} changed since it was saved. "
            "Train it again."
        )


def require_plain_archives(folder: Path | str) -> None:
    """Raise ArtifactsError for an archive with names that lead out of it, or that would fill the memory."""
    for file in filter(is_zipfile, Path(folder).iterdir()):
        try:
            with ZipFile(file) as archive:
                members = archive.infolist()
        except BadZipFile as error:
            raise ArtifactsError(f"{file} is damaged ({error}). Train the model again.") from error
        for member in members:
            parts = member.filename.replace("\\", "/").split("/")
            if ".." in parts or parts[0] == "" or ":" in parts[0]:
                raise ArtifactsError(
                    f"{file} is refused: it holds {member.filename!r}, a name that leads out of the archive."
                )
        unpacked = sum(member.file_size for member in members)
        if unpacked > max(LARGEST_UNPACKED, MOST_EXPANSION * file.stat().st_size):
            raise ArtifactsError(
                f"{file} is refused: {file.stat().st_size} bytes would unpack to {unpacked}, which no model "
                "of ours does."
            )

"""model/: the model folder as it is, and what people and programs ask about it."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...storage import files
from ...storage.checkpoints import fingerprint
from ...storage.model_file import MODEL_FILE, read_model_file
from .source_closure import SOURCE, source_files

if TYPE_CHECKING:
    from .contents import PackageContents

LIB = "lib"


def write_model(contents: PackageContents, folder: Path) -> dict[str, Any]:
    """Write model/; return what its model.json says. Raises ArtifactsError where that is no model folder."""
    content = read_model_file(contents.model_folder)
    place = folder / files.PACKAGE_MODEL
    place.mkdir()
    for name in (MODEL_FILE, *content["files"]):
        _copy(contents.model_folder, place, name)
    _write(folder / files.PACKAGE_CONFIG, _config(contents, content))
    _write(folder / files.PACKAGE_METADATA, _metadata(contents, content))
    _write(folder / files.PACKAGE_METRICS, {"metrics": dict(contents.metrics)})
    columns = [column for column in content["schema"]["columns"] if column["kind"] != "dropped"]
    features = {
        "feature_names": [column["name"] for column in columns],
        "kinds": {column["name"]: column["kind"] for column in columns},
    }
    _write(folder / files.PACKAGE_FEATURES, features)
    if contents.background:
        background = {"are_real": contents.rows_are_real, "rows": list(contents.background)}
        _write(folder / files.PACKAGE_BACKGROUND, background)
    return content


def _copy(source, place, name):
    """Copy a file of a model folder; of an ensemble's member, of which its model.json is named, all of it."""
    names = [name]
    if Path(name).name == MODEL_FILE and Path(name) != Path(MODEL_FILE):
        inner = read_model_file((source / name).parent)["files"]
        names += [(Path(name).parent / other).as_posix() for other in inner]
    for one in names:
        (place / one).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / one, place / one)


def _write(path, payload):
    path.write_text(files.to_json(payload), encoding="utf-8")


def _config(contents, content):
    return {
        "model_name": content["model_name"],
        "family": content["family"],
        "params": dict(contents.params) or content["params"],
        "seed": content["seed"],
        "settings": dict(contents.settings),
    }


def _metadata(contents, content):
    source = {path.as_posix(): (SOURCE / path).read_text(encoding="utf-8") for path in source_files()}
    return {
        "name": contents.name,
        "version": contents.version,
        "algorithm": content["model_name"],
        "family": content["family"],
        "target": contents.target,
        "classes": content["classes"],
        "positive_class": contents.positive_class,
        "feature_count": sum(column["kind"] != "dropped" for column in content["schema"]["columns"]),
        "other_columns": list(contents.other_columns),
        "fitted_on": contents.fitted_on,
        "origin": dict(contents.origin),
        "source_fingerprint": fingerprint(source),
        "packages": content["packages"],
        "python": platform.python_version(),
        "explains": bool(contents.background),
    }


def write_source(folder: Path) -> None:
    """Write lib/: the modules of this package that a service needs."""
    for path in source_files():
        place = folder / LIB / SOURCE.name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SOURCE / path, place)

"""A fitted TabularModel as a folder of open formats: loading one runs no pickled code.

model.json              what it is: model, classes, columns, parameters, package versions
preprocessor.skops
steps.skops             of a model with steps
the framework's own file: estimator.ubj, estimator.txt, network.keras, weights.pt, ...
what the model has of MODEL_EXTRAS: decision_policy.json, uncertainty.json
members/                of an ensemble, which has none of the framework's files: see ensemble_folder.py
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data.columns.schema import TableSchema
from ..ensembles.table import ENSEMBLES
from ..errors import ArtifactsError, TemplateError
from ..features.preprocessors import SKOPS_TYPES
from ..features.steps.feature_steps import STEP_TYPES
from ..models import skops_files
from ..models.table import get_model
from ..packages import installed
from ..pipeline import TabularModel
from ..predictor import Predictor
from ..tasks.table import codecs
from .ensemble_folder import rebuild_ensemble
from .files import replacing_folder, to_json
from .model_extras import load_extras, save_extras
from .model_file import (
    MODEL_FILE,
    REFIT_OF,
    checksums,
    read_model_file,
    require_plain_archives,
    require_unchanged,
)
from .versions import warn_of_other_versions

PREPROCESSOR_FILE, STEPS_FILE = "preprocessor.skops", "steps.skops"
COMMON_PACKAGES = ("numpy", "pandas", "scikit-learn", "skops")


def save_model(predictor: TabularModel, folder: Path | str, refit_of: str | None = None) -> Path:
    """Write a fitted TabularModel into `folder`, replacing what was there; return the folder.

    refit_of : see REFIT_OF. The folder appears whole or not at all. Raises ArtifactsError where what was
    fitted would not load again.
    """
    spec = get_model(predictor.model_name)
    folder = Path(folder)
    with replacing_folder(folder) as temporary:
        skops_files.dump(predictor.preprocessor_, temporary / PREPROCESSOR_FILE, SKOPS_TYPES)
        if predictor.steps_ is not None:
            skops_files.dump(predictor.steps_, temporary / STEPS_FILE, STEP_TYPES)
        spec.library.save(predictor.estimator_, temporary)
        save_extras(predictor, temporary)
        content = {
            "model_name": predictor.model_name,
            "family": predictor.family,
            **predictor.target_.to_dict(),
            "schema": predictor.schema_.to_dict(),
            "params": predictor.own_params,
            "seed": predictor.seed,
            **_about_steps(predictor),
            **({REFIT_OF: refit_of} if refit_of else {}),
            "packages": package_versions(predictor.model_name, predictor.schema_),
            "files": checksums(temporary),
        }
        (temporary / MODEL_FILE).write_text(to_json(content), encoding="utf-8")
    return folder


def load_folder(folder: Path | str) -> Predictor:
    """Read back what `save_model` or `save_ensemble` wrote.

    Raises ArtifactsError when it is no such folder, or a damaged or foreign one: nothing that stands in its
    files is run.
    """
    folder = Path(folder)
    content = read_model_file(folder)
    require_unchanged(folder, content["files"])
    require_plain_archives(folder)
    try:
        predictor = _read(folder, content)
        _predict_one_row(predictor)
        load_extras(predictor, folder, content["files"])
    except TemplateError:
        raise
    except Exception as error:  # each library says in its own way that a file is cut off or missing
        raise ArtifactsError(
            f"The model in {folder} is damaged ({type(error).__name__}: {error}). Train it again."
        ) from error
    return predictor


def _read(folder: Path, content: Mapping[str, Any]) -> Predictor:
    if content["model_name"] in ENSEMBLES:
        return rebuild_ensemble(folder, content, load_folder)
    return _rebuild(folder, content)


def _rebuild(folder: Path, content: Mapping[str, Any]) -> TabularModel:
    spec = get_model(content["model_name"])
    schema = TableSchema.from_dict(content["schema"])
    warn_of_other_versions(folder, packages_of(spec.name, schema), content["packages"])
    about = {name: content[name] for name in ("steps", "time_column", "group_column") if name in content}
    predictor = TabularModel(
        content["model_name"], content["family"], schema, content["params"], seed=content["seed"], **about
    )
    if "steps" in content:
        predictor.steps_ = skops_files.load(folder / STEPS_FILE, STEP_TYPES)
        if predictor.steps_.names != content["steps"]:
            raise ValueError(f"the steps in {STEPS_FILE} are others than those in {MODEL_FILE}")
    predictor.preprocessor_ = skops_files.load(folder / PREPROCESSOR_FILE, SKOPS_TYPES)
    predictor.estimator_ = spec.library.load(folder, content["family"])
    return predictor.restored(codecs()[content["family"]].from_dict(content))


def _about_steps(predictor: TabularModel) -> dict[str, Any]:
    """What model.json says of the steps of a model, and nothing where it has none."""
    steps = predictor.steps_
    if steps is None:
        return {}
    return {"steps": steps.names, "time_column": steps.time_column, "group_column": steps.group_column}


def _predict_one_row(predictor: Predictor) -> None:
    """Parts that do not belong together are found here, and not when the first rows come.

    Raises whatever the parts raise.
    """
    schema = predictor.schema_
    missing = dict.fromkeys(schema.names("number"), np.nan) | dict.fromkeys(schema.names("date"))
    row = {name: [missing.get(name, "word")] for name in schema.names()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of encoders, which do not know the word
        output = predictor.predict_matrix(predictor.to_matrix(pd.DataFrame(row)))
    expected = predictor.target_.outputs(getattr(predictor, "estimator_", None), np.empty((0, 0))).shape[1:]
    expected = (1, *expected)
    if output.shape != expected:
        raise ValueError(f"one row gives an output of shape {output.shape}, not {expected}")


def package_versions(model_name: str, schema: TableSchema) -> dict[str, str]:
    """Return {distribution: version} of what the model needs to predict; without what is not installed.

    They can be required anywhere: no version has a local label.
    """
    found = (installed(package) for package in packages_of(model_name, schema))
    return dict(filter(None, found))  # a model without its framework is a skipped row


def packages_of(model_name: str, schema: TableSchema) -> dict[str, None]:
    """Packages that a model needs to predict, by their usual names."""
    for_text = ("skrub",) if schema.names("text") else ()
    return dict.fromkeys((*COMMON_PACKAGES, *for_text, *get_model(model_name).library.PACKAGES))


def folder_size_mb(folder: Path | str) -> float:
    """Size on disk in MB (10^6 bytes)."""
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6

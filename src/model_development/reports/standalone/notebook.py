"""One model of one table as a notebook of plain libraries, written beside the files that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...features.preprocessors import PREPROCESSORS
from ...models.table import get_model
from ...packages import installed
from .cells import Step, to_notebook
from .fits import Fit
from .frameworks import FRAMEWORKS
from .opening import PREPARED, column_steps, import_steps, parameter_step, row_steps, target_step
from .preprocessing import preprocessing_steps
from .targets import said_step, unit_step

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from .table import StandaloneTable


COMMON_PACKAGES = ("numpy", "pandas", "scikit-learn")


def has_standalone(model_name: str) -> bool:
    """Can a stand-alone notebook of this model be written?"""
    return get_model(model_name).framework in FRAMEWORKS


def write_standalone(
    table: StandaloneTable,
    model_name: str,
    params: Mapping[str, Any],
    seed: int,
    folder: Path | str,
    *,
    name: str | None = None,
    threads: int = 1,
) -> Path:
    """Write `<name>.ipynb` and the files that it reads into `folder`; return the path of the notebook.

    table : see `read_table`; one serves all models of a session. params : all parameters of the model.
    name : of the notebook, where it is not that of the model. threads : `n_jobs` of the fit that it repeats.
    """
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if get_model(model_name).stops_early:
        rows = table.data.early_stopping_rows(np.arange(len(table.data.X_train)), seed)
        np.save(_early_stopping_path(folder, seed), rows)
    if table.prepared_names:
        table.prepared().to_parquet(folder / PREPARED, index=False)
    path = folder / f"{name or model_name}.ipynb"
    content = standalone_notebook(table, model_name, params, seed, folder, threads=threads)
    path.write_text(_as_text(content), encoding="utf-8")
    return path


def standalone_notebook(
    table: StandaloneTable,
    model_name: str,
    params: Mapping[str, Any],
    seed: int,
    folder: Path | str,
    *,
    threads: int = 1,
) -> NotebookNode:
    """Return the notebook of a model that is fitted on all training rows; see `write_standalone`."""
    spec, data, folder = get_model(model_name), table.data, Path(folder).resolve()
    imports: set[str] = set()
    fit = Fit(spec, {**spec.baseline, **params}, data, seed, threads, imports)
    is_blind = PREPROCESSORS[spec.features].is_empty
    body = [
        *row_steps(table),
        target_step(table),
        unit_step(data.task, spec.target(fit.params)),
        *([] if is_blind else column_steps(table)),
        *preprocessing_steps(table, spec.features, imports),
        *FRAMEWORKS[spec.framework](fit),
        said_step(data.task),
    ]
    files = {"early_stopping_path": _early_stopping_path(folder, seed)} if spec.stops_early else {}
    head = [_title(spec, table), parameter_step(table, folder, files)]
    return to_notebook([*head, *import_steps(imports, threads), *body])


def _title(spec, table):
    packages = [installed(package) for package in dict.fromkeys([*COMMON_PACKAGES, *spec.library.PACKAGES])]
    versions = ", ".join(f"{name} {version}" for name, version in filter(None, packages))
    return Step(
        f"# {spec.name}: {table.data.task.target}\n\n"
        f"The model `{spec.name}` with plain libraries: it reads the table, prepares the columns, trains on "
        f"the {len(table.data.X_train)} training rows and predicts the {len(table.data.X_validation)} "
        f"validation rows. What it predicts is what the model of the training run predicts, with {versions}."
    )


def _early_stopping_path(folder, seed):
    return folder / f"early_stopping_rows_{seed}.npy"


def _as_text(content):
    import nbformat

    return nbformat.writes(content) + "\n"

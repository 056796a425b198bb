"""One model of one table as a notebook of plain libraries, written beside the files that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...features.preprocessors import PREPROCESSORS
from ...models.table import get_model
from ...packages import installed
from .cells import Step, as_text, to_notebook
from .fits import Fit, weight_steps
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
    rows: np.ndarray | None = None,
    threads: int = 1,
) -> Path:
    """Write `<name>.ipynb` and the files that it reads into `folder`; return the path of the notebook.

    table : see `read_table`; one serves all models of a session. params : all that differ from the baseline.
    name : of the notebook, where it is not that of the model. rows : positions of the training rows that were
        fitted, where not all of them. threads : `n_jobs` of the fit that it repeats.
    """
    folder, name = Path(folder).resolve(), name or model_name
    folder.mkdir(parents=True, exist_ok=True)
    notebook = standalone_notebook(
        table, model_name, params, seed, folder, name=name, rows=rows, threads=threads
    )
    for variable, positions in _positions(table, model_name, seed, rows).items():
        np.save(_file(folder, name, variable), positions)
    if table.prepared_names:
        table.prepared().to_parquet(folder / PREPARED, index=False)
    path = folder / f"{name}.ipynb"
    path.write_text(as_text(notebook), encoding="utf-8")
    return path


def standalone_notebook(
    table: StandaloneTable,
    model_name: str,
    params: Mapping[str, Any],
    seed: int,
    folder: Path | str,
    *,
    name: str | None = None,
    rows: np.ndarray | None = None,
    threads: int = 1,
) -> NotebookNode:
    """Return the notebook that `write_standalone` writes with the same arguments."""
    spec, data, folder = get_model(model_name), table.data, Path(folder).resolve()
    imports: set[str] = set()
    fitted = np.arange(len(data.X_train)) if rows is None else rows
    fit = Fit(spec, {**spec.baseline_of(data.task.family), **params}, data, fitted, seed, threads, imports)
    is_blind = PREPROCESSORS[fit.features].is_empty
    body = [
        *row_steps(table, rows is None),
        target_step(table),
        unit_step(data.task, spec.target(fit.params)),
        *([] if is_blind else column_steps(table)),
        *preprocessing_steps(table, fit.features, imports),
        *weight_steps(fit),
        *FRAMEWORKS[spec.framework](fit),
        said_step(data.task),
    ]
    name = name or model_name
    files = {
        f"{variable}_path": _file(folder, name, variable)
        for variable in _positions(table, model_name, seed, rows)
    }
    head = [_title(name, fit), parameter_step(table, folder, files), *import_steps(imports, threads)]
    return to_notebook([*head, *body])


def _positions(table, model_name, seed, rows):
    """{what the notebook calls them: positions of rows that it cannot draw by itself}."""
    data, positions = table.data, {} if rows is None else {"fitted_rows": rows}
    if get_model(model_name).stops_early:
        fitted = np.arange(len(data.X_train)) if rows is None else rows
        positions["early_stopping_rows"] = data.early_stopping_rows(fitted, seed)
    return positions


def _file(folder, name, variable):
    return folder / f"{name}_{variable}.npy"


def _title(name, fit):
    packages = [installed(p) for p in dict.fromkeys([*COMMON_PACKAGES, *fit.spec.library.PACKAGES])]
    versions = ", ".join(f"{package} {version}" for package, version in filter(None, packages))
    return Step(
        f"# {name}: {fit.task.target}\n\n"
        f"The model `{fit.spec.name}` with plain libraries: it reads the table, prepares the columns, trains "
        f"on {len(fit.rows)} training rows and predicts the {len(fit.data.X_validation)} validation rows. "
        f"What it predicts is what the model of the training run predicts, with {versions}."
    )

"""What models of given parameters say of each training row while it is left out; in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..statistics.resampling import bootstrap_intervals
from .cross_validate import cross_validate
from .fold_results import FoldFiles, save_out_of_fold
from .measured import Measured
from .summary import with_intervals
from .worker_steps import on_cpu_if_full, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def predict_out_of_fold(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    oof_path: Path | str,
    folds_folder: Path | str,
    report: Callable[[str], None],
) -> Measured:
    """Fit every fold, write what it said of the rows it left out to `oof_path`; return its scores.

    folds_folder : finished folds are kept there, and found again after a kill.
    Returns the dict of `cross_validate`, its means with intervals.
    """

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        return cross_validate(model_name, params, rows_path, options, report, saved=saved)

    (measured, left_out), _ = on_cpu_if_full(work, options)
    data = read_rows(rows_path)
    save_out_of_fold(data, left_out, oof_path)
    folds = [(*left_out[k], data.groups_of(data.folds[k][1])) for k in left_out]
    intervals = bootstrap_intervals(folds, data.task.family, options["seed"])
    measured["cv"] = with_intervals(measured["cv"], intervals or {})
    return measured

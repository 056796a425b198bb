"""Everything phase 1 wants to know of one model: folds, all training rows, files; in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..execution.usage import watch_usage
from ..models.table import get_model
from ..statistics.uncertainty import bootstrap_intervals
from .budget import make_plan
from .constant_baseline import score_best_constants
from .cross_validate import cross_validate
from .fold_results import FoldFiles, save_out_of_fold
from .measure import fit_and_measure
from .measured import Measured
from .summary import with_intervals
from .worker_steps import fit_rows_of, on_cpu_if_full, prepare, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def train_candidate(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    oof_path: str,
    report: Callable[[str], None],
    seconds_left: float | None = None,
    folds_folder: str | None = None,
) -> Measured:
    """Cross-validate, then fit and save: everything phase 1 wants to know of one model.

    oof_path : file for the out-of-fold predictions, see `save_out_of_fold`. seconds_left : in which it must
        be done, at the price of folds and rows; the `note` of the result says which, and `is_complete`
        whether none was given up. folds_folder : where each fold is written down, see `FoldFiles`.

    A model for which the memory of the GPU is too small is trained on the CPU; its `note` says so.
    """

    until = None if seconds_left is None else time.monotonic() + seconds_left

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        return _train(model_name, params, rows_path, options, report, folder, oof_path, until, saved)

    with watch_usage(options["device"]) as usage:
        measured, moved = on_cpu_if_full(work, options)
    measured["is_complete"] = not measured["note"]
    measured["note"] = "; ".join(filter(None, [moved, measured["note"]]))
    measured["usage"] = usage.history()
    measured["metrics"]["peak_memory_mb"] = max(measured["usage"]["system/process_memory_megabytes"])
    return measured


def _train(model_name, params, rows_path, options, report, folder, oof_path, until, saved):
    data = read_rows(rows_path)
    plan = make_plan(
        data,
        options["seed"],
        until,
        lambda rows: fit_rows_of(prepare(model_name, params, data, options), data, rows),
        saved.results.values(),
    )
    measured, left_out = cross_validate(model_name, params, rows_path, options, report, plan, saved)
    by_row = [(*said, data.groups_of(plan.folds[number][1])) for number, said in left_out.items()]
    intervals = bootstrap_intervals(by_row, data.task.family, options["seed"])
    measured["cv"] = with_intervals(measured["cv"], intervals)
    folds = [plan.folds[number] for number in left_out]
    measured["test_share"] = float(np.mean([len(scored) / len(fitted) for fitted, scored in folds]))
    measured["n_scored"] = float(np.mean([len(scored) for _, scored in folds]))
    measured["note"] = plan.note(len(left_out))
    save_out_of_fold(data, left_out, oof_path)
    report("fitting all training rows")
    measured |= fit_and_measure(model_name, params, rows_path, options, folder, report, plan.rows)[0]
    if not get_model(model_name).is_dummy:
        return measured
    like = next(iter(left_out.values()))[1]
    return score_best_constants(measured, data, folds, plan.rows, like, options["seed"])

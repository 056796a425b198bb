"""Everything phase 1 wants to know of one model: folds, all training rows, files; in a worker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SkipModel
from ..execution.usage import watch_usage
from ..metrics.table import METRICS
from ..models.table import get_model
from ..statistics.resampling import bootstrap_intervals
from .budget import make_plan
from .constant_baseline import constants_by_fold, score_best_constants
from .cross_validate import cross_validate
from .fold_results import FoldFiles, save_out_of_fold
from .measure import fit_and_measure
from .measured import Measured
from .summary import with_intervals
from .worker_steps import fit_rows_of, on_cpu_if_full, prepare, read_rows

if TYPE_CHECKING:
    from pathlib import Path


SHARE_OF_INTERVALS = 0.1  # of the time left, which those of metrics that do not decide may take


def train_candidate(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    folder: Path | str,
    oof_path: str,
    report: Callable[[str], None],
    metric_name: str,
    seconds_left: float | None = None,
    folds_folder: str | None = None,
    known: tuple[float, int] | None = None,
) -> Measured:
    """Cross-validate, then fit and save: everything phase 1 wants to know of one model.

    oof_path : file for the out-of-fold predictions, see `save_out_of_fold`. metric_name : the metric that
        decides; it has an interval, however short the time is. seconds_left : in which it must be done, at
        the price of folds and rows; the `note` of the result says which, and `is_complete` whether none was
        given up. folds_folder : where each fold is written down, see `FoldFiles`.
    known : (share of the rows, number of folds) of an earlier try. Raises SkipModel where there is no time
        for more than that.

    A model for which the memory of the GPU is too small is trained on the CPU; its `note` says so.
    """

    until = None if seconds_left is None else time.monotonic() + seconds_left

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        return _train(
            model_name, params, rows_path, options, report, folder, oof_path, metric_name, until, saved, known
        )

    with watch_usage(options["device"]) as usage:
        measured, moved = on_cpu_if_full(work, options)
    measured["note"] = "; ".join(filter(None, [moved, measured["note"]]))
    measured["usage"] = usage.history()
    measured["metrics"]["peak_memory_mb"] = max(measured["usage"]["system/process_memory_megabytes"])
    return measured


def _train(
    model_name, params, rows_path, options, report, folder, oof_path, metric_name, until, saved, known
):
    data = read_rows(rows_path)
    plan = make_plan(
        data,
        options["seed"],
        until,
        lambda rows: fit_rows_of(prepare(model_name, params, data, options), data, rows),
        saved.results.values(),
    )
    if known and (plan.share, len(plan.folds)) <= tuple(known):
        raise SkipModel("there is no time for more folds or rows")
    measured, left_out = cross_validate(model_name, params, rows_path, options, report, plan, saved)
    folds = [plan.folds[number] for number in left_out]
    measured["test_share"] = float(np.mean([len(scored) / len(fitted) for fitted, scored in folds]))
    measured["n_scored"] = float(np.mean([len(scored) for _, scored in folds]))
    measured["share_of_rows"], given_up = plan.share, plan.note(len(left_out))
    measured["is_complete"] = not given_up
    save_out_of_fold(data, left_out, oof_path)
    report("fitting all training rows")
    measured |= fit_and_measure(model_name, params, rows_path, options, folder, report, plan.rows)[0]
    report("intervals")
    by_row: Any
    if get_model(model_name).is_dummy:
        like = next(iter(left_out.values()))[1]
        measured = score_best_constants(measured, data, folds, plan.rows, like)
        by_row = constants_by_fold(data, folds, like)
    else:
        by_row = [(*said, data.groups_of(plan.folds[number][1])) for number, said in left_out.items()]
    intervals, without = _intervals(by_row, data.task.family, options["seed"], metric_name, plan.left)
    measured["cv"] = with_intervals(measured["cv"], intervals)
    measured["note"] = "; ".join(filter(None, [given_up, without]))
    return measured


def _intervals(by_row, family, seed, metric_name, seconds_left):
    """({metric: interval}, what is to be said of them): where time is short, of the metric that decides."""
    until = None if seconds_left == math.inf else time.monotonic() + SHARE_OF_INTERVALS * seconds_left
    intervals = bootstrap_intervals(by_row, family, seed, until=until)
    if intervals is not None:
        return intervals, ""
    only = bootstrap_intervals(by_row, family, seed, only=METRICS[metric_name])
    return only, f"time budget: an interval for {metric_name} alone"

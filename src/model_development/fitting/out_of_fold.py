"""What models of given parameters say of each training row while it is left out; in a worker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .budget import plan_more_folds
from .cross_validate import cross_validate
from .fold_results import FoldFiles, save_out_of_fold
from .measured import Measured
from .of_folds import describe_folds, intervals_in_time, rows_by_fold
from .summary import with_intervals
from .worker_steps import on_cpu_if_full, read_rows

if TYPE_CHECKING:
    from pathlib import Path

SECONDS_TO_SCORE = 1.0  # for the file and the intervals, after the last fold


def predict_out_of_fold(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    oof_path: Path | str,
    folds_folder: Path | str,
    report: Callable[[str], None],
    metric_name: str,
    seconds_left: float | None = None,
    most_folds: int | None = None,
    all_folds: bool = False,
) -> Measured:
    """Fit the folds on all their rows, write what they said of the rows left out to `oof_path`; score them.

    folds_folder : finished folds are kept there, and found again after a kill, or where there is time for
    more of them. metric_name, seconds_left : see `train_candidate`. most_folds : to come to; None for all.
    all_folds : none is given up, however little time there is; the intervals alone keep to it.

    Returns the dict of `cross_validate`, its means with intervals, and that of `describe_folds`.
    """
    until = None if seconds_left is None else time.monotonic() + seconds_left - SECONDS_TO_SCORE
    data = read_rows(rows_path)

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        plan = plan_more_folds(data, None if all_folds else until, saved.results.values(), most_folds)
        return plan, *cross_validate(model_name, params, rows_path, options, report, plan, saved)

    (plan, measured, left_out), moved = on_cpu_if_full(work, options)
    save_out_of_fold(data, plan.folds, left_out, oof_path)
    by_row, seed = rows_by_fold(data, plan, left_out), options["seed"]
    left = math.inf if until is None else until - time.monotonic()
    found, without = intervals_in_time(by_row, data.task.family, seed, metric_name, left)
    measured |= describe_folds(data, plan, left_out)
    measured["cv"] = with_intervals(measured["cv"], found)
    measured["note"] = "; ".join(filter(None, [moved, measured["note"], without]))
    return measured

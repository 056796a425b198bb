"""Everything phase 1 wants to know of one model: folds, all training rows, files; in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import NoTime, SkipModel
from ..execution.usage import watch_usage
from ..models.table import get_model
from .budget import SAVING_S, make_plan
from .constant_baseline import constants_by_fold, score_best_constants
from .cross_validate import cross_validate
from .fold_results import FoldFiles, save_out_of_fold
from .measure import fit_and_measure
from .measured import Measured
from .of_folds import describe_folds, intervals_in_time, rows_by_fold
from .summary import with_intervals
from .worker_steps import fit_rows_of, on_cpu_if_full, predicted, prepare, read_rows

if TYPE_CHECKING:
    from pathlib import Path

TEXT_SAVING_S = 5.0  # of each column of sentences: its n-grams are saved with the model
QUICKER = 0.25  # times the seconds that a fit is expected to take, which on some tables it does


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
    turn_s: float | None = None,
    folds_folder: str | None = None,
    known: tuple[float, int] | None = None,
    most_folds: int | None = None,
    least_share: float = 0.0,
    in_any_case: bool = False,
) -> Measured:
    """Cross-validate, then fit and save: everything phase 1 wants to know of one model.

    oof_path : file for the out-of-fold predictions, see `save_out_of_fold`. metric_name : the metric that
        decides; it has an interval, however short the time is. seconds_left : in which it must be done, at
        the price of folds and rows; the `note` of the result says which, and `is_complete` whether none was
        given up. turn_s, most_folds : seconds of its turn, and folds that it may have, see `make_plan`.
    folds_folder : where each fold is written down, see `FoldFiles`.
    known : (share of the rows, number of folds) of an earlier try. Raises SkipModel where there is no time
        for more than that. least_share : of the rows, without which it raises NoTime, as it does where the
        fits of a baseline are expected to take far longer than there is time, and nothing is known of them.
    in_any_case : the model is wanted, however long it takes.

    A model for which the memory of the GPU is too small is trained on the CPU; its `note` says so.
    """
    began = time.monotonic()
    until, turn = (None if seconds is None else began + seconds for seconds in (seconds_left, turn_s))

    def work(options):
        saved = FoldFiles(folds_folder, options["device"])
        plan = _plan(model_name, params, rows_path, options, saved, until, turn, most_folds)
        _require_enough(plan, known, least_share)
        if not (in_any_case or plan.costs):
            _require_hope(model_name, params, read_rows(rows_path), plan.left)
        return _train(
            model_name, params, rows_path, options, report, folder, oof_path, metric_name, plan, saved
        )

    return _watched(work, options)


def _watched(work, options):
    """What `work(options)` measures, with the CPU, memory and GPU that it used."""
    with watch_usage(options["device"]) as usage:
        measured, moved = on_cpu_if_full(work, options)
    measured["note"] = "; ".join(filter(None, [moved, measured["note"]]))
    measured["usage"] = usage.history()
    measured["metrics"]["peak_memory_mb"] = max(measured["usage"]["system/process_memory_megabytes"])
    return measured


def _require_enough(plan, known, least_share):
    if known and (plan.share, len(plan.folds)) <= tuple(known):
        raise SkipModel("there is no time for more folds or rows")
    if plan.share < least_share:
        raise NoTime(f"there is time for {plan.share:.1%} of its rows alone")


def _require_hope(model_name, params, data, seconds):
    """Raise NoTime where a baseline cannot be done in time, were it far quicker than usual."""
    spec = get_model(model_name)
    both_s = 2 * (_expected_s(spec, data) - spec.start_s)  # a fold and the last fit
    if params == spec.baseline_of(data.task.family) and QUICKER * both_s > seconds:
        raise NoTime(f"its fits take about {both_s:.0f} s, and {seconds:.0f} s are left")


def _expected_s(spec, data):
    return spec.expected_s(data.X_train.shape, len(data.task.classes), data.n_characters)


def _plan(model_name, params, rows_path, options, saved, until, turn, most_folds):
    data, fitted = read_rows(rows_path), []

    def trial_fit(rows):
        fitted[:] = [prepare(model_name, params, data, options)]
        fit_rows_of(fitted[0], data, rows)

    def trial_score(rows):
        predicted(fitted[0], fitted[0].to_matrix(data.X_train.iloc[rows]), data.task)

    known = saved.results.values()
    limits = {"turn": turn, "most_folds": most_folds, "expected_s": _expected_s(get_model(model_name), data)}
    limits["saving_s"] = SAVING_S + TEXT_SAVING_S * len(data.schema.names("text"))
    return make_plan(data, options["seed"], until, trial_fit, known, **limits, trial_score=trial_score)


def _train(model_name, params, rows_path, options, report, folder, oof_path, metric_name, plan, saved):
    data = read_rows(rows_path)
    measured, left_out = cross_validate(model_name, params, rows_path, options, report, plan, saved)
    about_folds = describe_folds(data, plan, left_out)
    save_out_of_fold(data, plan.folds, left_out, oof_path)
    report("fitting all training rows")
    measured |= fit_and_measure(model_name, params, rows_path, options, folder, report, plan.rows)[0]
    report("intervals")
    by_row: Any
    if get_model(model_name).is_dummy:
        folds, like = [plan.folds[number] for number in left_out], next(iter(left_out.values()))[1]
        measured = score_best_constants(measured, data, folds, plan.rows, like)
        by_row = constants_by_fold(data, folds, like)
    else:
        by_row = rows_by_fold(data, plan, left_out)
    found, without = intervals_in_time(by_row, data.task.family, options["seed"], metric_name, plan.left)
    measured |= about_folds
    measured["cv"] = with_intervals(measured["cv"], found)
    measured["note"] = "; ".join(filter(None, [measured["note"], without]))
    return measured

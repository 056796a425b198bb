"""Fit one model with its parameters on folds and score the rows left out; in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..metrics.table import score
from .budget import Plan, make_plan
from .fold_results import FoldFiles, FoldResult, rows_fingerprint
from .measured import Measured
from .summary import summarize
from .worker_steps import fit_rows_of, predicted, prepare, read_rows, steps_of

if TYPE_CHECKING:
    import numpy as np

    from ..tasks.predictions import Predictions


def cross_validate(
    model_name: str,
    params: Mapping[str, Any],
    rows_path: str,
    options: dict[str, Any],
    report: Callable[[str], None],
    plan: Plan | None = None,
    saved: FoldFiles | None = None,
) -> tuple[Measured, dict[int, tuple[np.ndarray, Predictions]]]:
    """Fit on every fold of the training rows and score the rows left out.

    options : dict of `seed`, `device`, `n_jobs` for the model. report : called with a text for each step.
    plan : Plan with fewer folds or rows, and with a time at which no further fold is begun.
    saved : FoldFiles; a fold that is found there is not fitted again, each other one is written there.

    Returns (dict of `summarize`, with `folds`, their numbers, `n_reused`, how many of them were found, and
    `fold_cost_s`, `cost_exponent`: what one takes with preprocessing and scoring, and grows by with rows;
    {number: (truth, Predictions)} of the rows that each fold left out).
    """
    data = read_rows(rows_path)
    plan = plan or make_plan(data, options["seed"], None, lambda rows: None)
    saved = saved or FoldFiles(None, options["device"])
    folds, n_reused = {}, 0
    for count, (number, (fit_rows, score_rows)) in enumerate(plan.folds.items(), start=1):
        name, rows = f"fold {count} of {len(plan.folds)}", rows_fingerprint(fit_rows, score_rows)
        result = saved.find(number, rows)
        if result:
            n_reused += 1
        elif folds and not plan.time_for_fold(len(fit_rows)):
            continue
        else:
            predictor = prepare(model_name, params, data, options, steps_of(name, report))
            result = _fold_result(predictor, data, number, plan, rows)
            saved.save(result)
        folds[number] = result
        report(f"{name} done")
    folds = dict(sorted(folds.items()))
    summary = summarize([(result.values, result.reasons, result.seconds) for result in folds.values()])
    left_out = {n: (_truth(data, plan.folds[n][1]), result.predictions) for n, result in folds.items()}
    about: Measured = {"folds": list(folds), "n_reused": n_reused, "cost_exponent": plan.exponent}
    about["fold_cost_s"] = fmean(result.cost_s for result in folds.values())
    return summary | about, left_out


def _fold_result(predictor, data, number, plan, rows):
    """Fit and score one fold; return its FoldResult. rows : their fingerprint."""
    (fit_rows, score_rows), started = plan.folds[number], time.monotonic()
    seconds = fit_rows_of(predictor, data, fit_rows)
    outcome = predicted(predictor, predictor.to_matrix(data.X_train.iloc[score_rows]), data.task)
    values, reasons = score(_truth(data, score_rows), outcome, data.task.family)
    cost_s = plan.noted(len(fit_rows), started)
    return FoldResult(
        number, rows, plan.share, len(fit_rows), values, reasons, seconds, cost_s, predictions=outcome
    )


def _truth(data, rows):
    return data.task.encode(data.y_train[rows])

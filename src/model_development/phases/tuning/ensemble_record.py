"""What is written of the ensemble: its file, its out-of-fold predictions, its MLflow run."""

from __future__ import annotations

from dataclasses import asdict
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...ensembles.pool import FOLD, ROW
from ...ensembles.table import FRAMEWORK, GREEDY
from ...storage import files as artifacts

if TYPE_CHECKING:
    import pandas as pd

    from ..session import Session
    from .ensembling import EnsembleResult

SEARCH = "tuning_parent_run_id"


def write_ensemble(session: Session, result: EnsembleResult | None, run_id: str) -> None:
    """Write and log the ensemble's files, and record its run; without one, those of an earlier search go."""
    record = session.record
    if result is None:
        for name in (artifacts.ENSEMBLE, artifacts.ENSEMBLE_OOF):
            record.path(name).unlink(missing_ok=True)
        return
    about = session.describe() | {SEARCH: run_id}
    record.json(run_id, artifacts.ENSEMBLE, about | describe_ensemble(session, result))
    record.frame(artifacts.ENSEMBLE_OOF, lambda path: _table(session, result).to_parquet(path, index=False))
    record.store.log_file(run_id, record.path(artifacts.ENSEMBLE_OOF))
    tags = {"phase": 2, "framework": FRAMEWORK, "status": "ok", SEARCH: run_id}
    earlier = record.store.latest_run(GREEDY, {SEARCH: run_id})
    opened = record.store.run(GREEDY, resume=earlier[0]) if earlier else record.store.run(GREEDY, tags=tags)
    with opened as own_run:
        record.store.log_file(own_run, record.path(artifacts.ENSEMBLE))
        of_folds = {
            f"cv_{name}_{key}": value for name, row in result.cv.items() for key, value in row.items()
        }
        record.store.log(
            own_run,
            # weights are numbers, which a run that is taken up again may have otherwise: parameters may not
            metrics=result.measured["metrics"] | of_folds | _weights(result),
            tags={"handed_over": result.is_handed_over},
        )


def _weights(result):
    """{metric: weight} of every model that could be chosen."""
    return {f"weight.{name}": result.weights.get(name, 0.0) for name in result.pool.names}


def describe_ensemble(session: Session, result: EnsembleResult) -> dict[str, Any]:
    """Return what ensemble.json says, and tuned_model_info.json of an ensemble that is handed over."""
    return {
        "name": GREEDY,
        "handed_over": result.is_handed_over,
        "primary_metric": session.metric.name,
        "weights": result.weights,
        "temperatures": dict(zip(result.members, (1 / result.blend.slopes).tolist(), strict=True)),
        "candidates": list(result.pool.names),
        "tuned_members": result.tuned,
        "fitted_on": result.fitted_on,
        "n_rows": len(result.pool),
        "folds": result.pool.fold_numbers,
        "nested_scores": result.scores,
        "single_model": result.single,
        "single_scores": result.single_scores,
        "difference_on_folds": asdict(result.difference),
        "nested_cv_means": result.others,
        "cv": result.cv,
        "metrics": result.measured["metrics"],
        "missing_metrics": result.measured["reasons"],
        "inference_batch_size": result.measured["inference_batch_size"],
        "single_inference_time_ms": result.measured["single_ms"],
    }


def handed_over_ensemble(session: Session, result: EnsembleResult | None) -> dict[str, Any] | None:
    """Return `describe_ensemble` of an ensemble that is handed over; else None."""
    return describe_ensemble(session, result) if result and result.is_handed_over else None


def ensemble_outputs(session: Session, result: EnsembleResult | None) -> dict[str, Any] | None:
    """Return what the context says of an ensemble that is handed over, beside the tuned model; else None.

    Means over the folds are of `primary_metric`, the ensemble's by weights of the other folds.
    """
    if result is None or not result.is_handed_over:
        return None
    measured = result.measured
    return {
        "weights": result.weights,
        "cv_mean": fmean(result.scores),
        "single_cv_mean": fmean(result.single_scores),
        "validation_metric_value": measured["metrics"].get(session.metric.name),
        "inference_time_ms": measured["metrics"]["inference_time_ms"],
        "single_inference_time_ms": measured["single_ms"],
        "fitted_on": result.fitted_on,
    }


def _table(session: Session, result: EnsembleResult) -> pd.DataFrame:
    """What the ensemble says of each row, by weights of the other folds: see fitting/fold_results.py."""
    table = session.task.output_table(result.pool.predictions(result.outputs))
    table.insert(0, FOLD, result.pool.folds)
    table.insert(0, ROW, result.pool.rows)
    return table

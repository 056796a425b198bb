"""What phase 1 writes and says: the comparison, the best model's facts, the executed notebook."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd

from ...metrics.table import COSTS
from ...reports.feature_report import feature_report
from ...reports.notebook import listen, shipped_notebook, to_html
from ...reports.numbers import format_mean, format_number
from ...storage import files as artifacts
from ...tracking.page import PHASE_1, opening_command, runs_page
from ..data_report import log_data_files
from ..handing_on import write_data_contract
from .charts import CHARTS
from .coefficients import coefficients
from .comparison import compare, sentence
from .feature_text import feature_content, feature_sentences
from .model_checks import CheckedModel, check_model
from .recommended import recommendation_content, recommendation_sentence
from .results import ModelResult, against_dummy, beats_dummy, choose_best, ranked

if TYPE_CHECKING:
    from .phase import TrainingPhase


def conclusion(phase: TrainingPhase) -> str:
    """Return in a few sentences what the comparison shows, with its numbers."""
    metric, results = phase.session.metric, ranked(phase.every_result, phase.session.metric)
    best = choose_best(phase.all_results, metric)
    mean, std, name = best.cv(metric.name), best.cv(metric.name, "std"), metric.name
    lines = [
        f"Best: {best.label}, {name} {format_mean(mean, std)} over the folds, "
        f"{format_number(best.metric(name))} on the validation rows.",
    ]
    low, high = best.cv(name, "low"), best.cv(name, "high")
    if low is not None:
        lines.append(f"95 % interval of that mean: {format_number(low)} to {format_number(high)}.")
    lines += _conclusions(best, results, phase.session)
    lines += feature_sentences(phase.features, metric)
    lines += [f"{r.label} {r.status}: {r.reason}" for r in results if r.status != "ok"]
    lines += [f"{r.label}: {r.note}" for r in results if r.note]
    lines.append(recommendation_sentence(phase.session, best.name))
    lines.append(f"Files: {phase.session.record.folder}")
    store, context = phase.session.record.store, phase.session.context
    lines.append(f"MLflow: {store.shown_uri}, experiment {context.experiment}")
    lines.append(f"  open it: {opening_command(store.uri, context.path)}")
    lines.append(f"  these models, best first: {runs_page(store.uri, store.experiment_id)}")
    return "\n".join(lines)


def _conclusions(best, results, session):
    metric = session.metric
    compared = sentence(compare(results, metric), results, metric)
    return [compared, *check_model(CheckedModel(best, results, metric, session.intake.findings))]


def write_files(phase: TrainingPhase, best: ModelResult, run_id: str) -> None:
    """Write every phase 1 file and log it to the run `run_id`."""
    session, results, every = phase.session, phase.all_results, phase.every_result
    record, metric = session.record, session.metric
    log_data_files(session, run_id)
    record.store.log_file(run_id, record.path(artifacts.ROW_ASSIGNMENT))
    about = session.describe() | {"training_summary_run_id": run_id}
    models = {result.name: result.to_dict() for result in results}
    standing = {result.run_id for result in results}
    every_model = about | {
        "best_model_name": best.name,
        "comparison": phase.comparison and phase.comparison.to_dict(),
        "models": models,
        # rows of models that were trained with several sets of parameters, of which `models` has the best
        "variants": [row.to_dict() | {"model_path": None} for row in every if row.run_id not in standing],
    }
    every_model["beats_dummy"] = beats_dummy(best, every, metric)
    every_model["versus_dummy"] = asdict(against_dummy(best, every, metric))
    every_model["conclusions"] = _conclusions(best, every, session)
    every_model["recommendation"] = recommendation_content(session, best.name)
    every_model["ranking"] = [result.name for result in ranked(results, metric)]
    every_model["leaderboard"] = [result.label for result in ranked(every, metric)]
    record.table(run_id, artifacts.MODEL_COMPARISON, _comparison_table(every, metric))
    for name, figure in CHARTS.items():
        record.chart(run_id, name, figure(phase))
    linear = coefficients(phase)
    if len(linear):
        record.table(run_id, artifacts.COEFFICIENTS, linear)
    else:  # of an earlier run
        record.path(artifacts.COEFFICIENTS).unlink(missing_ok=True)
    if phase.features is not None:
        described = feature_report(session.data.X_train, session.data.schema)
        tried = feature_content(phase.features, session.context.settings.features)
        record.json(run_id, artifacts.FEATURE_REPORT, described | tried)
    write_data_contract(session, run_id)
    record.json(run_id, artifacts.ALL_MODELS_METRICS, every_model)  # both last: they stand for the whole
    record.json(run_id, artifacts.BEST_MODEL_INFO, about | _best_model_info(best, metric))
    _record_notebook(phase, run_id)
    _save_view(record.store, every, metric)


def _save_view(store, results, metric):
    """The models as MLflow's page shows them: best first, with what decides and what it costs."""
    ids = ", ".join(f"'{result.run_id}'" for result in results)
    store.save_view(
        PHASE_1,
        "Phase 1: models, best first",
        f"attributes.run_id IN ({ids})",
        [*(f"cv_{metric.name}_{s}" for s in ("mean", "low", "high")), metric.name, *COSTS],
        ascending=not metric.greater_is_better,
    )


def log_summary(phase: TrainingPhase, best: ModelResult, run_id: str) -> None:
    """Log the aggregated metrics to the run `run_id`."""
    session, results, every = phase.session, phase.all_results, phase.every_result
    metric, store = session.metric, session.record.store
    counts = {status: sum(r.status == status for r in results) for status in ("ok", "failed", "skipped")}
    metrics: dict[str, float | None] = {f"n_models_{status}": count for status, count in counts.items()}
    metrics |= {f"best_{name}": value for name, value in best.flat_metrics().items()}
    metrics |= {f"{r.name}.cv_{metric.name}_mean": r.cv(metric.name) for r in results}
    metrics |= {f"{r.name}.{metric.name}": r.metric(metric.name) for r in results}
    metrics["total_time_s"] = time.time() - phase.started
    params = {"best_model_name": best.name, "primary_metric": metric.name}
    params |= {k: v for k, v in session.describe().items() if not isinstance(v, dict | list)}
    store.log(run_id, params=params, metrics=metrics, tags={"beats_dummy": beats_dummy(best, every, metric)})


def _comparison_table(results, metric):
    rows = [
        {
            "model": r.label,
            "framework": r.framework,
            "status": r.status,
            "reason": r.reason,
            "note": r.note,
            "recommended": r.recommended,
            **r.flat_metrics(),
            "run_id": r.run_id,
        }
        for r in ranked(results, metric)
    ]
    return pd.DataFrame(rows)


def _best_model_info(best, metric):
    return {
        "best_model_name": best.name,
        "framework": best.framework,
        "params": best.params,
        "cv_mean": best.cv(metric.name),
        "cv_std": best.cv(metric.name, "std"),
        "validation_value": best.metric(metric.name),
        "metrics": best.measured["metrics"],
        "cv": best.measured["cv"],
        "model_path": best.model_path,
        "model_uri": best.model_uri,
        "run_id": best.run_id,
    }


def _record_notebook(phase, run_id):
    """Keep the notebook as executed so far, and its HTML; outside Jupyter there is none."""
    listener = listen()
    if not listener.active:
        return
    import nbformat

    notebook = listener.notebook(shipped_notebook(artifacts.EXECUTED_NOTEBOOK, phase.session.context.path))
    phase.session.record.text(run_id, artifacts.EXECUTED_NOTEBOOK, nbformat.writes(notebook))
    phase.session.record.text(run_id, artifacts.EXECUTED_NOTEBOOK_HTML, to_html(notebook))

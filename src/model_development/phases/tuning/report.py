"""What phase 2 writes and says: results of the search, the tuned model's facts, the charts."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from statistics import fmean
from typing import TYPE_CHECKING

from ...data.checks.check_input import INFO
from ...reports.numbers import format_mean, format_number
from ...settings.context import read_context
from ...storage import files as artifacts
from ...storage.files import plain, read_json
from ...storage.tuned_model import read_tuned_model
from ...tracking.connection import tracking_uri
from ...tracking.page import opening_command, runs_page
from ..known_findings import known_findings
from ..training_result import TrainingResult, read_training_result
from .charts import CHARTS
from .ensemble_record import handed_over_ensemble, write_ensemble
from .finished_search import FinishedSearch, finished_search, search_overview
from .parent_run import COMPLETE, HANDED_OVER, SECOND
from .search_result import SearchResult, outcome, summarize_search
from .trials import trials_table

if TYPE_CHECKING:
    from pathlib import Path

    from ..session import Session


NESTED_UNDER = "tags.mlflow.parentRunId = '{}'"
PARETO = "pareto"  # tag of the combinations that no other beats in both values
COLUMNS = 20  # parameters that the list of combinations shows


def report_search(session: Session, result: SearchResult, run_id: str) -> FinishedSearch:
    """Write every phase 2 file, and log it to the parent run; return the FinishedSearch that they tell of."""
    record = session.record
    about = session.describe() | {"model_name": result.spec.name, "tuning_parent_run_id": run_id}
    rows = [trial.to_dict() for trial in sorted(result.trials, key=lambda t: t.number)]
    summary = asdict(summarize_search(session, result))
    record.json(run_id, artifacts.ALL_TUNING_RESULTS, about | {"results": rows})
    record.table(run_id, artifacts.ALL_TUNING_RESULTS_CSV, trials_table(result.trials))
    record.json(run_id, artifacts.TUNING_SUMMARY, about | summary)
    write_ensemble(session, result.ensemble, run_id)
    record.json(run_id, artifacts.TUNED_MODEL_INFO, about | _tuned_info(session, result))
    if record.path(artifacts.MODEL_COMPARISON).exists():  # of phase 1, to compare with
        record.store.log_file(run_id, record.path(artifacts.MODEL_COMPARISON))
    search = finished_search(plain(rows), plain(about | summary))
    for name, figure in CHARTS.items():
        record.chart(run_id, name, figure(search))
    return search


def log_parent(session: Session, result: SearchResult, search: FinishedSearch, run_id: str) -> None:
    """Log to the parent run what came of the search, and say it; from then on it counts as handed over."""
    final, overview = result.final, search_overview(search)
    view = f"Tuning of {result.spec.name}, {time.strftime('%Y-%m-%d %H:%M')}"
    find = f"Every combination, best first: under Views, `{view}`."
    _save_view(session, result, run_id, view)
    _mark_front(session, result)
    session.record.store.log(
        run_id,
        params={**final.params, "model_name": result.spec.name, "primary_metric": session.metric.name},
        metrics=_numbers(asdict(search.summary)) | final.metrics,
        tags={
            "improved": final.improved,
            "verdict": final.verdict,
            HANDED_OVER: time.strftime("%Y-%m-%d %H:%M"),
            COMPLETE: result.is_complete,
            SECOND: result.second,
            "training_summary_run_id": result.baseline.training_summary_run_id,
            "mlflow.note.content": f"```\n{overview}\n```\n{find}",
        },
    )
    print(overview, flush=True)


def _save_view(session, result, run_id, name):
    """The combinations as MLflow's page shows them: best first, with their scores and parameters."""
    metric = session.metric
    session.record.store.save_view(
        run_id,
        name,
        NESTED_UNDER.format(run_id),
        [f"cv_{metric.name}_{statistic}" for statistic in ("mean", "std")],
        list(result.space)[:COLUMNS],
        ascending=not metric.greater_is_better,
    )


def _mark_front(session, result):
    runs = {trial.number: trial.run_id for trial in result.trials}
    for row in result.front:
        session.record.store.log(runs[row.trial], tags={PARETO: True})


def _numbers(values):
    return {k: v for k, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _tuned_info(session, result):
    baseline, final = result.baseline, result.final
    return {
        "best_params": final.params,
        "baseline_params": baseline.params,
        **outcome(session.metric, baseline, final),
        "final_cv_mean": final.cv_mean,
        "baseline_cv_mean": baseline.cv_mean,
        "metrics": final.metrics,
        "fitted_on": final.fitted_on,
        "stopped_at": final.stopped_at,
        "learning_rates": final.learning_rates,
        "ensemble": handed_over_ensemble(session, result.ensemble),
        "model_path": str(session.record.path(artifacts.TUNED_MODEL_FOLDER)),
    }


def tuning_summary(context_path: Path | str | None = None) -> str:
    """Return both phases of a finished context as a short text for people.

    Raises ContextError or ArtifactsError when phase 2 has not been run on it.
    """
    context = read_context(context_path)
    folder = artifacts.epoch_folder(context)
    tuned, training = read_tuned_model(folder), read_training_result(folder)
    name, uri = tuned.primary_metric, tracking_uri(context.artifacts_root)
    experiment = tuned.mlflow_experiment_id
    return "\n".join(
        [
            "",
            *_warnings(folder),
            f"Leaderboard of phase 1 (cv {name})",
            *leaderboard_lines(training),
            *(f"  {text}" for text in training.conclusions),
            "",
            f"Best model   {tuned.model_name}  {json.dumps(tuned.best_params)}",
            f"On the folds {name} {format_number(tuned.baseline_cv_mean)} -> "
            f"{format_number(tuned.final_cv_mean)}",
            *_ensemble_lines(folder),
            f"Validation   {name} {format_number(tuned.baseline_metric_value)} -> "
            f"{format_number(tuned.final_metric_value)} ({_improvement(tuned.improvement_pct)})",
            f"Verdict      {tuned.verdict}",
            f"Files        {folder}",
            f"Model        {folder / artifacts.TUNED_MODEL_FOLDER}",
            f"MLflow       {opening_command(uri, context.path)}",
            f"             then the models: {runs_page(uri, experiment)}",
            f"             combinations: {runs_page(uri, experiment, tuned.tuning_parent_run_id)}",
        ]
    )


def _ensemble_lines(folder):
    """The ensemble beside the tuned model, on the folds that both have; nothing where none was made."""
    path = folder / artifacts.ENSEMBLE
    if not path.exists():
        return []
    found = read_json(path, produced_by="tune_best_model.py")
    both = [found[name] for name in ("single_scores", "nested_scores")]
    means = [format_number(None if None in scores else fmean(scores)) for scores in both]
    done = "handed over" if found["handed_over"] else "not handed over"
    return [
        f"Ensemble     {found['primary_metric']} {' -> '.join(means)} (weights of the other folds), {done}"
    ]


def _warnings(folder):
    """What the checks of the data warn of: it holds for every number below."""
    lines = [f"  {finding.summary}" for finding in known_findings(folder) if finding.severity != INFO]
    return ["Data", *lines, ""] if lines else []


def leaderboard_lines(training: TrainingResult) -> list[str]:
    """Return phase 1's comparison, one line per model, best first."""
    return [_leaderboard_line(model, training.metric.name) for model in training.ranked]


def _leaderboard_line(model, metric_name):
    mean = model.mean(metric_name)
    if mean is None:
        return f"  {model.name:30s} {model.status}: {model.reason}"
    note = f"  ({model.note})" if model.note else ""
    return f"  {model.name:30s} {format_mean(mean, model.std(metric_name))}{note}"


def _improvement(percent):
    return "no percentage: undefined or a baseline of 0" if percent is None else f"{percent:+.2f} %"

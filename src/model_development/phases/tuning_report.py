"""What phase 2 writes and says: results of the search, the tuned model's facts, two charts."""

import json
from dataclasses import dataclass

from ..errors import ArtifactsError
from ..handover import artifacts
from ..handover.artifacts import read_json
from ..handover.context import read_context
from ..handover.tracking import tracking_uri
from ..reports.chart import Chart
from ..reports.plots import impact_chart, top_chart
from ..scoring.metrics import METRICS, format_mean, format_number, improvement_pct
from ..search.strategies import grid
from .trials import best_trial, trials_table

N_TOP = 10
# Without the last part MLflow opens its pages for language models.
RUNS_PAGE = "http://localhost:5000/#/experiments/{}/runs?workflowType=machine_learning"


@dataclass(frozen=True)
class FinalModel:
    """What is handed over: the tuned model, or the baseline when nothing better was found."""

    params: dict
    metrics: dict  # on the validation rows
    cv_mean: float
    improved: bool
    verdict: str  # one sentence for people


def write_files(session, spec, info, trials, final, run_id, search_time):
    record, metric = session.record, session.metric
    about = session.describe() | {"model_name": spec.name, "tuning_parent_run_id": run_id}
    summary = _summary(spec, info, trials, final, metric, search_time)
    rows = [trial.to_dict() for trial in sorted(trials, key=lambda t: t.number)]
    record.json(run_id, artifacts.ALL_TUNING_RESULTS, about | {"results": rows})
    record.table(run_id, artifacts.ALL_TUNING_RESULTS_CSV, trials_table(trials))
    record.json(run_id, artifacts.TUNING_SUMMARY, about | summary)
    record.json(run_id, artifacts.TUNED_MODEL_INFO, about | _tuned_info(session, info, final))
    record.chart(run_id, artifacts.PARAMETER_IMPACT_CHART, Chart(_impact_figure(spec, trials, metric)))
    record.chart(run_id, artifacts.TOP_MODELS_CHART, Chart(_top_figure(spec, info, trials, metric)))
    record.store.log(
        run_id,
        params={**final.params, "model_name": spec.name, "primary_metric": metric.name},
        metrics=_numbers(summary) | final.metrics,
        tags={"improved": final.improved, "verdict": final.verdict},
    )


def _numbers(values):
    return {k: v for k, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _summary(spec, info, trials, final, metric, search_time):
    means = [trial.cv(metric.name) for trial in trials if trial.cv(metric.name) is not None]
    best = best_trial(trials, metric)
    counts = {s: sum(t.status == s for t in trials) for s in ("ok", "skipped", "failed")}
    return {
        "n_combinations_in_grid": len(grid(spec.search_space)),
        "n_trials": len(trials),
        **{f"n_trials_{status}": count for status, count in counts.items()},
        "search_time_s": search_time,
        "fit_time_s": sum(t.measured.get("fit_cost_s", 0.0) for t in trials),
        "best_cv_mean": best.cv(metric.name) if best else None,
        "worst_cv_mean": (min if metric.greater_is_better else max)(means, default=None),
        "median_cv_mean": sorted(means)[len(means) // 2] if means else None,
        "baseline_cv_mean": info.cv_mean,
        "best_params": best.params if best else None,
        "improved": final.improved,
        "verdict": final.verdict,
        **values_on_validation(info, final, metric),
    }


def values_on_validation(info, final, metric):
    """Baseline and final value: the same metric on the same (validation) rows."""
    value, baseline = final.metrics[metric.name], info.validation_value
    return {
        "baseline_metric_value": baseline,
        "final_metric_value": value,
        "improvement_pct": improvement_pct(value, baseline, metric.greater_is_better),
    }


def _tuned_info(session, info, final):
    return {
        "best_params": final.params,
        "baseline_params": info.params,
        **values_on_validation(info, final, session.metric),
        "final_cv_mean": final.cv_mean,
        "baseline_cv_mean": info.cv_mean,
        "metrics": final.metrics,
        "improved": final.improved,
        "verdict": final.verdict,
        "model_path": str(session.record.path(artifacts.TUNED_MODEL_FOLDER)),
    }


def _impact_figure(spec, trials, metric):
    scored = [(t.params, t.cv(metric.name)) for t in trials if t.cv(metric.name) is not None]
    best = best_trial(trials, metric)
    return impact_chart(scored, list(spec.search_space), f"cv {metric.label}", best.params if best else {})


def _top_figure(spec, info, trials, metric):
    scored = [t for t in trials if t.cv(metric.name) is not None]
    top = sorted(scored, key=lambda t: metric.sort_key(t.cv(metric.name)))[:N_TOP]
    rows = [(t.name, t.cv(metric.name), t.cv(metric.name, "std")) for t in top]
    rows = rows or [("baseline", info.cv_mean, info.cv_std)]
    return top_chart(
        rows,
        metric.label,
        info.cv_mean,
        f"{spec.name}: the best {len(rows)} of {len(scored)} combinations",
    )


def tuning_summary(context_path=None):
    """Return both phases of a finished context as a short text for people.

    Raises ContextError or ArtifactsError when phase 2 has not been run on it.
    """
    context = read_context(context_path)
    folder = context.artifacts_root / artifacts.EPOCH_FOLDER
    tuned = read_json(folder / artifacts.TUNED_MODEL_INFO, produced_by="tune_best_model.py")
    name, uri = tuned["primary_metric"], tracking_uri(context.artifacts_root)
    return "\n".join(
        [
            "",
            f"Leaderboard of phase 1 (cv {name})",
            *leaderboard_lines(folder),
            "",
            f"Best model   {tuned['model_name']}  {json.dumps(tuned['best_params'])}",
            f"On the folds {name} {format_number(tuned['baseline_cv_mean'])} -> "
            f"{format_number(tuned['final_cv_mean'])}",
            f"Validation   {name} {format_number(tuned['baseline_metric_value'])} -> "
            f"{format_number(tuned['final_metric_value'])} ({_improvement(tuned['improvement_pct'])})",
            f"Verdict      {tuned['verdict']}",
            f"Files        {folder}",
            f"Model        {tuned['model_path']}",
            f"MLflow       mlflow ui --backend-store-uri {uri}   (or: make ui)",
            f"             then {RUNS_PAGE.format(tuned['mlflow_experiment_id'])}",
        ]
    )


def leaderboard_lines(folder):
    """Return phase 1's comparison, one line per model, best first.

    Raises ArtifactsError when its file is missing or damaged.
    """
    path = folder / artifacts.ALL_MODELS_METRICS
    compared = read_json(path, produced_by="model_training.ipynb")
    try:
        metric, models = METRICS[compared["primary_metric"]], compared["models"]
        means = {name: ((row["cv"] or {}).get(metric.name) or {}).get("mean") for name, row in models.items()}
        order = sorted(means, key=lambda name: metric.sort_key(means[name]))
        return [_leaderboard_line(name, models[name], metric, means[name]) for name in order]
    except (KeyError, TypeError, AttributeError) as error:
        raise ArtifactsError(f"{path} is damaged ({error}). Run model_training.ipynb again.") from error


def _leaderboard_line(name, row, metric, mean):
    if mean is None:
        return f"  {name:30s} {row['status']}: {row['reason']}"
    note = f"  ({row['note']})" if row["note"] else ""
    return f"  {name:30s} {format_mean(mean, row['cv'][metric.name]['std'])}{note}"


def _improvement(percent):
    return "no percentage: undefined or a baseline of 0" if percent is None else f"{percent:+.2f} %"

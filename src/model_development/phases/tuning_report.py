"""What phase 2 writes and says: results of the search, the tuned model's facts, the charts."""

import json
from dataclasses import asdict
from urllib.parse import quote

from ..errors import ArtifactsError
from ..handover import artifacts
from ..handover.artifacts import plain, read_json
from ..handover.context import read_context
from ..handover.tracking import tracking_uri
from ..models.spec import Plateau
from ..scoring.metrics import METRICS, format_mean, format_number, improvement_pct
from ..scoring.uncertainty import corrected_t_test
from ..search.bayesian import importance
from ..search.space import Range, at_edges
from .finished_search import (
    N_TOP,
    FinishedSearch,
    course_figure,
    impact_figure,
    parallel_figure,
    search_overview,
    top_figure,
    trade_off_figure,
)
from .trials import ranked_trials, trials_table

# Without the last part MLflow opens its pages for language models.
RUNS_PAGE = "http://localhost:5000/#/experiments/{}/runs?workflowType=machine_learning"
COMBINATIONS = "&searchFilter={}&orderByKey=metrics.%60cv_{}_mean%60&orderByAsc={}"
NESTED_UNDER = "tags.mlflow.parentRunId = '{}'"


def report_search(
    session, spec, space, plan, baseline, trials, final, run_id, search_time, second=None, trade_off=()
):
    """Write every phase 2 file, log it to the parent run, and say what came of the search."""
    record, metric = session.record, session.metric
    about = session.describe() | {"model_name": spec.name, "tuning_parent_run_id": run_id}
    summary = {
        "strategy": plan.kind,
        "space": {k: asdict(v) if isinstance(v, Range) else list(v) for k, v in space.items()},
        **_counts(trials),
        "search_time_s": search_time,
        **_costs(trials),
        **_scores(session, spec, space, trials, baseline),
        **_outcome(metric, baseline, final),
        "second": second,
        "trade_off": list(trade_off),
    }
    rows = [trial.to_dict() for trial in sorted(trials, key=lambda t: t.number)]
    record.json(run_id, artifacts.ALL_TUNING_RESULTS, about | {"results": rows})
    record.table(run_id, artifacts.ALL_TUNING_RESULTS_CSV, trials_table(trials))
    record.json(run_id, artifacts.TUNING_SUMMARY, about | summary)
    record.json(run_id, artifacts.TUNED_MODEL_INFO, about | _tuned_info(session, baseline, final))
    search = FinishedSearch(plain(rows), plain(about | summary))
    for name, figure in (
        (artifacts.PARAMETER_IMPACT_CHART, impact_figure),
        (artifacts.TOP_MODELS_CHART, top_figure),
        (artifacts.TUNING_HISTORY_CHART, course_figure),
        (artifacts.PARALLEL_CHART, parallel_figure),
    ):
        record.chart(run_id, name, figure(search))
    if trade_off:
        record.chart(run_id, artifacts.TRADE_OFF_CHART, trade_off_figure(search))
    overview = search_overview(search)
    note = f"```\n{overview}\n```\nEvery combination: search for `{NESTED_UNDER.format(run_id)}` in the list of runs."
    record.store.log(
        run_id,
        params={**final.params, "model_name": spec.name, "primary_metric": metric.name},
        metrics=_numbers(summary) | final.metrics,
        tags={"improved": final.improved, "verdict": final.verdict, "mlflow.note.content": note},
    )
    print(overview, flush=True)


def _numbers(values):
    return {k: v for k, v in values.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _counts(trials):
    statuses = ("ok", "pruned", "skipped", "failed")
    return {"n_trials": len(trials)} | {f"n_trials_{s}": sum(t.status == s for t in trials) for s in statuses}


def _costs(trials):
    spent, alone = (
        sum(trial.measured.get(name, 0.0) for trial in trials) for name in ("fit_cost_s", "alone_cost_s")
    )
    return {"fit_time_s": spent, "time_saved_by_sharing_s": alone - spent}


def _without_plateaus(spec, space):
    """Beyond the end of a limit that was not reached nothing is better."""
    limits = {sharing.parameter for sharing in spec.sharing if isinstance(sharing, Plateau)}
    return {name: values for name, values in space.items() if name not in limits}


def _scores(session, spec, space, trials, baseline):
    metric, scored = session.metric, ranked_trials(trials, session.metric)
    means, best = [t.cv(metric.name) for t in scored], scored[0] if scored else None
    sign, seed = 1 if metric.greater_is_better else -1, session.context.settings.seed
    return {
        "baseline_cv_mean": baseline.cv_mean,
        "best_cv_mean": means[0] if means else None,
        "median_cv_mean": means[len(means) // 2] if means else None,
        "worst_cv_mean": means[-1] if means else None,
        "best_params": best.params if best else None,
        "top": [{"trial": t.number, "params": t.params, **_interval(session, t)} for t in scored[:N_TOP]],
        "importance": importance([(t.params, sign * t.cv(metric.name)) for t in scored], space, seed),
        "edges": at_edges(_without_plateaus(spec, space), best.params) if best else [],
    }


def _interval(session, trial):
    """The mean over the folds, and its 95 % interval, made wider since folds share training rows."""
    scores, folds = trial.measured["fold_scores"][session.metric.name], session.data.folds
    shares = [len(scored) / len(fitted) for fitted, scored in folds]
    mean, (low, high), _ = corrected_t_test(scores, [0.0] * len(scores), sum(shares) / len(shares))
    return {"mean": mean, "low": low, "high": high}


def _outcome(metric, baseline, final):
    low, high = final.improvement_95 or (None, None)
    return {
        "improved": final.improved,
        "verdict": final.verdict,
        **values_on_validation(baseline, final, metric),
        "improvement_pct_low": low,
        "improvement_pct_high": high,
        "difference_on_folds": final.on_folds,
    }


def values_on_validation(baseline, final, metric):
    """Baseline and final value: the same metric on the same (validation) rows."""
    value, before = final.metrics[metric.name], baseline.validation_value
    return {
        "baseline_metric_value": before,
        "final_metric_value": value,
        "improvement_pct": improvement_pct(value, before, metric.greater_is_better),
    }


def _tuned_info(session, baseline, final):
    return {
        "best_params": final.params,
        "baseline_params": baseline.params,
        **_outcome(session.metric, baseline, final),
        "final_cv_mean": final.cv_mean,
        "baseline_cv_mean": baseline.cv_mean,
        "metrics": final.metrics,
        "fitted_on": "training and validation rows",
        "model_path": str(session.record.path(artifacts.TUNED_MODEL_FOLDER)),
    }


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
            f"             combinations, best first: {_combinations_page(tuned)}",
        ]
    )


def _combinations_page(tuned):
    metric = METRICS[tuned["primary_metric"]]
    chosen = quote(NESTED_UNDER.format(tuned["tuning_parent_run_id"]))
    ascending = str(not metric.greater_is_better).lower()
    page = RUNS_PAGE.format(tuned["mlflow_experiment_id"])
    return page + COMBINATIONS.format(chosen, metric.name, ascending)


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

"""All that a search has led to, and its statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...execution.protocol import Cause
from ...metrics.table import Metric, improvement_pct
from ...models.spec import ModelSpec
from ...search.importance import importance
from ...search.space import Range, Space
from ...statistics.uncertainty import fold_intervals
from .finished_search import N_TOP
from .search_checks import SEARCH_CHECKS
from .search_summary import NextBestRow, SearchSummary, TopRow, TradeOffRow
from .trials import Trial, ranked_trials

if TYPE_CHECKING:
    from ..session import Session
    from .baseline import Baseline
    from .ensembling import EnsembleResult
    from .selection import FinalModel


@dataclass(frozen=True)
class SearchResult:
    """All that a search has led to.

    search_time : seconds, without those of earlier runs of a search that was cut off. trade_off : of
    `measure_trade_off`, where `second` was asked for. was_cut : did time end it, with more left to try?
    ensemble : that was made, handed over or not. next_best : other models that were searched a little.
    """

    spec: ModelSpec
    space: Space
    strategy: str
    baseline: Baseline
    trials: list[Trial]
    final: FinalModel
    search_time: float
    second: str | None = None
    trade_off: Sequence[TradeOffRow] = ()
    was_cut: bool = False
    ensemble: EnsembleResult | None = None
    next_best: Sequence[NextBestRow] = ()

    @property
    def is_complete(self) -> bool:
        """Would the same search have nothing more to fit? A worker that died may live another time."""
        was_cut = self.was_cut or self.final.was_cut
        return not was_cut and not any(trial.cause == Cause.DIED for trial in self.trials)

    @property
    def front(self) -> list[TradeOffRow]:
        """The combinations that no other beats in score and second value."""
        return [row for row in self.trade_off if row.is_pareto]


def summarize_search(session: Session, result: SearchResult) -> SearchSummary:
    """Return what is said of the search as a whole."""
    return SearchSummary(
        strategy=result.strategy,
        space={k: asdict(v) if isinstance(v, Range) else list(v) for k, v in result.space.items()},
        **_counts(result.trials),
        search_time_s=result.search_time,
        **_costs(result.trials),
        **_scores(session, result),
        **outcome(session.metric, result.baseline, result.final),
        stopped_by_timeout=result.was_cut,
        second=result.second,
        trade_off=list(result.trade_off),
        next_best=list(result.next_best),
        n_pareto=len(result.front),
        choice=_choice(session.metric, result),
    )


def _choice(metric, result):
    """By which rule one combination of the front is put forward."""
    if not result.front:
        return ""
    return (
        f"Of the front the combination with the best {metric.name} is put forward, whatever its "
        f"{result.second}; it is handed over where it is significantly better than the baseline."
    )


def _counts(trials):
    statuses = ("ok", "pruned", "skipped", "failed")
    counts = {f"n_trials_{status}": sum(t.status == status for t in trials) for status in statuses}
    return {"n_trials": len(trials)} | counts | {"n_trials_from_earlier": sum(t.from_earlier for t in trials)}


def _costs(trials):
    spent, alone = (
        sum(trial.measured.get(name, 0.0) for trial in trials) for name in ("fit_cost_s", "alone_cost_s")
    )
    return {"fit_time_s": spent, "time_saved_by_sharing_s": alone - spent}


def _scores(session, result):
    metric, scored, space = session.metric, ranked_trials(result.trials, session.metric), result.space
    means = [mean for t in scored if (mean := t.cv(metric.name)) is not None]
    best = scored[0] if scored else None
    sign, seed = 1 if metric.greater_is_better else -1, session.context.settings.seed
    return {
        "baseline_cv_mean": result.baseline.cv_mean,
        "best_cv_mean": means[0] if means else None,
        "median_cv_mean": means[len(means) // 2] if means else None,
        "worst_cv_mean": means[-1] if means else None,
        "best_params": best.params if best else None,
        "top": _top(session, scored[:N_TOP]),
        "importance": importance(
            [(t.params, sign * mean) for t, mean in zip(scored, means, strict=True)], space, seed
        ),
        **{name: check.said(result.spec, space, best) for name, check in SEARCH_CHECKS.items()},
    }


def _top(session, trials):
    """The best combinations, each with its mean over the folds and the 95 % interval of that.

    Of combinations no single predictions are kept, so that the folds' spread stands in for that of rows:
    made larger since folds share training rows, and pooled, since that of a few folds is itself chance.
    """
    metric, folds = session.metric, session.data.folds
    rows = [t.measured["fold_scores"][metric.name] for t in trials]
    n_scored = fmean(len(scored) for _, scored in folds)
    share = fmean(len(scored) / len(fitted) for fitted, scored in folds)
    intervals = fold_intervals(rows, share, metric, n_scored)
    return [
        TopRow(trial=t.number, params=t.params, mean=t.cv(metric.name), low=low, high=high)
        for t, (low, high) in zip(trials, intervals, strict=True)
    ]


def outcome(metric: Metric, baseline: Baseline, final: FinalModel) -> dict[str, Any]:
    """Return what came of it on the validation rows and on the folds, as both files say it."""
    low, high = final.improvement_95 or (None, None)
    return {
        "improved": final.improved,
        "verdict": final.verdict,
        **values_on_validation(baseline, final, metric),
        "improvement_pct_low": low,
        "improvement_pct_high": high,
        "difference_on_folds": final.on_folds,
    }


def values_on_validation(baseline: Baseline, final: FinalModel, metric: Metric) -> dict[str, float | None]:
    """Baseline and final value: the same metric on the same (validation) rows."""
    value, before = final.metrics[metric.name], baseline.validation_value
    gain = improvement_pct(value, before, metric.greater_is_better)
    if not final.improved and value is not None:
        gain = 0.0  # of 0 there is no percentage, but the same model is no better
    return {"baseline_metric_value": before, "final_metric_value": value, "improvement_pct": gain}

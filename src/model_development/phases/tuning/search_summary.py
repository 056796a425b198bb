"""What the files of a search say: of it as a whole, and of each combination."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TriedRow:
    """A combination as all_tuning_results.json has it. cv, folds : None where it came to no fold."""

    trial: int
    status: str
    params: dict[str, Any]
    cv: dict[str, dict[str, float | None]] | None
    folds: list[int] | None


@dataclass(frozen=True, kw_only=True)
class TopRow:
    """One of the best combinations. mean : over the folds; low, high : its 95 % interval, or None."""

    trial: int
    params: dict[str, Any]
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class TradeOffRow:
    """A combination with what it costs. is_pareto : no other is better in one and as good in the other."""

    trial: int
    params: dict[str, Any]
    mean: float
    cost: float
    is_pareto: bool


@dataclass(frozen=True, kw_only=True)
class NextBestRow:
    """A next best model of phase 1 that was searched a little with the time that was left.

    run_id : of the parent run of its search. difference, p : see `selection.difference_on_folds`; None
    without a test. takes_part : does the tuned model take its baseline's place in the ensemble's pool?
    """

    model: str
    run_id: str
    n_trials: int
    baseline_cv_mean: float
    best_cv_mean: float | None
    best_params: dict[str, Any] | None
    difference: float | None
    p: float | None
    takes_part: bool


@dataclass(frozen=True, kw_only=True)
class SearchSummary:
    """What is said of a search as a whole.

    space : {parameter: its values, or the fields of a Range}. fit_time_s : seconds of fits, over all cores;
    time_saved_by_sharing_s : that fits of each combination for itself would have taken beside them.
    *_cv_mean : over the folds; None where no combination came to all of them. top : the best, best first.
    importance : {parameter: its share}. edges : sentences on winners at an edge of the space.
    *_metric_value, improvement_pct* : on the validation rows, see `values_on_validation`.
    difference_on_folds : see `selection.difference_on_folds`. second : the criterion beside the score, or
    None; trade_off : the front and the best, best score first. choice : which of the front is put forward.
    next_best : what the time was used for that the search left.
    """

    strategy: str
    space: dict[str, Any]
    n_trials: int
    n_trials_ok: int
    n_trials_pruned: int
    n_trials_skipped: int
    n_trials_failed: int
    n_trials_from_earlier: int
    search_time_s: float
    fit_time_s: float
    time_saved_by_sharing_s: float
    baseline_cv_mean: float
    best_cv_mean: float | None
    median_cv_mean: float | None
    worst_cv_mean: float | None
    best_params: dict[str, Any] | None
    top: list[TopRow]
    importance: dict[str, float | None]
    edges: list[str]
    improved: bool
    verdict: str
    baseline_metric_value: float | None
    final_metric_value: float | None
    improvement_pct: float | None
    improvement_pct_low: float | None
    improvement_pct_high: float | None
    difference_on_folds: dict[str, Any] | None
    stopped_by_timeout: bool
    second: str | None
    trade_off: list[TradeOffRow]
    n_pareto: int
    choice: str
    next_best: list[NextBestRow]

    @property
    def counts(self) -> dict[str, int]:
        """{status: how many combinations ended so}, without those of none."""
        numbers = {
            "ok": self.n_trials_ok,
            "pruned": self.n_trials_pruned,
            "skipped": self.n_trials_skipped,
            "failed": self.n_trials_failed,
        }
        return {status: n for status, n in numbers.items() if n}

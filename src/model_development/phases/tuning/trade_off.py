"""A second criterion beside the score: which of the best combinations are worth their latency or size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.measure import fit_and_save, time_predictions
from .search_summary import TradeOffRow
from .trials import Trial, ranked_trials

if TYPE_CHECKING:
    from ...models.spec import ModelSpec
    from ..session import Session


@dataclass(frozen=True)
class Criterion:
    """One row: a cost beside the score.

    metric : what measures it. noise : share by which a cost must be lower to be a lower one.
    is_timed : is it measured once more when no fit runs beside it?
    """

    metric: str
    label: str
    noise: float = 0.0
    is_timed: bool = False


CRITERIA = {
    "latency": Criterion("inference_time_ms", "latency (ms for a batch)", noise=0.05, is_timed=True),
    "size": Criterion("model_size_mb", "size (MB)"),
}
N_MEASURED = 20  # of the best combinations


def measure_trade_off(
    session: Session,
    spec: ModelSpec,
    trials: Sequence[Trial],
    criterion: str,
    deadline: float | None = None,
) -> list[TradeOffRow]:
    """Fit the best combinations on all training rows and measure what they cost.

    criterion : row of the table of criteria. deadline : time.monotonic() at which it ends with what there is.

    Returns TradeOffRows, best score first. Of the Pareto set no other combination is better in one and as
    good in the other; latencies within 5 % are equal.
    """
    metric, cost = session.metric, CRITERIA[criterion]
    best = {str(trial.number): trial for trial in ranked_trials(trials, metric)[:N_MEASURED]}
    print(f"Measuring the {criterion} of the best {len(best)} combinations ...", flush=True)
    with TemporaryDirectory() as folder:
        calls = [_call(session, spec, number, trial, folder) for number, trial in best.items()]
        costs = {
            call.name: result["metrics"][cost.metric] for call, result in _results(session, calls, deadline)
        }
        if cost.is_timed:
            arguments = {"folders": {n: str(Path(folder) / n) for n in costs}, "rows_path": session.rows_path}
            call = Call(
                "latency", spec.framework, time_predictions, arguments, reads=("rows_path", "folders")
            )
            costs = next((result for _, result in _results(session, [call], deadline)), costs)
    return _rows([(trial, costs[number]) for number, trial in best.items() if number in costs], metric, cost)


def _rows(measured, metric, criterion):
    """The TradeOffRows of (trial, cost) pairs."""
    rows, cheapest = [], float("inf")
    for trial, cost in sorted(measured, key=lambda pair: (metric.sort_key(pair[0].cv(metric.name)), pair[1])):
        is_pareto = cost < cheapest * (
            1 - criterion.noise
        )  # what costs as much as a better one is not worth it
        cheapest = cost if is_pareto else cheapest
        mean = trial.cv(metric.name)
        rows.append(
            TradeOffRow(trial=trial.number, params=trial.params, mean=mean, cost=cost, is_pareto=is_pareto)
        )
    return rows


def _results(session, calls, deadline):
    """Yield (call, result) of the calls that went well."""
    for kind, call, outcome in session.engine.run(calls, deadline, keep=True):
        if kind == "outcome" and outcome.status == "ok":
            yield call, outcome.result


def _call(session, spec, number, trial, folder):
    arguments = {
        "model_name": spec.name,
        "params": trial.params,
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(Path(folder) / number),
    }
    return Call(number, spec.framework, fit_and_save, arguments, reads=("rows_path",), writes=("folder",))

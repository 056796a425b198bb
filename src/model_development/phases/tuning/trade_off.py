"""A second criterion beside the score: which of the combinations no other beats in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ...execution.protocol import Call
from ...fitting.measure import time_predictions
from .criteria import Criterion
from .search_summary import TradeOffRow
from .second_values import SecondValues, fit_call
from .trials import Trial, ranked_trials

if TYPE_CHECKING:
    from ...metrics.table import Metric


N_BEST = 20  # combinations with the best scores, which are looked at beside the front


def measure_trade_off(
    second: SecondValues, trials: Sequence[Trial], deadline: float | None = None
) -> list[TradeOffRow]:
    """Return the front of the combinations whose second value is known, and the best ones, best score first.

    A search that optimises both values knows those of all combinations, and a metric is known of all; of
    other searches the best combinations are fitted on all training rows for it. Latencies are measured anew,
    with the models in turn, of the first 20 of front and best: those of the search are of a busy machine.
    deadline : time.monotonic() at which it ends with what there is.
    """
    metric, criterion = second.session.metric, second.criterion
    ranked = [replace(trial) for trial in ranked_trials(trials, metric)]  # costs found here rank no trial
    if criterion.of_folds:
        second.measure(ranked, deadline)
    chosen = _looked_at(ranked, metric, criterion)
    if criterion.is_timed:
        chosen = chosen[:N_BEST]
    missing = chosen if criterion.is_timed else [trial for trial in chosen if trial.cost is None]
    if missing:
        print(f"Measuring the {criterion.name} of {len(missing)} combinations ...", flush=True)
        measure = _time_in_turn if criterion.is_timed else SecondValues.measure
        measure(second, missing, deadline)
    return pareto_rows(chosen, metric, criterion)


def pareto_rows(trials: Iterable[Trial], metric: Metric, criterion: Criterion) -> list[TradeOffRow]:
    """Return TradeOffRows of the trials that have score and cost, best score first.

    Of the Pareto front no other combination is better in one and as good in the other; costs that differ by
    no more than the criterion's noise are equal.
    """
    known = [
        (mean, trial.cost, trial)
        for trial in trials
        if (mean := trial.cv(metric.name)) is not None and trial.cost is not None
    ]
    rows, cheapest = [], float("inf")
    for mean, cost, trial in sorted(known, key=lambda row: (metric.sort_key(row[0]), row[1])):
        is_pareto = cost < cheapest * (1 - criterion.noise)  # as dear as a better one is not worth it
        cheapest = cost if is_pareto else cheapest
        value = criterion.cost(cost)
        rows.append(
            TradeOffRow(trial=trial.number, params=trial.params, mean=mean, cost=value, is_pareto=is_pareto)
        )
    return rows


def _looked_at(ranked, metric, criterion):
    """Of the trials, best first: the front first, then the best."""
    front = {row.trial for row in pareto_rows(ranked, metric, criterion) if row.is_pareto}
    best = [trial for trial in ranked if trial.number not in front][:N_BEST]
    return [trial for trial in ranked if trial.number in front] + best


def _time_in_turn(second, trials, deadline):
    """Latencies of models that take turns while no fit runs; those of the fits where time is up."""
    session, spec = second.session, second.spec
    with TemporaryDirectory() as folder:
        calls = [fit_call(session, spec, trial, folder) for trial in trials]
        costs = {
            call.name: result["metrics"][second.criterion.metric]
            for call, result in _results(session, calls, deadline)
        }
        arguments = {"folders": {n: str(Path(folder) / n) for n in costs}, "rows_path": session.rows_path}
        arguments |= {"options": session.options}
        call = Call("latency", spec.framework, time_predictions, arguments, reads=("rows_path", "folders"))
        costs |= next((result for _, result in _results(session, [call], deadline)), {})
    for trial in trials:
        trial.cost = costs.get(str(trial.number), trial.cost)


def _results(session, calls, deadline):
    """Yield (call, result) of the calls that went well."""
    for kind, call, outcome in session.engine.run(calls, deadline, keep=True):
        if kind == "outcome" and outcome.status == "ok":
            yield call, outcome.result

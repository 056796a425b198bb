"""A second criterion beside the score: which of the best combinations are worth their latency or size."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ...execution.protocol import Call
from ...fitting.measure import fit_and_save, time_predictions
from .trials import ranked_trials

CRITERIA = {"latency": "inference_time_ms", "size": "model_size_mb"}
NOISE = {"latency": 0.05, "size": 0.0}  # share by which a cost must be lower to be a lower one
N_MEASURED = 20  # of the best combinations


def measure_trade_off(session, spec, trials, criterion):
    """Fit the best combinations on all training rows and measure what they cost.

    criterion : "latency" (ms for a batch of raw rows, see `inference_time_ms`) or "size" (MB on disk).

    Returns a list of {"trial", "params", "mean", "cost", "is_pareto"}, best score first. Of the Pareto set no
    other combination is better in one and as good in the other; latencies within 5 % are equal.
    """
    metric, name = session.metric, CRITERIA[criterion]
    best = {str(trial.number): trial for trial in ranked_trials(trials, metric)[:N_MEASURED]}
    print(f"Measuring the {criterion} of the best {len(best)} combinations ...", flush=True)
    with TemporaryDirectory() as folder:
        calls = [_call(session, spec, number, trial, folder) for number, trial in best.items()]
        costs = {call.name: result["metrics"][name] for call, result in _results(session, calls)}
        if criterion == "latency":  # once more, now that no fit runs beside it
            arguments = {"folders": {n: str(Path(folder) / n) for n in costs}, "rows_path": session.rows_path}
            call = Call(
                "latency", spec.framework, time_predictions, arguments, reads=("rows_path", "folders")
            )
            costs = next((result for _, result in _results(session, [call])), costs)
    rows = [
        {"trial": t.number, "params": t.params, "mean": t.cv(metric.name), "cost": costs[number]}
        for number, t in best.items()
        if number in costs
    ]
    rows.sort(key=lambda row: (metric.sort_key(row["mean"]), row["cost"]))
    cheapest = float("inf")
    for row in rows:  # best score first: what costs as much as a better one is not worth it
        row["is_pareto"] = row["cost"] < cheapest * (1 - NOISE[criterion])
        cheapest = row["cost"] if row["is_pareto"] else cheapest
    return rows


def _results(session, calls):
    """Yield (call, result) of the calls that went well."""
    for kind, call, outcome in session.engine.run(calls, keep=True):
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

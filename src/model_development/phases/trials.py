"""The search of phase 2: combinations tried, each a nested run, and the best of them."""

import time
from dataclasses import dataclass, field

import pandas as pd

from ..handover import artifacts
from ..handover.artifacts import plain
from ..handover.journal import Journal
from ..reports.progress import Progress
from ..scoring.prefix import group_by_shared_fit
from ..scoring.shared import try_combinations
from ..search.engines import OUT_OF_TIME, Call
from .recording import result_key

KEPT = ("params", "status", "reason", "measured", "seconds")  # of a Trial, for a search that goes on
CHATTER = 1.0  # seconds between progress lines while nothing improves


@dataclass
class Trial:
    """One combination and what came of it."""

    number: int
    params: dict
    status: str = "ok"  # "ok", "skipped" (the library refuses it) or "failed"
    reason: str = ""
    measured: dict = field(default_factory=dict)  # what scoring.shared.try_combinations returns
    seconds: float = 0.0  # its share of the time of the work it was part of
    run_id: str | None = None

    @property
    def name(self):
        """Unique and readable: the number, then the parameters."""
        return f"{self.number:04d} {describe_params(self.params)}"

    def cv(self, metric_name, statistic="mean"):
        return self.measured.get("cv", {}).get(metric_name, {}).get(statistic)

    def flat_metrics(self):
        return {
            f"cv_{name}_{key}": value
            for name, statistics in self.measured.get("cv", {}).items()
            for key, value in statistics.items()
        }

    def to_dict(self):
        return {
            "trial": self.number,
            "run_id": self.run_id,
            "status": self.status,
            "reason": self.reason,
            "params": self.params,
            "cv": self.measured.get("cv"),
            "fold_scores": self.measured.get("fold_scores"),
            "missing_metrics": self.measured.get("cv_reasons", {}),
            "seconds": self.seconds,
            "fit_cost_s": self.measured.get("fit_cost_s"),
            "n_sharing": self.measured.get("n_sharing"),
        }

    def to_row(self):
        params = {f"param_{name}": value for name, value in self.params.items()}
        row = {"trial": self.number, "status": self.status, "reason": self.reason}
        return row | params | self.flat_metrics() | {"seconds": self.seconds, "run_id": self.run_id}


def describe_params(params):
    """Parameters as one line of text.

    >>> describe_params({"C": 0.1, "solver": "saga"})
    'C=0.1 solver=saga'
    """
    return " ".join(f"{name}={value}" for name, value in params.items())


def run_trials(session, spec, journal, combinations, parent_run_id, baseline_mean, deadline=None):
    """Try every combination on the folds of phase 1, each recorded as a run nested under the parent.

    journal : of `open_journal`. deadline : time.monotonic() at which the search stops; what was not
    finished by then is not listed. Returns the list of Trial in the order they were finished; what an
    earlier search has finished comes first.
    """
    numbered = [(k, {**spec.baseline, **spec.in_search, **c}) for k, c in enumerate(combinations, start=1)]
    trials = _finished_before(session, journal, numbered, parent_run_id)
    best, began, progress = baseline_mean, {}, Progress(len(combinations))
    progress.done = len(trials)
    for trial in trials:
        mean = trial.cv(session.metric.name)
        best = mean if session.metric.is_better(mean, best) else best
    if trials:
        progress.say(f"{len(trials)} of {len(combinations)} combinations kept from an earlier search")
    done = {trial.number for trial in trials}
    missing = [(number, params) for number, params in numbered if number not in done]
    groups = group_by_shared_fit(missing, spec.shared_parameters)
    for kind, call, payload in session.engine.run([_call(session, spec, g) for g in groups], deadline):
        if kind == "start":
            began[call.name] = time.time()
        if kind != "outcome" or OUT_OF_TIME in payload.reason:
            continue
        for trial in _to_trials(call, payload, began[call.name]):
            if trial.status != "failed":
                journal.add({name: getattr(trial, name) for name in KEPT})
            _record(session, trial, parent_run_id, began[call.name])
            trials.append(trial)
            progress.done += 1
            mean = trial.cv(session.metric.name)
            improved = session.metric.is_better(mean, best)
            best = mean if improved else best
            if improved or time.monotonic() - progress.last >= CHATTER or len(trials) == progress.total:
                word = "new best" if improved else trial.status
                progress.say(_line(progress, trial, session.metric, best, word))
    return trials


def open_journal(session, spec):
    """What a search of this model on these rows, with this code and these packages, has finished so far."""
    key = result_key(session, spec, {"baseline": spec.baseline, "in_search": spec.in_search})
    path = session.record.path(artifacts.CHECKPOINTS_FOLDER) / f"search_{spec.name}.jsonl"
    return Journal(path, key, fresh=not session.context.settings.resume)


def _finished_before(session, journal, numbered, parent_run_id):
    """The combinations that an earlier search has finished, each with its run under this parent."""
    known = {describe_params(entry["params"]): entry for entry in journal.entries}
    recorded = session.record.store.children(parent_run_id)
    trials = []
    for number, params in numbered:
        entry = known.get(describe_params(plain(params)))
        if entry is None:
            continue
        trial = Trial(number, params, entry["status"], entry["reason"], entry["measured"], entry["seconds"])
        trial.run_id = recorded.get(trial.name)
        if trial.run_id is None:
            _record(session, trial, parent_run_id, time.time())
        trials.append(trial)
    return trials


def best_trial(trials, metric):
    """Return the trial with the best mean over the folds, the earliest of equals; None without one."""
    measured = [trial for trial in trials if trial.cv(metric.name) is not None]
    if not measured:
        return None
    return min(measured, key=lambda t: (metric.sort_key(t.cv(metric.name)), t.number))


def trials_table(trials):
    """Return one row per trial as a DataFrame, in the order of their numbers."""
    return pd.DataFrame([trial.to_row() for trial in sorted(trials, key=lambda t: t.number)])


def _call(session, spec, group):
    """Work for one process: the combinations that can share their fits."""
    arguments = {
        "model_name": spec.name,
        "combinations": [params for _, params in group],
        "rows_path": session.rows_path,
        "options": session.options,
    }
    name = ",".join(str(number) for number, _ in group)
    return Call(name, spec.framework, try_combinations, arguments)


def _to_trials(call, outcome, began):
    numbers = [int(number) for number in call.name.split(",")]
    combinations = call.arguments["combinations"]
    seconds = (time.time() - began) / len(numbers)
    results = outcome.result if outcome.status == "ok" else [None] * len(numbers)
    for number, params, result in zip(numbers, combinations, results, strict=True):
        trial = Trial(number, params, outcome.status, outcome.reason, seconds=seconds)
        if isinstance(result, str):
            trial.status, trial.reason = "skipped", result
        elif result is not None:
            trial.measured = result
        yield trial


def _record(session, trial, parent_run_id, began):
    store, ended = session.record.store, time.time()
    tags = {"phase": 2, "status": trial.status}
    if trial.reason:
        tags["reason"] = trial.reason
    metrics = trial.flat_metrics() | {"seconds": trial.seconds}
    status = "FAILED" if trial.status == "failed" else "FINISHED"
    how = {"parent": parent_run_id, "started": began, "ended": ended, "tags": tags}
    with store.run(trial.name, status=status, **how) as trial.run_id:
        store.log(trial.run_id, params=trial.params, metrics=metrics)


def _line(progress, trial, metric, best, word):
    mean = trial.cv(metric.name)
    score = f"{mean:.4g}" if mean is not None else "-"
    best = f"{best:.4g}" if best is not None else "-"
    counted = f"trial {progress.done}/{progress.total}"
    return f"{counted}  cv {metric.name} {score} ({word}), best {best}  {describe_params(trial.params)}"

"""A small search around a next best model of phase 1, in the time that the search of the best one leaves."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from ...errors import TrainingError
from ...execution.protocol import Call
from ...features.steps.in_params import step_params
from ...fitting.measure import fit_and_save
from ...statistics.uncertainty import SURE
from ...storage import files as artifacts
from ...storage.checkpoints import work_key
from ...storage.files import plain
from ..final_oof import NAME as OUT_OF_FOLD
from ..final_oof import FinalOutOfFold
from .fit_cache import FitCache
from .parent_run import SEARCH_TAG, parent_name
from .pool_models import Member
from .search_summary import NextBestRow
from .searching import Search
from .selection import difference_on_folds
from .strategy_choice import SearchOptions, choose_strategy
from .time_left import times_longer
from .trials import best_trial

if TYPE_CHECKING:
    from ...fitting.measured import Measured
    from ...models.spec import ModelSpec
    from ..session import Session
    from .baseline import Baseline
    from .trials import Trial

MEMBER_OF = "tuned_beside"  # tag: id of the parent run of the search whose time this one uses
MODEL = "fit of a member"


def tune_next_best(
    session: Session,
    spec: ModelSpec,
    baseline: Baseline,
    folds: Measured | None,
    beside: str,
    end: float,
) -> tuple[Member | None, NextBestRow | None]:
    """Search by `auto` until `end`; return (the tuned model if it is better, what is said of the search).

    baseline : on all folds. folds : what phase 2 has measured of them, where phase 1 had no time for it.
    beside : id of the parent run whose time is used. The parent run of this search is one of its own, and
    goes on where it was killed. A member is fitted on the training rows, all of it by `end`, a
    time.monotonic(). (None, None) where there is no time for a combination.
    """
    seconds = end - time.monotonic() - seconds_afterwards(spec, baseline)
    if seconds < len(baseline.folds) * baseline.fold_fit_s / session.engine.n_slots:
        return None, None
    print(f"{seconds:.0f} s are left for a search around {spec.name}", flush=True)
    session.engine.worker_mb = session.memory.search_mb(spec)
    plan = choose_strategy(session, spec, SearchOptions(timeout_s=seconds), baseline)
    known = FitCache(session, spec, baseline.params)
    if folds is not None:
        known.take_over(baseline.params, folds)
    with _parent_run(session, spec, baseline, known.key, beside) as run_id:
        steps = step_params(baseline.params)
        search = Search(session, spec, known, run_id, baseline.cv_mean, steps=steps)
        trials = search.run(
            plan,
            lambda: end - seconds_afterwards(spec, baseline, best_trial(search.finished, session.metric)),
        )
        search.settle_runs()
        session.engine.stop_idle()
        member, row = _judged(session, spec, baseline, trials, run_id, end)
        tags = {
            MEMBER_OF: beside,
            "takes_part": row.takes_part,
            "best_params": json.dumps(plain(row.best_params)),
        }
        session.record.store.log(run_id, metrics=_numbers(asdict(row)), tags=tags)
    return member, row


def seconds_afterwards(spec: ModelSpec, baseline: Baseline, best: Trial | None = None) -> float:
    """What a tuned member takes after its search: all folds once more, and beside them a fit of all rows.

    best : the combination that it would be.
    """
    folds_s = len(baseline.folds) * baseline.fold_fit_s
    fit_s = baseline.metrics["training_time"] or 0.0
    return spec.start_s + times_longer(baseline, best) * max(folds_s, fit_s) + baseline.measuring_s


def _numbers(facts):
    return {k: v for k, v in facts.items() if isinstance(v, int | float) and not isinstance(v, bool)}


def _parent_run(session, spec, baseline, fits_key, beside):
    """The run to search under: the one that was cut off or had more to try, or a new one."""
    store, about = session.record.store, [baseline.params, baseline.cv_mean]
    key = work_key(fits=fits_key, metric=session.metric.name, baseline=about, for_ensemble=True)
    tags = {
        "phase": 2,
        "framework": spec.framework,
        "strategy": "auto",
        SEARCH_TAG: key,
    }
    earlier = store.latest_run(parent_name(spec), tags) if session.context.settings.resume else None
    if earlier:
        return store.run(parent_name(spec), resume=earlier[0])
    return store.run(parent_name(spec), tags={**tags, MEMBER_OF: beside})


def _judged(session, spec, baseline, trials, run_id, end):
    """(Member or None, NextBestRow): in the place of its baseline only where it is surely better."""
    metric, best = session.metric, best_trial(trials, session.metric)
    found = difference_on_folds(session, trials, baseline) if best else {"p": None, "mean": None}
    is_above = best is not None and metric.is_better(best.cv(metric.name), baseline.cv_mean)
    is_better = is_above and found["p"] is not None and found["p"] < SURE
    member = _fitted(session, spec, best.params, end) if best is not None and is_better else None
    return member, NextBestRow(
        model=spec.name,
        run_id=run_id,
        n_trials=len(trials),
        baseline_cv_mean=baseline.cv_mean,
        best_cv_mean=best.cv(metric.name) if best else None,
        best_params=best.params if best else None,
        difference=found["mean"],
        p=found["p"],
        takes_part=member is not None,
    )


def _fitted(session, spec, params, end):
    """The Member: fitted on the training rows, and asked of each while it was left out; None without time."""
    folder = session.record.new_model_folder(f"tuned_{spec.name}")
    oof = FinalOutOfFold(session, spec.name, params, f"{artifacts.FINAL_OOF}_{spec.name}")
    arguments = {"model_name": spec.name, "params": params, "rows_path": session.rows_path}
    arguments |= {"options": session.options, "folder": str(folder)}
    needs_mb = session.memory.worker_mb(spec, params)
    calls = [Call(MODEL, spec.framework, fit_and_save, arguments, needs_mb, ("rows_path",), ("folder",))]
    calls += [] if oof.is_made else [oof.call()]
    outcomes = {call.name: o for kind, call, o in session.engine.run(calls, end) if kind == "outcome"}
    failed = [outcome for outcome in outcomes.values() if outcome.status == "failed"]
    if failed:
        raise TrainingError(f"{spec.name}, tuned, could not be fitted: {failed[0].reason}")
    if any(outcome.status != "ok" for outcome in outcomes.values()):
        return None
    if not oof.is_made:
        oof.keep(outcomes[OUT_OF_FOLD].result)
    measured = outcomes[MODEL].result
    pace = measured["stopped_at"], measured["history"].get("learning_rate")
    return Member(spec.name, oof.own_copy(), folder, dict(params), *pace)

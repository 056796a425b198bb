"""The ensemble of what phases 1 and 2 have fitted: made, measured, and compared with the tuned model."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...ensembles.blend import Blend
from ...ensembles.comparison import Difference, compare, compare_rows
from ...ensembles.nested import fit_ensemble, fold_scores, nested_outputs
from ...ensembles.pool import Pool, make_pool
from ...ensembles.table import ENSEMBLES, FRAMEWORK, GREEDY
from ...ensembles.temperature import fit_slopes
from ...errors import NoTime
from ...execution.protocol import OUT_OF_TIME, Call
from ...fitting.ensemble import save_and_measure_ensemble
from ...metrics.table import metrics_for
from ...statistics.resampling import bootstrap_intervals
from ..near_in_time import near_in_time
from .final_fits import TRAINING_ROWS
from .pool_models import ALWAYS, FEWEST, NEVER, Member, candidates
from .refitted_members import on_all_rows

if TYPE_CHECKING:
    from ..session import Session
    from ..training_result import TrainingResult
    from .selection import FinalModel


@dataclass(frozen=True)
class EnsembleResult:
    """An ensemble that was made, and whether it is handed over.

    members : {name: folder} of those with a weight in `blend`, in its order. cv : {metric: {"mean", "std",
    "low", "high"}}, nested. scores, single_scores : of the primary metric on each of `folds`. others :
    {row of ENSEMBLES: its nested mean}, of those that there was time for. measured : see
    `save_and_measure_ensemble`. outputs : what it says of the pool's rows, nested. folder : where it is
    saved. tuned : {member: its parameters} of those that are not as phase 1 fitted them. fitted_on : rows, in
    words; `cv` and `measured` are of members fitted on training rows. note : why not on more rows, where that
    is so.
    """

    pool: Pool
    blend: Blend
    members: dict[str, Path]
    single: str
    cv: dict[str, dict[str, float | None]]
    scores: list[float]
    single_scores: list[float]
    difference: Difference
    others: dict[str, float]
    measured: dict[str, Any]
    outputs: np.ndarray
    folder: Path
    is_handed_over: bool
    tuned: dict[str, dict[str, Any]]
    fitted_on: str = TRAINING_ROWS
    note: str = ""

    @property
    def weights(self) -> dict[str, float]:
        return dict(zip(self.members, self.blend.weights.tolist(), strict=True))


def make_ensemble(
    session: Session,
    training: TrainingResult,
    name: str,
    final: FinalModel,
    members: Mapping[str, Member],
    folder: Path,
    deadline: float | None,
) -> tuple[EnsembleResult | None, str]:
    """Return (the ensemble of all models of phase 1, what is to be said of it); None where there is none.

    name : of the tuned model. members : those that take the place of a model of phase 1, the tuned one where
    it is better, and there was time to ask it of the rows that it did not fit; else its baseline stays, and
    the ensemble is compared with the scores of the tuned one. folder : where it is saved. What is measured is
    of members fitted on the training rows; an ensemble that is handed over is then fitted on all.
    """
    setting = session.context.settings.ensemble
    models = candidates(session, training)
    if setting == NEVER or len(models) < FEWEST or not any(model.name == name for model in models):
        return None, ""
    paths = {model.name: model.oof_path for model in sorted(models, key=lambda model: model.name != name)}
    folders = {model.name: model.folder for model in models}
    paths |= {member.name: member.oof_path for member in members.values()}
    folders |= {member.name: member.folder for member in members.values()}
    single_folder = Path(final.training_folder) if final.improved and final.training_folder else folders[name]
    is_member = name in members and members[name].params is not None
    single = final.fold_scores if final.improved and not is_member else {}
    pool = make_pool({k: pd.read_parquet(v) for k, v in paths.items()}, session.task, session.data.y_train)
    if len(pool.names) < FEWEST or len(pool.fold_numbers) < FEWEST:
        return None, "No ensemble is made: the models have too few folds in common."
    tuned = {k: member.params for k, member in members.items() if member.params is not None}
    slopes = fit_slopes(pool)
    try:
        result, why = _compared(
            session, pool, slopes, name, folders, single_folder, folder, deadline, single, tuned
        )
    except NoTime:
        return None, f"No ensemble is made: {OUT_OF_TIME}."
    if result is None:
        return None, why
    if result.is_handed_over:
        result = on_all_rows(session, training, result, members, deadline)
    result = replace(result, others=result.others | _others(pool, session.metric, slopes, deadline))
    return result, _sentence(result, session.metric)


def _compared(session, pool, slopes, name, folders, single_folder, folder, deadline, single, tuned):
    """Make and measure it.

    single : {fold: score} of the single model, where the pool does not know it. tuned : {model: parameters}.
    """
    metric, groups = session.metric, _depend_on_each_other(session, pool)
    outputs = nested_outputs(pool, metric, ENSEMBLES[GREEDY].fit, slopes, deadline)
    scores = fold_scores(pool, metric, outputs)
    single_scores, difference = _tested(session, pool, name, outputs, scores, single, groups, deadline)
    used, blend = fit_ensemble(pool, metric, ENSEMBLES[GREEDY].fit, slopes).only_used()
    members = {pool.names[k]: Path(folders[pool.names[k]]) for k in used}
    if len(members) < FEWEST:
        return None, f"No ensemble is made: greedy selection takes {next(iter(members))} alone."
    call = _measure_call(session, blend, members, single_folder, folder)
    outcome = next(o for kind, _, o in session.engine.run([call], deadline) if kind == "outcome")
    if outcome.status != "ok":
        return None, f"No ensemble is made: {outcome.reason.rstrip('.')}."
    asked_for = session.context.settings.ensemble == ALWAYS
    result = EnsembleResult(
        pool=pool,
        blend=blend,
        members=members,
        single=name,
        cv=_statistics(session, pool, outputs, groups, deadline),
        scores=scores,
        single_scores=single_scores,
        difference=difference,
        others={GREEDY: float(np.mean(scores))},
        measured=outcome.result,
        outputs=outputs,
        folder=folder,
        is_handed_over=asked_for or difference.is_better,
        tuned={k: params for k, params in tuned.items() if k in members},
    )
    return result, ""


def _tested(session, pool, name, outputs, scores, single, groups, deadline):
    """(scores of the single model on the folds, the Difference): by rows where the pool knows it."""
    metric, folds = session.metric, session.data.folds
    if set(pool.fold_numbers) <= set(single):
        single_scores = [single[k] for k in pool.fold_numbers]
        sizes = {k: (len(folds[k][0]), len(folds[k][1])) for k in pool.fold_numbers}
        return single_scores, compare(scores, single_scores, sizes, metric)
    alone, seed = pool.outputs[pool.names.index(name)], session.context.settings.seed
    difference = compare_rows(pool, outputs, alone, metric, groups, seed, until=deadline)
    return fold_scores(pool, metric, alone), difference


def _others(pool, metric, slopes, deadline):
    """{other row of ENSEMBLES: its nested mean}; they are shown beside it, where there is time."""
    found: dict[str, float] = {}
    for row in (row for row in ENSEMBLES.values() if row.name != GREEDY):
        with suppress(NoTime):
            said = nested_outputs(pool, metric, row.fit, slopes, deadline)
            found[row.name] = float(np.mean(fold_scores(pool, metric, said)))
    return found


def _depend_on_each_other(session, pool):
    """Groups of the pool's rows, those of the user or of neighbours in time; None where rows stand alone."""
    if session.data.groups is not None:
        return np.asarray(session.data.groups)[pool.rows]
    data, when = session.data, session.context.settings.time_column
    tables = [data.X_train] if data.moments is None else [data.X_train, pd.DataFrame({when: data.moments})]
    return near_in_time(session, data.y_train[pool.rows], *tables, rows=pool.rows)


def _measure_call(session, blend, members, single, folder):
    """The Call that saves an ensemble and measures it beside the single model."""
    arguments = {
        "name": GREEDY,
        "blend": blend,
        "members": {k: str(v) for k, v in members.items()},
        "single": str(single),
        "rows_path": session.rows_path,
        "options": session.options,
        "folder": str(folder),
    }
    reads = ("members", "single", "rows_path")
    return Call(GREEDY, FRAMEWORK, save_and_measure_ensemble, arguments, reads=reads, writes=("folder",))


def _statistics(session, pool, outputs, groups, deadline):
    """{metric: mean, std and 95 % interval over the folds} of what the ensemble says, nested."""
    folds = pool.by_fold(outputs, groups)
    family, seed = session.task.family, session.context.settings.seed
    ends = bootstrap_intervals(folds, family, seed, until=deadline) or {}
    found: dict[str, dict[str, float | None]] = {}
    for metric in metrics_for(family):
        values = fold_scores(pool, metric, outputs)
        low, high = ends.get(metric.name) or (None, None)
        spread = partial(np.std, ddof=1)
        is_known = bool(np.isfinite(values).all())
        mean, std = (float(np.mean(values)), float(spread(values))) if is_known else (None, None)
        found[metric.name] = {"mean": mean, "std": std, "low": low, "high": high}
    return found


def _sentence(result, metric):
    found, costs = result.difference, result.measured["metrics"]
    what = f"The ensemble of {len(result.members)} models ({_shares(result.weights)})"
    tested = found.reason if found.p is None else f"{metric.name} {found.mean:+.3g}, p = {found.p:.2g}"
    if not result.is_handed_over:
        return f"{what} is not significantly better on the folds ({tested}), and is not handed over."
    why = "better on the folds" if found.is_better else "asked for"
    return (
        f"{what} is handed over in its place: {why} ({tested}; weights of the other folds). "
        f"{result.measured['inference_batch_size']} rows take {costs['inference_time_ms']:.3g} ms, in place "
        f"of {result.measured['single_ms']:.3g} ms. Its members are fitted on "
        f"{result.fitted_on}{result.note}."
    )


def _shares(weights):
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {weight:.0%}" for name, weight in ordered)

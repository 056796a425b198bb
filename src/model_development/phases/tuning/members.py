"""What the time that a search leaves is used for: folds that phase 1 gave up, then the next best models."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import TemplateError
from ...models.table import get_model
from ..final_oof import FinalOutOfFold
from ..reserves import WORTHWHILE
from .baseline import Baseline, baseline_of
from .more_folds import fit_more_folds
from .next_best import tune_next_best
from .pool_models import Member, within_reach

if TYPE_CHECKING:
    from ...fitting.measured import Measured
    from ...metrics.table import Metric
    from ..session import Session
    from ..training_result import TrainingResult
    from .search_summary import NextBestRow
    from .selection import FinalModel
    from .strategy_choice import SearchOptions


@dataclass(frozen=True)
class TimeUsed:
    """What has come of it.

    members : {model: Member} that stand for models of phase 1 in the ensemble. next_best : a row for each
    model that was searched. said : a sentence or two, "" where nothing was done.
    """

    members: dict[str, Member] = field(default_factory=dict)
    next_best: tuple[NextBestRow, ...] = ()
    said: str = ""


def tuned_member(session: Session, name: str, final: FinalModel, deadline: float | None) -> Member | None:
    """The tuned model as a Member; None where the baseline stays, or there was no time for its folds."""
    if not final.improved or final.training_folder is None:
        return None
    found = FinalOutOfFold(session, name, final.params)
    if not found.is_made:
        outcomes = [o for kind, _, o in session.engine.run([found.call()], deadline) if kind == "outcome"]
        if outcomes[0].status != "ok":
            return None
        found.keep(outcomes[0].result)
    pace = final.stopped_at, final.learning_rates
    return Member(name, found.own_copy(), Path(final.training_folder), final.params, *pace)


def use_what_is_left(
    session: Session,
    training: TrainingResult,
    name: str,
    final: FinalModel,
    options: SearchOptions,
    run_id: str,
    end: float | None,
) -> TimeUsed:
    """Give the time until `end`, a time.monotonic(), to the models beside `name`, which was tuned.

    run_id : of the parent run of its search. Without a limit of time none is left; where a number of
    combinations was asked for, or values of the user's own, no other model is searched.
    """
    if end is None or end - time.monotonic() < WORTHWHILE:
        return TimeUsed()
    more = fit_more_folds(session, training, end, but=name if final.improved else None)
    members, rows, said = {k: member for k, (member, _) in more.items()}, [], []
    if more:
        said.append(f"What was left of the time gave more folds to {', '.join(more)}.")
    waiting = within_reach(session, training, name) if options.only_time_ends_it else []
    baselines = {
        model.name: _with_folds(baseline_of(training, model.name), more, session) for model in waiting
    }
    whole = [baseline for baseline in baselines.values() if baseline.is_complete]
    for position, baseline in enumerate(whole):
        left = end - time.monotonic()
        if left < WORTHWHILE:
            break
        until = time.monotonic() + left / (len(whole) - position)
        folds = more[baseline.name][1] if baseline.name in more else None
        spec = get_model(baseline.name)
        try:
            member, row = tune_next_best(session, spec, baseline, folds, run_id, until)
        except TemplateError as error:
            said.append(f"A search around {baseline.name} came to nothing: {error}")
            continue
        members |= {baseline.name: member} if member else {}
        rows += [row] if row else []
    return TimeUsed(members, tuple(rows), " ".join([*said, *_sentences(rows, final, session.metric)]))


def _with_folds(
    baseline: Baseline, more: Mapping[str, tuple[Member, Measured]], session: Session
) -> Baseline:
    """The baseline with the folds that it has by now."""
    if baseline.name not in more:
        return baseline
    folds, name = more[baseline.name][1], session.metric.name
    mean = folds["cv"][name]["mean"]
    if mean is None or len(folds["folds"]) < len(session.data.folds):
        return baseline
    return replace(
        baseline,
        cv_mean=mean,
        cv_std=folds["cv"][name]["std"],
        folds=folds["folds"],
        fold_scores=folds["fold_scores"][name],
        is_complete=True,
    )


def _sentences(rows: Sequence[NextBestRow], final: FinalModel, metric: Metric) -> list[str]:
    """What is said of the searches around next best models."""
    if not rows:
        return []
    found = []
    for row in rows:
        gain = "" if row.difference is None or row.p is None else f", {metric.name} {row.difference:+.3g}"
        place = f"{gain}, p = {row.p:.2g}: it takes its baseline's place" if row.takes_part else ""
        found.append(f"{row.model} ({row.n_trials} combinations{place})")
    said = [f"The next best models were searched a little, for the ensemble: {'; '.join(found)}."]
    above = [
        row.model for row in rows if row.takes_part and metric.is_better(row.best_cv_mean, final.cv_mean)
    ]
    if above:
        said.append(
            f"On the folds {', '.join(above)} scores better so than what was tuned first; it stays a member: "
            f"`--model {above[0]}` searches around it in full, and hands it over."
        )
    return said

"""Which models of phase 1 an ensemble can be made of, and which of them may be worth a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...ensembles.comparison import compare
from ...errors import SettingsError
from ...fitting.final_fit import seconds_of_refit
from ...models.table import get_model
from ...statistics.uncertainty import SURE, holm
from ...storage.model_file import MODEL_FILE
from ..fold_plan import seconds_of_fits
from ..reserves import SECONDS_FOR_ENSEMBLE
from ..training.order import is_leading

if TYPE_CHECKING:
    from pathlib import Path

    from ..session import Session
    from ..training_result import TrainedModel, TrainingResult

ALWAYS, NEVER = "always", "never"  # of the setting `ensemble`
FEWEST = 2  # models, and folds


@dataclass(frozen=True)
class Member:
    """What stands for a model of phase 1 in the ensemble, where it is another than phase 1 has left.

    oof_path : its out-of-fold predictions. folder : the model as fitted on the training rows. params : of a
    tuned one, with stopped_at and learning_rates, how long it was fitted; None where its folds alone are more
    than they were.
    """

    name: str
    oof_path: Path
    folder: Path
    params: dict[str, Any] | None = None
    stopped_at: int | None = None
    learning_rates: list[float] | None = None


def candidates(session: Session, training: TrainingResult) -> list[TrainedModel]:
    """The models that an ensemble can be made of, best first."""
    if not session.task.has_target:  # what models say is then about clusters, or the like, of their own
        return []
    models = [model for model in training.ranked if model.is_ok and not model.is_dummy]
    return [m for m in models if m.oof_path.is_file() and (m.folder / MODEL_FILE).is_file()]


def require_members(session: Session, training: TrainingResult) -> None:
    """Raise SettingsError where an ensemble is asked for, and there are no two models to make it of."""
    names = [model.name for model in candidates(session, training)]
    if session.context.settings.ensemble == ALWAYS and len(names) < FEWEST:
        raise SettingsError(
            f"`ensemble` is {ALWAYS!r}, but phase 1 has trained {', '.join(names) or 'no model'} alone: an "
            "ensemble of one is that model. Train more models in phase 1, or set `ensemble` to 'auto'."
        )


def ensemble_seconds(session: Session, training: TrainingResult) -> float:
    """About how long the ensemble takes, with its members fitted on all rows; 0 where none is made."""
    is_wanted = session.context.settings.ensemble != NEVER
    models = candidates(session, training) if is_wanted else []
    if len(models) < FEWEST:
        return 0.0
    likely = [m for m in models if m.share_of_rows == 1 and is_leading(get_model(m.name))]
    return SECONDS_FOR_ENSEMBLE + seconds_of_refits(session, likely)


def seconds_of_refits(session: Session, models: Sequence[TrainedModel]) -> float:
    """About how long it takes until models are fitted on training and validation rows."""
    seconds = {m.name: seconds_of_refit(m.params, m.metrics.get("training_time")) for m in models}
    return seconds_of_fits(seconds, session.engine.n_workers)


def within_reach(session: Session, training: TrainingResult, name: str) -> list[TrainedModel]:
    """The models beside `name` that can be tuned and are not clearly worse than it on the folds, best first.

    Clearly: by the one-sided paired test, adjusted for the number of models (Holm). Where two have too few
    folds in common for a test, nothing is clear.
    """
    ours = training.trained(name)
    others = [m for m in candidates(session, training) if m.name != name and get_model(m.name).search_space]
    others = [m for m in others if m.share_of_rows == 1 and m.mean(session.metric.name) is not None]
    p_values = [_p_of_better(session, ours, model) for model in others]
    return [model for model, p in zip(others, _adjusted(p_values), strict=True) if p >= SURE]


def _p_of_better(session, ours, theirs):
    """p of the first one being better than the second; 1 where that is not tested."""
    name, folds = session.metric.name, session.data.folds
    scores, others = (_by_fold(model, name) for model in (ours, theirs))
    common = sorted(set(scores) & set(others))
    if not common:
        return 1.0
    sizes = {k: (len(folds[k][0]), len(folds[k][1])) for k in common}
    found = compare([scores[k] for k in common], [others[k] for k in common], sizes, session.metric)
    return 1.0 if found.p is None else found.p


def _by_fold(model, metric_name):
    by_fold = zip(model.folds, model.fold_scores[metric_name], strict=True)
    return {number: score for number, score in by_fold if score is not None}


def _adjusted(p_values: Sequence[float]) -> list[float]:
    return holm(p_values) if p_values else []

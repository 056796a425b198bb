"""Recommended algorithms: rules over the table of algorithms; they are shown, and never exclude a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .algorithm_table import ALGORITHMS, FAMILIES

if TYPE_CHECKING:
    import pandas as pd

    from .data_profile import DataProfile

N_SHOWN, FIRST = 4, 2


@dataclass(frozen=True)
class Recommendation:
    """One model with what speaks for it and against it on this table. score : sum of the rules' points."""

    model: str
    family: str
    score: float
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    sources: tuple[str, ...]

    def __str__(self) -> str:
        words = "; ".join(self.reasons) or "no rule speaks for it"
        but = f"; but {'; '.join(self.cautions)}" if self.cautions else ""
        return f"{self.model} ({FAMILIES[self.family].title.lower()}): {words}{but}."


@dataclass(frozen=True)
class Agreement:
    """What was recommended against what then won. place : of the winner among the recommended, from 1."""

    winner: str
    place: int | None
    stands_first: bool

    def __str__(self) -> str:
        if self.place is None:
            return f"The winner, {self.winner}, is not among the models that the rules know."
        among = "stands" if self.stands_first else "does not stand"
        return f"The winner, {self.winner}, {among} among the first {FIRST} recommended (place {self.place})."


def recommend(profile: DataProfile, models: Iterable[str] | None = None) -> list[Recommendation]:
    """Return a recommendation for each model that suits the table, the most recommended first.

    models : names among which to recommend; None: all that suit the problem. Of equal scores
    the row that stands first in ALGORITHMS comes first.
    """
    known = None if models is None else set(models)
    found = [
        _judged(profile, name, algorithm)
        for algorithm in ALGORITHMS
        for name in algorithm.models
        if profile.family in algorithm.tasks and (known is None or name in known)
    ]
    return sorted(found, key=lambda recommendation: -recommendation.score)


def agreement(recommended: Sequence[Recommendation], winner: str) -> Agreement:
    """Return where the model that won stands among the recommended ones."""
    names = [recommendation.model for recommendation in recommended]
    place = names.index(winner) + 1 if winner in names else None
    return Agreement(winner, place, place is not None and place <= FIRST)


def recommendation_table(recommended: Sequence[Recommendation]) -> pd.DataFrame:
    """Return the recommendations as a DataFrame: model, family, score, for, against, sources."""
    import pandas as pd

    rows = [
        {
            "model": r.model,
            "family": FAMILIES[r.family].title,
            "score": round(r.score, 1),
            "for": "; ".join(r.reasons),
            "against": "; ".join(r.cautions),
            "sources": "; ".join(r.sources),
        }
        for r in recommended
    ]
    return pd.DataFrame(rows, columns=["model", "family", "score", "for", "against", "sources"])


def recommendation_sentences(recommended: Sequence[Recommendation], n: int = N_SHOWN) -> list[str]:
    """Return the first recommendations as sentences with their reasons."""
    return [str(recommendation) for recommendation in recommended[:n]]


def to_dicts(recommended: Sequence[Recommendation]) -> list[dict[str, Any]]:
    """Return the recommendations as plain dicts, for JSON."""
    return [asdict(recommendation) for recommendation in recommended]


def _judged(profile, name, algorithm):
    fired = [rule for rule in algorithm.rules if rule.when(profile)]
    return Recommendation(
        model=name,
        family=algorithm.family,
        score=sum(rule.points for rule in fired),
        reasons=tuple(rule.because for rule in fired if rule.points > 0),
        cautions=tuple(rule.because for rule in fired if rule.points < 0),
        sources=FAMILIES[algorithm.family].sources,
    )

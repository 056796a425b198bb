"""What the profile of the training rows recommends, and whether it was right."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...planning.algorithms import agreement, recommend, to_dicts
from ...planning.data_profile import profile_of

if TYPE_CHECKING:
    from ...planning.algorithms import Recommendation
    from ..session import Session


def recommended_models(session: Session) -> list[Recommendation]:
    """Return a recommendation for each model that suits these training rows, the most recommended first."""
    data, settings = session.data, session.context.settings
    profile = profile_of(
        data.X_train, data.y_train, data.schema, data.task, time_limit_s=settings.time_budget_s
    )
    return recommend(profile)


def recommendation_sentence(session: Session, winner: str) -> str:
    """Say which two models the rules put first, why, and where the one that won stands among them."""
    ranked = recommended_models(session)
    names = " and ".join(r.model for r in ranked[:2])
    why = "; ".join(ranked[0].reasons)
    return f"Recommended before training: {names} ({why}). {agreement(ranked, winner)}"


def recommendation_content(session: Session, winner: str) -> dict[str, Any]:
    """Return the same for files: every recommendation with its reasons, and the agreement."""
    ranked = recommended_models(session)
    return {"ranked": to_dicts(ranked), "agreement": asdict(agreement(ranked, winner))}

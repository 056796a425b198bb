"""What goes with the final model's outputs: its decision policy, and how sure its outputs are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...evaluation.decisions.choose_policy import choose_policy
from ...outputs.uncertainty import fit_uncertainty
from ..near_in_time import in_stretches

if TYPE_CHECKING:
    from .opening import EvaluationPhase


def choose_outputs(phase: EvaluationPhase) -> None:
    """Find both on the out-of-fold predictions; the test rows have no say in it.

    Raises DataError where a policy asks for columns that the rows do not have as they must be.
    """
    given = phase.given
    assert given is not None
    rows, asked = given.out_of_fold, given.settings.decisions
    in_time = rows
    if asked is not None and asked.is_asked:
        in_time = in_stretches(phase.session, rows, given.task.decode(rows.truth))
    policy = choose_policy(given.task, given.settings, in_time)
    uncertainty = fit_uncertainty(rows.truth, rows.said, rows.groups, given.seed)
    phase.given = replace(given, policy=policy)
    phase.outputs = {"uncertainty_": uncertainty}
    if policy is not None:
        phase.outputs["decision_policy_"] = policy

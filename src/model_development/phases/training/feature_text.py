"""What came of feature steps, for people and for feature_report.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...reports.numbers import format_number

if TYPE_CHECKING:
    from ...metrics.table import Metric
    from .feature_stage import FeatureFindings
    from .feature_trials import FamilyTrials, StepTrial


def trial_line(family: FamilyTrials, trial: StepTrial, metric: Metric) -> str:
    """One line of the progress.

    >>> from types import SimpleNamespace as Some
    >>> from .feature_trials import StepTrial
    >>> trial = StepTrial("ratios", ("products",), "no gain", gain=-0.001, low=-0.01, high=0.008, p=1.0)
    >>> trial_line(Some(base=Some(label="pytorch_nn")), trial, Some(name="roc_auc"))
    'pytorch_nn+products with ratios: roc_auc gains -0.001 (p = 1), not kept: no gain'
    """
    gain = "" if trial.gain is None else f"{metric.name} gains {trial.gain:+.3g} (p = {trial.p:.2g}), "
    verdict = "kept" if trial.is_kept else f"not kept: {trial.why}"
    return f"{'+'.join([family.base.label, *trial.on])} with {trial.step}: {gain}{verdict}"


def features_table(families: Sequence[FamilyTrials]) -> pd.DataFrame:
    """Return a row for each step and family that was tried, or could not be."""
    rows = [
        {
            "family": family.family,
            "model": "+".join([family.base.label, *trial.on]),
            "step": trial.step,
            "gain": trial.gain,
            "gain_95": _interval(trial),
            "p": trial.p,
            "seconds": trial.seconds,
            "kept": "yes" if trial.is_kept else "",
            "why": trial.why,
        }
        for family in families
        for trial in family.trials
    ]
    columns = ["family", "model", "step", "gain", "gain_95", "p", "seconds", "kept", "why"]
    return pd.DataFrame(rows, columns=columns)


def _interval(trial):
    return None if trial.low is None else f"{format_number(trial.low)} to {format_number(trial.high)}"


def feature_sentences(findings: FeatureFindings | None, metric: Metric) -> list[str]:
    """Say of each family which steps earned their place; nothing where none were asked for."""
    return [] if findings is None else [_sentence(family, metric) for family in findings.families]


def _sentence(family, metric):
    beginning = f"Feature steps of {family.family} ({family.base.label}):"
    if not family.trials:
        return f"{beginning} {family.note or 'none suits the table'}."
    tried = [trial for trial in family.trials if trial.seconds is not None]
    kept = [trial for trial in tried if trial.is_kept]
    untried = [trial.step for trial in family.trials if trial.seconds is None]
    said = "none of them is better by more than chance explains"
    if kept:
        gains = ", ".join(
            f"{trial.step} ({metric.name} gains {trial.gain:.3g}, p = {trial.p:.2g})" for trial in kept
        )
        said = f"kept: {gains}"
    late = f"; not tried, for want of time: {', '.join(untried)}" if untried else ""
    return f"{beginning} {len(tried)} tried, {said}{late}.{_of_row(family)}"


def _of_row(family):
    note = f" {family.note[0].upper()}{family.note[1:]}." if family.note else ""
    if family.kept and (family.row is None or family.row.status != "ok"):
        why = family.row.reason if family.row else "its files are gone"
        return f" The model with them is no row of the comparison: {why}.{note}"
    return note


def feature_content(findings: FeatureFindings, asked: str | Sequence[str]) -> dict[str, Any]:
    """What feature_report.json says of them. asked : the setting `features`."""
    return {
        "steps_asked_for": asked,
        "steps_that_do_not_suit": findings.unsuitable,
        "families": [
            {
                "family": family.family,
                "model": family.base.label,
                "kept": list(family.kept),
                "row": family.row and family.row.label,
                "note": family.note,
                "tried": [asdict(trial) for trial in family.trials],
            }
            for family in findings.families
        ],
        "made_features": [
            {"model": family.row.label, **feature}
            for family in findings.families
            if family.row
            for feature in family.made
        ],
    }

"""The table of ensembles. One row is one way to find weights."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.table import get_model
from .nested import Fit
from .selection import select_greedily
from .stacking import stack
from .voting import vote


@dataclass(frozen=True)
class EnsembleSpec:
    """name : of its MLflow run, and in every file. fit : (Pool, Metric) -> Blend. label : for people."""

    name: str
    fit: Fit
    label: str


GREEDY = "ensemble_greedy"
FRAMEWORK = "ensemble"  # as the frameworks of single models are called
ENSEMBLES = {
    spec.name: spec
    for spec in (
        EnsembleSpec(GREEDY, select_greedily, "greedy selection"),
        EnsembleSpec("ensemble_voting", vote, "weighted voting"),
        EnsembleSpec("ensemble_stacking", stack, "stacking"),
    )
}


def framework_of(name: str) -> str:
    """Return the framework of a row of the table of models, or of ensembles."""
    return FRAMEWORK if name in ENSEMBLES else get_model(name).framework

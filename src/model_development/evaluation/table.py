"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from . import errors, fairness, novelty, robustness, slices
from .analysis import Analysis

FAIRNESS = "Groups of people compared"
ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (
        Analysis(name="slices", title="Slices in which it is worse", run=slices.find_weak_slices),
        Analysis(name="errors", title="The largest errors", run=errors.list_errors),
        Analysis(name="robustness", title="What changes of the data do", run=robustness.measure_robustness),
        Analysis(name="novelty", title="Rows unlike those of training", run=novelty.measure_novelty),
        Analysis(name="fairness", title=FAIRNESS, run=fairness.compare_decisions, kinds=("binary",)),
        Analysis(
            name="fairness_by_class", title=FAIRNESS, run=fairness.compare_classes, kinds=("multiclass",)
        ),
        Analysis(
            name="fairness_of_errors", title=FAIRNESS, run=fairness.compare_numbers, kinds=("regression",)
        ),
    )
}

"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from . import errors, fairness, novelty, robustness, slices
from .analysis import Analysis
from .calibration import calibration
from .confusion import confusion
from .prediction_sets import set_coverage
from .ranking import ranking
from .residuals import residuals
from .uncertainty import interval_coverage

CLASSES, NUMBERS = ("binary", "multiclass"), ("regression",)

FAIRNESS = "Groups of people compared"
ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (
        Analysis(name="ranking", title="Order of the rows by probability", run=ranking, kinds=CLASSES),
        Analysis(name="confusion", title="Decisions by class", run=confusion, kinds=CLASSES),
        Analysis(
            name="calibration", title="Calibration of the probabilities", run=calibration, kinds=CLASSES
        ),
        Analysis(name="residuals", title="Residuals", run=residuals, kinds=NUMBERS),
        Analysis(
            name="prediction_intervals",
            title="Prediction intervals",
            run=interval_coverage,
            kinds=NUMBERS,
        ),
        Analysis(name="prediction_sets", title="Prediction sets", run=set_coverage, kinds=CLASSES),
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

"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .analysis import Analysis
from .calibration import calibration
from .confusion import confusion
from .prediction_sets import set_coverage
from .ranking import ranking
from .residuals import residuals
from .uncertainty import interval_coverage

CLASSES, NUMBERS = ("binary", "multiclass"), ("regression",)

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
    )
}

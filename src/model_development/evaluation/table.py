"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .analysis import Analysis
from .prediction_sets import set_coverage
from .uncertainty import interval_coverage

CLASSES, NUMBERS = ("binary", "multiclass"), ("regression",)

ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (
        Analysis(
            name="prediction_intervals",
            title="Prediction intervals",
            run=interval_coverage,
            kinds=NUMBERS,
        ),
        Analysis(name="prediction_sets", title="Prediction sets", run=set_coverage, kinds=CLASSES),
    )
}

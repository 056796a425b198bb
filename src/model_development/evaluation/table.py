"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .analysis import Analysis
from .decisions.business import analyse_business
from .decisions.decision_analysis import analyse_decisions
from .decisions.dollar_impact import analyse_dollar_impact
from .decisions.kpi_figures import analyse_kpis
from .failures.errors import list_errors
from .failures.fairness import compare_classes, compare_decisions, compare_numbers
from .failures.novelty import measure_novelty
from .failures.robustness import measure_robustness
from .failures.slices import find_weak_slices
from .performance.calibration import calibration
from .performance.confusion import confusion
from .performance.interval_coverage import interval_coverage
from .performance.prediction_sets import set_coverage
from .performance.ranking import ranking
from .performance.residuals import residuals

BINARY, MULTICLASS, NUMBERS = ("binary",), ("multiclass",), ("regression",)
CLASSES = BINARY + MULTICLASS
FAIRNESS = "Groups of people compared"

ANALYSES = {
    row.name: row
    for row in (
        Analysis(name="decisions", title="Decisions", run=analyse_decisions, kinds=BINARY),
        Analysis(name="business", title="What decisions are worth", run=analyse_business, kinds=BINARY),
        Analysis(name="dollar_impact", title="What errors cost", run=analyse_dollar_impact, kinds=NUMBERS),
        Analysis(name="kpis", title="Business figures of your own", run=analyse_kpis),
        Analysis(name="ranking", title="Order of the rows by probability", run=ranking, kinds=CLASSES),
        Analysis(name="confusion", title="Decisions by class", run=confusion, kinds=CLASSES),
        Analysis(name="calibration", title="Calibration of probabilities", run=calibration, kinds=CLASSES),
        Analysis(name="residuals", title="Residuals", run=residuals, kinds=NUMBERS),
        Analysis(
            name="prediction_intervals", title="Prediction intervals", run=interval_coverage, kinds=NUMBERS
        ),
        Analysis(name="prediction_sets", title="Prediction sets", run=set_coverage, kinds=CLASSES),
        Analysis(name="slices", title="Slices in which it is worse", run=find_weak_slices),
        Analysis(name="errors", title="The largest errors", run=list_errors),
        Analysis(name="robustness", title="What changes of the data do", run=measure_robustness),
        Analysis(name="novelty", title="Rows unlike those of training", run=measure_novelty),
        Analysis(name="fairness", title=FAIRNESS, run=compare_decisions, kinds=BINARY),
        Analysis(name="fairness_by_class", title=FAIRNESS, run=compare_classes, kinds=MULTICLASS),
        Analysis(name="fairness_of_errors", title=FAIRNESS, run=compare_numbers, kinds=NUMBERS),
    )
}

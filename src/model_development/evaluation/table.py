"""The table of analyses. Adding one is one module and one row here; the report shows rows in this order."""

from __future__ import annotations

from .analysis import Analysis
from .business import analyse_business
from .decisions import analyse_decisions
from .dollar_impact import analyse_dollar_impact
from .kpi_figures import analyse_kpis

ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (
        Analysis(name="decisions", title="Decisions", run=analyse_decisions, kinds=("binary",)),
        Analysis(name="business", title="What decisions are worth", run=analyse_business, kinds=("binary",)),
        Analysis(
            name="dollar_impact", title="What errors cost", run=analyse_dollar_impact, kinds=("regression",)
        ),
        Analysis(name="kpis", title="Business figures of your own", run=analyse_kpis),
    )
}

"""The table of explanations. Adding one is one module and one row here; the report keeps this order."""

from __future__ import annotations

from ..evaluation.analysis import Analysis
from .coefficients import coefficients_section
from .counterfactuals import counterfactuals_section
from .dependence_section import dependence_section
from .importance import importance_section
from .rules import rules_section
from .shap_section import shap_section
from .tree_shap import tree_shap_section

EXPLANATIONS = {
    row.name: row
    for row in (
        Analysis(name="shap", title="What moves the output", run=shap_section),
        Analysis(name="importance", title="What the metric loses without a column", run=importance_section),
        Analysis(name="dependence", title="How the output goes along a column", run=dependence_section),
        Analysis(name="rules", title="The model as a few rules", run=rules_section),
        Analysis(name="coefficients", title="Coefficients", run=coefficients_section),
        Analysis(name="counterfactuals", title="What would turn a decision", run=counterfactuals_section),
        Analysis(name="tree_shap", title="The booster's own TreeSHAP", run=tree_shap_section),
    )
}

"""What the linear models say of each feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from .phase import TrainingPhase


COLUMNS = ["model", "feature", "coefficient", "std_error", "p_value", "ci_low", "ci_high"]


def coefficients(phase: TrainingPhase, n_largest: int | None = None) -> pd.DataFrame:
    """Return the coefficients of every linear model as a DataFrame, the largest of each model first.

    n_largest : rows per model; None for all. Numbers are standardised before the fit, so a coefficient
    is the change per standard deviation; a category counts against the first one (statsmodels) or against
    none. Standard errors, p-values and 95 % intervals come from statsmodels alone, and suppose that the
    model is true. Models with a set of coefficients per class are left out.
    """
    tables = [_table(r, n_largest) for r in phase.all_results if r.measured.get("coefficients")]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def _table(result, n_largest):
    table = pd.DataFrame(result.measured["coefficients"]).assign(model=result.name)
    order = table["coefficient"].abs().sort_values(ascending=False, kind="stable").index
    return table.reindex(columns=COLUMNS).loc[order].head(n_largest)

"""The coefficients of linear models, as the report shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..fitting.coefficients import read_coefficients
from ..reports.section import Section

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput


MOST_ROWS = 40


def coefficients_section(given: EvaluationInput) -> Section | None:
    """Return the coefficients of a model that has one for each column of its matrix; None for others."""
    values = read_coefficients(given.model) if hasattr(given.model, "spec") else None
    if values is None:
        return None
    table = pd.DataFrame(values)
    order = table["coefficient"].abs().sort_values(ascending=False, kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    sentences = [
        "Numbers are standardised before the fit: a coefficient is the change per standard deviation on the "
        "scale of the model's formula (log-odds, a link), not of the output. Columns that go together share "
        "them."
    ]
    if given.task.has_classes:
        sentences.append(f"One above zero raises the chance of {given.model.classes_.tolist()[-1]!r}.")
    if "p_value" in table:
        sentences.append("Standard errors, p-values and 95 % intervals suppose that the formula is true.")
    shown = table.head(MOST_ROWS)
    caption = (
        f"Coefficients, the {len(shown)} largest of {len(table)}"
        if len(table) > len(shown)
        else "Coefficients"
    )
    return Section(sentences=tuple(sentences), tables={caption: shown}, values={"coefficients": len(table)})

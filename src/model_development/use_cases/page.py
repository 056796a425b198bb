"""The catalogue as a page: `python -m model_development.use_cases.page docs/use_cases.md` writes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import departments, use_cases

if TYPE_CHECKING:
    from .use_case import UseCase

START = """# Use cases

{n} questions that companies ask, in {departments} departments, from `config/use_cases.yaml` (this page is
made from it: `python -m model_development.use_cases.page docs/use_cases.md`). Each has the columns that
such a table holds with their units and gaps, the metric that counts and why, what errors cost, the rules
to think of, columns that give the answer away, the split, values that a model must reach, and what to
watch afterwards.

    model-development new --list fraud             # search: every word must occur
    model-development new my_project --use-case card_fraud_detection

The project then has a made-up table of this shape: 2,000 rows, seeded, with noise, gaps, rare levels,
groups and times. It is there to show the way and to try things; what a model scores on it says nothing of
your data. What no model can surpass on it is known and stands in the last column: the ROC AUC of the true
probabilities, or the R2 of the true mean.

What stands here is a start, not advice: costs, criteria and rules are to be settled with the people
concerned, and rules differ by country and change. A starting value for costs (`errors.ratio`) is no
finding.
"""
HEAD = "| key | question | problem | target | metric | split | ceiling |\n|---|---|---|---|---|---|---|"


def catalogue_page() -> str:
    """Return docs/use_cases.md: one table for each department."""
    rooms = departments()
    parts = [START.format(n=len(use_cases()), departments=len(rooms))]
    for name, cases in rooms.items():
        parts.append(
            f"## {name.replace('_', ' ').capitalize()}\n\n{HEAD}\n" + "\n".join(map(_row, cases)) + "\n"
        )
    return "\n".join(parts)


def _row(case: UseCase) -> str:
    target = f"`{case.target.name}`" + (f" ({case.target.unit})" if case.target.unit else "")
    by = f" `{case.split.column}`" if case.split.column else ""
    cells = (
        f"`{case.key}`",
        case.question,
        case.problem_type,
        target,
        case.metric.name,
        f"{case.split.kind}{by}",
        f"{case.synthetic_ceiling:.2f}",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue_page(), encoding="utf-8")

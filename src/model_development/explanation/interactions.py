"""Do two columns act together? The strength of interactions between those that move the output most."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .explained import explained, sample
from .hybrids import Hybrids

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput


N_COLUMNS = 4  # with the largest SHAP values: six pairs
MOST_ROWS = 60  # each pair asks about the square of it
FEWEST_ROWS = 30  # of however many classes
COLUMNS = ["column", "other column", "output", "H", "interaction", "joint effect"]


def interactions(given: EvaluationInput) -> pd.DataFrame:
    """Return a row for each pair of columns and label, the strongest first.

    H : root of the share of the pair's joint effect that is not the sum of the effects of each, 0 to 1 but
    for chance. interaction, joint effect : root mean squares, in the unit of the output. H of a joint effect
    of next to nothing says nothing: read it beside the interaction.
    Source: Friedman and Popescu (2008), Predictive Learning via Rule Ensembles, Annals of Applied Statistics
    2.
    """
    found = explained(given)
    top = [int(j) for j in found.shap.order if found.shap.importance[j].sum() > 0][:N_COLUMNS]
    most = found.output.affordable(MOST_ROWS, FEWEST_ROWS)
    rows = sample(len(given.out_of_fold), most, given.seed)
    hybrids = Hybrids.of(found.output, given.out_of_fold.X.iloc[rows].reset_index(drop=True))
    alone = {j: _mean_with(hybrids, [j]) for j in top}
    lines = []
    for a, b in combinations(top, 2):
        together = _mean_with(hybrids, [a, b])
        apart = together - alone[a] - alone[b]
        for k, label in enumerate(found.shap.labels):
            joint, beyond = (float(np.sqrt(np.mean(part[:, k] ** 2))) for part in (together, apart))
            names = (found.shap.columns[a], found.shap.columns[b], found.output.phrase(label))
            lines.append((*names, beyond / joint if joint > 0 else 0.0, beyond, joint))
    table = pd.DataFrame(lines, columns=COLUMNS)
    return table.sort_values("interaction", ascending=False, kind="stable", ignore_index=True)


def _mean_with(hybrids, columns):
    """Mean output with these columns of each row, less its mean over the rows; shape (n_rows, n_labels)."""
    n = hybrids.n_rows
    rows = hybrids.whole(np.tile(np.arange(n), n))
    rows[:, columns] = np.repeat(np.arange(n), n)[:, None]
    means = hybrids.outputs(rows).reshape(n, n, -1).mean(axis=1)
    return means - means.mean(axis=0)

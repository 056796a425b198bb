"""How the outputs depend on the columns that move them most, alone and in pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.dependence_plots import Panel, dependence_chart
from ..reports.numbers import format_number
from ..reports.section import Section
from .dependence import BAND, dependences
from .explained import explained
from .interactions import interactions
from .pictures import pictures
from .words import dependence_sentence

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput
    from .dependence import Dependence
    from .explained import Explained


DEPENDENCE_FILE = "partial_dependence.parquet"
TOLD = 8  # columns that have a sentence
SHOWN = 6  # columns that have a panel
SHOWN_PAIRS = 12


def dependence_section(given: EvaluationInput) -> Section | None:
    """Return partial dependence, curves of rows, accumulated local effects and interactions."""
    if not len(given.test) or not len(given.out_of_fold):
        return None
    found, all_found = explained(given), dependences(given)
    if not all_found:
        return None
    labels = {one.name: _main_label(found, one) for one in all_found}
    told = [dependence_sentence(found.output, one, labels[one.name]) for one in all_found[:TOLD]]
    n_curves = len(all_found[0].curves)
    how = (
        f"Partial dependence: the mean output of {n_curves} out-of-fold rows when all of them are given one "
        "value of a column, from its 2 % to its 98 % quantile, or its most frequent ones. Columns that go "
        "together are then given values that do not; the local effects (dashed) move each row within its own "
        "neighbourhood only."
    )
    pairs = interactions(given)
    return Section(
        sentences=(*told, *_pair_sentences(pairs), how),
        tables={"Pairs of columns that act together": pairs.head(SHOWN_PAIRS)} if len(pairs) else {},
        pictures=_pictures(found, all_found[:SHOWN], labels),
        files={DEPENDENCE_FILE: pd.concat([_table(found, one) for one in all_found], ignore_index=True)},
        values={"interactions": pairs.to_dict("records")},
    )


def _main_label(found: Explained, one: Dependence) -> int:
    return int(found.shap.main_label[found.shap.columns.index(one.name)])


def _table(found, one):
    """A row for each point and label."""
    low, high = np.quantile(one.curves, BAND, axis=0)
    lines = []
    for k, label in enumerate(found.shap.labels):
        lines.append(
            pd.DataFrame(
                {
                    "column": one.name,
                    "class": None if label is None else str(label),
                    "value": one.texts,
                    "number": one.numbers,
                    "share": one.shares,
                    "mean": one.mean[:, k],
                    "rows_10": low[:, k],
                    "rows_90": high[:, k],
                    "local_effect": one.ale[:, k],
                }
            ).astype({"class": object, "value": object})
        )
    return pd.concat(lines, ignore_index=True)


def _pair_sentences(pairs):
    if not len(pairs):
        return
    first = pairs.iloc[0]
    if first["interaction"] <= 0:
        yield f"None of {len(pairs)} pairs of columns acts together: the effects of each add up."
        return
    yield (
        f"Of the pairs among the columns that move the output most, {first['column']!r} and "
        f"{first['other column']!r} act together most: {format_number(first['interaction'])} of "
        f"{format_number(first['joint effect'])} of their joint effect on {first['output']} (root mean "
        f"squares) is not the sum of the effects of each (H = {first['H']:.2f})."
    )


def _pictures(found, shown, labels):
    panels = [_panel(found, one, labels[one.name]) for one in shown]
    chart = dependence_chart(panels, "Output along the columns that move it most")
    first = shown[0]
    curve = first.mean[:, labels[first.name]]
    ends = f"from {format_number(curve.min())} to {format_number(curve.max())}"
    alt = f"Mean output along {len(shown)} columns; along {first.name!r} it goes {ends}."
    return pictures({"Partial dependence": (chart, alt)})


def _panel(found, one, label):
    phrase = found.output.phrase(found.shap.labels[label])
    if not one.is_ordered or one.known.sum() < 2:
        return Panel(one.name, None, one.texts, one.mean[:, label], one.curves[:, :, label], None, phrase)
    known = one.known
    texts = [text for text, is_known in zip(one.texts, known, strict=True) if is_known]
    mean = one.mean[known, label]
    weights = np.diff(one.shares[known], prepend=0.0)  # local effects are about 0 over the rows
    local = one.ale[known, label] + np.average(mean, weights=np.maximum(weights, 1e-9))
    return Panel(one.name, one.numbers[known], texts, mean, one.curves[:, known, label], local, phrase)

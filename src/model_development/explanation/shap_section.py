"""What columns add to the outputs of test rows: permutation SHAP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..reports.explanation_plots import beeswarm_chart, importance_chart, waterfall_chart
from ..reports.numbers import format_change, format_number
from ..reports.section import Section
from .explained import explained
from .pictures import pictures
from .shap import PASSES
from .words import top_sentences

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput
    from .explained import Explained


SHAP_FILE = "shap_values.parquet"
MOST_LABELS = 6  # that have a column of their own in the table


def shap_section(given: EvaluationInput) -> Section | None:
    """Return the SHAP values of test rows, over all of them and for two."""
    if not len(given.test) or not len(given.out_of_fold) or not given.columns:
        return None
    found = explained(given)
    shap = found.shap
    how = (
        f"SHAP values of {len(found.X):,} of {len(given.test):,} test rows, in the raw columns: what the "
        f"value of a column adds to the output, against {found.n_background} out-of-fold rows as background, "
        f"by {2 * PASSES} orders of the columns a row. They say what the model does, not what causes what."
    )
    return Section(
        sentences=(*top_sentences(found), how),
        tables={"Mean absolute SHAP value": importance_table(found)},
        pictures=_pictures(found),
        files={SHAP_FILE: values_table(found, given.test.rows)},
        values={
            "rows": len(found.X),
            "background": found.n_background,
            "mean_abs_shap": dict(zip(shap.columns, shap.importance.sum(axis=1).tolist(), strict=True)),
        },
    )


def importance_table(found: Explained) -> pd.DataFrame:
    """Return a row for each column, the largest first, with a column for each label.

    Of many labels the mean over them, and the one that the column moves most.
    """
    shap = found.shap
    if len(shap.labels) > MOST_LABELS:
        table = pd.DataFrame({"mean of the classes": shap.importance.mean(axis=1)})
        table["largest"] = shap.importance.max(axis=1)
        table["of class"] = [str(shap.labels[k]) for k in shap.importance.argmax(axis=1)]
    else:
        names = [found.output.phrase(label) for label in shap.labels]
        table = pd.DataFrame(shap.importance, columns=names)
    table.insert(0, "column", shap.columns)
    return table.iloc[shap.order].reset_index(drop=True)


def values_table(found: Explained, rows: np.ndarray) -> pd.DataFrame:
    """Return what the file holds: a row for each row and class.

    rows : positions of the test rows in the source table. Columns: `row`, `class` where there are several,
    `base_value`, `output`, then `shap:` and the name of each raw column.
    """
    shap, n_labels = found.shap, len(found.shap.labels)
    content: dict[str, Any] = {"row": np.repeat(rows[found.positions], n_labels)}
    if n_labels > 1:
        content["class"] = [str(label) for label in shap.labels] * len(found.X)
    content["base_value"] = np.tile(shap.base, len(found.X))
    content["output"] = shap.output.ravel()
    values = {f"shap:{name}": shap.values[:, j].ravel() for j, name in enumerate(shap.columns)}
    return pd.DataFrame(content | values)


def _pictures(found):
    shap, order = found.shap, found.shap.order
    names = [shap.columns[j] for j in order]
    label = int(shap.importance.sum(axis=0).argmax())
    phrase = found.output.phrase(shap.labels[label])
    sizes = shap.importance.mean(axis=1)[order]
    unit = "Mean absolute SHAP value" + (", mean of the classes" if len(shap.labels) > 1 else "")
    most = f"{names[0]!r} adds or takes away {format_number(sizes[0])} on average, the most of all columns."
    bars = importance_chart(names, sizes, "What moves the output", unit)
    swarm = beeswarm_chart(
        names,
        shap.values[:, order, label],
        found.ranks[:, order],
        "Rows and their columns",
        f"added to {phrase}",
    )
    charts = {
        "Mean absolute SHAP values": (bars, most),
        "SHAP values of rows": (swarm, f"What each column adds to {phrase}; {most}"),
    }
    for word, row in (
        ("highest", shap.output[:, label].argmax()),
        ("lowest", shap.output[:, label].argmin()),
    ):
        charts[f"The row with the {word} output"] = _waterfall(found, int(row), label, phrase, word)
    return pictures(charts)


def _waterfall(found, row, label, phrase, word):
    shap = found.shap
    added = shap.values[row, :, label]
    order = np.argsort(-np.abs(added), kind="stable")
    steps = [(f"{shap.columns[j]} = {found.read[j].texts[row]}", float(added[j])) for j in order]
    base, output = float(shap.base[label]), float(shap.output[row, label])
    chart = waterfall_chart(steps, base, output, f"The explained test row with the {word} output", phrase)
    most = f"most by {steps[0][0]}: {format_change(steps[0][1])}"
    alt = f"From {format_number(base)} to {format_number(output)}; {most}."
    return chart, alt

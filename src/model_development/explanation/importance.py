"""What the primary metric loses when a raw column is shuffled: permutation importance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.explanation_plots import importance_chart
from ..reports.numbers import format_number
from ..reports.section import Section
from ..statistics.differences import value_of
from ..statistics.repeated_loss import RepeatedLoss
from ..statistics.resampling import FEWEST_GROUPS
from ..statistics.units import n_units
from .correlated import correlated_groups
from .explained import explained, sample, sample_of_classes
from .hybrids import Hybrids
from .model_output import ModelOutput
from .pictures import pictures
from .raw_values import read_values

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput, ScoredRows


IMPORTANCE_FILE = "feature_importance.csv"
MOST_ROWS = 2000
N_REPEATS = 5
HYBRIDS = 100_000  # that the model is asked about, for test and for out-of-fold rows each
FEWEST_ROWS = 50
MORE_OFTEN = 1.5  # times as often as among all, which is said
NAMED = 5  # columns in a sentence
MOST_COMPARED = 40  # columns, those with the largest SHAP values, that are compared with each other


def importance_section(given: EvaluationInput) -> Section | None:
    """Return the permutation importance of each column on test rows and on out-of-fold rows.

    Source: Breiman (2001), Random Forests, Machine Learning 45; for any model: Fisher, Rudin and Dominici
    (2019), All Models are Wrong, but Many are Useful, JMLR 20.
    """
    if not len(given.test) or not len(given.out_of_fold) or not given.columns:
        return None
    test, training = (_drawn(given, scored) for scored in (given.test, given.out_of_fold))
    if math.isnan(value_of(given.metric, test.truth, test.said)):
        return Section((f"{_without(given)} cannot be told: it has no value on {len(test):,} test rows.",))
    on_test, on_training = (_losses(given, rows) for rows in (test, training))
    shap = explained(given).shap
    table = pd.DataFrame(
        {
            "column": given.columns,
            "importance_test": [value for value, _ in on_test],
            "low": [None if ends is None else ends[0] for _, ends in on_test],
            "high": [None if ends is None else ends[1] for _, ends in on_test],
            "importance_out_of_fold": [value for value, _ in on_training],
            "mean_abs_shap": shap.importance.mean(axis=1),
        }
    ).astype({"low": float, "high": float})
    order = table["importance_test"].fillna(-np.inf).argsort()[::-1]
    table = table.iloc[order].reset_index(drop=True)
    values = [table.set_index("column")[["importance_test", "low", "high"]].replace({np.nan: None})]
    return Section(
        sentences=(*_sentences(given, table, test, len(training)), *_shared_sentences(given)),
        tables={f"Loss of {given.metric.label} when a column is shuffled": table},
        pictures=_pictures(given, table),
        files={IMPORTANCE_FILE: table},
        values={"columns": values[0].to_dict("index"), "rows": len(test)},
    )


def _drawn(given: EvaluationInput, scored: ScoredRows) -> ScoredRows:
    """As many of the rows as the model can be asked about in time, some of every class among them."""
    affordable = ModelOutput(given.model).affordable(HYBRIDS) // (N_REPEATS * len(given.columns))
    most = max(FEWEST_ROWS, min(MOST_ROWS, affordable))
    if given.task.has_classes:
        return scored.take(sample_of_classes(scored.truth, most, given.seed))
    return scored.take(sample(len(scored), most, given.seed))


def _losses(given, rows):
    """[(loss, its interval) for each column]."""
    m = len(given.columns)
    output = ModelOutput(given.model)
    hybrids = Hybrids.of(output, rows.X)
    classes, own = getattr(given.model, "classes_", None), hybrids.whole(np.arange(len(rows)))

    def said(hybrid):
        outputs = hybrids.outputs(hybrid)
        return given.task.predictions(outputs if classes is not None else outputs[:, 0], classes)

    rng = np.random.default_rng(given.seed)
    loss = RepeatedLoss(rows.truth, said(own), given.metric, given.seed, rows.groups)
    losses = []
    for j in range(m):
        draws = []
        for _ in range(N_REPEATS):
            shuffled = own.copy()
            shuffled[:, j] = rng.permutation(len(rows))
            draws.append(said(shuffled))
        losses.append(loss.after(draws))
    return losses


def _sentences(given, table, test, n_training):
    yield from _told(given, table, len(test)) if table["low"].notna().any() else _untold(given, table, test)
    yield from _of_rare_classes(given, test)
    yield (
        f"The out-of-fold figures are of the same final model on {n_training:,} rows that it was trained on: "
        "a column that counts for more there than on test rows may be one that the model fits too closely."
    )


def _told(given, table, n_test):
    label = given.metric.label
    sure = table[table["low"] > 0]
    told = [
        f"{row.column!r} ({format_number(row.importance_test)}, 95 % interval {format_number(row.low)} to "
        f"{format_number(row.high)})"
        for row in sure.head(NAMED).itertuples()
    ]
    yield (
        f"On {n_test:,} test rows {label} becomes worse without these columns, shuffled {N_REPEATS} times: "
        f"{', '.join(told)}{_further(len(sure) - NAMED)}."
        if told
        else f"On {n_test:,} test rows no column, shuffled, makes {label} worse (95 % intervals)."
    )
    n_unsure, n_untold = len(table) - len(sure), int(table["low"].isna().sum())
    if told and n_unsure:
        yield f"For {n_unsure} of {len(table)} columns the interval holds zero or cannot be told."
    elif n_untold:
        yield f"For {n_untold} of {len(table)} columns it cannot be told."


def _untold(given, table, test):
    """Not one interval: what is lost is of these rows alone."""
    few_groups = test.groups is not None and n_units(len(test), test.groups) < FEWEST_GROUPS
    why = "groups of rows are" if few_groups else "rows, or those of a class, are"
    yield f"{_without(given)} cannot be told of other rows than these {len(test):,}: the {why} too few."
    first = table[table["importance_test"] > 0].head(NAMED)
    if len(first):
        named = (f"{row.column!r} ({format_number(row.importance_test)})" for row in first.itertuples())
        yield f"On these it loses most, shuffled {N_REPEATS} times, without {', '.join(named)}."


def _without(given):
    return f"Whether {given.metric.label} becomes worse without a column"


def _of_rare_classes(given, test):
    """Classes that had to be drawn more often than they occur make the figures others than those of all."""
    if not given.task.has_classes or len(test) == len(given.test):
        return
    shares, drawn = (np.bincount(rows.truth) / len(rows) for rows in (given.test, test))
    if (drawn[shares > 0] > MORE_OFTEN * shares[shares > 0]).any():
        yield "A rare class is more frequent among these rows than among all, so that it is not lost."


def _further(n):
    return f", and {n} more" if n > 0 else ""


def _shared_sentences(given):
    rows = sample(len(given.out_of_fold), MOST_ROWS, given.seed)
    read = read_values(given.schema, given.out_of_fold.X.iloc[rows])
    looked_at = sorted(explained(given).shap.order[:MOST_COMPARED])
    for group in correlated_groups([read[j] for j in looked_at]):
        yield (
            f"{', '.join(map(repr, group))} are correlated (0.8 or more): they share their importance, and "
            "one of them may count for little because another says the same."
        )


def _pictures(given, table):
    ends = [
        None if np.isnan(low) else (low, high) for low, high in zip(table["low"], table["high"], strict=True)
    ]
    values = table["importance_test"].fillna(0.0).to_numpy()
    title = "What is lost without a column"
    chart = importance_chart(
        list(table["column"]), values, title, f"loss of {given.metric.label}, test rows", ends
    )
    first = table.iloc[0]
    lost = f"{format_number(first['importance_test'])} of {given.metric.label} lost"
    alt = f"{first['column']!r} comes first: {lost}."
    return pictures({title: (chart, alt)})

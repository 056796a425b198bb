"""The test rows with the highest loss: beside which right ones they lie, and what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...metrics.row_losses import row_losses
from ...reports.section import Section
from ...statistics.permutation import higher_in_many
from ...statistics.uncertainty import SURE
from ...statistics.units import n_units, sample_units
from .levels import codes_of, levels_of
from .neighbours import nearest
from .slices import FEWEST_UNITS, slice_columns

if TYPE_CHECKING:
    from ..evaluation_input import EvaluationInput, ScoredRows

N_LISTED, N_SHOWN = 20, 10  # rows, in the file and on the page
WORST_SHARE = 0.1  # of the test rows, in which is looked for what they have in common
MAX_COMPARED, MAX_TESTED = 50_000, 10_000  # rows, drawn of more


def list_errors(given: EvaluationInput) -> Section:
    """Return the test rows with the highest loss, each beside a row like it that was right; errors.csv."""
    known, test = given.out_of_fold, given.test
    loss_name, (known_losses, losses) = row_losses(
        given.metric, (known.truth, known.said), (test.truth, test.said)
    )
    worst = _worst_first(losses, given.seed)[:N_LISTED]
    right = np.flatnonzero(_are_right(given, known, known_losses))
    right = right[sample_units(len(right), MAX_COMPARED, given.seed)]
    listed = _listed(given, test.take(worst), losses[worst])
    if len(right):
        listed = pd.concat([listed, _beside(given, test.take(worst), known.take(right))], axis=1)
    raw = test.X.iloc[worst].reset_index(drop=True)
    raw = raw.rename(columns={name: f"{name} (raw)" for name in raw.columns.intersection(listed.columns)})
    common = _in_common(given, losses)
    share = losses[worst].sum() / losses.sum() if losses.any() else 0.0
    sentences = [
        f"The {len(worst)} test rows with the highest {loss_name} make up {share:.0%} of its sum over "
        f"{len(test)} rows.",
        "Beside each stands the nearest out-of-fold row that was predicted rightly (Gower's distance: 0 is "
        "equal in every column, 1 as far as can be)." + _what_is_right(given),
        *_said_of(common),
    ]
    tables = {"Test rows with the highest loss; their values are in errors.csv": listed.head(N_SHOWN)}
    if len(common):
        tables[f"More frequent among the {WORST_SHARE:.0%} of highest loss than among all test rows"] = common
    return Section(
        sentences=tuple(sentences),
        tables=tables,
        files={"errors.csv": pd.concat([listed, raw], axis=1)},
        values={"loss": loss_name, "n_in_common": len(common)},
    )


def _worst_first(losses: np.ndarray, seed: int) -> np.ndarray:
    """Positions in the order of the loss; of equal ones, as wrong labels have, in a random order.

    The order of the table would be no fair one: it often goes with time or with a column.
    """
    mixed = np.random.default_rng(seed).permutation(len(losses))
    return mixed[np.argsort(-losses[mixed], kind="stable")]


def _are_right(given: EvaluationInput, rows: ScoredRows, losses: np.ndarray) -> np.ndarray:
    """Labels that are true; of numbers those with a loss of at most the median."""
    if given.task.has_classes:
        return rows.truth == rows.said.labels
    return losses <= np.median(losses)


def _what_is_right(given):
    return "" if given.task.has_classes else " Rightly means here: with a loss of at most the median."


def _listed(given, rows, losses):
    listed = pd.DataFrame({"row": rows.rows})
    listed["truth"], listed["said"] = _shown(given, rows.truth), _shown(given, rows.said.labels)
    if rows.said.probabilities is not None:
        listed["probability_of_truth"] = rows.said.by_class[np.arange(len(rows)), rows.truth]
    return listed.assign(loss=losses)


def _shown(given, encoded):
    """As it stands in the table."""
    if not given.task.has_classes:
        return encoded
    return pd.Series([given.task.classes[k] for k in encoded], dtype=object)


def _beside(given, rows, known):
    positions, distances, apart = nearest(given.schema, rows.X, known.X)
    found = known.take(positions)
    return pd.DataFrame(
        {
            "neighbour_row": found.rows,
            "neighbour_truth": _shown(given, found.truth),
            "neighbour_said": _shown(given, found.said.labels),
            "neighbour_distance": distances,
            "differs_most_in": apart,
        }
    )


def _in_common(given, losses):
    """Levels of columns that are more frequent among the worst rows, by a test that holds for all of them."""
    drawn = sample_units(len(given.test), MAX_TESTED, given.seed, given.test.groups)
    test, losses = given.test.take(drawn), losses[drawn]
    are_worst = np.zeros(len(test))
    are_worst[_worst_first(losses, given.seed)[: max(1, round(WORST_SHARE * len(test)))]] = 1
    levels = levels_of(given, slice_columns(given))
    codes = codes_of(levels, test)
    sets = [(label, codes[lv.name] == k) for lv in levels for k, label in enumerate(lv.labels)]
    sets = [(label, inside) for label, inside in sets if _is_testable(inside, test.groups)]
    if not sets:
        return pd.DataFrame()
    labels, insides = [label for label, _ in sets], np.array([inside for _, inside in sets])
    common = pd.DataFrame(
        {
            "value": labels,
            "share_of_worst": insides[:, are_worst == 1].mean(axis=1),
            "share_of_all": insides.mean(axis=1),
            "p_adjusted": higher_in_many(are_worst, insides, given.seed, test.groups),
        }
    )
    common = common[common["p_adjusted"] < SURE]
    return common.sort_values(["p_adjusted", "share_of_worst"], ascending=[True, False], ignore_index=True)


def _is_testable(inside, groups):
    units = [n_units(side.sum(), None if groups is None else groups[side]) for side in (inside, ~inside)]
    return min(units) >= FEWEST_UNITS


def _said_of(common):
    if not len(common):
        return [
            f"No value of a column is shown to be more frequent among the {WORST_SHARE:.0%} of highest "
            "loss than among all test rows."
        ]
    return [
        f"Of the {WORST_SHARE:.0%} of highest loss {row['share_of_worst']:.0%} have {row['value']}, of all "
        f"test rows {row['share_of_all']:.0%} (p {_p(row['p_adjusted'])}, adjusted for the number of values)."
        for row in common.head(5).to_dict("records")
    ]


def _p(p):
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"

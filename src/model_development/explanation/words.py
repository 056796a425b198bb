"""What SHAP values and dependences say, as sentences; every word of them is a number's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..reports.numbers import format_number

if TYPE_CHECKING:
    from .dependence import Dependence
    from .explained import Explained
    from .model_output import ModelOutput


MONOTONE = 0.9  # share of a curve's variation that a monotone one must explain to be called so
BACK = 0.2  # share of its range that it may go back on the way, at most
SAME = 1e-9  # what differs by less, beside the largest value, differs by rounding
NAMED = 5  # columns that are told of
MOSTLY = 0.8  # share of the way that lies between two values, for them to be named
FEWER = 0.5  # share of the rows that are between them, at most


@dataclass(frozen=True)
class Shape:
    """How an output goes along an ordered column.

    direction : 1 rises, -1 falls, 0 neither. explained : share of the variation of the curve, weighted by
    rows, that the best monotone curve explains. back : the farthest that it goes back on the way, as a share
    of its range. window : positions of two points between which most of the way lies, and fewer rows; None
    where there are none. share : of the way, between them.
    """

    direction: int
    explained: float
    back: float = 0.0
    window: tuple[int, int] | None = None
    share: float = 0.0


def top_sentences(found: Explained) -> list[str]:
    """Say which columns move the output most, by the mean absolute SHAP value."""
    shap = found.shap
    sizes = shap.importance
    moving = [j for j in shap.order if sizes[j].sum() > 0]
    if not moving:
        return ["No column moves the output: the model says the same of every row."]
    parts = []
    for j in moving[:NAMED]:
        label = int(shap.main_label[j])
        what = f" {found.output.phrase(shap.labels[label])}" if len(shap.labels) > 1 else ""
        parts.append(
            f"{shap.columns[j]!r} by {format_number(sizes[j, label])}{what and f' ({what.strip()})'}"
        )
    subject = "The output" if len(shap.labels) > 1 else _capital(found.output.phrase(shap.labels[0]))
    said = [f"{subject} is moved by each column on average (mean absolute SHAP value): {', '.join(parts)}."]
    silent = len(shap.columns) - len(moving)
    if silent:
        said.append(f"{silent} of {len(shap.columns)} columns move it by nothing at all.")
    return said


def dependence_sentence(output: ModelOutput, one: Dependence, label: int) -> str:
    """Say how an output depends on a column, by its partial dependence."""
    phrase = output.phrase(output.labels[label])
    if one.is_ordered and one.known.sum() >= 2:
        sentence = _ordered(one, label, phrase)
    else:
        sentence = _by_level(one, label, phrase)
    return sentence + _where_missing(one, label)


def shape_of(curve: np.ndarray, weights: np.ndarray) -> Shape:
    """Return the Shape of a curve over ordered points. curve, weights : shape (n_points,)."""
    from sklearn.isotonic import isotonic_regression

    spread = np.average((curve - np.average(curve, weights=weights)) ** 2, weights=weights)
    if np.ptp(curve) <= SAME * np.abs(curve).max():
        return Shape(0, 1.0)
    fits = {s: isotonic_regression(s * curve, sample_weight=weights) * s for s in (1, -1)}
    explained = {s: 1 - np.average((curve - fit) ** 2, weights=weights) / spread for s, fit in fits.items()}
    best = max(explained, key=lambda sign: explained[sign])
    back = float(np.max(np.maximum.accumulate(best * curve) - best * curve) / np.ptp(curve))
    if explained[best] < MONOTONE or back > BACK:
        return Shape(0, float(explained[best]), back)
    return Shape(best, float(explained[best]), back, *_window(fits[best], weights))


def _window(curve, weights):
    """(positions of two points, share of the way between them), with the fewest rows between; (None, 0.0)."""
    way = np.abs(curve - curve[0]) / abs(curve[-1] - curve[0])
    rows = np.cumsum(weights) / weights.sum()
    pairs = [(i, j) for i, j in combinations(range(len(curve)), 2) if way[j] - way[i] >= MOSTLY]
    if not pairs:
        return None, 0.0
    i, j = min(pairs, key=lambda pair: (round(rows[pair[1]] - rows[pair[0]], 9), way[pair[0]] - way[pair[1]]))
    return ((i, j), float(way[j] - way[i])) if rows[j] - rows[i] <= FEWER else (None, 0.0)


def _ordered(one, label, phrase):
    known = one.known
    curve = one.mean[known, label]
    texts = [text for text, is_known in zip(one.texts, known, strict=True) if is_known]
    weights = np.diff(one.shares[known], prepend=0.0)
    weights = np.maximum(weights, 1e-9)
    shape = shape_of(curve, weights)
    low, high = format_number(curve.min()), format_number(curve.max())
    if np.ptp(curve) <= SAME * np.abs(curve).max():
        return f"{_capital(phrase)} stays at {low} along {one.name!r}, on average over the rows."
    if not shape.direction:
        peak, least = texts[int(curve.argmax())], texts[int(curve.argmin())]
        return (
            f"{_capital(phrase)} neither only rises nor only falls with {one.name!r}: lowest at {least} "
            f"({low}), highest at {peak} ({high}), from {format_number(curve[0])} at {texts[0]} to "
            f"{format_number(curve[-1])} at {texts[-1]} (a monotone curve explains {shape.explained:.0%} of "
            f"it, and it goes back by {shape.back:.0%} of its range)."
        )
    verb = "rises" if shape.direction > 0 else "falls"
    ends = f"from {format_number(curve[0])} at {texts[0]} to {format_number(curve[-1])} at {texts[-1]}"
    return f"{_capital(phrase)} {verb} with {one.name!r}, {ends}{_where(shape, texts)}."


def _where(shape, texts):
    """Between which values most of the way lies; one of them, where the other is the end of the curve."""
    if shape.window is None:
        return ""
    low, high = shape.window
    share = f", {shape.share:.0%} of it"
    if high == len(texts) - 1:
        return f"{share} above {texts[low]}"
    return f"{share} up to {texts[high]}" if low == 0 else f"{share} between {texts[low]} and {texts[high]}"


def _by_level(one, label, phrase):
    curve = one.mean[:, label]
    known = np.flatnonzero(one.known)
    highest, lowest = (int(known[find(curve[known])]) for find in (np.argmax, np.argmin))
    if curve[highest] == curve[lowest]:
        return f"{_capital(phrase)} is the same for the most frequent values of {one.name!r}."
    return (
        f"Of the most frequent values of {one.name!r}, {phrase} is highest for {one.texts[highest]!r} "
        f"({format_number(curve[highest])}) and lowest for {one.texts[lowest]!r} "
        f"({format_number(curve[lowest])})."
    )


def _where_missing(one, label):
    gone = np.flatnonzero(~one.known)
    return f" Where it is missing: {format_number(one.mean[gone[0], label])}." if len(gone) else ""


def _capital(text):
    return text[:1].upper() + text[1:]

"""A fitted tree as rules that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..reports.numbers import format_number

if TYPE_CHECKING:
    from .model_output import ModelOutput
    from .rule_columns import RuleColumn


MOST_CLASSES = 5  # that a rule names
ROUNDING = 1e-12


@dataclass(frozen=True)
class Leaf:
    """conditions : from the root. said : what the rows of the leaf are given. share : of all rows."""

    conditions: tuple[str, ...]
    said: str
    rows: int
    share: float


def leaves_of(tree: Any, columns: Sequence[RuleColumn], output: ModelOutput) -> list[Leaf]:
    """Return the leaves of a fitted DecisionTreeRegressor, from left to right."""
    return [leaf for _, _, leaf in _walk(tree, columns, output) if leaf is not None]


def rule_table(leaves: Sequence[Leaf]) -> pd.DataFrame:
    """Return a row for each rule."""
    return pd.DataFrame(
        {
            "if": [" and ".join(leaf.conditions) or "always" for leaf in leaves],
            "then": [leaf.said for leaf in leaves],
            "rows": [leaf.rows for leaf in leaves],
            "share": [round(leaf.share, 4) for leaf in leaves],
        }
    )


def rule_text(tree: Any, columns: Sequence[RuleColumn], output: ModelOutput, heading: str) -> str:
    """Return the tree as indented text, a line for each condition."""
    lines = [heading, ""]
    for depth, condition, leaf in _walk(tree, columns, output):
        pad = "    " * max(0, depth - 1)
        if condition:
            lines.append(f"{pad}if {condition}:")
        if leaf is not None:
            lines.append(f"{pad}    {leaf.said} ({leaf.rows} rows, {leaf.share:.1%})")
    return "\n".join(lines) + "\n"


def _walk(
    tree: Any, columns: Sequence[RuleColumn], output: ModelOutput
) -> Iterator[tuple[int, str, Leaf | None]]:
    """(depth, last condition, Leaf or None) of each node, depth first."""
    inner = tree.tree_
    n_rows, largest = int(inner.n_node_samples[0]), np.abs(inner.value).max()

    def visit(node, conditions, depth):
        is_leaf = inner.children_left[node] == -1
        rows = int(inner.n_node_samples[node])
        texts = tuple(text for text, _, _ in conditions)
        leaf = Leaf(texts, _said(inner.value[node].ravel(), output, largest), rows, rows / n_rows)
        yield depth, texts[-1] if texts else "", leaf if is_leaf else None
        if is_leaf:
            return
        column, threshold = columns[inner.feature[node]], float(inner.threshold[node])
        missing_is_left = bool(inner.missing_go_to_left[node])
        has_missing = _may_be_missing(column, conditions)
        for is_left, child in ((True, inner.children_left[node]), (False, inner.children_right[node])):
            text = column.says(is_left, threshold, has_missing and missing_is_left == is_left)
            kept = [old for old in conditions if not column.replaces(is_left, old[1], old[2])]
            yield from visit(child, [*kept, (text, column, is_left)], depth + 1)

    yield from visit(0, [], 0)


def _may_be_missing(column, conditions):
    """Have missing values come down to a split? Not below a condition on the column that leaves them out."""
    asked = [text for text, other, _ in conditions if other.values is column.values]
    return bool(column.values.is_missing.any()) and all(text.endswith(" or missing") for text in asked)


def _said(values, output, largest):
    """largest : of all values; beside it tiny ones are rounding."""
    values = np.where(np.abs(values) < ROUNDING * largest, 0.0, values)
    pairs = sorted(zip(values, output.labels, strict=True), key=lambda pair: -pair[0])[:MOST_CLASSES]
    return ", ".join(f"{output.phrase(label)} is {format_number(float(v))}" for v, label in pairs)

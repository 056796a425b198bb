"""A small tree that says nearly what the model says, as rules in raw columns: a surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..reports.section import Section
from ..statistics.small_ranges import enlarging_factors
from .decisions import decide, limits_of
from .explained import sample, whole_rows
from .model_output import ModelOutput
from .raw_values import read_values
from .rule_columns import rule_columns, rule_matrix
from .rule_text import leaves_of, rule_table, rule_text

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput


RULES_FILE = "surrogate_rules.txt"
DEPTH = 4
MOST_ROWS = 5000
LEAST_SHARE = 0.01  # of the rows in a leaf
FEWEST_IN_LEAF = 5
FEWEST_ROWS = 20
SAME = 1e-9  # outputs that differ by less, beside the largest, differ by rounding


def rules_section(given: EvaluationInput) -> Section | None:
    """Return a tree of depth 4 or less, fitted to the model's outputs on out-of-fold rows.

    Its fidelity is measured on test rows: R squared of the outputs, and for classes how often the decision is
    the same. Source: Craven and Shavlik (1996), Extracting Tree-Structured Representations, NeurIPS 8.
    """
    if len(given.out_of_fold) < FEWEST_ROWS or not len(given.test) or not given.columns:
        return None
    output = ModelOutput.of(given.model, given.task)
    train = given.out_of_fold.X.iloc[sample(len(given.out_of_fold), MOST_ROWS, given.seed)]
    test = whole_rows(given.test.take(sample(len(given.test), MOST_ROWS, given.seed)))
    said, said_test = output.say(train), output.say(test)
    if np.ptp(said, axis=0).max() <= SAME * np.abs(said).max():
        return None
    columns = rule_columns(read_values(given.schema, train))
    if not columns:
        return None
    tree = _fit(rule_matrix(columns, read_values(given.schema, train)), said)
    matrix = rule_matrix(columns, read_values(given.schema, test))
    ours = tree.predict(matrix).reshape(said_test.shape)
    fidelity = _fidelity(given, ours, said_test, limits_of(given, test))
    leaves = leaves_of(tree, columns, output)
    sentence = _fidelity_sentence(fidelity, len(test), len(leaves))
    return Section(
        sentences=(sentence, *_left_out(given)),
        tables={"Rules of the surrogate tree": rule_table(leaves)},
        files={RULES_FILE: rule_text(tree, columns, output, sentence)},
        values={**fidelity, "leaves": len(leaves), "depth": int(tree.get_depth()), "rows": len(test)},
    )


def _fit(matrix, said):
    """A tree in the units of both, fitted in others: scikit-learn takes tiny differences for none."""
    from sklearn.tree import DecisionTreeRegressor

    fewest = max(FEWEST_IN_LEAF, int(LEAST_SHARE * len(matrix)))
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=fewest, random_state=0)
    factors, mean = enlarging_factors(matrix), said.mean(axis=0)
    spread = (said - mean).std()
    tree.fit(matrix * factors, (said - mean) / spread)
    inner = tree.tree_
    is_split = inner.feature >= 0
    inner.threshold[is_split] /= factors[inner.feature[is_split]]
    inner.value[:] = inner.value * spread + mean.reshape(-1, 1)
    return tree


def _fidelity(given, ours, model, limits):
    """{"r2": of all outputs, "agreement": share of rows with the same decision, None for numbers}."""
    spread = ((model - model.mean(axis=0)) ** 2).sum()
    r2 = float(1 - ((ours - model) ** 2).sum() / spread) if spread > 0 else None
    same = np.mean(decide(ours, limits) == decide(model, limits)) if given.task.has_classes else None
    return {"r2": r2, "agreement": None if same is None else float(same)}


def _fidelity_sentence(fidelity, n_rows, n_leaves):
    r2, agreement = fidelity["r2"], fidelity["agreement"]
    found = [
        "R² cannot be told, since the model says the same of all of them"
        if r2 is None
        else f"R² with the model's outputs is {r2:.2f}"
    ]
    if agreement is not None:
        found.append(f"the decision is the same for {agreement:.0%}")
    told = " and ".join(found)
    return (
        f"A tree with {n_leaves} leaves stands in for the model: of {n_rows:,} test rows {told}. "
        "The rules describe the model, not the target, and no more of it than these figures say."
    )


def _left_out(given):
    texts = given.schema.names("text")
    if texts:
        yield f"Columns of sentences have no part in the rules: {', '.join(map(repr, texts))}."

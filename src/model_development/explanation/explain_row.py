"""Why a model says what it says of one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.raw_rows import as_table
from ..errors import DataError
from ..reports.numbers import format_number
from .model_output import ModelOutput
from .raw_values import read_values
from .shap import PASSES_OF_ONE, Explainer

if TYPE_CHECKING:
    from ..pipeline import TabularModel
    from ..reports.chart import Chart, UndrawnChart


NAMED = 4  # columns in a sentence
SHOWN = 10  # columns in the table of a notebook


@dataclass(frozen=True)
class RowExplanation:
    """output = base + the sum of the contributions, for each label.

    labels : the explained classes; (None,) for a number. output, base : shape (n_labels,).
    values : {column: its value, as it is written}. contributions : shape (n_columns, n_labels), in the order
    of `values`. phrase : what the output is called that sentences and chart are about, that of `label`.
    """

    labels: tuple[Any, ...]
    label: Any
    phrase: str
    output: np.ndarray
    base: np.ndarray
    values: Mapping[str, str]
    contributions: np.ndarray

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        return said + self.table.head(SHOWN).to_html(index=False)

    @property
    def table(self) -> pd.DataFrame:
        """`column`, `value`, `contribution` to the output of `label`, the largest first."""
        at = self.labels.index(self.label)
        content = {"column": list(self.values), "value": list(self.values.values())}
        table = pd.DataFrame(content | {"contribution": self.contributions[:, at]})
        order = (-table["contribution"].abs()).argsort(kind="stable")
        return table.iloc[order].reset_index(drop=True)

    @property
    def sentences(self) -> list[str]:
        """What the model says, and which columns take it there."""
        output, base = (float(part[self.labels.index(self.label)]) for part in (self.output, self.base))
        said = [
            f"{self.phrase[:1].upper()}{self.phrase[1:]} is {format_number(output)}; the mean of the rows "
            f"that it is compared to is {format_number(base)}."
        ]
        table = self.table
        added = table["contribution"]
        for verb, part in (("adds", table[added > 0]), ("takes away", table[added < 0])):
            told = [
                f"{row.column!r} = {row.value} {verb} {format_number(abs(row.contribution))}"
                for row in part.head(NAMED).itertuples()
            ]
            rest = format_number(part["contribution"].iloc[NAMED:].sum())
            if len(part) > NAMED:
                told.append(f"all others on this side: {rest}")
            if told:
                said.append(f"{', '.join(told)}.")
        return said

    @property
    def chart(self) -> Chart | UndrawnChart | None:
        """A waterfall from the base value to the output."""
        from ..reports.explanation_plots import waterfall_chart  # a service explains without matplotlib

        at = self.labels.index(self.label)
        steps = [(f"{row.column} = {row.value}", float(row.contribution)) for row in self.table.itertuples()]
        title = "What the columns of this row add"
        return waterfall_chart(steps, float(self.base[at]), float(self.output[at]), title, self.phrase)


class RowExplainer:
    """Explains one row after another against one background, which is prepared once.

    model : fitted or loaded. background : raw rows that stand for rows of which nothing is known, such as
    training rows; of more than 60 a sample is taken, by the seed. positive_class : of two classes the one
    that is explained; None: the last in order. Of more classes all are explained, and sentences are about the
    most probable one. target : name for the sentences.

    Raises DataError for an empty background, absent columns, and a class that the model does not know.
    """

    def __init__(
        self,
        model: TabularModel,
        background: pd.DataFrame,
        *,
        positive_class: Any = None,
        target: str = "",
        seed: int = 0,
    ) -> None:
        classes = getattr(model, "classes_", None)
        if positive_class is None and classes is not None and len(classes) == 2:
            positive_class = np.asarray(classes).tolist()[1]
        output = ModelOutput(model, positive_class, target)
        self._explainer = Explainer(output, _background(background, seed), seed)

    @property
    def columns(self) -> list[str]:
        """The raw columns that a row has."""
        return list(self._explainer.output.columns)

    def explain(self, row: pd.DataFrame | pd.Series | Mapping[str, Any]) -> RowExplanation:
        """Return what each raw column adds to the output of one row.

        Raises DataError for anything but one row, and for absent columns.
        """
        row, output = _one_row(row), self._explainer.output
        shap = self._explainer.explain(row, PASSES_OF_ONE)
        label = shap.labels[int(shap.output[0].argmax())]
        values = {values.column.name: str(values.texts[0]) for values in read_values(output.schema, row)}
        phrase, added = output.phrase(label), shap.values[0]
        return RowExplanation(shap.labels, label, phrase, shap.output[0], shap.base, values, added)


def explain_row(
    model: TabularModel,
    row: pd.DataFrame | pd.Series | Mapping[str, Any],
    background: pd.DataFrame,
    *,
    positive_class: Any = None,
    target: str = "",
    seed: int = 0,
) -> RowExplanation:
    """Return what each raw column adds to the output of one row, against a background; see RowExplainer.

    Raises DataError for anything but one row, for an empty background, and for columns that are absent.
    """
    explainer = RowExplainer(model, background, positive_class=positive_class, target=target, seed=seed)
    return explainer.explain(row)


def _one_row(row):
    if isinstance(row, Mapping):
        row = pd.Series(dict(row), dtype=object)
    if isinstance(row, pd.Series):
        row = pd.DataFrame({name: [value] for name, value in row.items()})
    if not isinstance(row, pd.DataFrame) or len(row) != 1:
        found = f"{len(row)} rows" if isinstance(row, pd.DataFrame) else type(row).__name__
        raise DataError(f"`row` must be one row: a DataFrame of one row, a Series or a dict; it is {found}.")
    return as_table(row).reset_index(drop=True)


def _background(background, seed):
    if not isinstance(background, pd.DataFrame) or not len(background):
        found = "empty" if isinstance(background, pd.DataFrame) else type(background).__name__
        raise DataError(
            f"`background` must be a DataFrame with raw rows, such as training rows; it is {found}."
        )
    drawn = np.random.default_rng(seed).permutation(len(background))[:PASSES_OF_ONE]
    return as_table(background).iloc[drawn].reset_index(drop=True)

"""The steps of one model, fitted one after another on the rows of a fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...data.columns.schema import DATE_PARTS, Column, TableSchema
from ...errors import SettingsError, some_of
from ...saved import known_as_saved, saved_name
from ..preprocessors import SKOPS_TYPES
from .step import FeatureRow, StepInput
from .table import STEPS, get_step, in_order, require_applicable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


STEP_TYPES = (  # what saved steps hold beside what skops knows; they run no code when they are rebuilt
    *SKOPS_TYPES,
    *map(saved_name, ("FeatureSteps", "Past")),
    *dict.fromkeys(saved_name(type(row.build()).__name__) for row in STEPS.values()),
)


@known_as_saved
class FeatureSteps:
    """Steps of the table of steps, applied in its order, between a clean table and a preprocessor.

    names : rows of the table. family : of the task. time_column, group_column : raw columns, for lags.

    Fitted, it has `fitted_` (the steps), `columns_` (of the table that it gives) and `rows_`:
    {column: {"step", "sources", "formula", "missing_share"}}.
    Raises SettingsError for an unknown name.
    """

    def __init__(
        self,
        names: Sequence[str],
        family: str,
        *,
        seed: int = 0,
        time_column: str | None = None,
        group_column: str | None = None,
    ) -> None:
        self.names = list(in_order(names))
        self.family = family
        self.seed = seed
        self.time_column = time_column
        self.group_column = group_column

    @classmethod
    def of(cls, options: Mapping[str, Any], family: str) -> FeatureSteps | None:
        """The steps that options of a TabularModel name; None where they name none."""
        steps = options.get("steps")
        if steps is None or not len(steps):
            return None
        columns = {name: options.get(name) for name in ("time_column", "group_column")}
        return cls(steps, family, seed=options["seed"], **columns)

    @property
    def that_see_others(self) -> list[str]:
        """Those that make of a row what depends on the rows beside it."""
        return [name for name in self.names if get_step(name).sees_others]

    def require(self, schema: TableSchema) -> None:
        """Raise SettingsError, one sentence, where a step needs what a table lacks."""
        require_applicable(self.names, schema, self.time_column)
        if self.group_column is not None and self.group_column not in schema.names():
            raise SettingsError(
                f"The group column {self.group_column!r} of the feature steps is no column that the model "
                f"uses. Used: {some_of(schema.names())}."
            )

    def fit_transform(self, clean: pd.DataFrame, schema: TableSchema, *, y: np.ndarray) -> pd.DataFrame:
        """Fit on the clean rows of one fold and their target; return their table.

        schema : of the raw table. y : as `TargetCodec.for_preprocessor` gives it, shape (n_rows,).
        """
        self.fitted_, self.rows_ = [], _cleaned_rows(schema)
        given = StepInput(clean, schema, self.family, self.seed, self.time_column, self.group_column)
        for name in self.names:
            step = get_step(name).build()
            given = replace(given, table=step.fit_transform(given, y=y))
            self._note(name, step.new_)
            self.fitted_.append(step)
        table = given.table
        missing = table.isna().mean().to_numpy(dtype=float).tolist()
        self.columns_ = list(table.columns)
        self.rows_ = {
            name: self.rows_[name] | {"missing_share": share}
            for name, share in zip(self.columns_, missing, strict=True)
        }
        return table

    def transform(self, clean: pd.DataFrame) -> pd.DataFrame:
        """The table of other clean rows."""
        for step in self.fitted_:
            clean = step.transform(clean)
        return clean

    def extended(self, schema: TableSchema) -> TableSchema:
        """The schema of the table that it gives, which preprocessors are made from: parts of dates, and what
        steps have made, are columns of numbers."""
        words = {column.name: column for column in schema.of_kind("category") + schema.of_kind("text")}
        numbers = [Column(name, "number") for name in self.columns_ if name not in words]
        return TableSchema((*numbers, *(words[name] for name in self.columns_ if name in words)))

    @property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """{column of the table that it gives: the raw columns that it is made from}."""
        return {name: tuple(row["sources"]) for name, row in self.rows_.items()}

    def feature_rows(self) -> list[FeatureRow]:
        """A FeatureRow for each column of the table that it gives, in order."""
        return [_feature_row(name, row) for name, row in self.rows_.items()]

    def _note(self, step: str, made: Iterable[Mapping[str, Any]]) -> None:
        """Sources in raw columns, formulas in the columns that the step has seen."""
        for column in made:
            raw = [source for name in column["sources"] for source in self.rows_[name]["sources"]]
            about = {"step": step, "sources": list(dict.fromkeys(raw)), "formula": column["formula"]}
            self.rows_[column["name"]] = about


def cleaned_rows(schema: TableSchema) -> list[FeatureRow]:
    """A FeatureRow for each column of the clean table of a model without steps."""
    return [_feature_row(name, row) for name, row in _cleaned_rows(schema).items()]


def _cleaned_rows(schema: TableSchema) -> dict[str, dict[str, Any]]:
    rows = {name: {"step": "", "sources": [name], "formula": name} for name in schema.names("number")}
    for date, names in schema.part_names.items():
        for name, part in zip(names, DATE_PARTS, strict=True):
            rows[name] = {"step": "", "sources": [date], "formula": f"{part} of {date}"}
    words = schema.names("category") + schema.names("text")
    return rows | {name: {"step": "", "sources": [name], "formula": name} for name in words}


def _feature_row(name: str, row: Mapping[str, Any]) -> FeatureRow:
    return FeatureRow(name, row["step"], tuple(row["sources"]), row["formula"], row.get("missing_share"))

"""The table of steps: one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import SettingsError, did_you_mean
from .categories import CategoryCounts, CategoryMeans
from .components import PrincipalComponents
from .dates import DateDifferences, DateParts
from .lags import Lags
from .number_pairs import NumberPairs
from .requirements import Needs, columns_of, numeric_columns, several_columns, time_and_numbers
from .selection import ColumnSelection
from .step import Step
from .texts import TextStatistics

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """One row.

    summary : what it does, in a sentence. needs : (schema, time_column) -> None, or why it cannot be applied.
    build : the unfitted step. most : (schema) -> how many columns it adds, at most. sees_others : is what it
    makes of a row other where it is asked about beside other rows?
    """

    name: str
    summary: str
    needs: Needs
    build: Callable[[], Step]
    most: Callable[[TableSchema], int] = lambda schema: 0
    sees_others: bool = False


STEPS = {  # in the order in which they are applied: what makes columns, then what leaves some out
    row.name: row
    for row in (
        StepSpec(
            name="date_parts",
            summary="Day of the month and weekend, and season, weekday and hour as circles, of each date.",
            needs=columns_of("date"),
            build=DateParts,
            most=DateParts.most,
        ),
        StepSpec(
            name="date_differences",
            summary="Days between pairs of dates.",
            needs=columns_of("date", 2),
            build=DateDifferences,
            most=DateDifferences.most,
        ),
        StepSpec(
            name="ratios",
            summary="Ratios of the pairs of numbers that say most of the target beyond either number.",
            needs=columns_of("number", 2),
            build=lambda: NumberPairs("ratio"),
            most=NumberPairs.most,
        ),
        StepSpec(
            name="products",
            summary="Products of the pairs of numbers that say most of the target beyond either number.",
            needs=columns_of("number", 2),
            build=lambda: NumberPairs("product"),
            most=NumberPairs.most,
        ),
        StepSpec(
            name="category_counts",
            summary="How often each category, and each pair, occurs among the training rows, as a logarithm.",
            needs=columns_of("category"),
            build=CategoryCounts,
            most=CategoryCounts.most,
        ),
        StepSpec(
            name="target_means",
            summary="Means of the target for the values of categories and of pairs of them, cross-fitted.",
            needs=columns_of("category"),
            build=CategoryMeans,
            most=CategoryMeans.most,
        ),
        StepSpec(
            name="lags",
            summary="Numbers of the rows before in time, and their rolling means.",
            needs=time_and_numbers,
            build=Lags,
            most=Lags.most,
            sees_others=True,
        ),
        StepSpec(
            name="text_statistics",
            summary="Length, words, and shares of digits and of capitals of each text.",
            needs=columns_of("text"),
            build=TextStatistics,
            most=TextStatistics.most,
        ),
        StepSpec(
            name="select_by_importance",
            summary="Keeps the columns whose permutation costs more than that of any shuffled copy.",
            needs=several_columns,
            build=lambda: ColumnSelection("importance"),
        ),
        StepSpec(
            name="select_by_correlation",
            summary="Leaves out numbers that correlate beyond 0.98 with an earlier one.",
            needs=numeric_columns,
            build=lambda: ColumnSelection("correlation"),
        ),
        StepSpec(
            name="select_by_model",
            summary="Keeps the columns that bear 99 % of the importance in a forest.",
            needs=several_columns,
            build=lambda: ColumnSelection("model"),
        ),
        StepSpec(
            name="pca",
            summary="Principal components with 95 % of the variance in place of the numbers.",
            needs=numeric_columns,
            build=PrincipalComponents,
        ),
    )
}


def get_step(name: str) -> StepSpec:
    """The row of a name. Raises SettingsError, with the nearest one, for a name that no row has."""
    if not isinstance(name, str) or name not in STEPS:
        raise SettingsError(
            f"No feature step is called {name!r}.{did_you_mean(name, STEPS)} Known: {', '.join(STEPS)}.",
            what=f"no feature step is called {name!r}",
            allowed=STEPS,
        )
    return STEPS[name]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """The steps of these names in the order of the table, each once.

    Raises SettingsError for an unknown name, and for a text in place of a list of names.
    """
    if isinstance(names, str):
        raise SettingsError(f"Give the feature steps as a list of names, such as [{names!r}].")
    wanted = {get_step(name).name for name in names}
    return tuple(name for name in STEPS if name in wanted)


def require_applicable(
    names: Iterable[str],
    schema: TableSchema,
    time_column: str | None = None,
    group_column: str | None = None,
) -> None:
    """Raise SettingsError, one sentence, where a step needs what the table lacks."""
    reasons = [(name, get_step(name).needs(schema, time_column, group_column)) for name in names]
    wrong = [f"the feature step {name!r} cannot be applied: {reason}" for name, reason in reasons if reason]
    if wrong:
        text = "; ".join(wrong)
        raise SettingsError(f"{text[0].upper()}{text[1:]}. Leave it out, or give the table what it needs.")


def most_columns(names: Iterable[str], schema: TableSchema) -> int:
    """How many columns of numbers the steps add to a table, at most."""
    return sum(get_step(name).most(schema) for name in names)

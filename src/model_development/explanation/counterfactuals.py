"""What would have to be otherwise for another decision: the nearest change of one or two columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..reports.section import Section
from .decisions import decide, decision_name, limits_of
from .explained import sample, whole_rows
from .hybrids import Hybrids
from .model_output import ModelOutput
from .raw_values import RawValues, read_values

if TYPE_CHECKING:
    from ..evaluation.evaluation_input import EvaluationInput


N_ROWS = 5  # test rows that are looked at
MOST_ROWS = 2000  # training rows that values are taken from
N_VALUES = 60  # of a column that is changed alone
N_VALUES_OF_TWO = 12  # of each of two columns
N_COLUMNS_OF_TWO = 8  # columns that are changed in pairs
OTHER_LEVEL = 0.5  # how far one category is from another; of numbers, the difference of their ranks, 0 to 1


@dataclass(frozen=True)
class Change:
    """columns : positions. donors : positions of the rows that their new values come from.

    distance : sum over the columns. decision : the one that it leads to.
    """

    columns: tuple[int, ...]
    donors: tuple[int, ...]
    distance: float
    decision: int


class Search:
    """Looks for changes of rows; every new value is one that a training row holds.

    So whole numbers stay whole, dates stay dates, categories are known ones, and nothing leaves the range of
    the training rows. A value is not taken away.
    """

    def __init__(self, given: EvaluationInput, rows: pd.DataFrame) -> None:
        """rows : raw, with the columns that the policy weighs them by."""
        self.given, self.output = given, ModelOutput.of(given.model, given.task)
        known = whole_rows(given.out_of_fold.take(sample(len(given.out_of_fold), MOST_ROWS, given.seed)))
        self.n_rows = len(rows)
        self.hybrids = Hybrids.of(self.output, rows).joined(Hybrids.of(self.output, known))
        self.ours, self.donors = read_values(given.schema, rows), read_values(given.schema, known)
        self.said = self.hybrids.outputs(self.hybrids.whole(np.arange(self.n_rows)))
        self.limits, self.donor_limits = limits_of(given, rows), limits_of(given, known)
        self.decisions = decide(self.said, self.limits)

    def nearest(self, row: int) -> Change | None:
        """The nearest change of one column that turns the decision on a row, else of two; None for none."""
        alone = [(j,) for j in range(len(self.donors))]
        found = self._try(row, alone, N_VALUES)
        if found is None:
            found = self._try(row, list(combinations(self._strongest(row), 2)), N_VALUES_OF_TWO)
        return found

    def _try(self, row, groups, n_values):
        tries = [(columns, donors) for columns in groups for donors in self._donors(columns, n_values)]
        if not tries:
            return None
        said = self._after(row, tries)
        decisions = decide(said, self._limits(row, tries))
        turned = np.flatnonzero(decisions != self.decisions[row])
        if not len(turned):
            return None
        distances = [self._distance(row, *tries[i]) for i in turned]
        best = turned[int(np.argmin(distances))]
        columns, donors = tries[best]
        return Change(columns, donors, min(distances), int(decisions[best]))

    def _after(self, row, tries):
        hybrids = np.full((len(tries), len(self.donors)), row)
        for place, (columns, donors) in enumerate(tries):
            hybrids[place, list(columns)] = np.array(donors) + self.n_rows
        return self.hybrids.outputs(hybrids)

    def _limits(self, row, tries):
        """The limit of each try: where the column that the policy weighs rows by is changed, the donor's."""
        weighed = [] if self.given.policy is None else self.given.policy.columns
        places = [j for j, name in enumerate(self.output.columns) if name in weighed]
        limits = np.full(len(tries), self.limits[row])
        for place, (columns, donors) in enumerate(tries):
            for j in set(places) & set(columns):
                limits[place] = self.donor_limits[donors[columns.index(j)]]
        return limits

    def _donors(self, columns: tuple[int, ...], n_values: int) -> Iterator[tuple[int, ...]]:
        values = [self.donors[j] for j in columns]
        points = [_known_points(one, n_values) for one in values]
        if len(points) == 1:
            return iter([(point,) for point in points[0]])
        return ((a, b) for a in points[0] for b in points[1])

    def _strongest(self, row):
        """Columns that move this row's outputs most when they alone are changed."""
        tries = [((j,), d) for j in range(len(self.donors)) for d in self._donors((j,), N_VALUES_OF_TWO)]
        if not tries:
            return []
        moved = np.abs(self._after(row, tries) - self.said[row]).max(axis=1)
        most = pd.Series(moved).groupby([columns[0] for columns, _ in tries]).max()
        return sorted(most.nlargest(N_COLUMNS_OF_TWO).index.tolist())

    def _distance(self, row, columns, donors):
        return sum(_apart(self.ours[j], row, self.donors[j], d) for j, d in zip(columns, donors, strict=True))


def counterfactuals_section(given: EvaluationInput) -> Section | None:
    """Return for a few test rows the nearest change that turns the decision; None where nothing is decided.

    Source: Wachter, Mittelstadt and Russell (2018), Counterfactual Explanations without Opening the Black
    Box, Harvard J. of Law and Technology 31.
    """
    if not given.task.has_classes or not len(given.test) or not len(given.out_of_fold) or not given.columns:
        return None
    positions = sample(len(given.test), N_ROWS, given.seed)
    search = Search(given, whole_rows(given.test.take(positions)))
    changes = [search.nearest(row) for row in range(len(positions))]
    lines = [_line(search, row, change) for row, change in enumerate(changes)]
    table = pd.DataFrame(lines)
    table.insert(0, "row", given.test.rows[positions])
    n_found, n_one = (
        sum(c is not None for c in changes),
        sum(c is not None and len(c.columns) == 1 for c in changes),
    )
    sentence = (
        f"Of {len(changes)} test rows drawn by the seed, the decision turns for {n_found} by another value "
        f"of one column ({n_one}) or of two ({n_found - n_one}); for {len(changes) - n_found} no such change "
        f"was found among the values of up to {min(MOST_ROWS, len(given.out_of_fold)):,} training rows."
    )
    how = (
        "The nearest change is shown: by the difference of the ranks of old and new number, 0 to 1, and by "
        "0.5 for another category. It says what the model would decide, not what the change would do in the "
        "world."
    )
    return Section(
        (sentence, how), {"Nearest changes that turn the decision": table}, values={"found": n_found}
    )


def _line(search, row, change):
    decision = decision_name(search.given, search.output, int(search.decisions[row]))
    if change is None:
        return {"decision": decision, "would be": None, "if": "none found", "distance": None}
    parts = [
        f"{search.output.columns[j]}: {search.ours[j].texts[row]} -> {search.donors[j].texts[donor]}"
        for j, donor in zip(change.columns, change.donors, strict=True)
    ]
    other = decision_name(search.given, search.output, change.decision)
    return {
        "decision": decision,
        "would be": other,
        "if": "; ".join(parts),
        "distance": round(change.distance, 3),
    }


def _known_points(values: RawValues, n_values: int) -> list[int]:
    """Positions of rows that hold different values: all of them, or evenly chosen ones."""
    if values.numbers is None:
        points = values.grid(n_values)
        return points[~values.is_missing[points]].tolist()
    known = np.flatnonzero(~values.is_missing)
    different = known[np.unique(values.numbers[known], return_index=True)[1]]
    chosen = np.linspace(0, len(different) - 1, min(n_values, len(different))).round().astype(int)
    return different[chosen].tolist()


def _apart(ours: RawValues, row: int, donors: RawValues, donor: int) -> float:
    """How far a new value is from the old one, 0 to 1; of numbers, by their ranks among the known ones."""
    if ours.numbers is None or donors.numbers is None:
        return 0.0 if ours.texts[row] == donors.texts[donor] else OTHER_LEVEL
    if ours.is_missing[row]:
        return OTHER_LEVEL
    known = np.sort(donors.numbers[~donors.is_missing])
    ends = [ours.numbers[row], donors.numbers[donor]]
    ranks = (np.searchsorted(known, ends, "left") + np.searchsorted(known, ends, "right")) / 2
    return float(abs(ranks[0] - ranks[1]) / len(known))

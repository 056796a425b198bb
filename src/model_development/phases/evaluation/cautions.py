"""What a reader of the figures must know first: what speaks against them, and against using the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...metrics.own import metric_of
from ...settings.splits import SPLITS
from .candidates import DUMMY
from .figures import verdict

if TYPE_CHECKING:
    from ...reports.section import Section

MOST = 12  # on the first page


def times(n: int) -> str:
    """How often, in words.

    >>> times(1), times(3)
    ('once', '3 times')
    """
    return "once" if n == 1 else f"{n} times"


def first_cautions(cautions: list[str]) -> list[str]:
    """Return those for the first page, and how many are left."""
    left = len(cautions) - MOST
    return cautions[:MOST] + ([f"{left} more stand with the sections below."] if left > 0 else [])


def all_cautions(content: Mapping[str, Any], sections: Mapping[str, Section]) -> list[str]:
    """Return those of the evaluation as a whole, and then those of the sections; none of them twice."""
    found = [text for section in sections.values() for text in section.warnings]
    return [*cautions_of(content), *dict.fromkeys(found)]


def cautions_of(content: Mapping[str, Any]) -> list[str]:
    """Say how often test rows were used, what they cannot show, and what else is handed on than they saw.

    content : of evaluation_metrics.json.
    """
    n, metric = content["n_test_openings"], metric_of(content)
    found = []
    if n > 1:
        found.append(
            f"The test rows were used {times(n - 1)} before, for other models or decision rules: the more "
            "often that happens, the more favourable their figures."
        )
    dummy = content["differences"].get(DUMMY, {}).get(metric.name)
    if dummy and verdict(dummy, metric) not in ("better", "no interval"):
        found.append(
            "On the test rows it is not significantly better than a guess that ignores the features."
        )
    if SPLITS[content["settings"]["split"]].is_in_time:
        found.append(f"The test rows are one later period: another may differ more. {_near_in_time(content)}")
    if content["handed_on_fitted_on"] != content["fitted_on"]:
        found.append(
            "The model that is handed on was fitted on all rows afterwards, test rows too. The figures are "
            f"those of the model that was evaluated, which was fitted on {content['fitted_on']}."
        )
    return found


def _near_in_time(content):
    """What was made of rows that are near in time, or of one group."""
    n_units, n_rows = content.get("n_test_units"), content["n_rows"]["test"]
    if n_units is None or n_units == n_rows:
        return "Intervals and tests take its rows as independent of each other."
    if content["settings"]["group_column"]:
        return (
            f"Rows of one group depend on each other: intervals and tests draw its {n_rows:,} rows in "
            f"{n_units:,} groups. That rows near in time are alike, too, is not counted."
        )
    return (
        f"Rows near in time depend on each other: intervals and tests draw its {n_rows:,} rows in "
        f"{n_units:,} stretches of time; where they depend strongly, 95 % is still nearer to 80."
    )

"""A search space: for each parameter a list of values, or a range with two ends."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..errors import SettingsError, did_you_mean

RANGE_KEYS = ("low", "high", "log")
PLAIN = (str, int, float, bool, type(None))
NEAR_AN_END = 0.02  # of the length of a range


@dataclass(frozen=True)
class Range:
    """All numbers between two ends, both included; whole numbers where both ends are.

    log : numbers are as dense between 1 and 10 as between 10 and 100.
    """

    low: float
    high: float
    log: bool = False

    @property
    def is_integer(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def place(self, value: Any) -> float | None:
        """Where a value stands between the ends, 0 to 1; None for what is no number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        low, high, value = (
            map(math.log, (self.low, self.high, value))
            if self.log and value > 0
            else (self.low, self.high, value)
        )
        return (value - low) / (high - low)


Space: TypeAlias = Mapping[str, Range | Sequence[Any]]


def read_space(content: Any, where: str) -> dict[str, Range | tuple[Any, ...]]:
    """Return {parameter: tuple of values, or Range} from what a YAML or JSON file holds.

    Raises SettingsError that names every parameter with what is wrong about it.

    >>> read_space({"max_depth": [3, 5], "learning_rate": {"low": 0.01, "high": 0.3, "log": True}}, "x")
    {'max_depth': (3, 5), 'learning_rate': Range(low=0.01, high=0.3, log=True)}
    """
    if not isinstance(content, dict) or not content:
        raise SettingsError(
            f"{where} must hold parameters with their values, for example max_depth: [3, 5, 7] or "
            f"learning_rate: {{low: 0.01, high: 0.3, log: true}}; it holds {content!r:.80}."
        )
    space, problems = {}, []
    for name, values in content.items():
        try:
            space[str(name)] = _range(values) if isinstance(values, dict) else _values(values)
        except ValueError as error:
            problems.append(f"`{name}`: {error}")
    if problems:
        raise SettingsError(f"{where}: {'; '.join(problems)}.")
    return space


def _values(values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError(f"give a list of values, such as [{values!r}]")
    if not values:
        raise ValueError("the list is empty")
    odd = [value for value in values if not isinstance(value, PLAIN)]
    if odd:
        raise ValueError(f"{odd[0]!r} is no number, text, true, false or null")
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        raise ValueError("values must be finite")
    different = {(type(value) is bool, value): value for value in values}
    return tuple(different.values())


def _range(content: dict[str, Any]) -> Range:
    unknown = [key for key in content if key not in RANGE_KEYS]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is unknown{did_you_mean(str(unknown[0]), RANGE_KEYS)} "
            "A range has low, high and, if wanted, log"
        )
    given: list[Any] = [content.get(key) for key in RANGE_KEYS]
    low, high, log = given
    for end in (low, high):
        if isinstance(end, bool) or not isinstance(end, int | float) or not math.isfinite(end):
            raise ValueError(f"low and high must be numbers, not {end!r}")
    if low >= high:
        raise ValueError(f"low {low:g} must be below high {high:g}")
    if not isinstance(log, bool | None):
        raise ValueError(f"log must be true or false, not {log!r}")
    if log and low <= 0:
        raise ValueError(f"a range with log must begin above 0, not at {low:g}")
    return Range(low, high, bool(log))


def n_combinations(space: Space) -> float:
    """How many there are; infinite where a range holds more than whole numbers.

    >>> n_combinations({"depth": Range(3, 5), "kind": ("a", "b")}), n_combinations({"rate": Range(0.1, 1.0)})
    (6, inf)
    """
    return math.prod(map(_n_values, space.values()))


def _n_values(values: Range | Sequence[Any]) -> float:
    if not isinstance(values, Range):
        return len(values)
    return values.high - values.low + 1 if values.is_integer else math.inf


def has_ranges(space: Space) -> bool:
    return any(isinstance(values, Range) for values in space.values())


def at_edges(
    space: Space, params: Mapping[str, Any], limits: Collection[tuple[str, float]] = ()
) -> list[str]:
    """Return a sentence for each parameter whose chosen value is the first or last that was tried.

    Numbers only, and lists of three or more: what lies beyond may be better still. limits : pairs of a
    parameter and a value beyond which nothing lies.

    >>> at_edges({"depth": (3, 5, 7), "kind": ("a", "b")}, {"depth": 7, "kind": "b"})
    ['depth=7 is the largest value that was tried (3 to 7)']
    """
    sentences = []
    for name, values in space.items():
        end = _end(values, params.get(name))
        low, high = (values.low, values.high) if isinstance(values, Range) else _ends(values)
        if end and (name, low if end == "smallest" else high) not in limits:
            tried = f"{low:g} to {high:g}"
            sentences.append(f"{name}={params[name]:.4g} is the {end} value that was tried ({tried})")
    return sentences


def _ends(values: Sequence[Any]) -> tuple[Any, Any]:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return min(numbers, default=None), max(numbers, default=None)


def _end(values: Range | Sequence[Any], value: Any) -> str:
    if isinstance(values, Range):
        place = values.place(value)
        if place is None:
            return ""
        return "smallest" if place <= NEAR_AN_END else "largest" if place >= 1 - NEAR_AN_END else ""
    low, high = _ends(values)
    if len(values) < 3 or low is None or isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if None in values and value == high:  # beyond the largest number stands "no limit"
        return ""
    return "smallest" if value == low else "largest" if value == high else ""

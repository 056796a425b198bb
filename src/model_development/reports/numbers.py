"""Numbers as people read them, and as files keep them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


MOST_DIGITS = 17  # by which every number is told from its neighbours


def format_number(value: float | None) -> str:
    """A metric's value: four digits, but of large numbers the whole part, for that is what people compare.

    >>> format_number(0.123456), format_number(46056.77), format_number(None)
    ('0.1235', '46,057', 'undefined')
    """
    if value is None:
        return "undefined"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


def format_change(value: float | None) -> str:
    """A difference, with its sign.

    >>> format_change(-46056.77), format_change(0.123456), format_change(None)
    ('-46,057', '+0.1235', 'undefined')
    """
    if value is None:
        return "undefined"
    return f"{'-' if value < 0 else '+'}{format_number(abs(value))}"


def format_value(value: float, digits: int = 4) -> str:
    """A value of a column: whole numbers in full, and a year without a comma.

    >>> format_value(2011.0), format_value(46056.0), format_value(37.77493), format_value(37.77493, 6)
    ('2011', '46,056', '37.77', '37.7749')
    """
    size, comma = abs(value), "," if abs(value) >= 10_000 else ""
    if float(value).is_integer() and size < 1e7:
        return f"{value:{comma}.0f}"
    if not 1000 <= size < 1e7:
        return f"{value:.{digits}g}"
    return f"{value:{comma}.{max(digits, len(f'{size:.0f}'))}g}"


def digits_apart(values: Iterable[float]) -> int:
    """With how many digits, four or more, different values are written differently.

    >>> digits_apart([37.7741, 37.7742]), digits_apart([0.5, 0.25, 0.5])
    (6, 4)
    """
    different = set(values)
    for digits in range(4, MOST_DIGITS):
        if len({format_value(value, digits) for value in different}) == len(different):
            return digits
    return MOST_DIGITS


def shortened(text: str, longest: int) -> str:
    """A long text by its beginning and its end, which tell it from others.

    >>> shortened("an address with a number: 17", 20)
    'an address wi…er: 17'
    """
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def told_apart(texts: Iterable[str]) -> list[str]:
    """Texts, of which those that are alike get a number.

    >>> told_apart(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: Counter[str] = Counter()
    apart = []
    for text in texts:
        seen[text] += 1
        apart.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return apart


def format_mean(mean: float | None, std: float | None) -> str:
    """A mean with its spread over the folds, which a single fold does not have.

    >>> format_mean(0.91234, 0.0123), format_mean(46056.77, None)
    ('0.9123 ± 0.012', '46,057')
    """
    spread = "" if std is None else f" ± {format_number(std) if std >= 1000 else f'{std:.2g}'}"
    return format_number(mean) + spread


def format_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    """A value with its 95 % interval, or that there is none.

    >>> format_interval(0.91234, (0.9, 0.93)), format_interval(0.5, None)
    ('0.9123 (95 % interval 0.9 to 0.93)', '0.5 (no interval: too few rows or groups)')
    """
    if interval is None:
        return f"{format_number(value)} (no interval: too few rows or groups)"
    low, high = interval
    return f"{format_number(value)} (95 % interval {format_number(low)} to {format_number(high)})"


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a report's table as a file keeps them: names without spaces, None for what is undefined."""
    plain = table.astype(object).where(table.notna(), None)
    named = {name: str(name).replace(" ", "_").replace("%", "percent") for name in plain}
    return plain.rename(columns=named).to_dict("records")

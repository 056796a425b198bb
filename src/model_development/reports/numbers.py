"""Numbers as people read them, and as files keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def format_number(value: float | None) -> str:
    """A metric's value: four digits, but of large numbers the whole part, for that is what people compare.

    >>> format_number(0.123456), format_number(46056.77), format_number(None)
    ('0.1235', '46,057', 'undefined')
    """
    if value is None:
        return "undefined"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


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

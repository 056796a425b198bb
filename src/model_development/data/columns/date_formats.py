"""Find out how a column writes its dates; skrub knows how people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dates import ISO, to_dates

if TYPE_CHECKING:
    import pandas as pd


MIN_READABLE = 0.9  # share of values that must read as number or date; the rest count as missing
FEW_READABLE = 0.5  # of the first twenty, without which the others are not looked at
DATE_FORMATS = (  # beside ISO, tried in this order; dots always have the day first
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y %H:%M",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%b-%y",
    "%b %Y",
    "%m/%Y",
    "%m/%d/%Y",  # as skrub finds it, where no value is out of range
    "%d/%m/%Y",
    "%Y/%m/%d",
)


def date_format_of(different: pd.Series) -> str | None:
    """How different texts write dates, as strptime has it; None where fewer than nine in ten are dates."""
    sample = different.head(1000)
    with_digits = sample[sample.str.contains(r"\d.*\d")]
    if len(with_digits) < MIN_READABLE * len(sample):
        return None
    if sample.str.match(r"^\d{4}-\d{2}-\d{2}").mean() >= MIN_READABLE:
        candidates = [ISO]
    elif with_digits.str.contains(r"\d[./:\- ,]").any():
        candidates = [*DATE_FORMATS[:4], _guess_date_format(with_digits), *DATE_FORMATS[4:]]
    else:
        candidates = []
    return next((known for known in candidates if known and _reads(sample, different, known)), None)


def _reads(sample, different, date_format):
    looked_at = ((sample.head(20), FEW_READABLE), (different, MIN_READABLE))
    return all(to_dates(texts, date_format).notna().mean() >= share for texts, share in looked_at)


def _guess_date_format(texts):
    from skrub import ToDatetime
    from skrub.core import RejectColumn

    try:
        return ToDatetime().fit(texts.rename("dates")).format_
    except RejectColumn:
        return None

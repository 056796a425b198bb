"""How people write numbers: signs, thousands, decimals, currencies and units; kept with each column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ...late import pandas as pd

CURRENCY_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|BRL|MXN|ARS|CLP"
    "|COP|ZAR|KRW|SGD|HKD|TWD|THB|IDR|MYR|PHP|VND|AED|SAR|ILS|EGP|NGN|KES"
)
CURRENCY = rf"(?:[A-Z]{{1,2}})?[$€£¥₹₽₩₺₪฿₫₴]|(?:{CURRENCY_CODES})\.?|Rs\.?|R\$|kr\.?|zł|Fr\.?"
UNIT = r"[%‰]|°\s?[A-Za-z]?|[A-Za-zµμΩÅ]{1,12}[²³23]?\.?(?:\s?/\s?[A-Za-z]{1,8}[²³23]?)?"
# Blanks are taken whole (*+): many of them, shared out among these places in all ways, would take hours.
SHAPE = re.compile(
    rf"(?P<open>\()?\s*+(?P<sign>[-+])?\s*+(?P<before>{CURRENCY})?\s*+(?P<inner>[-+])?\s*+"
    r"(?P<digits>\d(?:[\d.,' ]*\d)?|[.,]\d+)(?P<power>[eE][-+]?\d+)?(?:[.,]-{1,2})?\s*+"
    rf"(?P<after>{CURRENCY}|{UNIT})?\s*+(?P<trailing>-)?\s*+(?P<close>\))?"
)
DURATION = re.compile(r"(?P<days>[-+]?\d+) days?(?: [-+]?\d{1,2}:\d{2}:\d{2}(?:\.\d+)?)?")
PLAIN = str.maketrans({"−": "-", "–": "-", "’": "'", "`": "'", "\xa0": " ", "\u2009": " ", "\u202f": " "})
GROUPED = re.compile(r"\d{1,3}(?:G\d{2,3})*G\d{3}")  # two digits between, as in India
MIN_SHARE = 0.9  # of a column's values that must read as numbers in one way of writing
FEW_SHARE = 0.5  # of twenty of them, without which the others are not looked at


@dataclass(frozen=True)
class NumberWriting:
    """decimal : the mark before decimals. unit : what stands beside the digits; "" where nothing does.

    doubt : a value that may mean two numbers, where no other value of the column tells which; else "".
    is_sure : values of the column, or its file, show the mark before decimals.
    """

    decimal: str = "."
    unit: str = ""
    doubt: str = ""
    is_sure: bool = False

    def read_doubt(self) -> str:
        """Say what may be read in two ways, and how it is read."""
        number, other = (
            read_number(self.doubt, self),
            NumberWriting("," if self.decimal == "." else ".", self.unit),
        )
        return f"{self.doubt!r} is read as {number:g}; it may mean {read_number(self.doubt, other):g}."


def find_writing(texts: pd.Series, decimal: str = ".") -> NumberWriting | None:
    """Return the NumberWriting of a Series of texts without missing ones; None where they are no numbers.

    decimal : the mark before decimals in the rest of the table; "." says nothing.

    >>> find_writing(pd.Series(["1.234,50 EUR", "20,00 EUR"]))
    NumberWriting(decimal=',', unit='EUR', doubt='', is_sure=True)
    >>> find_writing(pd.Series(["1,234", "5,678"])).doubt
    '1,234'
    """
    few = spread(texts, 20)
    if sum(_match(text) is not None for text in few) < FEW_SHARE * len(few):
        return None
    counts = texts.value_counts()
    matches = {text: match for text in counts.index if (match := _match(text))}
    if counts[list(matches)].sum() < MIN_SHARE * len(texts):
        return None
    units = {_unit(match) for match in matches.values() if not DURATION.fullmatch(match.string)} - {""}
    if len({_plain_unit(unit) for unit in units}) > 1:
        return None
    unit = min(units, default="")
    writing = _find_decimal(list(matches), unit, decimal)
    read = sum(counts[text] for text in matches if read_number(text, writing) is not None)
    return writing if read >= MIN_SHARE * len(texts) else None


def read_number(text: str, writing: NumberWriting) -> float | None:
    """Return a text as float; None where it is no number in this way of writing, or has another unit.

    A duration such as "2 days 06:00:00" reads as days.

    >>> read_number("(1'234.50)", NumberWriting()), read_number("12 lb", NumberWriting(unit="kg"))
    (-1234.5, None)
    """
    match = _match(text)
    if match is None:
        return None
    if match.re is DURATION:
        return pd.Timedelta(match.string) / pd.Timedelta(days=1)
    unit = _unit(match)
    is_known = (
        _plain_unit(unit) == _plain_unit(writing.unit) if writing.unit else re.fullmatch(CURRENCY, unit)
    )
    if unit and not is_known:
        return None
    value = _value(match["digits"], writing.decimal)
    if value is None:
        return None
    signs = (match["sign"], match["inner"], match["trailing"], match["open"] and "-")
    value = float(value + (match["power"] or ""))
    return -value if signs.count("-") % 2 else value


def doubt_among(texts: Iterable[str], writing: NumberWriting) -> str:
    """Return a text whose mark may stand before decimals or between thousands; "" where none is in doubt.

    writing : how the training rows write numbers. Where they left no doubt of it, other values among these
    texts must show another mark; where they had no marks at all, the mark that it reads decimals by is clear.
    """
    matches = [(text, match) for text in texts if (match := _match(text)) and match.re is SHAPE]
    marks = [(text, match["digits"], _decimal_of(match["digits"])) for text, match in matches]
    is_clear = writing.is_sure and {mark for _, _, mark in marks} <= {None, "", writing.decimal}
    may_be = ",." if writing.doubt or writing.is_sure else ",.".replace(writing.decimal, "")
    doubtful = (text for text, digits, mark in marks if mark is None and set(digits) & set(may_be))
    return "" if is_clear else next(doubtful, "")


def spread(texts: pd.Series, n: int) -> pd.Series:
    """Return at most n texts from the first to the last, at even distances: a table may be in any order."""
    return texts.iloc[:: -(-len(texts) // n)] if len(texts) > n else texts


def _match(text):
    plain = text.translate(PLAIN).strip()
    if duration := DURATION.fullmatch(plain):
        return duration
    match = SHAPE.fullmatch(plain)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["before"] and match["after"]):
        return None
    return match


def _unit(match):
    return "" if match.re is DURATION else match["before"] or match["after"] or ""


def _plain_unit(unit):
    plain = unit.replace(" ", "").rstrip(".")
    return plain.removesuffix("s") if len(plain) > 3 else plain


def _find_decimal(texts, unit, decimal):
    """The mark that the values without doubt have before decimals; where there are none, the likelier one."""
    digits = [(text, match["digits"]) for text in texts if (match := _match(text)).re is SHAPE]
    known = Counter(mark for _, number in digits if (mark := _decimal_of(number)) in (".", ","))
    doubtful = [(text, number) for text, number in digits if _decimal_of(number) is None]
    if known:
        mark, count = known.most_common(1)[0]
        mixed = count < known.total()
        return NumberWriting(mark, unit, doubtful[0][0] if doubtful and mixed else "", not mixed)
    if not doubtful or decimal != ".":
        return NumberWriting(decimal, unit, is_sure=decimal != ".")
    text, number = doubtful[0]
    is_money = bool(unit) and re.fullmatch(CURRENCY, unit) is not None  # it has two decimals, not three
    return NumberWriting("," if "." in number and is_money else ".", unit, text)


def _decimal_of(digits):
    """The mark before decimals: "" where there is none to be seen, None where it may be a thousands mark."""
    marks = [character for character in digits if character in ".,"]
    if not marks:
        return ""
    if "'" in digits or " " in digits:
        return marks[-1]
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "." if marks[0] == "," else ","
    return None if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) else marks[0]


def _value(digits, decimal):
    """Digits as Python writes them; None where the groups of thousands are none."""
    found = _decimal_of(digits)
    mark = decimal if found is None else found
    whole, _, rest = digits.rpartition(mark) if mark and mark in digits else (digits, "", "")
    groups = {character for character in whole if not character.isdigit()}
    if len(groups) > 1 or not (rest.isdigit() or rest == ""):
        return None
    for group in groups:
        if not re.fullmatch(GROUPED.pattern.replace("G", re.escape(group)), whole):
            return None
        whole = whole.replace(group, "")
    return f"{whole or '0'}.{rest or '0'}"

"""How a text file is written: encoding, marks between fields and before decimals, leading zeros."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

REPEATED_NAMES = "repeated_names"  # keys in the table's attrs: {name as read: name in the file}
DIALECT, DECIMAL = "dialect", "decimal"  # how the file is written, in words; its mark before decimals
LABEL_WORDS = ("None", "NA", "N/A", "n/a", "null", "NULL")  # words for missing that may be classes
SEPARATORS = (",", ";", "\t", "|")
SHOWN = {"\t": "tab"}
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
HEAD = 100_000  # bytes from which separator and decimal mark are told
CHUNK = 1 << 24
CODE = re.compile(rb"\s*0\d+[\s\",;|]")  # a whole field of digits
COMMA_NUMBER = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+")
POINT_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d*)\.\d+")
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")  # or three decimals: more likely so beside semicolons


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    n_skipped : lines before the header, such as the "sep=;" of a spreadsheet. has_codes : some field holds
    digits alone, the first of them a zero.
    """

    encoding: str = "utf-8-sig"
    separator: str = ","
    decimal: str = "."
    n_skipped: int = 0
    has_codes: bool = False

    def __str__(self) -> str:
        encoding = "UTF-8" if self.encoding == "utf-8-sig" else self.encoding
        separator = SHOWN.get(self.separator, repr(self.separator))
        return f"{separator} between fields, {self.decimal!r} before decimals, {encoding}"

    @property
    def options(self) -> dict[str, Any]:
        """What `pandas.read_csv` is to be told."""
        decimal = {"decimal": self.decimal} if self.decimal != "." else {}
        return decimal | {"encoding": self.encoding, "sep": self.separator, "skiprows": self.n_skipped}


def find_dialect(location: str) -> Dialect:
    """Look through a text file, in pieces, and return its Dialect."""
    import fsspec

    with fsspec.open(location, "rb", compression="infer") as file:
        head = file.read(CHUNK)
        encoding, has_codes = _encoding(head), False
        is_utf8, piece, decoder = encoding == "utf-8-sig", head, codecs.getincrementaldecoder("utf-8")()
        while piece:
            has_codes = has_codes or _has_codes(piece, encoding)
            is_utf8 = is_utf8 and _decodes(decoder, piece)
            piece = file.read(CHUNK)
    if encoding == "utf-8-sig" and not is_utf8:
        encoding = "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", head) else "latin-1"
    return _with_marks(head[:HEAD].decode(encoding, errors="ignore"), encoding, has_codes)


def _encoding(head):
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    if b"\x00" in head[:1000]:  # UTF-16 without a mark: every second byte of plain letters is zero
        return "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    return "utf-8-sig"


def _decodes(decoder, piece):
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _has_codes(piece, encoding):
    """Digits alone with a zero first, at the start of a field."""
    if encoding.startswith("utf-16"):
        piece = piece.replace(b"\x00", b"")
    characters = np.frombuffer(piece, dtype=np.uint8)
    zeros = np.flatnonzero(characters == ord("0"))
    zeros = zeros[(zeros > 0) & (zeros < len(characters) - 1)]
    after, before = characters[zeros + 1], characters[zeros - 1]
    is_first = np.isin(before, np.frombuffer(b' ",;\t|\n\r', dtype=np.uint8))
    starts = zeros[is_first & (after >= ord("0")) & (after <= ord("9"))]
    return any(CODE.match(piece, start) for start in starts.tolist())


def decimal_of(table: pd.DataFrame) -> str:
    """The mark before decimals in the file that a table was read from; "." where none is known."""
    return table.attrs.get(DECIMAL, ".")


def _with_marks(text, encoding, has_codes):
    first, _, rest = text.partition("\n")
    n_skipped, separator = 0, ""
    if first.lower().startswith("sep="):
        n_skipped, separator = 1, first.strip()[4:5] or "\t"
        first, _, rest = rest.partition("\n")
    bare = re.sub(r'"[^"]*"', "", first)
    separator = separator or max(SEPARATORS, key=bare.count)
    lines = rest.split("\n")[:500]
    found = Counter()
    for field in (field.strip() for row in csv.reader(lines, delimiter=separator) for field in row):
        if separator == ";" and field.count(",") or not THOUSANDS.fullmatch(field):
            found["."] += POINT_NUMBER.fullmatch(field) is not None
            found[","] += COMMA_NUMBER.fullmatch(field) is not None
    decimal = "," if separator != "," and found[","] > found["."] else "."
    return Dialect(encoding, separator, decimal, n_skipped, has_codes)

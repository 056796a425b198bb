"""How the target column is written, found out once and read alike in every table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import DataError
from .columns.number_writing import NumberWriting, find_writing
from .columns.recognition import CODE
from .columns.values import MISSING_MARKS, bytes_as_text, plain_dtype, to_numbers
from .reading.dialects import LABEL_WORDS

MIN_NUMBERS = 20  # different numbers, from which on a target with some text is a number gone wrong
FREQUENT = 0.05  # share of the rows from which on a word for missing may be meant as a class
USUAL_LABELS = ("None",)  # words for missing in code, but names of things in tables


@dataclass(frozen=True)
class TargetReading:
    """How a target is written.

    writing : of numbers; None where the values are labels. missing : words that stand for no value.
    doubts : (evidence, advice) of what may be meant otherwise.
    """

    name: str
    writing: NumberWriting | None = None
    missing: frozenset[str] = frozenset(MISSING_MARKS)
    doubts: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def rows(self, values: pd.Series, where: str = "the table") -> np.ndarray:
        """Return the positions of the rows that have a target. Raises DataError when none has."""
        values = _plain(values)
        present = values.notna()
        if not pd.api.types.is_numeric_dtype(values):
            present &= ~values.astype(str).str.strip().isin(self.missing)
        if not present.any():
            raise DataError(f"The target {self.name!r} is missing in every row of {where}.")
        return np.flatnonzero(present)

    def read(self, values: pd.Series) -> pd.Series:
        """Return a target without missing values: numbers, durations as days, or labels without stray blanks.

        Raises DataError when nearly all values are numbers and some are not.
        """
        plain = _plain(values)
        if pd.api.types.is_timedelta64_dtype(plain):
            return pd.Series(to_numbers(plain), index=values.index, name=values.name)
        if not _is_text(plain):
            return plain
        if self.writing is not None:
            numbers = pd.Series(to_numbers(plain, self.writing), index=values.index, name=values.name)
            _require_numbers(plain, numbers)
            are_whole = pd.api.types.is_integer_dtype(pd.to_numeric(plain, errors="coerce"))
            return numbers.astype("int64") if are_whole else numbers
        return plain.map(lambda value: value.strip() if isinstance(value, str) else value)


def find_target_reading(
    values: pd.Series, missing_labels: Sequence[str] | None = None, decimal: str = "."
) -> TargetReading:
    """Find out how the target column of the table is written; missing values may be among `values`.

    missing_labels : words that the user says stand for no value; None leaves it to be found out.
    decimal : the mark before decimals in the rest of the table.

    Raises DataError where a frequent word, such as "NA", may be a class or stand for no value.
    """
    name, plain = str(values.name), _plain(values)
    if not _is_text(plain):
        return TargetReading(name)
    raw = plain.dropna().astype(str)
    stripped = raw.str.strip()
    words = frozenset(MISSING_MARKS) if missing_labels is None else frozenset(["", *missing_labels])
    certain = stripped[~stripped.isin(frozenset(MISSING_MARKS) | words)]
    writing = _writing(certain, plain, decimal)
    if writing is not None:
        advice = "Write the numbers without marks between thousands."
        doubts = [(writing.read_doubt(), advice)] if writing.doubt else []
        return TargetReading(name, writing, frozenset(MISSING_MARKS) | words, tuple(doubts))
    doubts = [*_blanks(raw, stripped), *_spellings(certain)]
    if missing_labels is None:
        labels, more = _labels_among(stripped, name)
        words, doubts = words - labels, doubts + more
    return TargetReading(name, None, words, tuple(doubts))


def _plain(values):
    plain = plain_dtype(values)
    if plain.dtype == object:
        return plain.map(lambda v: bytes_as_text(v) if isinstance(v, bytes) else v)
    return plain


def _is_text(values):
    return pd.api.types.is_string_dtype(values) or values.dtype == object


def _writing(texts, values, decimal):
    """How numbers are written; None where the target holds labels, codes such as "001" among them."""
    if texts.empty or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return None
    different = pd.Series(texts.unique())
    if different.str.match(CODE).any():
        return None
    if decimal != "." and different.str.contains(r"[.,]").any():  # "1.234" is no decimal fraction there
        return find_writing(texts, decimal) if len(different) >= MIN_NUMBERS else None
    numbers = pd.to_numeric(texts, errors="coerce")
    is_mostly_numbers = numbers.notna().mean() > 0.5 and numbers.nunique() >= MIN_NUMBERS
    if numbers.notna().all() or is_mostly_numbers:
        return NumberWriting()
    return find_writing(texts) if len(different) >= MIN_NUMBERS else None


def _require_numbers(values, numbers):
    odd = values[numbers.isna().to_numpy()]
    if len(odd):
        raise DataError(
            f"The target {values.name!r} mixes numbers and text: {len(odd)} of {len(values)} rows hold "
            f"no number, the first is {odd.iloc[0]!r} (row {odd.index[0]}). Correct or empty these cells."
        )


def _labels_among(texts, name):
    """Words for missing that are classes of the target, and what is to be said of them."""
    counts = Counter(texts[texts.isin(LABEL_WORDS)])
    labels, doubts = {word for word in counts if word in USUAL_LABELS}, []
    for word in sorted(counts):
        others = f"set `missing_labels` to [{word!r}]" if word in labels else "set `missing_labels` to []"
        if word not in labels and counts[word] >= FREQUENT * len(texts):
            raise DataError(
                f"The target {name!r} holds {word!r} in {counts[word]} of {len(texts)} rows: a class, or no "
                f'value? Set `missing_labels` to ["{word}"] to leave these rows out, to [] for a class.'
            )
        means = "is taken for a class" if word in labels else "counts as missing"
        doubts.append((f"{word!r}, in {counts[word]} rows, {means}.", f"If it is not so, {others}."))
    return labels, doubts


def _blanks(raw, stripped):
    odd = raw[(raw != stripped) & (stripped != "")]
    if len(odd):
        yield (
            f"{len(odd)} labels begin or end with blanks, such as {odd.iloc[0]!r}; these are taken off.",
            "",
        )


def _spellings(labels):
    """Labels that differ in capital letters or inner blanks alone."""
    different = pd.Series(labels.unique(), dtype="str")
    folded = different.str.casefold().str.replace(r"\s+", " ", regex=True)
    for _, group in different.groupby(folded):
        if len(group) > 1:
            yield (
                f"{' and '.join(map(repr, sorted(group)))} are taken for different classes.",
                "Write a class in one way, if they are the same.",
            )

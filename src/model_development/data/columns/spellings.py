"""One spelling for what is the same: words for true and false, codes with and without leading zeros."""

import re
from collections.abc import Collection, Iterable

import numpy as np

FLAG_FAMILIES = (  # words for true, words for false
    ({"true", "t"}, {"false", "f"}),
    ({"yes", "y"}, {"no", "n"}),
    ({"on"}, {"off"}),
    ({"ja", "j"}, {"nein", "n"}),
    ({"oui", "o"}, {"non", "n"}),
    ({"1"}, {"0"}),
)
TRUE_WORDS = set.union(*(true for true, _ in FLAG_FAMILIES))
FALSE_WORDS = set.union(*(false for _, false in FLAG_FAMILIES))


def flag_words(texts: Collection[str]) -> tuple[str, ...]:
    """Return the texts that stand for false and for true, or () where different texts are not two such words.

    >>> flag_words(["yes", "no"]), flag_words(["yes", "perhaps"])
    (('no', 'yes'), ())
    """
    words = {text.lower(): text for text in texts}
    for true, false in FLAG_FAMILIES:
        if len(words) == len(texts) == 2 and words.keys() & true and words.keys() & false:
            (yes,), (no,) = words.keys() & true, words.keys() & false
            return words[no], words[yes]
    return ()


def as_flags(texts: Iterable[str | None], flags: tuple[str, ...]) -> np.ndarray:
    """Texts that mean true or false in the two words of a column; others stay as they are."""
    no, yes = flags
    words = dict.fromkeys(TRUE_WORDS, yes) | dict.fromkeys(FALSE_WORDS, no)
    return np.array([None if t is None else words.get(t.lower(), t) for t in texts], dtype=object)


def as_codes(texts: Iterable[str | None], width: int) -> np.ndarray:
    """Texts of digits alone with as many digits as the column has; 1: without leading zeros.

    >>> as_codes(["2139", "2139.0", "K1A"], 5).tolist()
    ['02139', '02139', 'K1A']
    """
    return np.array([None if text is None else _as_code(text, width) for text in texts], dtype=object)


def _as_code(text, width):
    digits = re.fullmatch(r"(\d+)(?:\.0+)?", text)
    return (digits[1].lstrip("0") or "0").zfill(width) if digits else text


def code_width(texts: Collection[str]) -> int:
    """Digits of the codes among different texts, see `as_codes`; 0 where they are to stay as they are."""
    digits = [text for text in texts if text.isdigit() and text.isascii()]
    if not digits or any(re.fullmatch(r"\d+\.0+", text) for text in texts):
        return 0
    lengths = {len(text) for text in digits}
    if any(text.startswith("0") for text in digits) and len(lengths) == 1:
        return lengths.pop()
    return 1 if len({text.lstrip("0") for text in digits}) == len(digits) else 0

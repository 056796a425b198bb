"""JSON as RFC 8259 and I-JSON have it: what Python's reader lets pass is refused here."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from .problems import Problem

MAY_BE_HALF = re.compile(
    rb"\\u[dD][89a-fA-F]"
)  # an escape that is half a character, unless two stand together


def parse_json(body: bytes, *, takes_nan: bool = False) -> Any:
    """Return what a body holds.

    takes_nan : NaN is null, as MLflow's client writes missing numbers; infinities are refused all the same.

    Raises Problem for invalid UTF-8, keys that occur twice in one object, NaN and infinities, nesting that is
    too deep, halves of characters.

    >>> parse_json(b'{"age": 31}')
    {'age': 31}
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("malformed_body", f"Byte {error.start} of the body is not UTF-8.") from None
    try:
        content = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_or_null if takes_nan else _refused
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem("malformed_body", f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise Problem("malformed_body", "The body's lists or objects lie too deep in each other.") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise Problem("malformed_body", "The body holds a whole number that is too long.") from None
    if MAY_BE_HALF.search(body):
        _require_characters(content)
    return content


def _unique(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name in found if counts[name] > 1)
        raise Problem("malformed_body", f"The key {printable(twice)!r} occurs twice in one object.")
    return found


def _refused(word):
    raise Problem("malformed_body", f"JSON has no {word}. Give null for a missing number.")


def _or_null(word):
    return None if word == "NaN" else _refused(word)


def _require_characters(content):
    try:
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Problem("malformed_body", "A text holds half of a character (a lone surrogate).") from None


def printable(text: str) -> str:
    """A text of a client's in a message: short, and of whole characters."""
    short = text if len(text) <= 100 else f"{text[:100]}…"
    return short.encode("utf-8", "replace").decode("utf-8")

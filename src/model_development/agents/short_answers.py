"""Answers that an assistant can read whole: long lists are cut, and it is said where the rest stands."""

from __future__ import annotations

import json
from typing import Any

MOST_CHARACTERS = 24_000  # of JSON: under 8,000 tokens at three characters each
LONGEST_TEXT = 2_000
ITEMS = (40, 20, 10, 5, 2)  # of each list, tried in this order


def short_answer(content: dict[str, Any]) -> dict[str, Any]:
    """Return a dict whose JSON has at most MOST_CHARACTERS; what was cut is named under `cut`.

    >>> short_answer({"numbers": list(range(3))})
    {'numbers': [0, 1, 2]}
    >>> cut = short_answer({"numbers": list(range(9000))})
    >>> len(cut["numbers"]), cut["cut"]
    (40, {'numbers': '40 of 9000 shown'})
    """
    if _size(content) <= MOST_CHARACTERS:
        return content
    for n in ITEMS:
        said: dict[str, str] = {}
        found = _cut(content, n, (), said)
        if _size(found | {"cut": said}) <= MOST_CHARACTERS:
            return found | {"cut": said}
    return _first_parts(found)


def _first_parts(content):
    """The parts that fit, in order; how many are left out is said."""
    kept: dict[str, Any] = {}
    left = MOST_CHARACTERS - 200  # for the word about the rest
    for name, value in content.items():
        left -= _size({name: value})
        if left > 0:
            kept[name] = value
    return kept | {"cut": {"parts": f"{len(kept)} of {len(content)} shown"}}


def _size(content):
    return len(json.dumps(content, ensure_ascii=False, default=str))


def _cut(value, n, path, said):
    if isinstance(value, dict):
        return {name: _cut(part, n, (*path, str(name)), said) for name, part in value.items()}
    if isinstance(value, list):
        if len(value) > n:
            said[".".join(path)] = f"{n} of {len(value)} shown"
        return [_cut(part, n, (*path, str(at)), said) for at, part in enumerate(value[:n])]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        said[".".join(path)] = f"{LONGEST_TEXT} of {len(value)} characters shown"
        return f"{value[:LONGEST_TEXT]}…"
    return value

"""Finished work, kept so that it is not done twice: found again by a fingerprint of all it depends on."""

import dis
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from .files import plain, to_json, write_text

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
NOTHING = dis.opmap["NOP"]  # what is left of a docstring
AFTERWARDS = (  # rooms that no fit depends on: they show, judge or serve what was fitted
    *("agents", "cli", "evaluation", "explanation", "monitoring", "planning", "promotion"),
    *("reports", "row_plan", "serving", "tracking", "use_cases", "model_utils.py"),
)


def work_key(**depends_on: Any) -> str:
    """Return a fingerprint of what a piece of work depends on, this package's own code included.

    >>> work_key(a=1, b=2) == work_key(b=2, a=1), work_key(a=1) == work_key(a=2)
    (True, False)
    """
    return fingerprint(depends_on | {"code": _code_fingerprint()})


def fingerprint(content: Mapping[str, Any]) -> str:
    """Return a short hash of a dict, whatever the order of its keys."""
    text = json.dumps(plain(content), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Checkpoints:
    """One JSON file per piece of work in a folder, each whole or absent."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def load(self, name: str, key: str) -> dict[str, Any] | None:
        """Return the dict saved under this name, None unless it was saved with the same key."""
        content = self._read(name)
        return content["content"] if content.get("key") == key else None

    def key(self, name: str) -> str | None:
        """The key under which something was saved last; None where there is nothing."""
        return self._read(name).get("key")

    def save(self, name: str, key: str, content: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.path(name), to_json({"key": key, "content": content}))

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return json.loads(self.path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


@lru_cache(maxsize=1)
def _code_fingerprint() -> str:
    """Of what is run on the way to a result: comments, docstrings and rooms that follow it are not."""
    digest = hashlib.sha256()
    for file in sorted(PACKAGE_FOLDER.rglob("*.py")):
        if file.relative_to(PACKAGE_FOLDER).parts[0] not in AFTERWARDS:
            digest.update(_without_words(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()


def _without_words(source: str) -> str:
    """What Python makes of a source, but for comments, docstrings and numbers of lines."""
    return _content(compile(source, "source", "exec", dont_inherit=True, optimize=2))


def _content(code: CodeType) -> str:
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_flags)
    # From Python 3.13 on, a class knows its first line.
    line = code.co_firstlineno if "__firstlineno__" in code.co_names else None
    constants = [_constant(value) for value in code.co_consts if value is None or value != line]
    steps = [code.co_code[k : k + 2] for k in range(0, len(code.co_code), 2)]
    return repr((b"".join(step for step in steps if step[0] != NOTHING), names, constants))


def _constant(value):
    if isinstance(value, CodeType):
        return _content(value)
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)  # in no order of its own

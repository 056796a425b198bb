"""Errors whose message is written for the user: what, where, what is allowed, what to do."""

import difflib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LONGEST_WORD = 200  # characters of a value of the user's that stands in a message
ERROR_FILE = "MODEL_DEVELOPMENT_ERROR_FILE"  # environment: where a notebook in batch leaves what stopped it


class TemplateError(Exception):
    """Base of every error that the user can mend; the message says how.

    what, where, allowed, do : the same in parts, for programs, where the raiser knows them: what is wrong,
    the file, setting or flag, the values that are allowed there, and what to do.
    """

    def __init__(
        self,
        message: object = "",
        *,
        what: str | None = None,
        where: object = None,
        allowed: Iterable[object] | None = None,
        do: str | None = None,
    ) -> None:
        super().__init__(shortened(str(message)))
        self.what, self.do = what, do
        self.where = None if where is None else str(where)
        self.allowed = None if allowed is None else [str(value) for value in allowed]

    def describe(self) -> dict[str, Any]:
        """Return `error` (the class), `message`, `what`, `where`, `allowed`, `do`; None where not known."""
        return {
            "error": type(self).__name__,
            "message": str(self),
            "what": shortened(self.what or str(self)),
            "where": self.where,
            "allowed": self.allowed,
            "do": self.do,
        }

    def _render_traceback_(self):
        """IPython shows this in place of a traceback: bad input needs a sentence, not a stack."""
        if os.environ.get(ERROR_FILE):
            Path(os.environ[ERROR_FILE]).write_text(json.dumps(self.describe()), encoding="utf-8")
        return [f"{type(self).__name__}: {self}"]


class ContextError(TemplateError, ValueError):
    """The context file is missing, unreadable, or lacks a key."""


class SettingsError(TemplateError, ValueError):
    """A setting, notebook parameter or flag has an unknown name or a value that is not allowed."""


class DataError(TemplateError, ValueError):
    """The table cannot be read, or cannot be learnt from."""


class UnknownModelError(TemplateError, ValueError):
    """No row of the table of models has this name."""


class UnknownUseCaseError(TemplateError, ValueError):
    """No row of the catalogue of use cases has this name."""


class ArtifactsError(TemplateError, OSError):
    """The artifacts folder cannot be written, or a file in it is missing or not ours."""


class TrackingError(TemplateError, ConnectionError):
    """The MLflow tracking store cannot be reached."""


class TrainingError(TemplateError, RuntimeError):
    """No candidate could be trained at all."""


class UnreadableColumnWarning(UserWarning):
    """Most values of a column mean nothing to the model, or some of its numbers may mean others."""


class SkipModel(Exception):
    """This model cannot run here (package missing, wrong task): one line in the table."""


class NoTime(SkipModel):
    """There is no time for this model, or not for enough of it."""


def error_like(described: dict[str, Any]) -> TemplateError:
    """Return the error that another process has described.

    >>> error_like(DataError("no rows", where="a.csv").describe()).where
    'a.csv'
    """
    parts = {name: described.get(name) for name in ("what", "where", "allowed", "do")}
    kind: Any = globals().get(str(described.get("error")))
    if not (isinstance(kind, type) and issubclass(kind, TemplateError)):
        kind = TemplateError
    error: TemplateError = kind(described.get("message", ""), **parts)
    return error


def shortened(text: str) -> str:
    """Return a text with words that are too long to be read cut.

    >>> shortened("holds text such as " + 5000 * "x")[:24]
    'holds text such as xxxxx'
    >>> len(shortened("holds text such as " + 5000 * "x"))
    120
    """
    return re.sub(rf"\S{{{LONGEST_WORD},}}", lambda word: f"{word[0][: LONGEST_WORD // 2]}…", text)


def some_of(names: list, n: int = 30) -> str:
    """Return the first names as text, and how many more there are.

    >>> some_of(["a", "b", "c"], n=2)
    'a, b and 1 more'
    """
    rest = f" and {len(names) - n} more" if len(names) > n else ""
    return f"{', '.join(map(str, names[:n]))}{rest}"


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return a hint with the nearest known name, or an empty string.

    >>> did_you_mean("primary_metrc", ["primary_metric", "seed"])
    " Did you mean 'primary_metric'?"
    """
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""

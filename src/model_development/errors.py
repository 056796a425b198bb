"""Errors whose message is written for the user: what, where, what is allowed, what to do."""

import difflib
import re
from collections.abc import Iterable

LONGEST_WORD = 200  # characters of a value of the user's that stands in a message


class TemplateError(Exception):
    """Base of every error that the user can mend; the message says how."""

    def __init__(self, message: object = "") -> None:
        super().__init__(shortened(str(message)))

    def _render_traceback_(self):
        """IPython shows this in place of a traceback: bad input needs a sentence, not a stack."""
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

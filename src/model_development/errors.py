"""Errors whose message is written for the user: what, where, what is allowed, what to do."""

import difflib
from collections.abc import Iterable


class TemplateError(Exception):
    """Base of every error that the user can mend; the message says how."""

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


class ArtifactsError(TemplateError, OSError):
    """The artifacts folder cannot be written, or a file in it is missing or not ours."""


class TrackingError(TemplateError, ConnectionError):
    """The MLflow tracking store cannot be reached."""


class TrainingError(TemplateError, RuntimeError):
    """No candidate could be trained at all."""


class UnreadableColumnWarning(UserWarning):
    """Most values of a column mean nothing to the model: unreadable, or categories that it does not know."""


class SkipModel(Exception):
    """This model cannot run here (package missing, wrong task): one line in the table."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return a hint with the nearest known name, or an empty string.

    >>> did_you_mean("primary_metrc", ["primary_metric", "seed"])
    " Did you mean 'primary_metric'?"
    """
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""

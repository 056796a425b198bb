"""scikit-learn's objects as the code that makes them: what is as by default is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .cells import WIDTH
from .source import PACKAGE

INDENT = "    "
PUBLIC = {"sklearn": 2}  # parts of a module's name that people import from; 1 for others


def written(value: Any, imports: set[str], room: int = WIDTH) -> str:
    """Return code for a value, in as many lines as it takes; what it needs is added to `imports`.

    >>> from sklearn.linear_model import Ridge
    >>> needed = set()
    >>> written(Ridge(alpha=np.float64(0.5)), needed), needed
    ('Ridge(alpha=0.5)', {'from sklearn.linear_model import Ridge'})
    """
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"np.{value.__name__}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value).replace("nan", "np.nan").replace("inf", "np.inf")
    if hasattr(value, "steps"):
        imports.add("from sklearn.pipeline import make_pipeline")
        return call("make_pipeline", [written(step, imports, room - 4) for _, step in value.steps], room)
    if hasattr(value, "get_params"):
        return written_call(value, imports, room=room)
    if hasattr(value, "get_n_splits"):
        imports.add(_import_of(type(value)))  # folds say what they are by themselves
    return repr(value)


def written_call(
    estimator: Any, imports: set[str], instead: Mapping[str, str] | None = None, room: int = WIDTH
) -> str:
    """Return the call that makes an unfitted estimator. instead : {parameter: code} for some parameters."""
    cls = public_class(estimator)
    if cls.__module__.partition(".")[0] != PACKAGE:
        imports.add(_import_of(cls))
    codes = dict(changed(estimator, imports, room)) | dict(instead or {})
    return call(cls.__name__, [f"{name}={code}" for name, code in codes.items()], room)


def changed(estimator: Any, imports: set[str], room: int = WIDTH) -> dict[str, str]:
    """Return {parameter: code} of the parameters that are not as by default."""
    defaults = type(estimator)().get_params(deep=False)
    codes = {}
    for name, value in estimator.get_params(deep=False).items():
        if name not in defaults or repr(defaults[name]) != repr(value):
            codes[name] = written(value, imports, room - 4 - len(name))
    return codes


def public_class(estimator: Any) -> type:
    """The library's class where ours adds to it nothing but speed; a class of ours else."""
    first = next(c for c in type(estimator).__mro__ if c.__module__.partition(".")[0] != PACKAGE)
    return first if hasattr(first, "predict") else type(estimator)  # a mixin predicts nothing


def call(name: str, arguments: list[str], room: int = WIDTH) -> str:
    """A call on one line, or with an argument a line where it is too long."""
    return laid_out(f"{name}(", ")", arguments, room)


def laid_out(head: str, tail: str, items: list[str], room: int = WIDTH) -> str:
    """Items between brackets, on one line where it is short enough."""
    if head == "(" and len(items) == 1:
        items = [items[0] + ","]
    flat = head + ", ".join(items) + tail
    if len(flat) <= room and "\n" not in flat:
        return flat
    lines = [item.replace("\n", f"\n{INDENT}") for item in items]
    return head + "".join(f"\n{INDENT}{line.rstrip(',')}," for line in lines) + f"\n{tail}"


def _import_of(cls):
    parts = cls.__module__.split(".")
    return f"from {'.'.join(parts[: PUBLIC.get(parts[0], 1)])} import {cls.__name__}"

"""Functions of the user's in a file beside the context: read, checked, and given what they ask for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import SettingsError

Function = Callable[..., Any]


def read_source(place: str, folder: Path, setting: str) -> str:
    """Return the text of a file below `folder`. Raises SettingsError where it is not there or unreadable."""
    path = (folder / place).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SettingsError(
            f"`{setting}`: {path} is not below {folder}, where the context is. Copy it there."
        )
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"`{setting}`: {path} cannot be read: {error}.") from None


def functions_of(source: str, place: str, setting: str, module: str) -> dict[str, Function]:
    """Run a file's text; return {name: function} of what is callable in it.

    module : what the functions take for the name of theirs. Raises SettingsError where it cannot be run.
    """
    space: dict[str, Any] = {"__name__": module}
    try:
        exec(compile(source, place, "exec"), space)
    except Exception as error:
        raise SettingsError(f"`{setting}`: {place} cannot be run: {type(error).__name__}: {error}.") from None
    return {name: value for name, value in space.items() if callable(value)}


def unknown_arguments(function: Function, known: Sequence[str]) -> list[str]:
    """Names of arguments that the function asks for and nobody gives."""
    return sorted(set(inspect.signature(function).parameters) - set(known))


def called_with(function: Function, given: Mapping[str, Any]) -> Any:
    """Call a function with those of the arguments that it names."""
    named = set(inspect.signature(function).parameters)
    return function(**{name: value for name, value in given.items() if name in named})

"""pandas at its first use: importing it costs half a second, and a service of plain rows needs none of it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class _Late(ModuleType):
    """Stands for a module; imports it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.__name__)
        vars(self).update(vars(module))  # from now on found here at once
        return getattr(module, name)


if TYPE_CHECKING:
    import pandas
else:
    pandas = _Late("pandas")

__all__ = ["load_late", "pandas"]


def load_late() -> None:
    """Import what was put off, at a time when nobody waits for it."""
    import_module("pandas")

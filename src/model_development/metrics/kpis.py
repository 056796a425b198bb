"""The user's own business figures: the public functions of the file that `business.kpi_file` names."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError, shortened
from .own_functions import Function, called_with, functions_of, read_source, unknown_arguments

if TYPE_CHECKING:
    from ..settings.decisions import BusinessSettings

ARGUMENTS = ("y_true", "y_pred", "y_proba", "classes", "positive_class", "amount", "table")
SETTING, MODULE = "business.kpi_file", "kpis_of_the_user"
HOW = (
    "Write each figure as `def name(y_true, y_pred)`, with `y_proba`, `classes`, `positive_class`, `amount` "
    "or `table` as further arguments where it needs them; begin the names of other functions with `_`."
)


@dataclass(frozen=True)
class Kpi:
    """A function that gives a figure of some rows."""

    name: str
    function: Function

    def value(self, given: Mapping[str, Any]) -> float:
        """Return the figure. Raises ValueError, with the reason, where there is none."""
        try:
            number = float(called_with(self.function, given))
        except Exception as error:  # whatever the user's code does: the figure has no value then
            raise ValueError(shortened(f"{type(error).__name__}: {error}")) from error
        if not math.isfinite(number):
            raise ValueError(f"it gives {number}, which is no finite number")
        return number

    def needs(self, argument: str) -> bool:
        return argument in inspect.signature(self.function).parameters


def read_kpis(asked: BusinessSettings | None, folder: Path) -> tuple[Kpi, ...]:
    """Return the figures that the settings name; () where they name none. The file is below `folder`.

    Raises SettingsError where the file cannot be read or run, has no figure, or one asks for the unknown.
    """
    if asked is None or asked.kpi_file is None:
        return ()
    found = functions_of(read_source(asked.kpi_file, folder, SETTING), asked.kpi_file, SETTING, MODULE)
    kpis = tuple(
        Kpi(name, function)
        for name, function in found.items()
        if inspect.isfunction(function) and function.__module__ == MODULE and not name.startswith("_")
    )
    if not kpis:
        raise SettingsError(f"`{SETTING}`: {asked.kpi_file} has no public function. {HOW}")
    for kpi in kpis:
        odd = unknown_arguments(kpi.function, ARGUMENTS)
        if odd:
            raise SettingsError(
                f"`{SETTING}`: {asked.kpi_file}: {kpi.name} takes unknown {', '.join(odd)}. {HOW}"
            )
        if kpi.needs("amount") and asked.amount_column is None:
            raise SettingsError(
                f"`{SETTING}`: {asked.kpi_file}: {kpi.name} takes `amount`: set `business.amount_column`."
            )
    return kpis

"""Which steps the setting `features` asks for, and which of them a table can have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import SettingsError, did_you_mean
from ...settings.settings import ALL_STEPS, NO_STEPS
from .table import STEPS, in_order, require_applicable

if TYPE_CHECKING:
    from ...data.columns.schema import TableSchema
    from ...settings.settings import Settings


def require_known_steps(setting: str | Sequence[str]) -> None:
    """Raise SettingsError, with the nearest name, where the setting `features` lists what is no step."""
    unknown = [] if isinstance(setting, str) else [name for name in setting if name not in STEPS]
    if unknown:
        known = (NO_STEPS, ALL_STEPS, *STEPS)
        raise SettingsError(
            f"`features`: no feature step is called {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"Allowed: {NO_STEPS}, {ALL_STEPS}, or a list of {', '.join(STEPS)}.",
            what=f"no feature step is called {unknown[0]!r}",
            where="features",
            allowed=known,
        )


def asked_steps(settings: Settings, schema: TableSchema) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return (the steps that the setting `features` asks for, in the order of their table; {step: why it
    cannot be applied}, of those that were not named one by one).

    Raises SettingsError, one sentence, where a step that is listed needs what the table lacks.
    """
    setting, columns = settings.features, (settings.time_column, settings.group_column)
    if setting == NO_STEPS:
        return (), {}
    if not isinstance(setting, str):
        names = in_order(setting)
        require_applicable(names, schema, *columns)
        return names, {}
    reasons = {name: step.needs(schema, *columns) for name, step in STEPS.items()}
    unsuitable = {name: reason for name, reason in reasons.items() if reason}
    return tuple(name for name in STEPS if name not in unsuitable), unsuitable
